package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CostsBenchTest {
    @TempDir
    Path dir;

    /** Every operation is in one class, and a class has one weight. */
    @Test
    void classesAreThoseOfTheWeights() {
        Set<Op> seen = EnumSet.of(Op.END);
        for (CostClass c : CostClass.values()) {
            int weight = CostModel.WEIGHTED.cost(c.ops().getFirst().ordinal());
            for (Op op : c.ops()) {
                assertTrue(seen.add(op), op.name());
                assertEquals(weight, CostModel.WEIGHTED.cost(op.ordinal()), op.name());
            }
        }
        assertEquals(EnumSet.allOf(Op.class), seen);
    }

    @Test
    void theDocumentListsTheClassesWithTheirWeights() throws IOException {
        String docs = Files.readString(Path.of("..", "docs", "costs.md"));
        for (CostClass c : CostClass.values()) {
            String row = "| " + c.label + " | " + CostModel.WEIGHTED.cost(c.ops().getFirst().ordinal()) + " |";
            assertTrue(docs.contains(row), row);
        }
    }

    /** Every instruction but those that end a call is timed, in order, and what is written is a table. */
    @Test
    void measuresEveryInstructionAndWritesATable() {
        Path file = dir.resolve("my.costs");
        Child.Result r = Child.run(dir, "", "bench", "costs", "--runs", "1", "--all", "--write", file.toString());
        assertEquals("", r.err());
        assertEquals(0, r.status());
        for (CostClass c : CostClass.values()) {
            for (Op op : c == CostClass.TRAPS ? Set.<Op>of() : c.ops()) {
                String name = c.ops().size() == 1 ? c.label : "  " + CostModel.mnemonic(op);
                String row = "(?m)^" + Pattern.quote(name) + " +" + CostModel.WEIGHTED.cost(op.ordinal())
                        + " +[0-9.]+ +";
                assertTrue(Pattern.compile(row).matcher(r.out()).find(), name + " in\n" + r.out());
            }
        }
        CostModel model = CostOption.model(file.toString());
        assertEquals("my.costs", model.name());
        assertEquals(CostModel.MAX_COST, model.cost(Op.ECALL.ordinal()));
        assertTrue(model.cost(Op.DIV.ordinal()) > model.cost(Op.ADD.ordinal()), r.out());
    }

    @Test
    void aTableThatCannotBeWrittenIsToldFirst() {
        Child.run(dir, "", "bench", "costs", "--write", dir.toString()).fails(Status.HOST_LACKS,
                dir + ": cannot write: it is a directory");
    }
}
