package dev.rivet.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
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

    @Test
    void theVersionIsOfWhatIsChargedNotOfHowItIsWritten() {
        int version = CostModel.parse("mine", "mul 4").version();
        assertEquals(version, CostModel.parse("other", "# ours\r\nMUL\t4 # four\r\ndefault 1\r\n").version());
        assertEquals(861624990, version);
        assertEquals(264523942, CostModel.parse("mine", "").version());
    }

    /** Each operation's cost changes the version. */
    @Test
    void everyCostCountsInTheVersion() {
        Set<Integer> versions = new HashSet<>();
        for (Op op : Op.values()) {
            if (op != Op.END) {
                for (int cost : new int[]{2, 3, 100}) {
                    versions.add(CostModel.parse("mine", CostModel.mnemonic(op) + " " + cost).version());
                }
            }
        }
        assertEquals(3 * (Op.count() - 1), versions.size());
    }

    /**
     * Gas is consensus. Whoever must change a weight gives {@link CostModel#WEIGHTED} another version, keeps nothing of
     * this table under the old one, and says so in docs/costs.md.
     */
    @Test
    void weightsOfVersionOne() {
        String table = """
                0: end
                1: lui auipc addi slti sltiu xori ori andi slli srli srai add sub sll slt sltu xor srl sra or and
                   addiw slliw srliw sraiw addw subw sllw srlw sraw fence fence.i ebreak add.uw sh1add sh2add
                   sh3add sh1add.uw sh2add.uw sh3add.uw slli.uw andn orn xnor clz clzw ctz ctzw cpop cpopw max maxu
                   min minu sext.b sext.h zext.h rol rolw ror rorw rori roriw rev8 bclr bclri bext bexti binv binvi
                   bset bseti pack packh packw czero.eqz czero.nez illegal
                2: jal beq bne blt bge bltu bgeu lb lh lw ld lbu lhu lwu sb sh sw sd
                3: mul mulw
                4: jalr mulh mulhsu mulhu orc.b
                8: clmul clmulh clmulr brev8 zip unzip xperm4 xperm8
                12: divw divuw remw remuw
                16: div divu rem remu
                20: lr.w sc.w amoswap.w amoadd.w amoxor.w amoand.w amoor.w amomin.w amomax.w amominu.w amomaxu.w
                    lr.d sc.d amoswap.d amoadd.d amoxor.d amoand.d amoor.d amomin.d amomax.d amominu.d amomaxu.d
                100: ecall
                """;
        Map<String, Integer> pinned = new HashMap<>();
        int cost = 0;
        for (String word : table.strip().split("\\s+")) {
            if (word.endsWith(":")) {
                cost = Integer.parseInt(word.substring(0, word.length() - 1));
            } else {
                assertNull(pinned.put(word, cost), word);
            }
        }
        assertEquals("weighted", CostModel.WEIGHTED.name());
        assertEquals(1, CostModel.WEIGHTED.version());
        assertEquals("unit", CostModel.UNIT.name());
        assertEquals(1, CostModel.UNIT.version());
        for (Op op : Op.values()) {
            assertEquals(pinned.remove(CostModel.mnemonic(op)), CostModel.WEIGHTED.cost(op.ordinal()), op.name());
            assertEquals(op == Op.END ? 0 : 1, CostModel.UNIT.cost(op.ordinal()), op.name());
        }
        assertEquals(Map.of(), pinned);
    }

    // @formatter:off
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "add 1\\nadd 2          | t:2: 'add' has a cost from line 1 already; keep one of the two",
        "add 1\\n\\nADD 1        | t:3: 'ADD' has a cost from line 1 already; keep one of the two",
        "default 1\\ndefault 1  | t:2: 'default' has a cost from line 1 already; keep one of the two",
        "addd 1                 | t:1: there is no instruction 'addd'; write it as the RISC-V manual does, such as 'amoadd.w', or 'default' for all not named",
        "end 1                  | t:1: there is no instruction 'end'; write it as the RISC-V manual does, such as 'amoadd.w', or 'default' for all not named",
        "lr_w 1                 | t:1: there is no instruction 'lr_w'; write it as the RISC-V manual does, such as 'amoadd.w', or 'default' for all not named",
        "a\u0007\u00e9d 1      | t:1: there is no instruction 'a??d'; write it as the RISC-V manual does, such as 'amoadd.w', or 'default' for all not named",
        "# x\\nadd              | t:2: a line is an instruction and its cost, such as 'mul 4'",
        "add 1 2                | t:1: a line is an instruction and its cost, such as 'mul 4'",
        "add # 1                | t:1: a line is an instruction and its cost, such as 'mul 4'",
        "add 0                  | t:1: '0' is no cost; write a whole number from 1 to 100",
        "add 101                | t:1: '101' is no cost; write a whole number from 1 to 100",
        "add -1                 | t:1: '-1' is no cost; write a whole number from 1 to 100",
        "add +1                 | t:1: '+1' is no cost; write a whole number from 1 to 100",
        "add 1.5                | t:1: '1.5' is no cost; write a whole number from 1 to 100",
        "add 0x10               | t:1: '0x10' is no cost; write a whole number from 1 to 100",
        "add 99999999999        | t:1: '99999999999' is no cost; write a whole number from 1 to 100",
        "add 4294967297         | t:1: '4294967297' is no cost; write a whole number from 1 to 100",
        "default 0              | t:1: '0' is no cost; write a whole number from 1 to 100",
        "add x                  | t:1: 'x' is no cost; write a whole number from 1 to 100",
    })
    // @formatter:on
    void whatIsWrongIsSaidInOneLine(String text, String message) {
        String table = text.replace("\\n", "\n");
        var e = assertThrows(CostModel.BadTableException.class, () -> CostModel.parse("t", table));
        assertEquals(message, e.getMessage());
        assertEquals(message, "t:" + e.line() + ": " + e.problem());
    }

    @Test
    void aLongWordIsCutShort() {
        var e = assertThrows(CostModel.BadTableException.class, () -> CostModel.parse("t", "x".repeat(100_000) + " 1"));
        assertTrue(e.getMessage().length() < 200, e.getMessage());
    }

    @Test
    void costsAreBounded() {
        assertThrows(IllegalArgumentException.class, () -> CostModel.of("x", 1, Map.of(Op.ADD, 0)));
        assertThrows(IllegalArgumentException.class, () -> CostModel.of("x", 1, Map.of(Op.END, 1)));
    }

    /** Pinned: snapshots keep them. */
    @Test
    void digests() {
        HexFormat hex = HexFormat.of();
        assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                hex.formatHex(CostModel.UNIT.digest())); // SHA-256 of nothing
        assertEquals("686d7b9fd3ce7ba4ce78762e3b43856f0258f2fd03c67d921adf0898b9034754",
                hex.formatHex(CostModel.WEIGHTED.digest()));
        assertEquals(hex.formatHex(CostModel.UNIT.digest()), hex.formatHex(CostModel.of("a", 5, Map.of()).digest()));
        // printf 'add 7\nlr.w 100\n' | sha256sum
        assertEquals("0ea401b8a895be3dfac01c582045e82246bd14e7c2dde46e74d0b3f59fe1eb81",
                hex.formatHex(CostModel.of("a", 1, Map.of(Op.LR_W, 100, Op.ADD, 7, Op.XOR, 1)).digest()));
        Set<String> all = new HashSet<>();
        for (Op op : Op.values()) {
            for (int cost = 2; op != Op.END && cost <= CostModel.MAX_COST; cost++) {
                assertTrue(all.add(hex.formatHex(CostModel.of("a", 1, Map.of(op, cost)).digest())), op + " " + cost);
            }
        }
    }
}
