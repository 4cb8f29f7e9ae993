package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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

class CostFileTest {
    @TempDir
    Path dir;

    private Path file(String text) throws IOException {
        return Files.writeString(dir.resolve("my.costs"), text);
    }

    @Test
    void everyOperationCanBeNamed() throws IOException {
        StringBuilder text = new StringBuilder("# all of them\n\n");
        for (int i = 0; i < Op.count(); i++) {
            if (Op.of(i) != Op.END) {
                text.append(CostFile.spelling(Op.of(i))).append('\t').append(i % 100 + 1).append("  # why\r\n");
            }
        }
        CostModel costs = CostFile.read(file(text.toString()));
        for (int i = 0; i < Op.count(); i++) {
            assertEquals(Op.of(i) == Op.END ? 0 : i % 100 + 1, costs.cost(i), Op.of(i).name());
        }
        assertEquals("my.costs", costs.name());
    }

    @Test
    void whatIsNotNamedCostsOne() throws IOException {
        CostModel costs = CostFile.read(file("mul 4"));
        assertEquals(4, costs.cost(Op.MUL.ordinal()));
        assertEquals(1, costs.cost(Op.ADD.ordinal()));
    }

    @Test
    void anotherTableIsAnotherVersion() throws IOException {
        int version = CostFile.read(file("mul 4")).version();
        assertEquals(version, CostFile.read(file("mul 4")).version());
        assertNotEquals(version, CostFile.read(file("mul 5")).version());
    }

    @ParameterizedTest
    @CsvSource({"mull 4, 'mull' is no operation", "end 4, 'end' is no operation",
            "mul 0, '0' is no cost; write 1 to 100",
            "mul 101, '101' is no cost; write 1 to 100", "mul x, 'x' is no cost; write 1 to 100",
            "mul -1, '-1' is no cost; write 1 to 100", "mul, an operation and its cost",
            "mul 4 5, an operation and its cost", "add 3, add has a cost already"})
    void mistakes(String line, String what) throws IOException {
        Path file = file("# comment\nadd 2\n" + line + "\n");
        Failure e = assertThrows(Failure.class, () -> CostFile.read(file));
        assertEquals(Status.BAD_INPUT, e.status);
        assertTrue(e.getMessage().startsWith(file + ":3: ") && e.getMessage().endsWith(what), e.getMessage());
    }

    @Test
    void aFileThatIsNotThere() {
        Path file = dir.resolve("none");
        Failure e = assertThrows(Failure.class, () -> CostFile.read(file));
        assertEquals(Status.CANNOT_READ, e.status);
        assertEquals(file + ": no such file", e.getMessage());
    }
}
