package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Memory, branches and jumps, one instruction at a time, against values worked out by hand. */
class InterpreterTest {
    private static final long BITS = 0x8182_8384_8586_8788L;
    private static final long U32 = 0xffff_ffffL;

    private static long[] regs(long one, long two) {
        long[] regs = new long[32];
        regs[1] = one;
        regs[2] = two;
        return regs;
    }

    private static void memory(long value) {
        Single.MEMORY.view().set(ValueLayout.JAVA_LONG, Single.PAGE, value);
        Single.MEMORY.view().set(ValueLayout.JAVA_LONG, Single.PAGE + 8, 0);
    }

    private static long memory() {
        return Single.MEMORY.view().get(ValueLayout.JAVA_LONG, Single.PAGE);
    }

    private static void load(int xlen, Op op, long expected) {
        memory(BITS);
        long inst = Inst.pack(op, 3, 1, 0, -16, 4);
        assertEquals(expected, Single.run(xlen, inst, 0x1000, regs(Single.PAGE + 16, 0)).regs[3], op + " RV" + xlen);
        assertEquals(0, Single.run(xlen, Inst.pack(op, 0, 1, 0, 0, 4), 0x1000, regs(Single.PAGE, 0)).regs[0]);
    }

    @Test
    void loadsExtend() {
        load(64, Op.LB, -0x78);
        load(64, Op.LBU, 0x88);
        load(64, Op.LH, -0x7878);
        load(64, Op.LHU, 0x8788);
        load(64, Op.LW, -0x7a79_7878L);
        load(64, Op.LWU, 0x8586_8788L);
        load(64, Op.LD, BITS);
        load(32, Op.LB, 0xffff_ff88L);
        load(32, Op.LBU, 0x88);
        load(32, Op.LH, 0xffff_8788L);
        load(32, Op.LHU, 0x8788);
        load(32, Op.LW, 0x8586_8788L);
    }

    @Test
    void storesWriteTheirWidth() {
        Op[] ops = {Op.SB, Op.SH, Op.SW, Op.SD};
        for (int k = 0; k < ops.length; k++) {
            for (int xlen : new int[]{32, 64}) {
                if (xlen == 32 && ops[k] == Op.SD) {
                    continue;
                }
                memory(-1);
                long value = xlen == 64 ? BITS : BITS & U32;
                Single.run(xlen, Inst.pack(ops[k], 0, 1, 2, 0, 4), 0x1000, regs(Single.PAGE, value));
                long mask = k == 3 ? -1 : (1L << (8 << k)) - 1;
                assertEquals(value & mask | ~mask, memory(), ops[k] + " RV" + xlen);
            }
        }
    }

    @Test
    void everyAccessIsBounded() {
        for (Op op : Op.values()) {
            int size = Accesses.size(op);
            boolean touches = op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE || op.kind == Op.Kind.ATOMIC;
            assertEquals(touches, size != 0, op.name());
            if (!touches) {
                continue;
            }
            Hart hart = new Hart();
            long inst = Inst.pack(op, 3, 1, 2, 0, 4);
            boolean conditional = op == Op.SC_W || op == Op.SC_D;
            long last = Single.PAGE + 4096 - size;
            Stop stop = Single.run(hart, 64, inst, 0x1000, regs(last, 0));
            assertEquals(Stop.BREAKPOINT, stop, op.name());
            long beyond = op.kind == Op.Kind.ATOMIC ? last + size : last + 1;
            stop = Single.run(hart, 64, inst, 0x1000, regs(beyond, 0));
            assertEquals(conditional ? Stop.BREAKPOINT : Stop.MEMORY_ACCESS, stop, op.name());
            if (!conditional) {
                assertEquals((int) beyond, hart.address);
                assertEquals(op.kind == Op.Kind.STORE || op.kind == Op.Kind.ATOMIC && op != Op.LR_W && op != Op.LR_D,
                        hart.write, op.name());
                assertEquals(0x1000, hart.pc);
            }
        }
    }

    // @formatter:off
    /** op, operand, memory before, memory after; word forms. */
    private static final Object[][] AMOS = {
        {Op.AMOSWAP_W, 5L, 0x1_8000_0000L, 0x1_0000_0005L}, {Op.AMOADD_W, 1L, 0x1_ffff_ffffL, 0x1_0000_0000L},
        {Op.AMOXOR_W, -1L, 0x1_8000_0001L, 0x1_7fff_fffeL}, {Op.AMOAND_W, 0xfL, 0x1_8000_00ffL, 0x1_0000_000fL},
        {Op.AMOOR_W, 0xfL, 0x1_8000_0000L, 0x1_8000_000fL}, {Op.AMOMIN_W, 1L, 0x1_8000_0000L, 0x1_8000_0000L},
        {Op.AMOMAX_W, 1L, 0x1_8000_0000L, 0x1_0000_0001L}, {Op.AMOMINU_W, 1L, 0x1_8000_0000L, 0x1_0000_0001L},
        {Op.AMOMAXU_W, 0x7_0000_0001L, 0x1_8000_0000L, 0x1_8000_0000L},
        {Op.AMOSWAP_D, 5L, -1L, 5L}, {Op.AMOADD_D, 1L, -1L, 0L}, {Op.AMOXOR_D, -1L, 1L, -2L}, {Op.AMOAND_D, 3L, 6L, 2L},
        {Op.AMOOR_D, 3L, 6L, 7L}, {Op.AMOMIN_D, 1L, -1L, -1L}, {Op.AMOMAX_D, 1L, -1L, 1L}, {Op.AMOMINU_D, 1L, -1L, 1L},
        {Op.AMOMAXU_D, 1L, -1L, -1L},
    };
    // @formatter:on

    @Test
    void readModifyWrites() {
        for (Object[] row : AMOS) {
            Op op = (Op) row[0];
            memory((long) row[2]);
            Hart hart = Single.run(64, Inst.pack(op, 2, 1, 2, 0, 4), 0x1000, regs(Single.PAGE, (long) row[1]));
            assertEquals((long) row[3], memory(), op.name());
            long old = (long) row[2];
            assertEquals(Accesses.size(op) == 8 ? old : (int) old, hart.regs[2],
                    op + " gives the old value, sign-extended");
        }
        assertEquals(18, AMOS.length);
    }

    private static void branch(Op op, int xlen, long a, long b, boolean taken) {
        Hart hart = new Hart();
        assertEquals(Stop.BREAKPOINT, Single.run(hart, xlen, Inst.pack(op, 0, 1, 2, 8, 4), 0x1000, regs(a, b)));
        assertEquals(taken ? 0x1008 : 0x1004, hart.pc, op + " " + a + " " + b + " RV" + xlen);
    }

    @Test
    void branches() {
        for (int xlen : new int[]{32, 64}) {
            long minus = xlen == 64 ? -1 : U32;
            for (long[] v : new long[][]{{0, 0}, {1, 0}, {0, 1}, {minus, 0}, {0, minus}, {minus, minus}}) {
                long a = v[0];
                long b = v[1];
                long sa = a == minus ? -1 : a;
                long sb = b == minus ? -1 : b;
                branch(Op.BEQ, xlen, a, b, a == b);
                branch(Op.BNE, xlen, a, b, a != b);
                branch(Op.BLT, xlen, a, b, sa < sb);
                branch(Op.BGE, xlen, a, b, sa >= sb);
                branch(Op.BLTU, xlen, a, b, Long.compareUnsigned(a, b) < 0);
                branch(Op.BGEU, xlen, a, b, Long.compareUnsigned(a, b) >= 0);
            }
        }
    }

    @Test
    void jumpsLinkTheZeroExtendedAddress() {
        int pc = 0x9000_0000;
        Hart hart = new Hart();
        assertEquals(Stop.BREAKPOINT, Single.run(hart, 64, Inst.pack(Op.JAL, 3, 0, 0, 8, 4), pc, regs(0, 0)));
        assertEquals(0x9000_0004L, hart.regs[3]);
        assertEquals(pc + 8, hart.pc);
        assertEquals(Stop.BREAKPOINT,
                Single.run(hart, 64, Inst.pack(Op.JALR, 1, 1, 0, 9, 4), pc, regs(0x7_9000_0000L, 0)));
        assertEquals(0x9000_0004L, hart.regs[1]);
        assertEquals(pc + 8, hart.pc);
        assertEquals(0x9000_3000L, Single.run(64, Inst.pack(Op.AUIPC, 3, 0, 0, 0x3000, 4), pc, regs(0, 0)).regs[3]);
        Single.run(hart, 64, Inst.pack(Op.JAL, 0, 0, 0, 8, 4), pc, regs(0, 0));
        assertEquals(0, hart.regs[0]);
    }

    @Test
    void fencesDoNothing() {
        for (Op op : new Op[]{Op.FENCE, Op.FENCE_I}) {
            Hart hart = Single.run(64, Inst.pack(op, 3, 1, 0, 0, 4), 0x1000, regs(7, 8));
            assertEquals(0, hart.regs[3]);
        }
    }

    @Test
    void fpuGasTrapsWhenItIsOverdrawn() {
        for (long gas : new long[]{0, 1, 2, 1000, FpuGas.MOST - 1, FpuGas.MOST}) {
            long bits = FpuGas.bits(gas);
            assertEquals(gas, FpuGas.left(bits));
            assertFalse(Double.isNaN(Double.longBitsToDouble(bits)), "a number may be compared");
            assertFalse(Double.isNaN(Double.longBitsToDouble(bits + gas)), "charging all of it is allowed");
            for (long more : new long[]{1, 2, Integer.MAX_VALUE, (1L << 51) - 1}) {
                long over = bits + gas + more;
                assertTrue(Double.isNaN(Double.longBitsToDouble(over)));
                assertEquals(0, over & 1L << 51, "a quiet one would not trap");
                assertEquals(-more, FpuGas.left(over));
            }
        }
    }
}
