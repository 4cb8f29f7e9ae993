package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The quick walk and its templates make what {@link X64Lowering} alone makes, byte for byte, and say the same about it. */
class X64QuickTest {
    private static final int[] OFFSETS = {4, 8, 12, 20, 44, 100, 2, -4, -8, -40, 4000, 0x7ffffe};
    private static final int PROGRAMS = 1500;
    private static final int LENGTH = 120;

    /** Compares the translations of a program. */
    static void assertSame(String what, Code code, Metering metering) {
        Options options = new Options(metering, CostModel.WEIGHTED);
        HostCode slow = translate(code, options, null);
        for (int again = 0; again < 2; again++) { // with what the first left behind, too
            HostCode quick = translate(code, options, X64Templates.of(code.xlen));
            int at = Arrays.mismatch(slow.bytes, 0, slow.length, quick.bytes, 0, quick.length);
            if (at >= 0) {
                int i = slow.indexAt(at);
                assertEquals(-1, at, () -> what + ", " + metering + ": instruction " + i + ", "
                        + (i < 0 ? "" : Inst.op(code.insts[i]) + " " + Long.toHexString(code.insts[i])) + ": "
                        + hex(slow.bytes, at) + " became " + hex(quick.bytes, at));
            }
            assertArrayEquals(slow.offsets, quick.offsets, what);
            assertArrayEquals(slow.entries, quick.entries, what);
            assertArrayEquals(slow.coldOffsets, quick.coldOffsets, what);
            assertArrayEquals(slow.coldIndexes, quick.coldIndexes, what);
            assertArrayEquals(slow.deferred, quick.deferred, what);
            assertArrayEquals(slow.lowOnly, quick.lowOnly, what);
        }
    }

    private static String hex(byte[] bytes, int at) {
        return HexFormat.of().formatHex(bytes, Math.max(0, at - 8), Math.min(at + 8, bytes.length));
    }

    private static HostCode translate(Code code, Options options, X64Templates templates) {
        X64Direct a = new X64Direct(Layout.CODE_BASE, 64, X64Backend.most(code.count));
        return new X64Lowering(code, null, options, X64Registers.map(code), a, templates).run(0);
    }

    /** All operations without control flow, with all registers of RVE files, x0 and those in memory among them. */
    @Test
    void everyOperationWithAllRegisters() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (Op op : Op.values()) {
                if (op.endsBlock() || !Guests.exists(op, xlen)) {
                    continue;
                }
                int most = Guests.immediate(op, xlen);
                int[] imms = most == 0
                        ? new int[]{0}
                        : most < 0 ? new int[]{0, 1, -1, 5, -7, 700, -700} : new int[]{1, 9};
                long[] insts = new long[imms.length << 12];
                int n = 0;
                for (int imm : imms) {
                    for (int registers = 0; registers < 1 << 12; registers++) {
                        long inst = Inst.pack(op, registers >> 4 & 15, registers >> 8, registers & 15, imm, 4);
                        if (inst == plain(inst)) {
                            insts[n++] = inst;
                        }
                    }
                }
                assertSame(op + "", apart(xlen, Arrays.copyOf(insts, n)), Metering.NONE);
            }
        }
    }

    /** All immediates, with registers of each class. */
    @Test
    void everyOperationWithAllImmediates() {
        int[] registers = {10, 12, 14, 2, 7, 1, 0, 3};
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (Op op : Op.values()) {
                int most = Guests.immediate(op, xlen);
                if (op.endsBlock() || most == 0 || op == Op.LUI || op == Op.AUIPC || !Guests.exists(op, xlen)) {
                    continue;
                }
                int from = most < 0 ? -2048 : 0;
                int to = most < 0 ? 2047 : most;
                for (int rd : new int[]{10, 14, 2, 7, 1}) {
                    long[] insts = new long[(to - from + 1) * registers.length];
                    int n = 0;
                    for (int rs : registers) {
                        for (int imm = from; imm <= to; imm++) {
                            insts[n++] = op.kind == Op.Kind.STORE
                                    ? Inst.pack(op, 0, rs, rd, imm, 4)
                                    : Inst.pack(op, rd, rs, 0, imm, 4);
                        }
                    }
                    assertSame(op + "", apart(xlen, insts), Metering.NONE);
                }
            }
        }
    }

    /** Without registers that the operation does not have. */
    private static long plain(long inst) {
        Op op = Inst.op(inst);
        boolean writes = op.kind != Op.Kind.STORE && op.kind != Op.Kind.BRANCH && op.kind != Op.Kind.TRAP;
        boolean immediate = op != Op.JALR && Guests.immediate(op, 64) != 0;
        boolean two = op.kind == Op.Kind.STORE || op.kind == Op.Kind.BRANCH || op.kind == Op.Kind.ATOMIC
                || op.kind == Op.Kind.ALU && !immediate;
        return Inst.pack(op, writes ? Inst.rd(inst) : 0,
                op == Op.LUI || op == Op.AUIPC || op == Op.JAL ? 0 : Inst.rs1(inst),
                two ? Inst.rs2(inst) : 0, Inst.imm(inst), 4);
    }

    /** A program of these instructions, none next to another. */
    private static Code apart(int xlen, long[] insts) {
        long[] all = new long[2 * insts.length];
        for (int i = 0; i < insts.length; i++) {
            all[2 * i] = insts[i];
            all[2 * i + 1] = Inst.pack(Op.FENCE, 0, 0, 0, 0, 4);
        }
        return Guests.code(xlen, true, all);
    }

    /** Blocks of all lengths, whatever ends them, in loops and across; idle, cheap and dear. */
    @ParameterizedTest
    @EnumSource(Metering.class)
    void randomPrograms(Metering metering) {
        Op[] ops = Op.values();
        for (int seed = 0; seed < PROGRAMS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int xlen = random.nextBoolean() ? 64 : 32;
            boolean embedded = random.nextInt(4) != 0;
            int among = random.nextBoolean() ? 16 : 5;
            int control = 1 + random.nextInt(8);
            long[] insts = new long[1 + random.nextInt(LENGTH)];
            for (int i = 0; i < insts.length; i++) {
                Op op;
                do {
                    op = ops[random.nextInt(random.nextInt(3) == 0 ? ops.length - 1 : Op.FENCE.ordinal())];
                } while (!Guests.exists(op, xlen) || op.endsBlock() && random.nextInt(control) != 0);
                int imm = Guests.immediate(op, xlen);
                if (op.kind == Op.Kind.BRANCH || op == Op.JAL) {
                    imm = OFFSETS[random.nextInt(OFFSETS.length)];
                } else if (imm < 0 && op != Op.LUI && op != Op.AUIPC) {
                    imm = random.nextInt(3) == 0 ? random.nextInt(-2048, 2048) : random.nextInt(-2, 4);
                } else if (imm > 0) {
                    imm = random.nextInt(imm + 1);
                }
                insts[i] = plain(
                        Inst.pack(op, random.nextInt(among), random.nextInt(among), random.nextInt(among), imm, 4));
            }
            assertSame("seed " + seed, Guests.code(xlen, embedded, insts), metering);
        }
    }

    /** Charges with a byte, with four bytes, and none, where gas is paid ahead and given back. */
    @ParameterizedTest
    @EnumSource(Metering.class)
    void longBlocks(Metering metering) {
        for (int length = 1; length < 300; length++) {
            long[] insts = new long[3 * length + 40];
            for (int i = 0; i < insts.length; i++) {
                insts[i] = Inst.pack(Op.ADDI, 10, 10, 0, i % length, 4);
            }
            insts[length - 1] = Inst.pack(Op.BEQ, 0, 10, 11, 4 * length + 8, 4);
            insts[length + 10] = Inst.pack(Op.BNE, 0, 10, 0, 8, 4);
            insts[2 * length + 20] = Inst.pack(Op.BLTU, 0, 10, 12, -4 * length, 4);
            assertSame("length " + length, Guests.code(64, true, insts), metering);
        }
    }
}
