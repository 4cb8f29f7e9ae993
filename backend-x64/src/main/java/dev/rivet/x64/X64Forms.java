package dev.rivet.x64;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Every form the assembler can encode, one row a method, operation and size, for tests that compare assemblers. Which
 * operands a form takes is told by its {@code uses} mask; the tester picks registers, memory operands and immediates.
 */
public final class X64Forms {
    /** The form takes register r (0–15). */
    public static final int R = 1;
    /** The form takes register s (0–15). */
    public static final int S = 2;
    /** The form takes register t (0–15). */
    public static final int T = 4;
    /** The form takes a memory operand. */
    public static final int M = 8;
    /** The form takes an immediate that fits {@link Form#immBits} bits, signed. */
    public static final int I = 16;
    /** The form takes a count from 0 to {@link Form#immBits} − 1. */
    public static final int COUNT = 32;
    /** The form takes an immediate of any 64 bits. */
    public static final int WIDE = 64;

    /** Emits a form. */
    @FunctionalInterface
    public interface Emitter {
        /** Emits with these operands; those the form does not use are ignored. */
        void emit(X64Assembler a, int r, int s, int t, long mem, long imm);
    }

    /** One form. */
    public record Form(String name, int uses, int immBits, Emitter emitter) {
        /** Whether it takes an operand of this kind. */
        public boolean uses(int kind) {
            return (uses & kind) != 0;
        }
    }

    private static final List<Form> ALL = List.copyOf(build());

    private X64Forms() {
    }

    /** All forms, in a fixed order. */
    public static List<Form> all() {
        return ALL;
    }

    private static List<Form> build() {
        List<Form> f = new ArrayList<>();
        for (int size = 1; size <= 8; size *= 2) {
            allSizes(f, size);
        }
        for (int size = 4; size <= 8; size *= 2) {
            words(f, size);
        }
        others(f);
        return f;
    }

    private static void add(List<Form> f, String name, int size, int uses, int immBits, Emitter e) {
        f.add(new Form(name.toLowerCase(Locale.ROOT) + (size == 0 ? "" : "." + size * 8), uses, immBits, e));
    }

    private static void allSizes(List<Form> f, int n) {
        int bits = Math.min(32, n * 8);
        for (X64Assembler.Alu op : X64Assembler.Alu.values()) {
            add(f, op + " r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.alu(op, n, r, s));
            add(f, op + " r,i", n, R | I, bits, (a, r, s, t, m, i) -> a.aluImm(op, n, r, (int) i));
            add(f, op + " r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.aluLoad(op, n, r, m));
            add(f, op + " m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.aluStore(op, n, m, r));
            add(f, op + " m,i", n, M | I, bits, (a, r, s, t, m, i) -> a.aluStoreImm(op, n, m, (int) i));
        }
        add(f, "test r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.test(n, r, s));
        add(f, "test r,i", n, R | I, bits, (a, r, s, t, m, i) -> a.testImm(n, r, (int) i));
        add(f, "test m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.testMem(n, m, r));
        add(f, "test m,i", n, M | I, bits, (a, r, s, t, m, i) -> a.testMemImm(n, m, (int) i));
        add(f, "mov r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.mov(n, r, s));
        add(f, "mov r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.load(n, r, m));
        add(f, "mov m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.store(n, m, r));
        add(f, "mov m,i", n, M | I, bits, (a, r, s, t, m, i) -> a.storeImm(n, m, (int) i));
        add(f, "xchg m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.xchgMem(n, m, r));
        for (X64Assembler.Unary op : X64Assembler.Unary.values()) {
            add(f, op + " r", n, R, 0, (a, r, s, t, m, i) -> a.unary(op, n, r));
            add(f, op + " m", n, M, 0, (a, r, s, t, m, i) -> a.unaryMem(op, n, m));
        }
        for (X64Assembler.Shift op : X64Assembler.Shift.values()) {
            add(f, op + " r,i", n, R | COUNT, n * 8, (a, r, s, t, m, i) -> a.shiftImm(op, n, r, (int) i));
            add(f, op + " r,cl", n, R, 0, (a, r, s, t, m, i) -> a.shiftCl(op, n, r));
        }
    }

    private static void words(List<Form> f, int n) {
        add(f, "mov r,i", n, R | (n == 8 ? WIDE : I), 32, (a, r, s, t, m, i) -> a.movImm(n, r, i));
        for (X64Assembler.Extend op : X64Assembler.Extend.values()) {
            boolean zero = op == X64Assembler.Extend.ZX8 || op == X64Assembler.Extend.ZX16;
            if (n == 8 ? !zero : op != X64Assembler.Extend.SX32) {
                add(f, op + " r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.extend(op, n, r, s));
                add(f, op + " r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.extendLoad(op, n, r, m));
            }
        }
        add(f, "lea r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.lea(n, r, m));
        for (X64Assembler.Cond c : X64Assembler.Cond.values()) {
            add(f, "cmov" + c + " r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.cmov(c, n, r, s));
            add(f, "cmov" + c + " r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.cmovLoad(c, n, r, m));
        }
        add(f, "xchg r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.xchg(n, r, s));
        add(f, "cmpxchg m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.lockCmpxchg(n, m, r));
        add(f, "xadd m,r", n, R | M, 0, (a, r, s, t, m, i) -> a.lockXadd(n, m, r));
        add(f, "imul r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.imul(n, r, s));
        add(f, "imul r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.imulLoad(n, r, m));
        add(f, "imul r,r,i", n, R | S | I, 32, (a, r, s, t, m, i) -> a.imulImm(n, r, s, (int) i));
        add(f, "imul r,m,i", n, R | M | I, 32, (a, r, s, t, m, i) -> a.imulLoadImm(n, r, m, (int) i));
        add(f, "mulx r,s,t", n, R | S | T, 0, (a, r, s, t, m, i) -> a.mulx(n, r, s, t));
        for (X64Assembler.ShiftX op : X64Assembler.ShiftX.values()) {
            add(f, op + " r,s,t", n, R | S | T, 0, (a, r, s, t, m, i) -> a.shiftx(op, n, r, s, t));
            add(f, op + " r,m,s", n, R | S | M, 0, (a, r, s, t, m, i) -> a.shiftxLoad(op, n, r, m, s));
        }
        add(f, "rorx r,s,i", n, R | S | COUNT, n * 8, (a, r, s, t, m, i) -> a.rorx(n, r, s, (int) i));
        for (X64Assembler.Bmi op : X64Assembler.Bmi.values()) {
            add(f, op + " r,s,t", n, R | S | T, 0, (a, r, s, t, m, i) -> a.bmi(op, n, r, s, t));
        }
        for (X64Assembler.Count op : X64Assembler.Count.values()) {
            add(f, op + " r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.count(op, n, r, s));
            add(f, op + " r,m", n, R | M, 0, (a, r, s, t, m, i) -> a.countLoad(op, n, r, m));
        }
        add(f, "bswap r", n, R, 0, (a, r, s, t, m, i) -> a.bswap(n, r));
        for (X64Assembler.Bit op : X64Assembler.Bit.values()) {
            add(f, op + " r,r", n, R | S, 0, (a, r, s, t, m, i) -> a.bit(op, n, r, s));
            add(f, op + " r,i", n, R | COUNT, n * 8, (a, r, s, t, m, i) -> a.bitImm(op, n, r, (int) i));
            add(f, op + " m,i", n, M | COUNT, n * 8, (a, r, s, t, m, i) -> a.bitMemImm(op, n, m, (int) i));
        }
    }

    private static void others(List<Form> f) {
        for (X64Assembler.Cond c : X64Assembler.Cond.values()) {
            add(f, "set" + c + " r", 0, R, 0, (a, r, s, t, m, i) -> a.setcc(c, r));
            add(f, "j" + c + " near", 0, I, 32, (a, r, s, t, m, i) -> a.jccNear(c, a.origin + (int) i));
        }
        add(f, "jmp near", 0, I, 32, (a, r, s, t, m, i) -> a.jmpNear(a.origin + (int) i));
        add(f, "call near", 0, I, 32, (a, r, s, t, m, i) -> a.callNear(a.origin + (int) i));
        add(f, "push r", 0, R, 0, (a, r, s, t, m, i) -> a.push(r));
        add(f, "push i", 0, I, 32, (a, r, s, t, m, i) -> a.pushImm((int) i));
        add(f, "pop r", 0, R, 0, (a, r, s, t, m, i) -> a.pop(r));
        add(f, "jmp r", 0, R, 0, (a, r, s, t, m, i) -> a.jmpReg(r));
        add(f, "call r", 0, R, 0, (a, r, s, t, m, i) -> a.callReg(r));
        add(f, "jmp m", 0, M, 0, (a, r, s, t, m, i) -> a.jmpMem(m));
        add(f, "call m", 0, M, 0, (a, r, s, t, m, i) -> a.callMem(m));
        for (X64Assembler.Plain op : X64Assembler.Plain.values()) {
            add(f, op.name(), 0, 0, 0, (a, r, s, t, m, i) -> a.plain(op));
        }
        add(f, "rdpid r", 0, R, 0, (a, r, s, t, m, i) -> a.rdpid(r));
        add(f, "movq x,r", 0, R | S, 0, (a, r, s, t, m, i) -> a.movqToXmm(r, s));
        add(f, "movq r,x", 0, R | S, 0, (a, r, s, t, m, i) -> a.movqFromXmm(r, s));
        add(f, "movq x,m", 0, R | M, 0, (a, r, s, t, m, i) -> a.loadXmm(r, m));
        add(f, "movq m,x", 0, R | M, 0, (a, r, s, t, m, i) -> a.storeXmm(m, r));
        add(f, "movd m,x", 0, R | M, 0, (a, r, s, t, m, i) -> a.storeXmm32(m, r));
        add(f, "pextrb m,x", 0, R | M, 0, (a, r, s, t, m, i) -> a.pextr(1, m, r));
        add(f, "pextrw m,x", 0, R | M, 0, (a, r, s, t, m, i) -> a.pextr(2, m, r));
        for (X64Assembler.Vec op : X64Assembler.Vec.values()) {
            add(f, op + " x,x", 0, R | S, 0, (a, r, s, t, m, i) -> a.vec(op, r, s));
            add(f, op + " x,m", 0, R | M, 0, (a, r, s, t, m, i) -> a.vecLoad(op, r, m));
        }
        add(f, "pclmulqdq x,x,i", 0, R | S | COUNT, 32, (a, r, s, t, m, i) -> a.pclmulqdq(r, s, (int) i));
        add(f, "ldmxcsr m", 0, M, 0, (a, r, s, t, m, i) -> a.ldmxcsr(m));
        add(f, "stmxcsr m", 0, M, 0, (a, r, s, t, m, i) -> a.stmxcsr(m));
    }
}
