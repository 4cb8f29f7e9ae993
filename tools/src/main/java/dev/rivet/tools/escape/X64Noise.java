package dev.rivet.tools.escape;

import static dev.rivet.x64.Reg.R12;
import static dev.rivet.x64.Reg.R14;
import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.RAX;

import dev.rivet.x64.Mem;
import dev.rivet.x64.X64Assembler;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Shift;

/** Random numbers in an attacker's native code on x86-64: r15 is the state, never 0; rax, r12 and r14 are lost. */
public final class X64Noise {
    private static final int[] SHIFTS = {13, -7, 17};

    private X64Noise() {
    }

    /** One step of xorshift64 on r15. */
    public static void step(X64Assembler a) {
        for (int s : SHIFTS) {
            a.mov(8, RAX, R15);
            a.shiftImm(s > 0 ? Shift.SHL : Shift.SHR, 8, RAX, Math.abs(s));
            a.alu(Alu.XOR, 8, R15, RAX);
        }
    }

    /**
     * Stores a random word at a random place behind {@code base}; in half of the cases it is small.
     *
     * @param size of the word, 4 or 8
     * @param place leaves in r12 which place, of what it finds there
     * @param small the largest small word, a power of two less one
     */
    public static void store(X64Assembler a, int size, int base, Runnable place, int small) {
        int large = a.newLabel();
        step(a);
        a.mov(8, R14, R15);
        step(a);
        a.mov(8, R12, R15);
        place.run();
        a.testImm(4, R15, 0x1_0000);
        a.jcc(Cond.NE, large);
        a.aluImm(Alu.AND, size, R14, small);
        a.bind(large);
        a.store(size, Mem.at(base, R12, 0, 0), R14);
    }
}
