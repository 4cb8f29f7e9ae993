package dev.rivet.tools.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Chains;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.tools.conform.BudgetPrograms.Piece;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The programs whose budgets are enumerated have what they are for: every shape of what is paid ahead. */
class BudgetProgramsTest {
    private static Code code(String isa) {
        return Sweep.of(ElfReader.read(BudgetPrograms.every(Isa.of(isa), 2, Piece.values()).elf(), 1L << 32));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rv64ec", "rv32i"})
    void everyShape(String isa) {
        Code code = code(isa);
        for (CostModel costs : new CostModel[]{CostModel.UNIT, BudgetSuite.EDGES}) {
            Chains chains = new Chains(code, costs);
            TreeSet<String> shapes = new TreeSet<>();
            for (int i = 0; i < code.count; i = code.nextLeader(i + 1)) {
                shapes.add((chains.fallenInto(i) ? "fallen into" : "jumped to")
                        + (chains.expected(i) != 0 ? ", paid" : ", unpaid") + (chains.rest(i) != 0 ? ", pays" : ""));
                if (chains.paidBefore(i) != 0 && chains.paidBefore(i) != chains.expected(i)) {
                    shapes.add(chains.paidBefore(i) < chains.expected(i) ? "asks for more" : "gives back");
                }
            }
            assertEquals("[asks for more, fallen into, paid, fallen into, paid, pays, fallen into, unpaid, "
                    + "fallen into, unpaid, pays, gives back, jumped to, paid, jumped to, paid, pays, "
                    + "jumped to, unpaid]", shapes.toString());
        }
    }

    /** One less than may be paid ahead, as much, and not one more. */
    @ParameterizedTest
    @ValueSource(strings = {"rv64ec", "rv32i"})
    void asMuchAsMayBePaidAhead(String isa) {
        Code code = code(isa);
        Chains chains = new Chains(code, BudgetSuite.EDGES);
        TreeSet<Integer> rests = new TreeSet<>();
        TreeSet<Integer> prices = new TreeSet<>();
        for (int i = 0; i < code.count; i = code.nextLeader(i + 1)) {
            rests.add(chains.rest(i));
            prices.add(chains.expected(i));
        }
        assertTrue(rests.contains(Chains.MOST - 1) && rests.last() == Chains.MOST, rests.toString());
        assertTrue(prices.contains(Chains.MOST + 1), prices.toString());
    }
}
