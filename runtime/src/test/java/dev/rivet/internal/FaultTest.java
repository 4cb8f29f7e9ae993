package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import org.junit.jupiter.api.Test;

/** The walk that gives registers back what fused and shortened instructions left out. */
class FaultTest {
    /** Two blocks; the second is lui a, 0x5000; addi b, a, 1; addw c, d, d; ld; and begins at index 1. */
    private static Code code() {
        Code.Builder b = new Code.Builder(64, false, false, 8);
        b.add(0x10000, Inst.pack(Op.EBREAK, 0, 0, 0, 0, 4));
        b.add(0x10004, Inst.pack(Op.LUI, 1, 0, 0, 0x5000, 4));
        b.add(0x10008, Inst.pack(Op.ADDI, 2, 1, 0, 1, 4));
        b.add(0x1000c, Inst.pack(Op.ADDW, 3, 4, 4, 0, 4));
        b.add(0x10010, Inst.pack(Op.LD, 1, 5, 0, 0, 4));
        int end = b.add(0x10014, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(0x10000, 0x10014, 0, end)).leader(0);
        b.leader(1);
        return b.build();
    }

    private static long[] machine() {
        long[] regs = new long[32];
        regs[1] = 11;
        regs[2] = 22;
        regs[3] = 0x8000_0001L;
        regs[4] = 44;
        return regs;
    }

    @Test
    void nothingDeferredNothingMended() {
        long[] regs = machine();
        Fault.mend(code(), 4, null, null, regs);
        assertArrayEquals(machine(), regs);
        Fault.mend(code(), 4, new long[1], new long[1], regs);
        assertArrayEquals(machine(), regs);
    }

    @Test
    void aDeferredResultIsComputedAndAReaderThatRanKeepsItsOwn() {
        long[] regs = machine();
        Fault.mend(code(), 4, new long[]{1 << 1}, null, regs);
        assertEquals(0x5000, regs[1]);
        assertEquals(22, regs[2]);
    }

    @Test
    void aChainOfDeferredResults() {
        long[] regs = machine();
        Fault.mend(code(), 4, new long[]{1 << 1 | 1 << 2}, null, regs);
        assertEquals(0x5000, regs[1]);
        assertEquals(0x5001, regs[2]);
    }

    @Test
    void onlyWhatIsBeforeTheFaultInItsBlock() {
        long[] regs = machine();
        Fault.mend(code(), 2, new long[]{1 << 0 | 1 << 1 | 1 << 2}, null, regs);
        assertEquals(0x5000, regs[1]);
        assertEquals(22, regs[2]);
        regs = machine();
        Fault.mend(code(), 1, new long[]{1 << 1}, null, regs);
        assertArrayEquals(machine(), regs);
    }

    @Test
    void aLowHalfIsSignExtended() {
        long[] regs = machine();
        Fault.mend(code(), 4, null, new long[]{1 << 3}, regs);
        assertEquals(-0x7fff_ffffL, regs[3]);
        regs = machine();
        Fault.mend(code(), 3, null, new long[]{1 << 3}, regs);
        assertEquals(0x8000_0001L, regs[3], "not before the instruction has run");
    }
}
