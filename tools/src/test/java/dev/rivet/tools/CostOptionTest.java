package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a table may say is {@code CostModelTest}'s; here: which model a word on the command line means. */
class CostOptionTest {
    @TempDir
    Path dir;

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("my.costs"), text);
    }

    private static void fails(int status, String line, String value) {
        Failure e = assertThrows(Failure.class, () -> CostOption.model(value));
        assertEquals(line, e.getMessage());
        assertEquals(status, e.status);
    }

    @Test
    void namesAndFiles() throws IOException {
        assertSame(CostModel.UNIT, CostOption.model("unit"));
        assertSame(CostModel.WEIGHTED, CostOption.model("weighted"));
        CostModel mine = CostOption.model(file("mul 4\ndefault 2").toString());
        assertEquals("my.costs", mine.name());
        assertEquals(4, mine.cost(Op.MUL.ordinal()));
        assertEquals(2, mine.cost(Op.ADD.ordinal()));
    }

    @ParameterizedTest
    @CsvSource({"mull 4, there is no instruction 'mull'", "mul 0, '0' is no cost; write a whole number from 1 to 100",
            "mul, 'a line is an instruction and its cost, such as ''mul 4'''",
            "add 3, 'add' has a cost from line 2 already"})
    void mistakes(String line, String what) throws IOException {
        Path file = file("# comment\nadd 2\n" + line + "\n");
        Failure e = assertThrows(Failure.class, () -> CostOption.model(file.toString()));
        assertEquals(Status.BAD_INPUT, e.status);
        assertTrue(e.getMessage().startsWith(file + ":3: " + what), e.getMessage());
    }

    @Test
    void filesThatAreNone() throws IOException {
        Path none = dir.resolve("none");
        fails(Status.CANNOT_READ, none + ": no such file", none.toString());
        fails(Status.CANNOT_READ, dir + ": is a directory", dir.toString());
        fails(Status.CANNOT_READ, "wieghted: no such file; the models that have names are unit and weighted",
                "wieghted");
        fails(Status.CANNOT_READ, "the name of a file is empty", "");
        Path large = file("#".repeat(1 << 20) + "\n");
        fails(Status.BAD_INPUT, large + ": too large for a cost table; write lines like 'mul 4'", large.toString());
    }
}
