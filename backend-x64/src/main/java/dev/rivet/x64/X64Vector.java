package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.XMM0;
import static dev.rivet.x64.Reg.XMM1;
import static dev.rivet.x64.Reg.XMM2;
import static dev.rivet.x64.Reg.XMM3;

import dev.rivet.x64.X64Assembler.Shift;
import dev.rivet.x64.X64Assembler.Unary;
import dev.rivet.x64.X64Assembler.Vec;

/**
 * Instructions that work on the bytes or nibbles of a register, and carry-less multiplication: orc.b, brev8 (Unprivileged
 * ISA 30.5), xperm (31.2), clmul (30.5.3). They go through xmm0–xmm3. rd is never x0.
 */
final class X64Vector {
    private static final long NIBBLES = 0x0f0f_0f0f_0f0f_0f0fL;

    private final X64Assembler a;
    private final X64Operands o;
    private final X64Pool pool;

    X64Vector(X64Operands operands, X64Pool pool) {
        o = operands;
        a = operands.a;
        this.pool = pool;
    }

    private void toXmm(int xmm, int r) {
        if (o.pinned(r)) {
            a.movqToXmm(xmm, o.home(r));
        } else {
            a.loadXmm(xmm, o.slot(r));
        }
    }

    private void fromXmm(int rd, int xmm) {
        a.movqFromXmm(RAX, xmm);
        o.put(rd, RAX);
    }

    /** Zero bytes stay, others become ff. */
    void orBytes(int rd, int rs1) {
        toXmm(XMM0, rs1);
        a.vec(Vec.PXOR, XMM1, XMM1);
        a.vec(Vec.PCMPEQB, XMM0, XMM1);
        a.movqFromXmm(RAX, XMM0);
        a.unary(Unary.NOT, 8, RAX);
        o.put(rd, RAX);
    }

    /** Reverses the bits of each byte: a table look-up for each nibble. */
    void reverseBits(int rd, int rs1) {
        o.get(o.size, RAX, rs1);
        nibbles(XMM0, XMM1);
        a.vecLoad(Vec.MOVAPS, XMM2, pool.vector(0xe060_a020_c040_8000L, 0xf070_b030_d050_9010L));
        a.vecLoad(Vec.MOVAPS, XMM3, pool.vector(0x0e06_0a02_0c04_0800L, 0x0f07_0b03_0d05_0901L));
        a.vec(Vec.PSHUFB, XMM2, XMM0);
        a.vec(Vec.PSHUFB, XMM3, XMM1);
        a.vec(Vec.POR, XMM2, XMM3);
        fromXmm(rd, XMM2);
    }

    /** Low nibbles of rax's bytes to one xmm, high nibbles to another, each as a byte; rax is lost. */
    private void nibbles(int low, int high) {
        a.movqToXmm(low, RAX);
        a.shiftImm(Shift.SHR, 8, RAX, 4);
        a.movqToXmm(high, RAX);
        long mask = pool.vector(NIBBLES, NIBBLES);
        a.vecLoad(Vec.PAND, low, mask);
        a.vecLoad(Vec.PAND, high, mask);
    }

    /** Bytes of rs1 picked by the bytes of rs2; 0 where the index is too large. */
    void permuteBytes(int rd, int rs1, int rs2) {
        toXmm(XMM0, rs1); // bytes 8–15 (RV32: 4–15) are 0
        toXmm(XMM1, rs2);
        // An index above 15 gets its top bit set, for which pshufb gives 0.
        a.vecLoad(Vec.PADDUSB, XMM1, pool.vector(0x7070_7070_7070_7070L, 0x7070_7070_7070_7070L));
        a.vec(Vec.PSHUFB, XMM0, XMM1);
        fromXmm(rd, XMM0);
    }

    /** Nibbles of rs1 picked by the nibbles of rs2; RV32 has 8 of them, larger indexes give 0. */
    void permuteNibbles(int rd, int rs1, int rs2) {
        spread(XMM0, XMM2, rs1);
        spread(XMM1, XMM2, rs2);
        a.vec(Vec.PSHUFB, XMM0, XMM1);
        // pairs of bytes to one: low + 16 × high
        a.vecLoad(Vec.PMADDUBSW, XMM0, pool.vector(0x1001_1001_1001_1001L, 0x1001_1001_1001_1001L));
        a.vec(Vec.PACKUSWB, XMM0, XMM0);
        fromXmm(rd, XMM0);
    }

    /** Each nibble of r as one byte, in order. */
    private void spread(int xmm, int temp, int r) {
        o.get(o.size, RAX, r);
        nibbles(xmm, temp);
        a.vec(Vec.PUNPCKLBW, xmm, temp);
    }

    /** Carry-less product to xmm0. */
    private void product(int rs1, int rs2) {
        toXmm(XMM0, rs1);
        toXmm(XMM1, rs2);
        a.pclmulqdq(XMM0, XMM1, 0);
    }

    void clmul(int rd, int rs1, int rs2) {
        product(rs1, rs2);
        fromXmm(rd, XMM0);
    }

    void clmulh(int rd, int rs1, int rs2) {
        product(rs1, rs2);
        if (o.wide) {
            a.vec(Vec.PUNPCKHQDQ, XMM0, XMM0);
            fromXmm(rd, XMM0);
        } else {
            shifted(rd, 32);
        }
    }

    /** Bits 2·XLEN − 2 to XLEN − 1. */
    void clmulr(int rd, int rs1, int rs2) {
        product(rs1, rs2);
        if (!o.wide) {
            shifted(rd, 31);
            return;
        }
        o.park();
        a.movqFromXmm(RAX, XMM0);
        a.vec(Vec.PUNPCKHQDQ, XMM0, XMM0);
        a.movqFromXmm(Reg.RDX, XMM0);
        a.shiftImm(Shift.SHR, 8, RAX, 63);
        a.lea(8, RAX, Mem.at(RAX, Reg.RDX, 1, 0));
        o.unpark();
        o.put(rd, RAX);
    }

    private void shifted(int rd, int count) {
        a.movqFromXmm(RAX, XMM0);
        a.shiftImm(Shift.SHR, 8, RAX, count);
        o.put(rd, RAX);
    }
}
