package dev.rivet.x64;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The assembler that encodes by itself (Intel SDM volume 2, chapter 2: prefixes, REX, VEX, ModRM, SIB). An instruction's
 * head is built in one {@code long} and stored at once.
 *
 * <p>Opcodes below are written as {@code 0xPP_MOO}: mandatory prefix PP, map M (0 none, 1 0F, 2 0F38, 3 0F3A), opcode OO.
 */
final class X64Direct extends X64Assembler {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    /** In {@link #labels}; others are positions plus one. */
    static final int UNBOUND = 0;
    /** A reference's bits: position of the displacement, how many bytes of the instruction are behind it, label. */
    private static final int TAIL_BIT = 32;
    private static final int LABEL_BIT = 35;
    private static final int MOST_LABELS = 1 << 28;
    /** Bytes behind the limit that may still be written. */
    static final int SLACK = 48;

    /** There is more code than there may be. */
    static final class Full extends IllegalStateException {
        private static final long serialVersionUID = 1;

        Full(int most) {
            super("more than " + most + " bytes of code");
        }
    }

    private final int most;
    /** The code so far; {@link #SLACK} bytes behind {@link #limit} may be written. */
    byte[] code;
    int pos;
    int limit;
    int[] labels = new int[64];
    private int labelCount;
    /** Every reference to a label that was not bound yet, or that {@link #jump} did not ask. */
    private long[] fixups;
    private int fixupCount;
    /** Jumps ahead that have not landed. */
    int ahead;
    private boolean finished;

    /** Room for {@code expected} bytes, growing without bound. */
    X64Direct(long origin, int expected) {
        this(origin, expected, Integer.MAX_VALUE - 4 * SLACK);
    }

    /** Room for {@code expected} bytes, growing to {@code most}; whoever emits more gets a {@link Full}. */
    X64Direct(long origin, int expected, int most) {
        super(origin);
        this.most = most;
        code = new byte[Math.max(expected, 64) + SLACK];
        limit = code.length - SLACK;
        fixups = new long[Math.max(expected >>> 5, 64)];
    }

    // Bytes

    /** The low {@code n} bytes; small, so that the compiler always inlines it. */
    private void put(long bytes, int n) {
        LONG.set(room(), pos, bytes);
        pos += n;
    }

    /** The buffer, with room for eight bytes at least. */
    private byte[] room() {
        return pos > limit ? grow() : code;
    }

    /** The buffer, with room for {@code n} bytes, for those who write themselves. */
    byte[] room(long n) {
        if (code.length - pos < n) {
            if (pos > most || pos + n > Integer.MAX_VALUE - SLACK) {
                throw new Full(most);
            }
            code = Arrays.copyOf(code, (int) Math.max(pos + n, Math.min(2L * code.length, most + 2L * SLACK)));
            limit = code.length - SLACK;
        }
        return code;
    }

    private byte[] grow() {
        if (finished) {
            throw new IllegalStateException("finished");
        }
        if (pos > most) {
            throw new Full(most);
        }
        code = Arrays.copyOf(code, (int) Math.min(2L * code.length, most + 2L * SLACK));
        limit = code.length - SLACK;
        return code;
    }

    /** Immediate of an operand size: 1, 2 or 4 bytes. */
    private void putImm(int size, int imm) {
        put(imm & 0xffff_ffffL, size == 8 ? 4 : size);
    }

    private static int immBytes(int size) {
        return size == 8 ? 4 : size;
    }

    private static boolean isByte(int imm) {
        return imm == (byte) imm;
    }

    /** opcode, with the operand-size prefix for size 2 and its low bit as size 1 wants it. */
    private static int sized(int opcode, int size) {
        return size == 1 ? opcode & ~1 : size == 2 ? opcode | 0x66_0000 : opcode;
    }

    // The three encoders below have no branch that depends on a register or a displacement: in real code those are as good
    // as random, and a mispredicted branch costs more than all the arithmetic here.

    /** 1 for a value other than 0 that is positive or has few bits, else 0. */
    private static int nonZero(int value) {
        return -value >>> 31;
    }

    /** The escape bytes of an opcode's map. */
    private static long escape(int opcode) {
        return (opcode & 0x200) == 0 ? 0x0fL : (opcode & 0x100) == 0 ? 0x380fL : 0x3a0fL;
    }

    /** Bits of {@link #escape}. */
    private static int escapeBits(int opcode) {
        return (opcode & 0x200) == 0 ? 8 : 16;
    }

    /**
     * Prefixes, REX, opcode and a register-register ModRM.
     *
     * @param bytes bit mask: 1 when rm is a byte register, 2 when reg is one (spl to dil need a REX prefix)
     */
    private void regs(int opcode, int rexW, int bytes, int reg, int rm) {
        long v = 0;
        int n = 0;
        int prefix = opcode >>> 16;
        if (prefix != 0) {
            v = prefix;
            n = 8;
        }
        int rex = rexW | (reg & 8) >>> 1 | rm >>> 3;
        int has = nonZero(rex | rm >>> 2 & -(bytes & 1) | reg >>> 2 & -(bytes >>> 1));
        v |= (long) ((0x40 | rex) & -has) << n;
        n += has << 3;
        if ((opcode & 0xf00) != 0) {
            v |= escape(opcode) << n;
            n += escapeBits(opcode);
        }
        v |= (opcode & 0xff | (0xc0 | (reg & 7) << 3 | rm & 7) << 8 & 0xff00L) << n;
        put(v, n + 16 >>> 3);
    }

    private void regs(int opcode, int size, int reg, int rm) {
        regs(sized(opcode, size), size & 8, size == 1 ? 3 : 0, reg, rm);
    }

    /** Prefixes, REX, opcode and ModRM for a memory operand; {@code tail} bytes of immediate follow. */
    private void mem(int opcode, int rexW, boolean byteReg, int reg, long mem, int tail) {
        long v = 0;
        int n = 0;
        int kind = Mem.kind(mem);
        if (kind == Mem.WRAP) {
            v = 0x67;
            n = 8;
        } else if (kind == Mem.GS) {
            v = 0x65;
            n = 8;
        }
        int prefix = opcode >>> 16;
        if (prefix != 0) {
            v |= (long) prefix << n;
            n += 8;
        }
        int base = Mem.base(mem);
        int index = Mem.index(mem);
        int rex = rexW | (reg & 8) >>> 1 | (index & 8) >>> 2 | (base & 8) >>> 3;
        int has = nonZero(byteReg ? rex | reg >>> 2 : rex);
        v |= (long) ((0x40 | rex) & -has) << n;
        n += has << 3;
        if ((opcode & 0xf00) != 0) {
            v |= escape(opcode) << n;
            n += escapeBits(opcode);
        }
        v |= (opcode & 0xffL) << n;
        put(v, n + 8 >>> 3);
        modrm(kind, reg, base, index, mem, tail);
    }

    private void mem(int opcode, int size, int reg, long mem, int tail) {
        mem(sized(opcode, size), size & 8, size == 1, reg, mem, tail);
    }

    private void modrm(int kind, int reg, int base, int index, long mem, int tail) {
        int r = (reg & 7) << 3;
        int disp = Mem.disp(mem);
        if (kind >= Mem.NEAR) {
            if (kind == Mem.LABEL) {
                put(r | 5, 1);
                reference(disp, tail);
            } else {
                put(r | 5 | (long) (disp - (pos + 5 + tail)) << 8, 5);
            }
            return;
        }
        if (base == Reg.NONE) {
            int sib = index == Reg.NONE ? 0x25 : Mem.shift(mem) << 6 | (index & 7) << 3 | 5;
            put(r | 4 | sib << 8 | (long) disp << 16, 6);
            return;
        }
        // No displacement for 0, except with rbp and r13 as base; else one byte or four. rsp and r12 need a SIB byte.
        int low = base & 7;
        int some = (disp | -disp) >>> 31 | (low ^ 5) - 1 >>> 31;
        int wide = disp + 0x80 >>> 8;
        wide = (wide | -wide) >>> 31;
        int mod = some << 6 << wide;
        int width = some + 3 * wide;
        if (index != Reg.NONE) {
            put(mod | r | 4 | (Mem.shift(mem) << 6 | (index & 7) << 3 | low) << 8 | (long) disp << 16, 2 + width);
        } else {
            int sib = (low ^ 4) - 1 >>> 31;
            put(mod | r | low | 0x2400 & -sib | (long) disp << 8 + (sib << 3), 1 + sib + width);
        }
    }

    /** Three-byte VEX with a register operand (SDM 2.3.5): map 2 or 3, pp, W. */
    private void vex(int map, int prefix, int size, int opcode, int reg, int second, int rm) {
        int byte1 = (~reg & 8) << 4 | 0x40 | (~rm & 8) << 2 | map;
        int byte2 = (size & 8) << 4 | (~second & 15) << 3 | prefix;
        put(0xc4 | byte1 << 8 | byte2 << 16 | (long) opcode << 24 | (0xc0L | (reg & 7) << 3 | rm & 7) << 32, 5);
    }

    private void vexMem(int map, int prefix, int size, int opcode, int reg, int second, long mem, int tail) {
        int kind = Mem.kind(mem);
        int base = Mem.base(mem);
        int index = Mem.index(mem);
        if (kind == Mem.WRAP || kind == Mem.GS) {
            put(kind == Mem.WRAP ? 0x67 : 0x65, 1);
        }
        int byte1 = (~reg & 8) << 4 | (~index & 8) << 3 | (~base & 8) << 2 | map;
        int byte2 = (size & 8) << 4 | (~second & 15) << 3 | prefix;
        put(0xc4 | byte1 << 8 | byte2 << 16 | (long) opcode << 24, 4);
        modrm(kind, reg, base, index, mem, tail);
    }

    /** Goes to a position and forgets all code, for whoever has another instruction assembled alone. */
    void rewind(int to) {
        pos = to;
        ahead = 0;
    }

    // Positions

    @Override
    public int here() {
        return pos;
    }

    @Override
    public int newLabels(int n) {
        int first = labelCount;
        labelCount = first + n;
        if (labelCount > labels.length) {
            if (labelCount > MOST_LABELS) {
                throw new IllegalStateException("more than " + MOST_LABELS + " labels");
            }
            labels = Arrays.copyOf(labels, Math.max(labelCount + 64, labels.length * 2));
        }
        return first;
    }

    @Override
    public void bind(int label) {
        if (labels[label] != UNBOUND) {
            throw new IllegalStateException("label " + label + " is bound twice");
        }
        labels[label] = pos + 1;
    }

    /** A 32-bit displacement to a label, {@code tail} bytes of the instruction behind it. */
    private void reference(int label, int tail) {
        int target = labels[label];
        if (target != UNBOUND) {
            put(target - 1 - (pos + 4 + tail) & 0xffff_ffffL, 4);
        } else {
            fixLater(label, pos, tail);
            put(0, 4);
        }
    }

    void fixLater(int label, int at, int tail) {
        if (fixupCount == fixups.length) {
            fixups = Arrays.copyOf(fixups, fixupCount * 2);
        }
        fixups[fixupCount++] = (long) label << LABEL_BIT | (long) tail << TAIL_BIT | at;
    }

    /** A jump of {@code n} bytes that ends in its displacement. Whether its target is behind or ahead is not worth asking. */
    private void jump(long opcode, int n, int label) {
        fixLater(label, pos + n - 4, 0);
        put(opcode, n);
    }

    @Override
    public int jccAhead(Cond cond) {
        put(0x800f | cond.ordinal() << 8, 6);
        ahead++;
        return pos;
    }

    @Override
    public void land(int jump) {
        INT.set(code, jump - 4, pos - jump);
        ahead--;
    }

    @Override
    public void jmpBack(int label) {
        int target = labels[label];
        if (target == UNBOUND) {
            throw new IllegalStateException("label " + label + " is not bound");
        }
        put(0xe9 | (long) (target - 1 - (pos + 5)) << 8, 5);
    }

    @Override
    public void finish() {
        if (pos > most) {
            throw new Full(most);
        }
        if (ahead != 0) {
            throw new IllegalStateException(ahead + " jumps ahead have not landed");
        }
        byte[] code = this.code;
        int[] labels = this.labels;
        for (int i = 0; i < fixupCount; i++) {
            long fixup = fixups[i];
            int label = (int) (fixup >>> LABEL_BIT);
            int target = labels[label];
            if (target == UNBOUND) {
                throw new IllegalStateException("label " + label + " is not bound");
            }
            int at = (int) fixup;
            INT.set(code, at, target - 1 - (at + 4 + ((int) (fixup >>> TAIL_BIT) & 7)));
        }
        finished = true;
        limit = -1;
    }

    @Override
    public int offset(int here) {
        return here;
    }

    @Override
    public void resolve(int[] tokens) {
        // they are offsets
    }

    @Override
    public int labelOffset(int label) {
        return labels[label] - 1;
    }

    @Override
    public byte[] bytes() {
        return code;
    }

    @Override
    int steps() {
        return labelCount + fixupCount;
    }

    @Override
    public int length() {
        return pos;
    }

    @Override
    public void quad(long value) {
        put(value, 8);
    }

    @Override
    public void data(byte[] bytes) {
        for (byte b : bytes) {
            put(b & 0xff, 1);
        }
    }

    @Override
    public void align(int n) {
        while ((pos & n - 1) != 0) {
            put(0xcc, 1);
        }
    }

    /** Nops of one byte to eight. */
    private static final long[] NOPS = {0x90, 0x9066, 0x1f0f, 0x40_1f0f, 0x44_1f0f, 0x44_1f0f66, 0x80_1f0f, 0x84_1f0f};
    /** Ends with what comes before a nop of eight bytes to make it one of ten to fifteen; one of nine has the first byte. */
    private static final long LONGER = 0x2e66_6666_6666_6666L;
    private static final int LONGEST_NOP = 15;

    @Override
    public void keepTogether(int size) {
        int left = -pos & LINE - 1;
        if (left >= size) {
            return;
        }
        while (left > 0) { // as LLVM does it
            int n = Math.min(left, LONGEST_NOP);
            int more = Math.max(0, n - NOPS.length);
            put(more == 1 ? LONGER : LONGER >>> 64 - 8 * more, more);
            put(NOPS[n - more - 1], n - more);
            left -= n;
        }
    }

    // Moves

    @Override
    public void mov(int size, int dst, int src) {
        regs(0x89, size, src, dst);
    }

    @Override
    public void movImm(int size, int dst, long imm) {
        if (size == 4) {
            int rex = dst >>> 3;
            put((0xb8 | dst & 7 | (imm & 0xffff_ffffL) << 8) << (rex << 3) | 0x41 & -rex, 5 + rex);
        } else if (imm == (int) imm) {
            put(0xc7_48 | dst >>> 3 | (0xc0L | dst & 7) << 16 | imm << 24, 7);
        } else {
            put(0x48 | dst >>> 3 | (0xb8 | dst & 7) << 8, 2);
            put(imm, 8);
        }
    }

    @Override
    public void load(int size, int dst, long mem) {
        mem(0x8b, size, dst, mem, 0);
    }

    @Override
    public void store(int size, long mem, int src) {
        mem(0x89, size, src, mem, 0);
    }

    @Override
    public void storeImm(int size, long mem, int imm) {
        mem(sized(0xc7, size), size & 8, false, 0, mem, immBytes(size));
        putImm(size, imm);
    }

    @Override
    public void extend(Extend op, int size, int dst, int src) {
        regs(op.opcode, size & 8, op.bytes == 1 ? 1 : 0, dst, src);
    }

    @Override
    public void extendLoad(Extend op, int size, int dst, long mem) {
        mem(op.opcode, size & 8, false, dst, mem, 0);
    }

    @Override
    public void lea(int size, int dst, long mem) {
        mem(0x8d, size, dst, mem, 0);
    }

    @Override
    public void cmov(Cond cond, int size, int dst, int src) {
        regs(0x140 | cond.ordinal(), size, dst, src);
    }

    @Override
    public void cmovLoad(Cond cond, int size, int dst, long mem) {
        mem(0x140 | cond.ordinal(), size, dst, mem, 0);
    }

    @Override
    public void setcc(Cond cond, int dst) {
        regs(0x190 | cond.ordinal(), 0, 1, 0, dst);
    }

    @Override
    public void xchg(int size, int a, int b) {
        if ((a == Reg.RAX || b == Reg.RAX) && (size == 8 || a != b)) {
            int other = a | b;
            int rex = other == 0 ? 0 : size & 8 | other >>> 3; // xchg rax, rax is nop, with or without a prefix
            if (rex != 0) {
                put(0x40 | rex | (0x90 | other & 7) << 8, 2);
            } else {
                put(0x90 | other, 1);
            }
        } else {
            regs(0x87, size, b, a);
        }
    }

    @Override
    public void xchgMem(int size, long mem, int reg) {
        mem(0x87, size, reg, mem, 0);
    }

    @Override
    public void lockCmpxchg(int size, long mem, int src) {
        mem(0xf0_01b1, size & 8, false, src, mem, 0);
    }

    @Override
    public void lockXadd(int size, long mem, int reg) {
        mem(0xf0_01c1, size & 8, false, reg, mem, 0);
    }

    @Override
    public void push(int reg) {
        stack(0x50, reg);
    }

    @Override
    public void pop(int reg) {
        stack(0x58, reg);
    }

    private void stack(int opcode, int reg) {
        if (reg >= 8) {
            put(0x41 | (opcode | reg & 7) << 8, 2);
        } else {
            put(opcode | reg, 1);
        }
    }

    @Override
    public void pushImm(int imm) {
        if (isByte(imm)) {
            put(0x6a | (imm & 0xff) << 8, 2);
        } else {
            put(0x68 | (long) imm << 8, 5);
        }
    }

    // Arithmetic

    @Override
    public void alu(Alu op, int size, int dst, int src) {
        regs(op.ordinal() << 3 | 1, size, src, dst);
    }

    @Override
    public void aluImm(Alu op, int size, int dst, int imm) {
        int digit = op.ordinal();
        if (size != 1 && isByte(imm)) {
            regs(sized(0x83, size), size & 8, 0, digit, dst);
            put(imm & 0xff, 1);
        } else if (dst == Reg.RAX) {
            accumulator(digit << 3 | 5, size);
            putImm(size, imm);
        } else {
            regs(sized(0x81, size), size & 8, size == 1 ? 1 : 0, digit, dst);
            putImm(size, imm);
        }
    }

    /** Short forms with an implied rax. */
    private void accumulator(int opcode, int size) {
        if (size == 1) {
            put(opcode & ~1, 1);
        } else if (size == 2) {
            put(0x66 | opcode << 8, 2);
        } else if (size == 8) {
            put(0x48 | opcode << 8, 2);
        } else {
            put(opcode, 1);
        }
    }

    @Override
    public void aluLoad(Alu op, int size, int dst, long mem) {
        mem(op.ordinal() << 3 | 3, size, dst, mem, 0);
    }

    @Override
    public void aluStore(Alu op, int size, long mem, int src) {
        mem(op.ordinal() << 3 | 1, size, src, mem, 0);
    }

    @Override
    public void aluStoreImm(Alu op, int size, long mem, int imm) {
        if (size != 1 && isByte(imm)) {
            mem(sized(0x83, size), size & 8, false, op.ordinal(), mem, 1);
            put(imm & 0xff, 1);
        } else {
            mem(sized(0x81, size), size & 8, false, op.ordinal(), mem, immBytes(size));
            putImm(size, imm);
        }
    }

    @Override
    public void test(int size, int a, int b) {
        regs(0x85, size, b, a);
    }

    @Override
    public void testImm(int size, int a, int imm) {
        if (a == Reg.RAX) {
            accumulator(0xa9, size);
        } else {
            regs(sized(0xf7, size), size & 8, size == 1 ? 1 : 0, 0, a);
        }
        putImm(size, imm);
    }

    @Override
    public void testMem(int size, long mem, int reg) {
        mem(0x85, size, reg, mem, 0);
    }

    @Override
    public void testMemImm(int size, long mem, int imm) {
        mem(sized(0xf7, size), size & 8, false, 0, mem, immBytes(size));
        putImm(size, imm);
    }

    @Override
    public void unary(Unary op, int size, int reg) {
        regs(sized(0xf7, size), size & 8, size == 1 ? 1 : 0, op.digit, reg);
    }

    @Override
    public void unaryMem(Unary op, int size, long mem) {
        mem(sized(0xf7, size), size & 8, false, op.digit, mem, 0);
    }

    @Override
    public void imul(int size, int dst, int src) {
        regs(0x1af, size, dst, src);
    }

    @Override
    public void imulLoad(int size, int dst, long mem) {
        mem(0x1af, size, dst, mem, 0);
    }

    @Override
    public void imulImm(int size, int dst, int src, int imm) {
        if (isByte(imm)) {
            regs(0x6b, size & 8, 0, dst, src);
            put(imm & 0xff, 1);
        } else {
            regs(0x69, size & 8, 0, dst, src);
            putImm(4, imm);
        }
    }

    @Override
    public void imulLoadImm(int size, int dst, long mem, int imm) {
        if (isByte(imm)) {
            mem(0x6b, size & 8, false, dst, mem, 1);
            put(imm & 0xff, 1);
        } else {
            mem(0x69, size & 8, false, dst, mem, 4);
            putImm(4, imm);
        }
    }

    @Override
    public void mulx(int size, int hi, int lo, int src) {
        vex(2, 3, size, 0xf6, hi, lo, src);
    }

    @Override
    public void shiftImm(Shift op, int size, int reg, int count) {
        int byteRm = size == 1 ? 1 : 0;
        if (count == 1) {
            regs(sized(0xd1, size), size & 8, byteRm, op.digit, reg);
        } else {
            regs(sized(0xc1, size), size & 8, byteRm, op.digit, reg);
            put(count & 0xff, 1);
        }
    }

    @Override
    public void shiftCl(Shift op, int size, int reg) {
        regs(sized(0xd3, size), size & 8, size == 1 ? 1 : 0, op.digit, reg);
    }

    @Override
    public void shiftx(ShiftX op, int size, int dst, int src, int count) {
        vex(2, op.prefix, size, 0xf7, dst, count, src);
    }

    @Override
    public void shiftxLoad(ShiftX op, int size, int dst, long mem, int count) {
        vexMem(2, op.prefix, size, 0xf7, dst, count, mem, 0);
    }

    @Override
    public void rorx(int size, int dst, int src, int count) {
        vex(3, 3, size, 0xf0, dst, 0, src);
        put(count & 0xff, 1);
    }

    @Override
    public void bmi(Bmi op, int size, int dst, int src1, int src2) {
        vex(2, op.prefix, size, op.opcode, dst, src1, src2);
    }

    @Override
    public void count(Count op, int size, int dst, int src) {
        regs(0xf3_0100 | op.opcode, size & 8, 0, dst, src);
    }

    @Override
    public void countLoad(Count op, int size, int dst, long mem) {
        mem(0xf3_0100 | op.opcode, size & 8, false, dst, mem, 0);
    }

    @Override
    public void bswap(int size, int reg) {
        int rex = size & 8 | reg >>> 3;
        if (rex != 0) {
            put(0x40 | rex | 0x0f00 | (0xc8 | reg & 7) << 16, 3);
        } else {
            put(0x0f | (0xc8 | reg) << 8, 2);
        }
    }

    @Override
    public void bit(Bit op, int size, int reg, int index) {
        regs(0x183 | op.digit << 3, size, index, reg);
    }

    @Override
    public void bitImm(Bit op, int size, int reg, int index) {
        regs(0x1ba, size, op.digit, reg);
        put(index & 0xff, 1);
    }

    @Override
    public void bitMemImm(Bit op, int size, long mem, int index) {
        mem(0x1ba, size, op.digit, mem, 1);
        put(index & 0xff, 1);
    }

    // Control

    @Override
    public void jmp(int label) {
        jump(0xe9, 5, label);
    }

    @Override
    public void jcc(Cond cond, int label) {
        jump(0x800f | cond.ordinal() << 8, 6, label);
    }

    @Override
    public void call(int label) {
        jump(0xe8, 5, label);
    }

    @Override
    public void jmpNear(long address) {
        put(0xe9 | (long) (distance(address) - (pos + 5)) << 8, 5);
    }

    @Override
    public void jccNear(Cond cond, long address) {
        put(0x800f | cond.ordinal() << 8 | (long) (distance(address) - (pos + 6)) << 16, 6);
    }

    @Override
    public void callNear(long address) {
        put(0xe8 | (long) (distance(address) - (pos + 5)) << 8, 5);
    }

    @Override
    public void jmpReg(int reg) {
        regs(0xff, 0, 0, 4, reg);
    }

    @Override
    public void callReg(int reg) {
        regs(0xff, 0, 0, 2, reg);
    }

    @Override
    public void jmpMem(long mem) {
        mem(0xff, 0, false, 4, mem, 0);
    }

    @Override
    public void callMem(long mem) {
        mem(0xff, 0, false, 2, mem, 0);
    }

    @Override
    public void plain(Plain op) {
        put(op.bytes, op.length);
    }

    @Override
    public void rdpid(int reg) {
        regs(0xf3_01c7, 0, 0, 7, reg);
    }

    // Vector registers

    @Override
    public void movqToXmm(int xmm, int reg) {
        regs(0x66_016e, 8, 0, xmm, reg);
    }

    @Override
    public void movqFromXmm(int reg, int xmm) {
        regs(0x66_017e, 8, 0, xmm, reg);
    }

    @Override
    public void loadXmm(int xmm, long mem) {
        mem(0xf3_017e, 0, false, xmm, mem, 0);
    }

    @Override
    public void storeXmm(long mem, int xmm) {
        mem(0x66_01d6, 0, false, xmm, mem, 0);
    }

    @Override
    public void storeXmm32(long mem, int xmm) {
        mem(0x66_017e, 0, false, xmm, mem, 0);
    }

    @Override
    public void pextr(int size, long mem, int xmm) {
        mem(size == 1 ? 0x66_0314 : 0x66_0315, 0, false, xmm, mem, 1);
        put(0, 1);
    }

    @Override
    public void vec(Vec op, int dst, int src) {
        regs(op.opcode, 0, 0, dst, src);
    }

    @Override
    public void vecLoad(Vec op, int dst, long mem) {
        mem(op.opcode, 0, false, dst, mem, 0);
    }

    @Override
    public void pclmulqdq(int dst, int src, int selector) {
        regs(0x66_0344, 0, 0, dst, src);
        put(selector & 0xff, 1);
    }

    @Override
    public void ldmxcsr(long mem) {
        mem(0x1ae, 0, false, 2, mem, 0);
    }

    @Override
    public void stmxcsr(long mem) {
        mem(0x1ae, 0, false, 3, mem, 0);
    }
}
