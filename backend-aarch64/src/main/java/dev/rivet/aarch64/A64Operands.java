package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluExt;
import dev.rivet.aarch64.A64Assembler.Extend;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.ir.HostCode;
import dev.rivet.sandbox.Control;
import java.util.Arrays;

/**
 * Guest registers as operands of host instructions, and the addresses of guest memory.
 *
 * <p>An effective address is (rs1 + imm) mod 2³². Accesses go through {@code base + zero-extended index}, so they stay within
 * 4 GiB (plus a few KiB on either side, where nothing is ever mapped) whatever the registers hold.
 *
 * <p>The address cache: within a block {@code h = base + zero-extended rs1} is kept in a spare register and serves every
 * access with an encodable offset until rs1 changes. Such an access does not wrap at 2³², but where it should have, both
 * the wrapped and the unwrapped address lie within {@link #SLACK} of an end of the guest's space, where nothing is ever
 * mapped (64 KiB on both sides): both fault, and what is reported is computed from the registers. Adding a constant to rs1
 * keeps the cached address and notes the difference.
 */
class A64Operands {
    static final int T0 = A64Registers.T0;
    static final int T1 = A64Registers.T1;
    static final int BASE = A64Registers.BASE;
    static final int ZR = A64Assembler.ZR;
    static final int SP = A64Assembler.SP;
    /** Farthest from a cached register's value that an access through the cache may be. */
    private static final int SLACK = 0x4000;

    final A64Assembler a;
    final A64Registers registers;
    final int[] homeOf;
    final int xlen;
    /** Bytes of a guest register. */
    final int size;

    private final int[] caches;
    /** Guest register of each cache, 0 for none. */
    private final int[] cached;
    /** What was added to the guest register since. */
    private final int[] added;
    private int victim;

    A64Operands(A64Assembler a, A64Registers registers, int xlen) {
        this.a = a;
        this.registers = registers;
        this.xlen = xlen;
        size = xlen / 8;
        homeOf = registers.homeOf;
        caches = registers.caches;
        cached = new int[caches.length];
        added = new int[caches.length];
    }

    /** Offset from sp of a field of the control page. */
    static int control(int field) {
        return field - Control.REGS;
    }

    static int slot(int r) {
        return r * 8;
    }

    /** Stores a host register to a field of the control page, which may lie before the slots. */
    final void putControl(Mem op, int t, int field) {
        if (control(field) < 0) {
            a.memUnscaled(op, t, SP, control(field));
        } else {
            a.mem(op, t, SP, control(field));
        }
    }

    /** Host register that holds a guest register: its home, the zero register, or {@code scratch} after loading it. */
    final int src(int r, int scratch) {
        if (r == 0) {
            return ZR;
        }
        int home = homeOf[r];
        if (home == HostCode.IN_MEMORY) {
            a.mem(size == 8 ? Mem.LDRX : Mem.LDRW, scratch, SP, slot(r));
            return scratch;
        }
        return home;
    }

    /** Copies a guest register to a scratch register. */
    final void into(int scratch, int r) {
        int s = src(r, scratch);
        if (s != scratch) {
            a.mov(size, scratch, s);
        }
    }

    /** Host register to compute a result in: the home, or {@code scratch}; then {@link #done}. Never for x0. */
    final int dst(int r, int scratch) {
        return homeOf[r] == HostCode.IN_MEMORY ? scratch : homeOf[r];
    }

    /** The result of {@code r} is in {@code d}. */
    final void done(int r, int d) {
        if (homeOf[r] == HostCode.IN_MEMORY) {
            a.mem(Mem.STRX, d, SP, slot(r));
        }
        forget(r);
    }

    /** Sets a guest register to a constant. */
    final void constant(int r, long value) {
        if (r != 0) {
            int d = dst(r, T0);
            a.movImm(size, d, value);
            done(r, d);
        }
    }

    /** The third scratch register. */
    final int t2() {
        for (int i = 0; i < caches.length; i++) {
            if (caches[i] == registers.t2) {
                cached[i] = 0;
            }
        }
        return registers.t2;
    }

    // Address cache

    /** Forgets all cached addresses: at a leader, and where x30 is written. */
    final void forgetAll() {
        Arrays.fill(cached, 0);
    }

    private void forget(int r) {
        for (int i = 0; i < cached.length; i++) {
            if (cached[i] == r) {
                cached[i] = 0;
            }
        }
    }

    /** As {@link #done} where a constant was added to the register itself. */
    final void doneAdding(int r, int d, int imm) {
        int kept = 0;
        int place = -1;
        for (int i = 0; i < cached.length; i++) {
            int sum = added[i] + imm;
            if (cached[i] == r && sum >= -SLACK && sum <= SLACK) {
                kept = sum;
                place = i;
            }
        }
        done(r, d);
        if (place >= 0) {
            cached[place] = r;
            added[place] = kept;
        }
    }

    private static boolean encodable(Mem op, int offset) {
        return offset >= -256 && offset <= 255
                || offset >= 0 && offset % op.bytes == 0 && offset / op.bytes <= 4095;
    }

    private void access(Mem op, int t, int n, int offset) {
        if (offset >= 0 && offset % op.bytes == 0 && offset / op.bytes <= 4095) {
            a.mem(op, t, n, offset);
        } else {
            a.memUnscaled(op, t, n, offset);
        }
    }

    /** A load or store of {@code t} at (rs1 + imm) mod 2³². May clobber x16, never x17 or t. */
    final void memory(Mem op, int t, int rs1, int imm) {
        if (rs1 == 0) {
            a.movImm(4, T0, imm);
            a.memReg(op, t, BASE, T0, Extend.UXTW, false);
            return;
        }
        for (int i = 0; i < cached.length; i++) {
            if (cached[i] == rs1 && encodable(op, added[i] + imm)) {
                access(op, t, caches[i], added[i] + imm);
                return;
            }
        }
        int s = src(rs1, T0);
        int biased = registers.biased(imm);
        if (biased != A64Registers.NONE) {
            a.memReg(op, t, biased, s, Extend.UXTW, false);
        } else if (imm == 0) {
            a.memReg(op, t, BASE, s, Extend.UXTW, false);
        } else if (encodable(op, imm)) {
            forget(rs1);
            int i = victim;
            victim = i + 1 == caches.length ? 0 : i + 1;
            a.aluExt(AluExt.ADD, 8, caches[i], BASE, s, Extend.UXTW, 0);
            cached[i] = rs1;
            added[i] = 0;
            access(op, t, caches[i], imm);
        } else {
            a.addImm(4, T0, s, imm);
            a.memReg(op, t, BASE, T0, Extend.UXTW, false);
        }
    }

    /** Computes {@code d = n op value}, through a bit mask or x17. */
    final void logic(Alu op, A64Assembler.LogicImm immediate, int d, int n, long value) {
        if (A64Assembler.isLogicImm(size, value)) {
            a.logicImm(immediate, size, d, n, value);
        } else {
            a.movImm(size, T1, value);
            a.alu(op, size, d, n, T1);
        }
    }
}
