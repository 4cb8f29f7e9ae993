package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Extend;
import dev.rivet.aarch64.A64Assembler.LogicImm;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.Select;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.sandbox.Control;

/**
 * Loads, stores and atomics. No guest register changes before the last access of an instruction that can fault.
 *
 * <p>Atomics are plain sequences: one hart has nobody to be atomic against, and the host looks at memory only while the
 * guest stands still.
 */
class A64Memory extends A64Exits {
    A64Memory(A64Assembler a, A64Registers registers, Code code, HostCode main) {
        super(a, registers, code, main);
    }

    final void load(Mem op, long inst) {
        int rd = Inst.rd(inst);
        // A load to x0 still faults.
        int d = rd == 0 ? ZR : dst(rd, T1);
        memory(op, d, Inst.rs1(inst), Inst.imm(inst));
        if (rd != 0) {
            done(rd, d);
        }
    }

    final void store(Mem op, long inst) {
        memory(op, src(Inst.rs2(inst), T1), Inst.rs1(inst), Inst.imm(inst));
    }

    /** The address register of an atomic, after leaving if it is misaligned. */
    private int atomicAddress(int bytes, long inst, int index) {
        int n = src(Inst.rs1(inst), T0);
        if (n != ZR) {
            a.logicImm(LogicImm.ANDS, 4, ZR, n, bytes - 1);
            a.branch(Cond.NE, coldMisaligned(n, index));
        }
        return n;
    }

    private Mem loadOp(int bytes) {
        return bytes == 8 ? Mem.LDRX : size == 8 ? Mem.LDRSW : Mem.LDRW;
    }

    private static Mem storeOp(int bytes) {
        return bytes == 8 ? Mem.STRX : Mem.STRW;
    }

    private void at(Mem op, int t, int n) {
        a.memReg(op, t, BASE, n, Extend.UXTW, false);
    }

    private void result(int rd, int from) {
        if (rd != 0) {
            int d = dst(rd, from);
            if (d != from) {
                a.mov(size, d, from);
            }
            done(rd, d);
        }
    }

    final void loadReserved(int bytes, long inst, int index) {
        int n = atomicAddress(bytes, inst, index);
        at(loadOp(bytes), T1, n);
        a.logicImm(LogicImm.ORR, 4, T0, n, bytes / 4);
        putControl(Mem.STRX, T0, Control.RESERVATION);
        result(Inst.rd(inst), T1);
    }

    final void storeConditional(int bytes, long inst, int index) {
        int n = atomicAddress(bytes, inst, index);
        int t = t2();
        int failed = a.newLabel();
        a.logicImm(LogicImm.ORR, 4, T1, n, bytes / 4);
        a.mem(Mem.LDRX, t, SP, control(Control.RESERVATION));
        a.cmp(8, t, T1);
        a.branch(Cond.NE, failed);
        at(storeOp(bytes), src(Inst.rs2(inst), t), n);
        a.bind(failed);
        putControl(Mem.STRX, ZR, Control.RESERVATION);
        // The loads, stores and moves since have left the flags alone.
        a.cset(4, T1, Cond.NE);
        result(Inst.rd(inst), T1);
    }

    final void swap(int bytes, long inst, int index) {
        int n = atomicAddress(bytes, inst, index);
        at(loadOp(bytes), T1, n);
        int t = t2();
        at(storeOp(bytes), src(Inst.rs2(inst), t), n);
        result(Inst.rd(inst), T1);
    }

    final void fetchAnd(Alu op, int bytes, long inst, int index) {
        int n = atomicAddress(bytes, inst, index);
        at(loadOp(bytes), T1, n);
        int t = t2();
        a.alu(op, bytes, t, T1, src(Inst.rs2(inst), t));
        at(storeOp(bytes), t, n);
        result(Inst.rd(inst), T1);
    }

    /** Stores the old value if it compares so with rs2, else rs2. */
    final void fetchAndChoose(Cond cond, int bytes, long inst, int index) {
        int n = atomicAddress(bytes, inst, index);
        at(loadOp(bytes), T1, n);
        int t = t2();
        int m = src(Inst.rs2(inst), t);
        a.cmp(bytes, T1, m);
        a.select(Select.CSEL, bytes, t, T1, m, cond);
        at(storeOp(bytes), t, n);
        result(Inst.rd(inst), T1);
    }
}
