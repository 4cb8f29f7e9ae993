package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The fast decoder is the table: {@link Rv#find} and {@link RvC#find} define, {@link Decoder} must say the same. */
class DecoderTest {
    /** By search in the table, field by field. */
    static long defined(int word, int xlen, boolean embedded) {
        Rv row = Rv.find(word, xlen);
        long inst = row == null ? 0 : row.decode(word);
        return row == null || embedded && (Inst.rd(inst) | Inst.rs1(inst) | Inst.rs2(inst)) > 15
                ? Inst.pack(Op.ILLEGAL, 0, 0, 0, word, 4)
                : inst;
    }

    /** By search in the table, field by field. */
    static long defined16(int half, int xlen, boolean embedded) {
        RvC row = RvC.find(half, xlen);
        long inst = row == null ? 0 : row.decode(half, xlen);
        return row == null || embedded && (Inst.rd(inst) | Inst.rs1(inst) | Inst.rs2(inst)) > 15
                ? Inst.pack(Op.ILLEGAL, 0, 0, 0, half & 0xffff, 2)
                : inst;
    }

    private static void check(int word) {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (int e = 0; e < 2; e++) {
                long expected = defined(word, xlen, e == 1);
                if (Decoder.of(xlen, e == 1).decode(word) != expected) {
                    assertEquals(Disassembler.text(expected, xlen),
                            Disassembler.text(Decoder.of(xlen, e == 1).decode(word), xlen),
                            "0x%08x xlen %d embedded %d".formatted(word, xlen, e));
                    assertEquals(expected, Decoder.of(xlen, e == 1).decode(word));
                }
            }
        }
    }

    /** Every row with every bit flipped, every pair of bits flipped, and seeded random free bits. */
    @Test
    void agreesWithTheTableAroundEveryRow() {
        SplittableRandom random = new SplittableRandom(1);
        for (Rv row : Rv.values()) {
            for (int free : new int[]{0, -1, random.nextInt(), random.nextInt()}) {
                int word = row.encoding.match | free & ~row.encoding.mask;
                check(word);
                for (int a = 0; a < 32; a++) {
                    for (int b = 0; b <= a; b++) {
                        check(word ^ 1 << a ^ (a == b ? 0 : 1 << b));
                    }
                }
            }
        }
    }

    /** Every opcode, funct3, funct7 and rs2: whatever a row can fix (but for the register fields of ecall, in the sweep). */
    @Test
    void agreesWithTheTableForEverySelector() {
        for (int selector = 0; selector < 1 << 20; selector++) {
            int word = selector & 31;
            word = word << 2 | 3 | (selector >>> 5 & 7) << 12 | selector >>> 8 << 20;
            for (int xlen = 32; xlen <= 64; xlen += 32) {
                assertEquals(defined(word, xlen, false), Decoder.of(xlen, false).decode(word));
            }
        }
    }

    @Test
    void agreesWithTheTableForRandomWords() {
        SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < 300_000; i++) {
            check(random.nextInt());
        }
    }

    /** No word belongs to two rows: the first found is the only one. */
    @Test
    void rowsAreDisjoint() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (Rv a : Rv.values()) {
                for (Rv b : Rv.values()) {
                    int common = a.encoding.mask & b.encoding.mask;
                    boolean apart = ((a.encoding.match ^ b.encoding.match) & common) != 0 || a == b || !a.in(xlen)
                            || !b.in(xlen);
                    if (!apart) {
                        // The one pair that shares fixed bits: rs2 = 0 against rs2 != 0.
                        Rv zext = a.op == Op.ZEXT_H ? a : b;
                        Rv pack = zext == a ? b : a;
                        assertEquals(Op.ZEXT_H, zext.op, a + " and " + b);
                        assertEquals(false, pack.encoding.accepts(Encoding.RS2, 0), a + " and " + b);
                    }
                }
            }
        }
    }

    /** All 65,536 halfwords; how many are instructions is pinned. */
    @ParameterizedTest
    @CsvSource({"32, false, 29823", "32, true, 22671", "64, false, 39559", "64, true, 28823"})
    void everyHalfword(int xlen, boolean embedded, int legal) {
        Decoder decoder = Decoder.of(xlen, embedded);
        int count = 0;
        for (int half = 0; half < 1 << 16; half++) {
            long inst = decoder.decode16(half);
            if (inst != defined16(half, xlen, embedded)) {
                assertEquals(Disassembler.text(defined16(half, xlen, embedded), xlen), Disassembler.text(inst, xlen),
                        "0x%04x".formatted(half));
            }
            assertEquals(defined16(half, xlen, embedded), inst, "0x%04x".formatted(half));
            assertEquals(inst, decoder.decode16(half | 0xabcd0000));
            assertEquals(2, Inst.size(inst));
            count += Inst.op(inst) != Op.ILLEGAL ? 1 : 0;
        }
        assertEquals(legal, count);
    }

    @Test
    void compressedRowsAreDisjoint() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (int half = 0; half < 1 << 16; half++) {
                int rows = 0;
                for (RvC row : RvC.values()) {
                    rows += row.in(xlen) && row.encoding.matches(half) ? 1 : 0;
                }
                assertEquals(rows == 0 ? 0 : 1, rows, "0x%04x".formatted(half));
            }
        }
    }

    /** A compressed instruction is its expansion, which is itself an instruction of the table. */
    @Test
    void expansionsDecode() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (int half = 0; half < 1 << 16; half++) {
                RvC row = RvC.find(half, xlen);
                if (row != null) {
                    long whole = Decoder.of(xlen, false).decode(row.expand(half, xlen));
                    assertEquals(whole | 1L << 23, Decoder.of(xlen, false).decode16(half), "0x%04x".formatted(half));
                }
            }
        }
    }

    @Test
    void illegalKeepsItsBits() {
        long inst = Decoder.of(64, false).decode(0xffff_ffff);
        assertEquals(Op.ILLEGAL, Inst.op(inst));
        assertEquals(-1, Inst.imm(inst));
        assertEquals(4, Inst.size(inst));
        assertEquals(0x9c79, Inst.imm(Decoder.of(32, false).decode16(0x9c79)));
    }

    @Test
    void widthIsChecked() {
        assertThrows(IllegalArgumentException.class, () -> Decoder.of(128, false));
        assertThrows(IllegalArgumentException.class, () -> Decoder.of(0, false));
    }
}
