package dev.rivet.tools;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Op;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A user's own cost table: one operation and its cost a line, as in {@code mul 4} or {@code amoadd.w 12}, in the manual's
 * spelling; {@code #} starts a comment; what is not named costs 1. The model's version is derived from the file's bytes,
 * so two different tables never count as one.
 */
final class CostFile {
    private static final Map<String, Op> OPS = new HashMap<>();

    static {
        for (int i = 0; i < Op.count(); i++) {
            Op op = Op.of(i);
            if (op != Op.END) {
                OPS.put(spelling(op), op);
            }
        }
    }

    private CostFile() {
    }

    /** The manual's spelling of an operation: {@code LR_W} is {@code lr.w}. */
    static String spelling(Op op) {
        return op.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** Reads a table; fails with one line that names the file and the line in it. */
    static CostModel read(Path file) {
        byte[] bytes = Input.read(file);
        Map<Op, Integer> costs = new EnumMap<>(Op.class);
        int number = 0;
        for (String line : new String(bytes, StandardCharsets.UTF_8).split("\n", -1)) {
            number++;
            int comment = line.indexOf('#');
            String text = (comment < 0 ? line : line.substring(0, comment)).strip();
            if (text.isEmpty()) {
                continue;
            }
            String[] words = text.split("\\s+");
            Op op = OPS.get(words[0].toLowerCase(Locale.ROOT));
            if (op == null || words.length != 2) {
                throw bad(file, number, words.length == 2
                        ? "'" + words[0] + "' is no operation"
                        : "this is not a line like 'mul 4': an operation and its cost");
            }
            int cost = words[1].matches("[0-9]{1,3}") ? Integer.parseInt(words[1]) : 0;
            if (cost < 1 || cost > CostModel.MAX_COST) {
                throw bad(file, number, "'" + words[1] + "' is no cost; write 1 to " + CostModel.MAX_COST);
            }
            if (costs.put(op, cost) != null) {
                throw bad(file, number, words[0] + " has a cost already");
            }
        }
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return CostModel.of(file.getFileName().toString(), (int) (crc.getValue() & Integer.MAX_VALUE), costs);
    }

    private static Failure bad(Path file, int line, String what) {
        return new Failure(Status.BAD_INPUT, file + ":" + line + ": " + what);
    }
}
