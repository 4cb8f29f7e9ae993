package dev.rivet.aarch64;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes by itself: one 32-bit store an instruction. Branches to labels are filled in by {@link #finish}.
 */
final class A64Direct extends A64Assembler {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Where a branch keeps its distance; width and position of the field, all in words except ADR. */
    private static final int FIX_26 = 0;
    private static final int FIX_19 = 1;
    private static final int FIX_14 = 2;
    private static final int FIX_ADR = 3;

    private byte[] code;
    private int at;
    private int[] labels = new int[64];
    private int labelCount;
    /** Offset of the branch, label × 4 + kind. */
    private int[] fixes = new int[128];
    private int fixCount;
    private int fixed;
    /** Most bytes there may be. */
    private int most = Integer.MAX_VALUE - 8;

    A64Direct(long origin, int expected) {
        super(origin);
        code = new byte[Math.max(expected, 64) + 64];
    }

    private void emit(int word) {
        int p = at;
        if (p + 4 > code.length) {
            if (p + 4 > most) {
                throw new IllegalStateException("more than " + most + " bytes of machine code");
            }
            code = Arrays.copyOf(code, (int) Math.min(code.length * 2L, most));
        }
        INT.set(code, p, word);
        at = p + 4;
    }

    private static int sf(int size) {
        return size == 8 ? 1 << 31 : 0;
    }

    private static int check(int value, int low, int high, String what) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(what + " is " + value + ", not " + low + " to " + high);
        }
        return value;
    }

    @Override
    public int position() {
        return at;
    }

    @Override
    void limit(int bytes) {
        most = bytes;
        code = Arrays.copyOf(code, Math.min(code.length, most));
    }

    @Override
    int steps() {
        return at / 4 + labelCount + fixed + fixCount / 2;
    }

    @Override
    public int newLabel() {
        if (labelCount == labels.length) {
            labels = Arrays.copyOf(labels, labelCount * 2);
        }
        labels[labelCount] = -1;
        return labelCount++;
    }

    @Override
    public void bind(int label) {
        if (labels[label] >= 0) {
            throw new IllegalStateException("label " + label + " is bound twice");
        }
        labels[label] = at;
    }

    @Override
    public int labelOffset(int label) {
        return labels[label];
    }

    private void fix(int label, int kind) {
        if (fixCount == fixes.length) {
            fixes = Arrays.copyOf(fixes, fixCount * 2);
        }
        fixes[fixCount] = at;
        fixes[fixCount + 1] = label << 2 | kind;
        fixCount += 2;
    }

    @Override
    public void finish() {
        for (int i = 0; i < fixCount; i += 2) {
            int where = fixes[i];
            int label = fixes[i + 1] >>> 2;
            int target = labels[label];
            if (target < 0) {
                throw new IllegalStateException("label " + label + " is never bound");
            }
            int word = (int) INT.get(code, where);
            INT.set(code, where, word | distance(fixes[i + 1] & 3, target - where));
        }
        fixed += fixCount / 2;
        fixCount = 0;
    }

    /** The field of a branch for a distance in bytes. */
    private static int distance(int kind, int bytes) {
        int words = bytes >> 2;
        int width = kind == FIX_26 ? 26 : kind == FIX_14 ? 14 : 19;
        int reach = words >> width - 1;
        if (reach != 0 && reach != -1 || (bytes & 3) != 0) {
            throw new IllegalStateException("a branch over " + bytes + " bytes is out of reach");
        }
        return switch (kind) {
            case FIX_26 -> words & 0x3ff_ffff;
            case FIX_14 -> (words & 0x3fff) << 5;
            default -> (words & 0x7_ffff) << 5;
        };
    }

    private int near(long address, int kind) {
        long bytes = address - origin - at;
        if (bytes != (int) bytes) {
            throw new IllegalStateException("address 0x" + Long.toHexString(address) + " is out of reach");
        }
        return distance(kind, (int) bytes);
    }

    @Override
    public byte[] bytes() {
        return code;
    }

    @Override
    public void word(int value) {
        emit(value);
    }

    @Override
    public void alu(Alu op, int size, int d, int n, int m, Shift shift, int amount) {
        check(amount, 0, size * 8 - 1, "shift");
        if (shift == Shift.ROR && op.ordinal() <= Alu.SUBS.ordinal()) {
            throw new IllegalArgumentException(op + " cannot rotate");
        }
        emit(op.bits | sf(size) | shift.ordinal() << 22 | m << 16 | amount << 10 | n << 5 | d);
    }

    @Override
    public void aluImm(AluImm op, int size, int d, int n, int imm, boolean high) {
        check(imm, 0, 4095, "immediate");
        emit(op.bits | sf(size) | (high ? 1 << 22 : 0) | imm << 10 | n << 5 | d);
    }

    @Override
    public void aluExt(AluExt op, int size, int d, int n, int m, Extend extend, int amount) {
        check(amount, 0, 4, "shift");
        emit(op.bits | sf(size) | m << 16 | extend.ordinal() << 13 | amount << 10 | n << 5 | d);
    }

    @Override
    public void logicImm(LogicImm op, int size, int d, int n, long value) {
        int fields = LogicalImmediate.encode(size, value);
        if (fields == LogicalImmediate.NONE) {
            throw new IllegalArgumentException("no bit-mask immediate: 0x" + Long.toHexString(value));
        }
        emit(op.bits | sf(size) | fields << 10 | n << 5 | d);
    }

    @Override
    public void wide(Wide op, int size, int d, int imm, int hw) {
        check(imm, 0, 0xffff, "immediate");
        check(hw, 0, size / 2 - 1, "position");
        emit(op.bits | sf(size) | hw << 21 | imm << 5 | d);
    }

    @Override
    public void field(Field op, int size, int d, int n, int immr, int imms) {
        check(immr, 0, size * 8 - 1, "immr");
        check(imms, 0, size * 8 - 1, "imms");
        emit(op.bits | sf(size) | sf(size) >>> 31 << 22 | immr << 16 | imms << 10 | n << 5 | d);
    }

    private static final int EXTR = Bits.parse("sf 00 100111 N 0 Rm imms Rn Rd");

    @Override
    public void extr(int size, int d, int n, int m, int lsb) {
        check(lsb, 0, size * 8 - 1, "lsb");
        emit(EXTR | sf(size) | sf(size) >>> 31 << 22 | m << 16 | lsb << 10 | n << 5 | d);
    }

    @Override
    public void two(Two op, int size, int d, int n, int m) {
        emit(op.bits | sf(size) | m << 16 | n << 5 | d);
    }

    @Override
    public void three(Three op, int size, int d, int n, int m, int a) {
        emit(op.bits | sf(size) | m << 16 | a << 10 | n << 5 | d);
    }

    @Override
    public void one(One op, int size, int d, int n) {
        emit(op.bits | sf(size) | (op == One.REV && size == 8 ? 1 << 10 : 0) | n << 5 | d);
    }

    @Override
    public void select(Select op, int size, int d, int n, int m, Cond cond) {
        emit(op.bits | sf(size) | m << 16 | cond.ordinal() << 12 | n << 5 | d);
    }

    private static final int CCMP = Bits.parse("sf 1 1 11010010 Rm cond 0 0 Rn 0 nzcv"); // CCMP (register)

    @Override
    public void ccmp(int size, int n, int m, int nzcv, Cond cond) {
        check(nzcv, 0, 15, "nzcv");
        emit(CCMP | sf(size) | m << 16 | cond.ordinal() << 12 | n << 5 | nzcv);
    }

    @Override
    public void mem(Mem op, int t, int n, int offset) {
        int scaled = offset / op.bytes;
        if (scaled * op.bytes != offset) {
            throw new IllegalArgumentException("offset " + offset + " is no multiple of " + op.bytes);
        }
        check(scaled, 0, 4095, "scaled offset");
        emit(op.bits | scaled << 10 | n << 5 | t);
    }

    /** Bit 24 tells the unsigned scaled offset from the other forms. */
    private static final int SCALED = 1 << 24;
    /** Bits 21 and 11: register offset. */
    private static final int REGISTER = 1 << 21 | 1 << 11;

    @Override
    public void memUnscaled(Mem op, int t, int n, int offset) {
        check(offset, -256, 255, "unscaled offset");
        emit(op.bits - SCALED | (offset & 0x1ff) << 12 | n << 5 | t);
    }

    @Override
    public void memReg(Mem op, int t, int n, int m, Extend extend, boolean scaled) {
        emit(op.bits - SCALED | REGISTER | m << 16 | extend.ordinal() << 13 | (scaled ? 1 << 12 : 0) | n << 5 | t);
    }

    @Override
    public void pair(Pair op, int t, int t2, int n, int offset) {
        if ((offset & 7) != 0) {
            throw new IllegalArgumentException("offset " + offset + " is no multiple of 8");
        }
        check(offset >> 3, -64, 63, "scaled offset");
        emit(op.bits | (offset >> 3 & 0x7f) << 15 | t2 << 10 | n << 5 | t);
    }

    @Override
    public void ordered(Ordered op, int size, int t, int n) {
        emit(op.bits | (size == 8 ? 1 << 30 : 0) | n << 5 | t);
    }

    @Override
    public void jump(Jump op, int label) {
        fix(label, FIX_26);
        emit(op.bits);
    }

    @Override
    public void jumpNear(Jump op, long address) {
        emit(op.bits | near(address, FIX_26));
    }

    private static final int B_COND = Bits.parse("0101010 0 imm19 0 bcond");

    @Override
    public void branch(Cond cond, int label) {
        fix(label, FIX_19);
        emit(B_COND | cond.ordinal());
    }

    @Override
    public void branchNear(Cond cond, long address) {
        emit(B_COND | cond.ordinal() | near(address, FIX_19));
    }

    @Override
    public void zero(Zero op, int size, int t, int label) {
        fix(label, FIX_19);
        emit(op.bits | sf(size) | t);
    }

    @Override
    public void testBit(TestBit op, int t, int bit, int label) {
        check(bit, 0, 63, "bit");
        fix(label, FIX_14);
        emit(op.bits | bit >>> 5 << 31 | (bit & 31) << 19 | t);
    }

    @Override
    public void jumpReg(JumpReg op, int n) {
        emit(op.bits | n << 5);
    }

    private static final int ADR = Bits.parse("0 immlo 10000 immhi Rd");

    @Override
    public void adr(int d, int label) {
        fix(label, FIX_ADR);
        emit(ADR | d);
    }

    @Override
    public void plain(Plain op) {
        emit(op.bits);
    }

    @Override
    public void sys(Sys op, int t) {
        emit(op.bits | t);
    }

    private static final int FMOV_TO = Bits.parse("sf 0 0 11110 00 1 00 111 000000 Rn Rd");
    private static final int FMOV_FROM = Bits.parse("sf 0 0 11110 00 1 00 110 000000 Rn Rd");
    private static final int UMOV_D1 = Bits.parse("0 1 0 01110000 11000 0 0111 1 Rn Rd");
    private static final int STR_D = Bits.parse("11 111 1 01 00 imm12 Rn Rt");

    @Override
    public void toVector(int size, int v, int n) {
        emit(FMOV_TO | sf(size) | (size == 8 ? 1 << 22 : 0) | n << 5 | v);
    }

    @Override
    public void fromVector(int size, int d, int v) {
        emit(FMOV_FROM | sf(size) | (size == 8 ? 1 << 22 : 0) | v << 5 | d);
    }

    @Override
    public void highFromVector(int d, int v) {
        emit(UMOV_D1 | v << 5 | d);
    }

    @Override
    public void vec(Vec2 op, int d, int n) {
        emit(op.bits | n << 5 | d);
    }

    @Override
    public void vec(Vec3 op, int d, int n, int m) {
        emit(op.bits | m << 16 | n << 5 | d);
    }

    @Override
    public void vecExt(int d, int n, int m, int bytes) {
        check(bytes, 0, 15, "bytes");
        emit(extBits() | m << 16 | bytes << 11 | n << 5 | d);
    }

    @Override
    public void vecDup(int d, int n, int index) {
        check(index, 0, 15, "index");
        emit(dupBits() | index << 17 | 1 << 16 | n << 5 | d);
    }

    @Override
    public void vecMovi(int d, int value) {
        check(value, 0, 255, "immediate");
        emit(moviBits() | value >>> 5 << 16 | (value & 31) << 5 | d);
    }

    @Override
    public void storeVector(int v, int n, int offset) {
        if ((offset & 7) != 0) {
            throw new IllegalArgumentException("offset " + offset + " is no multiple of 8");
        }
        check(offset >> 3, 0, 4095, "scaled offset");
        emit(STR_D | offset >> 3 << 10 | n << 5 | v);
    }
}
