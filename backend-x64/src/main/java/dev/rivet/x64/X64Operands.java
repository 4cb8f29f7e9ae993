package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;

import dev.rivet.ir.Code;
import dev.rivet.ir.Metering;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Extend;

/**
 * Guest registers as operands: each is a host register or a memory slot, and this class alone knows which. Lowering asks
 * for a source in a register ({@link #use}), for a place to compute a result in ({@link #def}) and says when the result is
 * there ({@link #done}).
 *
 * <p>On RV32 all registers are kept zero-extended to 64 bits, in host registers and in slots.
 */
final class X64Operands {
    final X64Assembler a;
    /** XLEN in bytes: 4 or 8. */
    final int size;
    /** XLEN is 64. */
    final boolean wide;
    /** Gas is in rdx. */
    final boolean gasInRdx;
    /** Guest register whose lower half is in rax, too, in this block (see {@link X64Loops}); 0 for none. */
    int accumulator;
    /** Index of a 32-bit load in such a loop that leaves its extension to the instruction that reads it; −1 for none. */
    int late = -1;
    /** The upper half of the current instruction's 32-bit result need not be right (see {@link X64Words}). */
    boolean lowOnly;

    /**
     * Guest register that the host's flags tell about, −1 for none: {@link #flagsCond} holds iff it is not 0, or, where that
     * is null, ZF and SF are those of its value. Valid for the next instruction of the block only.
     */
    private int flagsReg = -1;
    private Cond flagsCond;
    private int lastFlagsReg = -1;
    private Cond lastFlagsCond;

    private final int[] home;
    private final long[] slots = new long[32];

    X64Operands(X64Assembler a, Code code, int[] home, Metering metering) {
        this.a = a;
        this.home = home;
        wide = code.xlen == 64;
        size = wide ? 8 : 4;
        gasInRdx = metering == Metering.SYNC || metering == Metering.ASYNC;
        for (int r = 0; r < 32; r++) {
            slots[r] = control(Control.REGS + 8 * r);
        }
    }

    /** From here on this register is the accumulator, and this load is late. */
    void accumulate(int accumulator, int late) {
        this.accumulator = accumulator;
        this.late = late;
    }

    /** A new instruction begins: what the flags tell now is from the one before. */
    void nextInstruction() {
        lastFlagsReg = flagsReg;
        lastFlagsCond = flagsCond;
        flagsReg = -1;
    }

    /** Flags are not known from here on (a leader). */
    void forgetFlags() {
        flagsReg = -1;
    }

    /** The flags just set are those of rd's value. */
    void valueFlags(int rd) {
        flagsReg = rd;
        flagsCond = null;
    }

    /** What the flags tell, as a number for {@link #setFlags}: 0 nothing, 1 of rd's value, 2 and more a condition; −1: else. */
    int flags(int rd) {
        if (flagsReg < 0) {
            return 0;
        }
        return flagsReg != rd ? -1 : flagsCond == null ? 1 : 2 + flagsCond.ordinal();
    }

    /** The flags tell what {@link #flags} said, about rd. */
    void setFlags(int flags, int rd) {
        flagsReg = flags == 0 ? -1 : rd;
        flagsCond = flags < 2 ? null : Cond.of(flags - 2);
    }

    /**
     * The condition under which {@code (r cond 0)} according to the flags that the instruction before left, or null if they
     * do not tell.
     */
    Cond fromFlags(int r, Cond cond) {
        if (r != lastFlagsReg) {
            return null;
        }
        boolean equality = cond == Cond.E || cond == Cond.NE;
        if (lastFlagsCond != null) {
            return equality ? cond == Cond.NE ? lastFlagsCond : lastFlagsCond.negate() : null;
        }
        return equality ? cond : cond == Cond.L ? Cond.S : cond == Cond.GE ? Cond.NS : null;
    }

    /** A field of the control page as a memory operand. */
    long control(int offset) {
        return a.near(Layout.CONTROL_BASE + offset);
    }

    /** Whether a guest register is in a host register. x0 is not. */
    boolean pinned(int r) {
        return home[r] >= 0;
    }

    /** Host register of a pinned guest register, negative for others. */
    int home(int r) {
        return home[r];
    }

    /** Memory slot of a guest register; x0's holds 0. */
    long slot(int r) {
        return slots[r];
    }

    /** A host register that holds guest register r: its own, or {@code scratch} after loading it. Flags survive. */
    int use(int r, int scratch) {
        int h = home[r];
        if (h >= 0) {
            return h;
        }
        if (r == 0) {
            a.movImm(4, scratch, 0);
        } else {
            a.load(size, scratch, slots[r]);
        }
        return scratch;
    }

    /** Where to compute a result for rd: its own register, or rax. */
    int def(int rd) {
        int h = home[rd];
        return h >= 0 ? h : RAX;
    }

    /** The result for rd is in {@code h}, which {@link #def} gave: stores it if rd lives in memory. */
    void done(int rd, int h) {
        if (home[rd] < 0 && rd != 0) {
            a.store(size, slots[rd], h);
        }
    }

    /** As {@link #done} for a 32-bit result, which RV64 sign-extends. */
    void doneWord(int rd, int h) {
        if (wide && !lowOnly) {
            a.extend(Extend.SX32, 8, h, h);
        }
        done(rd, h);
    }

    /** The lower half of pinned rd is right; extends it. */
    void extendWord(int rd) {
        a.extend(Extend.SX32, 8, home[rd], home[rd]);
    }

    /** Puts a value that is in any host register into rd. */
    void put(int rd, int h) {
        int d = home[rd];
        if (d < 0) {
            if (rd != 0) {
                a.store(size, slots[rd], h);
            }
        } else if (d != h) {
            a.mov(size, d, h);
        }
    }

    /** As {@link #put} for a 32-bit value, which RV64 sign-extends. */
    void putWord(int rd, int h) {
        if (!wide) {
            put(rd, h);
        } else {
            int d = def(rd);
            a.extend(Extend.SX32, 8, d, h);
            done(rd, d);
        }
    }

    /** Copies guest register r to host register h; with width 4 the upper half of h becomes 0. Flags survive. */
    void get(int width, int h, int r) {
        int from = home[r];
        if (from >= 0) {
            if (from != h || width < size) {
                a.mov(width, h, from);
            }
        } else if (r == 0) {
            a.movImm(4, h, 0);
        } else {
            a.load(width, h, slots[r]);
        }
    }

    /** As {@link #get}, but what is in the upper half of h does not matter: nothing to do if h is r's own. */
    void getLow(int width, int h, int r) {
        if (home[r] != h) {
            get(width, h, r);
        }
    }

    /**
     * {@code h = h op r}. A plain load from a home is renamed, one that is part of an operation is not and waits for the
     * store (docs/decisions/0001), so what may be part of a chain goes through rax, if h is another; comparisons keep rax.
     */
    void alu(Alu op, int width, int h, int r) {
        int from = home[r];
        if (from >= 0) {
            a.alu(op, width, h, from);
        } else if (r != 0 && h != RAX && op != Alu.CMP) {
            a.load(width, RAX, slots[r]);
            a.alu(op, width, h, RAX);
        } else if (r == 0) {
            a.aluImm(op, width, h, 0);
        } else {
            a.aluLoad(op, width, h, slots[r]);
        }
    }

    /** Sets rd to a constant. Clobbers rax only if rd lives in memory; may clobber flags. */
    void constant(int rd, long value) {
        int h = home[rd];
        long v = wide ? value : value & 0xffff_ffffL;
        if (h < 0) {
            if (rd == 0) {
                return;
            }
            if (!wide) {
                a.storeImm(4, slots[rd], (int) v);
                return;
            }
            if (v == (int) v) {
                a.storeImm(8, slots[rd], (int) v);
                return;
            }
            h = RAX;
        }
        if (v == 0) {
            a.alu(Alu.XOR, 4, h, h);
        } else if (v >>> 32 == 0) {
            a.movImm(4, h, v);
        } else {
            a.movImm(8, h, v);
        }
        done(rd, h);
    }

    /** Sets the flags of {@code r1 - r2}. */
    void compare(int width, int r1, int r2) {
        int h1 = home[r1];
        int h2 = home[r2];
        if (r2 == 0) {
            compareImm(width, r1, 0);
        } else if (h1 >= 0) {
            alu(Alu.CMP, width, h1, r2);
        } else if (h2 >= 0 && r1 != 0) {
            a.aluStore(Alu.CMP, width, slots[r1], h2);
        } else {
            get(width, RAX, r1);
            alu(Alu.CMP, width, RAX, r2);
        }
    }

    /** Sets the flags of {@code r - imm}. */
    void compareImm(int width, int r, int imm) {
        int h = home[r];
        if (h >= 0) {
            if (imm == 0) {
                a.test(width, h, h);
            } else {
                a.aluImm(Alu.CMP, width, h, imm);
            }
        } else if (r == 0) {
            a.movImm(4, RAX, 0);
            a.aluImm(Alu.CMP, width, RAX, imm);
        } else {
            a.aluStoreImm(Alu.CMP, width, slots[r], imm);
        }
    }

    /** What {@link #prepareFlag} says: nothing is 0 yet, rd is, rax is, rdx is. */
    private static final int NOT_PREPARED = 0;
    private static final int RD_PREPARED = 1;
    private static final int RAX_PREPARED = 2;
    private static final int RDX_PREPARED = 3;

    /**
     * Prepares for a 0/1 result of a comparison of r1 and r2: clears rd beforehand, or rax if rd is compared itself and the
     * comparison does not need rax, or rdx if rax is taken and gas is not there. Setting a byte of a cleared register takes
     * one step less from the comparison to the result than extending the byte.
     *
     * @return what {@link #flag} wants to know
     */
    int prepareFlag(int rd, int r1, int r2) {
        return prepareFlag(rd, rd == r1 || rd == r2, home[r1] >= 0 || home[r2] >= 0 && r1 != 0);
    }

    /** As {@link #prepareFlag}, for {@link #compareImm}. */
    int prepareFlagImm(int rd, int r1) {
        return prepareFlag(rd, rd == r1, r1 != 0);
    }

    private int prepareFlag(int rd, boolean compared, boolean withoutRax) {
        int d = home[rd];
        if (d >= 0 && !compared) {
            a.alu(Alu.XOR, 4, d, d);
            return RD_PREPARED;
        }
        if (accumulator == 0 && withoutRax) {
            a.alu(Alu.XOR, 4, RAX, RAX);
            return RAX_PREPARED;
        }
        if (!gasInRdx && withoutRax && home[rd] >= 0) {
            a.alu(Alu.XOR, 4, RDX, RDX);
            return RDX_PREPARED;
        }
        return NOT_PREPARED;
    }

    /** Sets rd to 1 if the condition holds, else to 0. */
    void flag(int rd, Cond cond, int prepared) {
        if (prepared == RAX_PREPARED) {
            a.setcc(cond, RAX);
            if (home[rd] >= 0) {
                a.mov(4, home[rd], RAX);
            } else {
                done(rd, RAX);
            }
        } else if (prepared == RDX_PREPARED) {
            a.setcc(cond, RDX);
            a.mov(4, home[rd], RDX);
        } else {
            int d = def(rd);
            a.setcc(cond, d);
            if (prepared == NOT_PREPARED) {
                a.extend(Extend.ZX8, 4, d, d);
                done(rd, d);
            }
        }
        flagsReg = rd;
        flagsCond = cond;
    }

    /** Makes rdx a second scratch until {@link #unpark}. Nothing in between may fault. */
    void park() {
        if (gasInRdx) {
            a.movqToXmm(X64Registers.PARKED_XMM, RDX);
        }
    }

    /** Puts gas back. */
    void unpark() {
        if (gasInRdx) {
            a.movqFromXmm(RDX, X64Registers.PARKED_XMM);
        }
    }
}
