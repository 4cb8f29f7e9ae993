package dev.rivet.tools;

import dev.rivet.ir.CostModel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option {@code --cost-model} of every command that has it, and the reading of a user's table. */
final class CostOption {
    /** Larger files are no tables. */
    private static final long LARGEST = 1 << 20;

    static final String DEFAULT = "unit";

    @Option(names = "--cost-model", paramLabel = "unit|weighted|FILE", defaultValue = DEFAULT, //
            description = "What instructions cost: 1 each, by class as docs/costs.md says, or as a file of lines like "
                    + "'mul 4' and 'default 1' says (default: ${DEFAULT-VALUE}).")
    private String value;

    /** The option as given. */
    static CostOption of(String value) {
        CostOption option = new CostOption();
        option.value = value;
        return option;
    }

    /** The model; fails with one line. */
    CostModel model() {
        return model(value);
    }

    static CostModel model(String value) {
        return switch (value) {
            case "unit" -> CostModel.UNIT;
            case "weighted" -> CostModel.WEIGHTED;
            default -> file(value);
        };
    }

    private static CostModel file(String value) {
        Path file = Path.of(value);
        if (!value.isEmpty() && !value.contains("/") && !Files.exists(file)) {
            throw new Failure(Status.CANNOT_READ,
                    value + ": no such file; the models that have names are unit and weighted");
        }
        byte[] bytes = Input.read(file);
        if (bytes.length > LARGEST) {
            throw new Failure(Status.BAD_INPUT, file + ": too large for a cost table; write lines like 'mul 4'");
        }
        Path name = file.getFileName();
        try {
            return CostModel.parse(name.toString(), new String(bytes, StandardCharsets.UTF_8));
        } catch (CostModel.BadTableException e) {
            throw new Failure(Status.BAD_INPUT, file + ":" + e.line() + ": " + e.problem(), e);
        }
    }
}
