package dev.rivet.internal;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.Arrays;

/**
 * Who called whom, read from the guest's own return address register and stack, where nothing else records calls: words that
 * are return addresses of calls in the program's text. What functions left behind on the stack may show, too; so this is for
 * people and profiles, nothing else relies on it. The guest can make it say anything, but not read anything it may not.
 */
final class StackScan {
    private static final int RA = 1;
    private static final int SP = 2;
    /** Words of stack looked at. */
    private static final int WORDS = 4096;

    private StackScan() {
    }

    /** Addresses of the calls under way, the innermost first. */
    static int[] callers(Code code, int pc, long[] regs, Ram ram) {
        int[] calls = new int[CallRecords.DEPTH];
        int count = 0;
        int before = 0;
        int call = call(code, regs[RA]);
        // Behind a call of its own a function's return address register says nothing about its caller.
        if (call >= 0 && !behind(code, call, pc)) {
            calls[count++] = code.pcs[call];
            before = (int) regs[RA];
        }
        int step = code.xlen / 8;
        int at = (int) regs[SP] & -step;
        for (int i = 0; i < WORDS && count < calls.length && ram.mayRead(at, step); i++, at += step) {
            long word = step == 8 ? ram.load64(at) : Integer.toUnsignedLong(ram.load32(at));
            call = call(code, word);
            if (call >= 0 && (int) word != before) {
                calls[count++] = code.pcs[call];
            }
            before = call >= 0 ? 0 : before;
        }
        return Arrays.copyOf(calls, count);
    }

    /** Index of the call that returns to an address, or −1. */
    private static int call(Code code, long address) {
        if (address >>> 32 != 0) {
            return -1;
        }
        int i = code.indexOf((int) address) - 1;
        if (i < 0) {
            return -1;
        }
        long inst = code.insts[i];
        Op op = Inst.op(inst);
        boolean call = (op == Op.JAL || op == Op.JALR) && Inst.rd(inst) == RA;
        return call && code.pcs[i] + Inst.size(inst) == (int) address ? i : -1;
    }

    /** Whether pc follows a call with nothing in between that ends a function: then it is the caller itself. */
    private static boolean behind(Code code, int call, int pc) {
        int to = code.indexOf(pc);
        for (int i = call + 1; i < to; i++) {
            long inst = code.insts[i];
            if (Inst.op(inst) == Op.JALR && Inst.rd(inst) == 0) {
                return false;
            }
        }
        return to > call;
    }
}
