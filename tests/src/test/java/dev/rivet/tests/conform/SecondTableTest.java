package dev.rivet.tests.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.frontend.Decoder;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Forms;
import dev.rivet.tools.conform.Halfwords;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Vectors;
import org.junit.jupiter.api.Test;

/** The decoder against the suites' own tables, which were written independently. */
class SecondTableTest {
    private static final long HALF = 1L << 23;

    @Test
    void everyHalfwordExpandsToTheSameWord() {
        int legal = 0;
        for (Isa isa : Isa.ALL) {
            Decoder decoder = Decoder.of(isa.xlen(), isa.embedded());
            for (int h = 0; h < 0x10000; h++) {
                if ((h & 3) == 3) {
                    continue;
                }
                int word = Halfwords.expand(isa, h);
                long half = decoder.decode16(h);
                String what = isa + " " + Integer.toHexString(h);
                long whole = word == 0 ? 0 : decoder.decode(word);
                if (word == 0 || Inst.op(whole) == Op.ILLEGAL) {
                    assertEquals(Op.ILLEGAL, Inst.op(half), what);
                    assertEquals(2, Inst.size(half), what);
                } else {
                    assertEquals(whole | HALF, half, what);
                    legal++;
                }
            }
        }
        System.out.println("conform: " + legal + " legal halfwords of four variants expand alike in two tables");
    }

    @Test
    void everyFormDecodesToItsOperationAndOperands() {
        for (Isa isa : Isa.ALL) {
            Decoder decoder = Decoder.of(isa.xlen(), isa.embedded());
            for (Op op : Op.values()) {
                Forms.Form form = Forms.of(op);
                if (form == null || !form.on(isa.xlen())) {
                    continue;
                }
                for (int rd = 0; rd < 32; rd++) {
                    for (int rs1 = 0; rs1 < 32; rs1++) {
                        for (int rs2 = 0; rs2 < 32; rs2++) {
                            check(isa, decoder, form, rd, rs1, rs2);
                        }
                    }
                }
            }
        }
    }

    private static void check(Isa isa, Decoder decoder, Forms.Form form, int rd, int rs1, int rs2) {
        int imm = Vectors.IMMEDIATES[(rd + rs1 * 3 + rs2 * 5) % Vectors.IMMEDIATES.length];
        Op op = form.op();
        int limit = isa.registers();
        long expected = switch (form.shape()) {
            case R, AMO -> {
                boolean zext = rs2 == 0 && (op == Op.PACK && isa.xlen() == 32 || op == Op.PACKW);
                boolean reserve = op == Op.LR_W || op == Op.LR_D;
                if (reserve && rs2 != 0) {
                    yield -1;
                }
                yield Math.max(rd, Math.max(rs1, rs2)) >= limit
                        ? -1
                        : Inst.pack(zext ? Op.ZEXT_H : op, rd, rs1, rs2, 0, 4);
            }
            case I, LOAD -> Math.max(rd, rs1) >= limit ? -1 : Inst.pack(op, rd, rs1, 0, imm, 4);
            case SHIFT -> Math.max(rd, rs1) >= limit ? -1 : Inst.pack(op, rd, rs1, 0, imm & isa.xlen() - 1, 4);
            case SHIFTW -> Math.max(rd, rs1) >= limit ? -1 : Inst.pack(op, rd, rs1, 0, imm & 31, 4);
            case UNARY -> Math.max(rd, rs1) >= limit ? -1 : Inst.pack(op, rd, rs1, 0, 0, 4);
            case U -> rd >= limit ? -1 : Inst.pack(op, rd, 0, 0, imm & 0xfffff000, 4);
            case STORE -> Math.max(rs1, rs2) >= limit ? -1 : Inst.pack(op, 0, rs1, rs2, imm, 4);
            case BRANCH -> Math.max(rs1, rs2) >= limit ? -1 : Inst.pack(op, 0, rs1, rs2, imm & -2, 4);
            case OTHER -> switch (op) {
                case JAL -> rd >= limit ? -1 : Inst.pack(op, rd, 0, 0, imm & -2, 4);
                case JALR -> Math.max(rd, rs1) >= limit ? -1 : Inst.pack(op, rd, rs1, 0, imm, 4);
                default -> Inst.pack(op, 0, 0, 0, 0, 4);
            };
        };
        int word = switch (form.shape()) {
            case BRANCH -> form.word(isa.xlen()) | rs1 << 15 | rs2 << 20 | Asm.branchBits(imm & -2);
            case OTHER -> form.word(isa.xlen()) | switch (op) {
                case JAL -> rd << 7 | Asm.jalBits(imm & -2);
                case JALR -> Asm.iType(0, 0, rd, rs1, imm);
                default -> 0;
            };
            default -> form.encode(isa.xlen(), rd, rs1, rs2, imm);
        };
        long found = decoder.decode(word);
        if (expected == -1) {
            assertEquals(Op.ILLEGAL, Inst.op(found), () -> isa + " " + op + " " + Integer.toHexString(word));
        } else if (op != Op.FENCE && op != Op.FENCE_I) {
            assertEquals(expected, found, () -> isa + " " + op + " " + Integer.toHexString(word));
        } else {
            assertEquals(op, Inst.op(found));
        }
    }
}
