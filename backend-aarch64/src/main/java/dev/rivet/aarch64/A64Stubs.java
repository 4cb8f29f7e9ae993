package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.Pair;
import dev.rivet.aarch64.A64Assembler.Vec3;
import dev.rivet.aarch64.A64Assembler.Wide;
import dev.rivet.aarch64.A64Assembler.Zero;
import dev.rivet.ir.HostCode;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;

/**
 * The fixed code in front of every program: entering the guest, the exits, and the carry-less product. It depends on
 * nothing but the register map, so a side entry finds the offsets by emitting it once more.
 *
 * <p>An exit is {@code bl stub} followed by a word with the guest pc (and, for out of gas, one with the cost): code may be
 * read. The stub takes them by x30.
 */
final class A64Stubs {
    /** Offsets from the code base. */
    final int enter;
    final int miss;
    final int finish;
    final int outOfGas;
    final int clmul;
    private final int[] exits = new int[Control.EXIT_SIGNAL];

    private static final int T0 = A64Registers.T0;
    private static final int T1 = A64Registers.T1;
    private static final int SP = A64Assembler.SP;

    private final A64Operands o;
    private final A64Assembler a;
    private final A64Registers registers;
    private final int publish;

    /** Emits the stubs; the assembler must be at the start of a program's code. */
    A64Stubs(A64Operands operands) {
        o = operands;
        a = o.a;
        registers = o.registers;
        publish = a.newLabel();
        enter = a.position();
        enter();
        miss = a.position();
        a.lsl(4, T0, T0, 1);
        o.putControl(Mem.STRX, T0, Control.TARGET);
        a.mov(4, T1, T0);
        leave(Control.EXIT_MISS);
        finish = a.position();
        a.movImm(4, T1, Layout.RETURN_TO_HOST);
        leave(Control.EXIT_FINISHED);
        outOfGas = a.position();
        if (registers.gas != HostCode.IN_MEMORY) {
            a.mem(Mem.LDRSW, T0, A64Registers.LINK, 4);
            a.alu(A64Assembler.Alu.ADD, 8, registers.gas, registers.gas, T0);
        }
        a.mem(Mem.LDRW, T1, A64Registers.LINK, 0);
        leave(Control.EXIT_OUT_OF_GAS);
        exit(Control.EXIT_ECALL);
        exit(Control.EXIT_ILLEGAL);
        exit(Control.EXIT_BREAKPOINT);
        exit(Control.EXIT_BAD_JUMP);
        exit(Control.EXIT_MISALIGNED);
        a.bind(publish);
        publish();
        clmul = a.position();
        clmul();
    }

    /** Offset of the stub for an exit that {@code bl stub; .word pc} makes. */
    int exitStub(int exit) {
        return exits[exit];
    }

    private void exit(int exit) {
        exits[exit] = a.position();
        a.mem(Mem.LDRW, T1, A64Registers.LINK, 0);
        leave(exit);
    }

    /** The guest pc is in x17. */
    private void leave(int exit) {
        a.wide(Wide.MOVZ, 4, T0, exit, 0);
        a.jump(A64Assembler.Jump.B, publish);
    }

    /** Whether this and the next guest register both have homes. */
    private boolean pair(int r) {
        return r < 31 && homed(r) && homed(r + 1);
    }

    private boolean homed(int r) {
        return registers.homeOf[r] != HostCode.IN_MEMORY;
    }

    private void enter() {
        a.movImm(8, T0, Layout.CONTROL_BASE + Control.REGS);
        a.aluImm(AluImm.ADD, 8, SP, T0, 0, false);
        a.movImm(8, A64Registers.BASE, Layout.GUEST_BASE_AARCH64);
        for (int n = 0; n < registers.biases; n++) {
            a.movImm(8, A64Registers.FIRST_BIASED + n, Layout.GUEST_BASE_AARCH64 + registers.bias(n));
        }
        if (registers.table != A64Registers.NONE) {
            a.movImm(8, registers.table, Layout.TABLE_BASE);
        }
        if (registers.gas != HostCode.IN_MEMORY) {
            a.mem(Mem.LDRX, registers.gas, SP, A64Operands.control(Control.GAS));
        }
        for (int r = 1; r < 32; r++) {
            if (homed(r)) {
                // 32-bit registers become zero-extended here, whatever the JVM put there.
                a.mem(o.size == 8 ? Mem.LDRX : Mem.LDRW, registers.homeOf[r], SP, A64Operands.slot(r));
            }
        }
        a.mem(Mem.LDRW, T0, SP, A64Operands.control(Control.PC));
        if (registers.reserve > 0) {
            int enough = a.newLabel();
            a.aluImm(AluImm.SUBS, 8, registers.gas, registers.gas, registers.reserve, false);
            a.branch(A64Assembler.Cond.PL, enough);
            a.mov(4, T1, T0);
            leave(Control.EXIT_OUT_OF_GAS);
            a.bind(enough);
        }
        a.lsr(4, T0, T0, 1);
        int bad = a.newLabel();
        tableLoad(o);
        a.zero(Zero.CBZ, 8, T1, bad);
        a.jumpReg(JumpReg.BR, T1);
        a.bind(bad);
        a.lsl(4, T1, T0, 1);
        o.putControl(Mem.STRX, T1, Control.TARGET);
        leave(Control.EXIT_BAD_JUMP);
    }

    /** Loads the table entry of the pc whose half is in x16 to x17; faults where the table is not mapped. */
    static void tableLoad(A64Operands o) {
        int table = o.registers.table;
        if (table == A64Registers.NONE) {
            table = T1;
            o.a.movImm(8, T1, Layout.TABLE_BASE);
        }
        // (pc / 2) · 8 = pc · 4, and halving has cleared bit 0.
        o.a.memReg(Mem.LDRX, T1, table, T0, A64Assembler.Extend.UXTW, true);
    }

    private void publish() {
        o.putControl(Mem.STRX, T1, Control.PC);
        o.putControl(Mem.STRW, T0, Control.EXIT);
        if (registers.gas != HostCode.IN_MEMORY) {
            if (registers.reserve > 0) {
                a.addImm(8, registers.gas, registers.gas, registers.reserve);
            }
            o.putControl(Mem.STRX, registers.gas, Control.GAS);
        }
        for (int r = 1; r < 32; r++) {
            if (pair(r)) {
                a.pair(Pair.STP, registers.homeOf[r], registers.homeOf[r + 1], SP, A64Operands.slot(r));
                r++;
            } else if (homed(r)) {
                a.mem(Mem.STRX, registers.homeOf[r], SP, A64Operands.slot(r));
            }
        }
        a.movImm(8, T0, Layout.WORKER_PUBLISH);
        a.jumpReg(JumpReg.BR, T0);
    }

    /**
     * Carry-less product of x16 and x17: low half to x16, high half to x17; clobbers v0–v6. Armv8.0 has it for bytes only:
     * for each byte of x17 the eight 16-bit products with the bytes of x16, added without carry in columns of 16 bits; at
     * the end the columns, which overlap by 8 bits, are added with their low bytes apart from their high bytes.
     */
    private void clmul() {
        a.toVector(8, 0, T0);
        a.toVector(8, 1, T1);
        a.vecMovi(5, 0);
        for (int i = 0; i < 8; i++) {
            a.vecDup(2, 1, i);
            a.vec(Vec3.PMULL_8H, i == 0 ? 3 : 2, 0, 2);
            if (i > 0) {
                // Columns i to i + 7: the first 8 − i of them in v3, the others in v4.
                a.vecExt(i == 1 ? 4 : 6, 2, 5, 16 - 2 * i);
                if (i > 1) {
                    a.vec(Vec3.EOR_16B, 4, 4, 6);
                }
                a.vecExt(2, 5, 2, 16 - 2 * i);
                a.vec(Vec3.EOR_16B, 3, 3, 2);
            }
        }
        a.vec(Vec3.UZP1_16B, 0, 3, 4);
        a.vec(Vec3.UZP2_16B, 1, 3, 4);
        a.vecExt(1, 5, 1, 15);
        a.vec(Vec3.EOR_16B, 0, 0, 1);
        a.fromVector(8, T0, 0);
        a.highFromVector(T1, 0);
        a.jumpReg(JumpReg.RET, A64Registers.LINK);
    }
}
