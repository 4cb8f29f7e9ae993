package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lifted instructions above, the text of their machine code below: files {@code golden/*.txt}. A case begins with a line
 * {@code = xlen metering [rv31]}, has one instruction a line ({@code OP rd=… rs1=… rs2=… imm=…}) and then lines
 * {@code > text}. {@code -Drivet.golden=DIRECTORY} writes the files anew; read the difference before you commit it.
 */
class GoldenTest {
    @ParameterizedTest
    @ValueSource(strings = {"integer", "memory", "control", "bits", "fusion"})
    void textOfTheMachineCodeIsAsReviewed(String name) throws IOException {
        String[] lines = X64AssemblerTest.lines("golden/" + name + ".txt");
        String made = translateAll(lines);
        String directory = System.getProperty("rivet.golden");
        if (directory != null) {
            Files.writeString(Path.of(directory, name + ".txt"), made);
        }
        assertEquals(String.join("\n", lines) + "\n", made, "golden/" + name + ".txt");
    }

    private static String translateAll(String[] lines) {
        StringBuilder out = new StringBuilder();
        List<Long> insts = new ArrayList<>();
        String header = null;
        for (String line : lines) {
            if (line.startsWith("= ") || line.startsWith("#")) {
                flush(out, header, insts);
                header = line.startsWith("=") ? line : null;
                out.append(line).append('\n');
            } else if (!line.startsWith(">") && !line.isBlank()) {
                insts.add(parse(line));
                out.append(line).append('\n');
            }
        }
        flush(out, header, insts);
        return out.toString().stripTrailing() + "\n";
    }

    private static void flush(StringBuilder out, String header, List<Long> insts) {
        if (header == null) {
            return;
        }
        String[] words = header.split(" ");
        Code code = Guests.code(Integer.parseInt(words[1]), words.length < 4,
                insts.stream().mapToLong(Long::longValue).toArray());
        insts.clear();
        Metering metering = Metering.valueOf(words[2].toUpperCase(Locale.ROOT));
        X64AssemblerTest.Text text = new X64AssemblerTest.Text();
        new X64Lowering(code, null, new Options(metering, CostModel.UNIT), X64Registers.map(code), text).run(0);
        String all = text.text();
        String hot = all.substring(all.indexOf(".P3:"), all.indexOf("\t.section"));
        for (String line : hot.split("\n")) {
            if (!line.startsWith(".P")) {
                out.append("> ").append(line.replace('\t', ' ').stripTrailing()).append('\n');
            }
        }
        out.append('\n');
    }

    private static long parse(String line) {
        int[] fields = new int[4];
        String[] names = {"rd", "rs1", "rs2", "imm"};
        String[] words = line.split(" ");
        for (int w = 1; w < words.length; w++) {
            String[] pair = words[w].split("=");
            for (int n = 0; n < names.length; n++) {
                if (names[n].equals(pair[0])) {
                    fields[n] = Integer.decode(pair[1]);
                }
            }
        }
        return Inst.pack(Op.valueOf(words[0]), fields[0], fields[1], fields[2], fields[3], 4);
    }
}
