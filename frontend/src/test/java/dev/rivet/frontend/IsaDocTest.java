package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/isa.md} is what the tables say. {@code mvn -pl frontend -am test -Dsurefire.extra=-Drivet.write=true} writes
 * it again.
 */
class IsaDocTest {
    private static final Path FILE = Path.of("..", "docs", "isa.md");

    private static String document() {
        StringBuilder md = new StringBuilder();
        md.append(
                """
                        # Instructions

                        Made from the tables `Rv` and `RvC` of the frontend by `IsaDocTest`; do not edit. What is not here is an
                        illegal instruction: it may lie in executable memory, and executing it is the trap ILLEGAL_INSTRUCTION.
                        In a file whose header says RVE, so is every instruction that names one of x16–x31.

                        Bits are written from bit 31 (15) down to bit 0. `-`, `aq`, `rl`: any value. `!=0`, `nz…`: zero is not this
                        instruction. `rd'`, `rs1'`, `rs2'`: x8–x15. Two-byte instructions exist when the file's header says RVC.

                        """);
        md.append("## Four bytes\n\n| instruction | bits | width | extension | manual |\n|---|---|---|---|---|\n");
        for (Rv row : Rv.values()) {
            md.append("| `%s` | `%s` | %s | %s | %s |\n".formatted((row.mnemonic + " " + row.form.syntax).strip(),
                    row.notation().replace("|", "\\|"), width(row.only), row.extension, row.section));
        }
        md.append("\n## Two bytes\n\n| instruction | bits | width | stands for |\n|---|---|---|---|\n");
        for (RvC row : RvC.values()) {
            md.append("| `%s` | `%s` | %s | `%s` |\n".formatted((row.mnemonic + " " + row.syntax).strip(),
                    row.notation().replace("|", "\\|"), width(row.only), row.expansion));
        }
        return md.toString();
    }

    private static String width(int only) {
        return only == 0 ? "32, 64" : Integer.toString(only);
    }

    @Test
    void documentIsTheTable() throws IOException {
        if (Boolean.getBoolean("rivet.write")) {
            Files.writeString(FILE, document());
        }
        assertEquals(document(), Files.readString(FILE), "docs/isa.md is out of date; see IsaDocTest");
    }
}
