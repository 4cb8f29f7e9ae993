package dev.rivet.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostModelTest {
    @Test
    void everyOperationButTheEndMarkCosts() {
        for (CostModel model : new CostModel[]{CostModel.UNIT, CostModel.WEIGHTED}) {
            for (Op op : Op.values()) {
                int cost = model.cost(op.ordinal());
                assertTrue(op == Op.END ? cost == 0 : cost >= 1 && cost <= CostModel.MAX_COST, op + " " + cost);
            }
        }
    }

    @Test
    void aTableNamesInstructionsAsTheManualDoes() {
        CostModel model = CostModel.parse("mine", "# ours\n default 2\nsh1add.uw 7 # seven\n\nDIV 40\n");
        assertEquals(7, model.cost(Op.SH1ADD_UW.ordinal()));
        assertEquals(40, model.cost(Op.DIV.ordinal()));
        assertEquals(2, model.cost(Op.ADD.ordinal()));
        assertEquals(0, model.cost(Op.END.ordinal()));
    }

    @Test
    void tablesOfOneNameDifferInVersion() {
        assertNotEquals(CostModel.parse("mine", "add 2").version(), CostModel.parse("mine", "add 3").version());
    }

    @ParameterizedTest
    @CsvSource({"'add 1\nadd 2', 'cost table t, line 2: add is given twice'",
            "'addd 1', 'cost table t, line 1: no instruction is called addd'",
            "'add', 'cost table t, line 1: not of the form \"mnemonic cost\"'",
            "'add 0', 'cost table t, line 1: cost 0 is not a whole number from 1 to 100'",
            "'add 101', 'cost table t, line 1: cost 101 is not a whole number from 1 to 100'",
            "'add x', 'cost table t, line 1: cost x is not a whole number from 1 to 100'",
            "'end 1', 'cost table t, line 1: no instruction is called end'"})
    void whatIsWrongIsSaidInOneLine(String text, String message) {
        String table = text.replace("\\n", "\n");
        var e = assertThrows(IllegalArgumentException.class, () -> CostModel.parse("t", table));
        assertEquals(message, e.getMessage());
    }

    @Test
    void costsAreBounded() {
        assertThrows(IllegalArgumentException.class, () -> CostModel.of("x", 1, Map.of(Op.ADD, 0)));
        assertThrows(IllegalArgumentException.class, () -> CostModel.of("x", 1, Map.of(Op.END, 1)));
    }
}
