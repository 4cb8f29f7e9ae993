package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tables check themselves; encoding and decoding are inverse for every row, register and edge immediate. */
class RvTest {
    @Test
    void everyOperationHasItsRows() {
        for (int i = 0; i < Op.count(); i++) {
            Op op = Op.of(i);
            if (op == Op.ILLEGAL || op == Op.END) {
                continue;
            }
            Rv narrow = Rv.of(op, 32);
            Rv wide = Rv.of(op, 64);
            assertTrue(narrow != null || wide != null, op + " has no row");
            for (Rv row : Rv.values()) {
                if (row.op == op) {
                    assertTrue(row == narrow || row == wide, row + " is a second row of " + op);
                    assertEquals(op.name().toLowerCase().replace('_', '.'), row.mnemonic);
                    assertEquals(row.name().endsWith("_RV32") ? 32 : row.only, row.only);
                }
            }
        }
        assertEquals(152, Rv.values().length);
        assertEquals(49, RvC.values().length);
    }

    /** Which operations only one width has; by name here so that a slip in the table shows. */
    @Test
    void widths() {
        String narrow = "";
        String wide = "";
        for (int i = 0; i < Op.count() - 2; i++) {
            Op op = Op.of(i);
            narrow += Rv.of(op, 64) == null ? op + " " : "";
            wide += Rv.of(op, 32) == null ? op + " " : "";
        }
        assertEquals("ZIP UNZIP ", narrow);
        assertEquals("LD LWU SD ADDIW SLLIW SRLIW SRAIW ADDW SUBW SLLW SRLW SRAW MULW DIVW DIVUW REMW REMUW "
                + "LR_D SC_D AMOSWAP_D AMOADD_D AMOXOR_D AMOAND_D AMOOR_D AMOMIN_D AMOMAX_D AMOMINU_D AMOMAXU_D "
                + "ADD_UW SH1ADD_UW SH2ADD_UW SH3ADD_UW SLLI_UW CLZW CTZW CPOPW ROLW RORW RORIW PACKW ", wide);
    }

    /** Edge values for an immediate, those it cannot have among them. */
    private static int[] immediates(Encoding e) {
        if (e.immWidth == 0) {
            return new int[]{0};
        }
        int step = 1 << e.immLow;
        int half = 1 << e.immWidth - 1;
        return new int[]{0, step, 2 * step, 3 * step, half - step, half, -half, -half - step, -step, 2 * half - step,
                2 * half, half | step, 1, -1, 0x800, 0x7ff, 0x5555_5555 & 2 * half - step,
                0x2aaa_aaaa & 2 * half - step};
    }

    @ParameterizedTest
    @EnumSource(Rv.class)
    void roundTrips(Rv row) {
        int xlen = row.only == 0 ? 64 : row.only;
        Encoding e = row.encoding;
        int done = 0;
        for (int rd = 0; rd < (e.has(Encoding.RD) ? 32 : 1); rd++) {
            for (int rs1 = 0; rs1 < (e.has(Encoding.RS1) ? 32 : 1); rs1++) {
                for (int rs2 = 0; rs2 < (e.has(Encoding.RS2) ? 32 : 1); rs2++) {
                    for (int imm : immediates(e)) {
                        if (!e.accepts(Encoding.IMM, imm) || !e.accepts(Encoding.RS2, rs2)) {
                            int c = rs2;
                            if (rd + rs1 == 0) {
                                assertThrows(IllegalArgumentException.class, () -> row.encode(0, 0, c, imm));
                            }
                            continue;
                        }
                        int word = row.encode(rd, rs1, rs2, imm);
                        long inst = Inst.pack(row.op, rd, rs1, rs2, imm, 4);
                        if (inst != Decoder.of(xlen, false).decode(word) || inst != row.decode(word)) {
                            assertEquals(inst, row.decode(word), row + " 0x" + Integer.toHexString(word));
                            assertEquals(inst, Decoder.of(xlen, false).decode(word),
                                    row + " 0x" + Integer.toHexString(word));
                        }
                        if (row.only == 0) {
                            assertEquals(inst, Decoder.of(32, false).decode(word));
                        }
                        boolean high = (rd | rs1 | rs2) > 15;
                        assertEquals(high, Inst.op(Decoder.of(xlen, true).decode(word)) == Op.ILLEGAL);
                        done++;
                    }
                }
            }
        }
        assertTrue(done >= 1);
    }

    @ParameterizedTest
    @EnumSource(Rv.class)
    void illegalInTheOtherWidth(Rv row) {
        if (row.only == 0) {
            return;
        }
        // With all operand bits zero but the top bit of a shift amount, which RV32 does not have.
        int word = row.encode(row.encoding.has(Encoding.RD) ? 9 : 0, row.encoding.has(Encoding.RS1) ? 9 : 0,
                row.encoding.has(Encoding.RS2) ? 9 : 0, row.encoding.immWidth == 6 ? 33 : 0);
        Rv other = Rv.find(word, 96 - row.only);
        assertTrue(other == null || other.op == row.op || row == Rv.ZEXT_H_RV32 && other == Rv.PACK,
                () -> row + " " + other);
        if (row.only == 64) {
            assertEquals(Op.ILLEGAL == Inst.op(Decoder.of(32, false).decode(word)), other == null);
            assertEquals(row == Rv.PACK, other != null);
        }
    }

    @Test
    void encodeRefusesWhatDoesNotFit() {
        assertThrows(IllegalArgumentException.class, () -> Rv.ADD.encode(32, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> Rv.ADD.encode(-1, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> Rv.ADD.encode(0, 0, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> Rv.ADDI.encode(0, 0, 0, 2048));
        assertThrows(IllegalArgumentException.class, () -> Rv.ADDI.encode(0, 0, 0, -2049));
        assertThrows(IllegalArgumentException.class, () -> Rv.ADDI.encode(0, 0, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> Rv.BEQ.encode(0, 0, 0, 3));
        assertThrows(IllegalArgumentException.class, () -> Rv.BEQ.encode(0, 0, 0, 4096));
        assertThrows(IllegalArgumentException.class, () -> Rv.LUI.encode(0, 0, 0, 0xfff));
        assertThrows(IllegalArgumentException.class, () -> Rv.SLLI_RV32.encode(0, 0, 0, 32));
        assertThrows(IllegalArgumentException.class, () -> Rv.SLLI.encode(0, 0, 0, 64));
        assertThrows(IllegalArgumentException.class, () -> Rv.PACKW.encode(1, 1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> RvC.C_LW.encode(7, 8, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> RvC.C_LWSP.encode(0, 0, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> RvC.C_ADDI4SPN.encode(8, 0, 0, 0));
    }

    /** zext.h is a pack with zero; exactly one row decodes it. */
    @Test
    void zextIsNotPack() {
        int narrow = Rv.ZEXT_H_RV32.encode(1, 2, 0, 0);
        assertSame(Rv.ZEXT_H_RV32, Rv.find(narrow, 32));
        assertSame(Rv.PACK, Rv.find(narrow, 64));
        int wide = Rv.ZEXT_H.encode(1, 2, 0, 0);
        assertSame(Rv.ZEXT_H, Rv.find(wide, 64));
        assertNull(Rv.find(wide, 32));
        assertSame(Rv.PACK_RV32, Rv.find(narrow | 1 << 20, 32));
        assertSame(Rv.PACKW, Rv.find(wide | 1 << 20, 64));
    }

    /** Base implementations ignore every field of a fence but opcode and funct3; so does RVE with its register fields. */
    @Test
    void everyFence() {
        for (int fields = 0; fields < 1 << 22; fields += 37) {
            int word = (fields & 31) << 7 | fields >>> 5 << 15 | 0xf;
            assertEquals(Inst.pack(Op.FENCE, 0, 0, 0, 0, 4), Decoder.of(64, true).decode(word));
            assertEquals(Inst.pack(Op.FENCE_I, 0, 0, 0, 0, 4), Decoder.of(32, true).decode(word | 1 << 12));
            assertEquals(Op.ILLEGAL, Inst.op(Decoder.of(32, false).decode(word | 2 << 12)));
        }
    }

    /** Any ordering bits are accepted on any atomic. */
    @Test
    void ordering() {
        for (Rv row : Rv.values()) {
            if (row.extension.equals("A")) {
                for (int bits = 0; bits < 4; bits++) {
                    int word = row.encode(5, 6, row.form == Form.LR ? 0 : 7, 0);
                    assertEquals(row.decode(word), Decoder.of(64, true).decode(word | bits << 25));
                }
            }
        }
        assertEquals(Op.ILLEGAL, Inst.op(Decoder.of(64, false).decode(Rv.LR_W.encode(1, 1, 0, 0) | 1 << 20)));
    }

    /** System instructions other than ecall and ebreak, and floating point, are no instructions here. */
    @ParameterizedTest
    @ValueSource(ints = {0x00200073, 0x30200073, 0x10500073, 0x000000f3, 0x00008073, 0x00102573, 0xc0002573, 0x34011073,
            0x00053507, 0x00a53427, 0x02a5f553, 0x00007053, 0, -1, 0xffffff7f, 0x0000001f, 0x0000000b, 0x02007057})
    void illegal(int word) {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            assertNull(Rv.find(word, xlen));
            assertEquals(Inst.pack(Op.ILLEGAL, 0, 0, 0, word, 4), Decoder.of(xlen, false).decode(word));
        }
    }

    /** A row that does not add up does not come into being. */
    @ParameterizedTest
    @ValueSource(strings = {"0000000 rs2 rs1 000 rd 011001", "0000000 rs2 rs1 000 rd 00110011",
            "0000000 rs1 rs2 000 rd 0110011", "0000000 rs1 rs1 000 rd 0110011", "imm[11:2|0] - rs1 000 rd 0110011",
            "imm[11:0] rs1 000 rd 0110001", "0000000 rs3 rs1 000 rd 0110011", "imm[11:5] rs2 rs1 000 imm[5:1] 0100011",
            "imm[11:5] rs2 rs1 000 uimm[4:0] 0100011", "0 imm[11:0] rs1 00 rd 0110011", "imm[12:1] rs1 000 rd 0110001",
            "imm[12:6] rs2 rs1 000 imm[4:0] 0100011", "imm[11:x] rs1 000 rd 0010011", "imm[0:11] rs1 000 rd 0010011",
            "imm[11:5|5:0] rs1 00 rd 0010011", "imm[32:21] rs1 000 rd 0010011", "imm[11:0] rs1  000 rd 0010011",
            "foo[11:0] rs1 000 rd 0110011"})
    void rowsCheckThemselves(String notation) {
        assertThrows(IllegalArgumentException.class, () -> new Encoding(notation, 32));
    }

    @ParameterizedTest
    @ValueSource(strings = {"000 imm[5] rd imm[4:0] 11", "000 imm[5] rd imm[4:0] 0", "000 imm[5] rd' imm[4:0] 01",
            "000 imm[5] rd imm[3:0] 01 0", "imm[15:0]"})
    void compressedRowsCheckThemselves(String notation) {
        assertThrows(IllegalArgumentException.class, () -> new Encoding(notation, 16));
    }

    @ParameterizedTest
    @EnumSource(RvC.class)
    void compressedRoundTrips(RvC row) {
        int xlen = row.only == 0 ? 32 : row.only;
        int count = 0;
        for (int half = 0; half < 1 << 16; half++) {
            if (row.encoding.matches(half)) {
                Encoding e = row.encoding;
                int again = row.encode(e.operand(half, Encoding.RD), e.operand(half, Encoding.RS1),
                        e.operand(half, Encoding.RS2), e.operand(half, Encoding.IMM));
                assertEquals(half, again);
                assertNotNull(Rv.find(row.expand(half, xlen), xlen));
                assertTrue(Disassembler.compressedText(half, xlen).startsWith(row.mnemonic));
                count++;
            }
        }
        assertFalse(count == 0);
    }
}
