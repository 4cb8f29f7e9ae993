package dev.rivet.x64;

import java.util.Arrays;

/**
 * An assembler that writes every call as a line of AT&amp;T text and leaves the encoding to whoever turns the whole text
 * into bytes ({@link #assemble}). Jumps carry {@code {disp32}}, so that nothing is relaxed.
 */
public abstract class X64Text extends X64Assembler {
    private static final String[] LONG = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};
    private static final String[] BYTE = {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"};
    /** Label of the first byte. */
    private static final String ORIGIN = ".Lorigin";

    private final StringBuilder text = new StringBuilder(ORIGIN).append(":\n");
    private int places;
    private int labels;
    private boolean[] bound = new boolean[64];
    private boolean[] used = new boolean[64];
    private byte[] code;
    private int[] placeOffsets;
    private int[] labelOffsets;

    /** Starts a text; the first byte will have address {@code origin}. */
    protected X64Text(long origin) {
        super(origin);
    }

    /**
     * Turns the text into bytes. The text ends with a section {@code .rodata} that holds one {@code .long} for each place
     * and then each label: its offset from the first byte. Throws IllegalStateException when the text is refused.
     *
     * @param text the whole text
     * @param offsets to be filled from that section
     * @return the bytes of section {@code .text}
     */
    protected abstract byte[] assemble(String text, int[] offsets);

    /** The text so far. */
    public final String text() {
        return text.toString();
    }

    // Operands

    /** AT&amp;T name of a register. */
    static String register(int size, int reg) {
        if (reg >= 8) {
            return "%r" + reg + (size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b");
        }
        return switch (size) {
            case 8 -> "%" + LONG[reg];
            case 4 -> "%e" + LONG[reg].substring(1);
            case 2 -> "%" + LONG[reg].substring(1);
            default -> "%" + BYTE[reg];
        };
    }

    private static String xmm(int reg) {
        return "%xmm" + reg;
    }

    private static char suffix(int size) {
        return switch (size) {
            case 1 -> 'b';
            case 2 -> 'w';
            case 4 -> 'l';
            default -> 'q';
        };
    }

    private static String signed(int value) {
        return value < 0 ? Integer.toString(value) : "+" + value;
    }

    /** The name of a label that something refers to. */
    private String target(int label) {
        used[label] = true;
        return ".L" + label;
    }

    private String memory(long mem) {
        int disp = Mem.disp(mem);
        int kind = Mem.kind(mem);
        if (kind == Mem.NEAR) {
            return ORIGIN + signed(disp) + "(%rip)";
        }
        if (kind == Mem.LABEL) {
            return target(disp) + "(%rip)";
        }
        int size = kind == Mem.WRAP ? 4 : 8;
        int base = Mem.base(mem);
        int index = Mem.index(mem);
        StringBuilder s = new StringBuilder(kind == Mem.GS ? "%gs:" : "");
        if (disp != 0 || base == Reg.NONE && index == Reg.NONE) {
            s.append(disp);
        }
        if (base == Reg.NONE && index == Reg.NONE) {
            return s.append(kind == Mem.WRAP ? "(,%eiz)" : "").toString();
        }
        s.append('(');
        if (base != Reg.NONE) {
            s.append(register(size, base));
        }
        if (index != Reg.NONE) {
            s.append(',').append(register(size, index)).append(',').append(1 << Mem.shift(mem));
        }
        return s.append(')').toString();
    }

    private static String lower(Enum<?> e) {
        return e.name().toLowerCase(java.util.Locale.ROOT);
    }

    private void line(String mnemonic, String operands) {
        text.append('\t').append(mnemonic).append('\t').append(operands).append('\n');
    }

    private void line(String mnemonic, int size, String operands) {
        line(mnemonic + suffix(size), operands);
    }

    // Positions

    @Override
    public int here() {
        text.append(".P").append(places).append(":\n");
        return places++;
    }

    @Override
    public int newLabels(int n) {
        int first = labels;
        labels += n;
        if (labels > bound.length) {
            bound = Arrays.copyOf(bound, labels * 2);
            used = Arrays.copyOf(used, labels * 2);
        }
        return first;
    }

    @Override
    public int jccAhead(Cond cond) {
        int label = newLabel();
        jcc(cond, label);
        return label;
    }

    @Override
    public void land(int jump) {
        bind(jump);
    }

    @Override
    public void jmpBack(int label) {
        if (!bound[label]) {
            throw new IllegalStateException("label " + label + " is not bound");
        }
        jmp(label);
    }

    @Override
    public void bind(int label) {
        if (bound[label]) {
            throw new IllegalStateException("label " + label + " is bound twice");
        }
        bound[label] = true;
        text.append(".L").append(label).append(":\n");
    }

    @Override
    public void finish() {
        text.append("\t.section .rodata\n");
        for (int i = 0; i < places; i++) {
            text.append("\t.long .P").append(i).append('-').append(ORIGIN).append('\n');
        }
        for (int i = 0; i < labels; i++) {
            if (bound[i]) {
                text.append("\t.long .L").append(i).append('-').append(ORIGIN).append('\n');
            } else if (used[i]) {
                throw new IllegalStateException("label " + i + " is not bound");
            } else {
                text.append("\t.long 0\n");
            }
        }
        int[] offsets = new int[places + labels];
        code = assemble(text.toString(), offsets);
        placeOffsets = Arrays.copyOf(offsets, places);
        labelOffsets = Arrays.copyOfRange(offsets, places, offsets.length);
    }

    @Override
    public int offset(int here) {
        return placeOffsets[here];
    }

    @Override
    public int labelOffset(int label) {
        return labelOffsets[label];
    }

    @Override
    public byte[] bytes() {
        return code;
    }

    @Override
    public int length() {
        return code.length;
    }

    @Override
    public void quad(long value) {
        line(".quad", Long.toString(value));
    }

    @Override
    public void data(byte[] bytes) {
        for (byte b : bytes) {
            line(".byte", Integer.toString(b & 0xff));
        }
    }

    @Override
    public void align(int n) {
        line(".balign", n + ", 0xcc");
    }

    @Override
    public void keepTogether(int size) {
        if (size > 1) {
            line(".balign", LINE + ", , " + (size - 1));
        }
    }

    // Moves

    @Override
    public void mov(int size, int dst, int src) {
        line("mov", size, register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void movImm(int size, int dst, long imm) {
        if (size == 4) {
            line("movl", "$" + (int) imm + ", " + register(4, dst));
        } else {
            line(imm == (int) imm ? "movq" : "movabsq", "$" + imm + ", " + register(8, dst));
        }
    }

    @Override
    public void load(int size, int dst, long mem) {
        line("mov", size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void store(int size, long mem, int src) {
        line("mov", size, register(size, src) + ", " + memory(mem));
    }

    /** An immediate as the value of the operand size's bits. */
    private static String immediate(int size, int imm) {
        return "$" + (size == 1 ? (byte) imm : size == 2 ? (short) imm : imm);
    }

    @Override
    public void storeImm(int size, long mem, int imm) {
        line("mov", size, immediate(size, imm) + ", " + memory(mem));
    }

    private static String extension(Extend op, int size) {
        return switch (op) {
            case ZX8 -> "movzb";
            case ZX16 -> "movzw";
            case SX8 -> "movsb";
            case SX16 -> "movsw";
            case SX32 -> "movsl";
        } + suffix(size);
    }

    @Override
    public void extend(Extend op, int size, int dst, int src) {
        line(extension(op, size), register(op.bytes, src) + ", " + register(size, dst));
    }

    @Override
    public void extendLoad(Extend op, int size, int dst, long mem) {
        line(extension(op, size), memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void lea(int size, int dst, long mem) {
        line("lea", size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void cmov(Cond cond, int size, int dst, int src) {
        line("cmov" + lower(cond), size, register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void cmovLoad(Cond cond, int size, int dst, long mem) {
        line("cmov" + lower(cond), size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void setcc(Cond cond, int dst) {
        line("set" + lower(cond), register(1, dst));
    }

    @Override
    public void xchg(int size, int a, int b) {
        line("xchg", size, register(size, a) + ", " + register(size, b));
    }

    @Override
    public void xchgMem(int size, long mem, int reg) {
        line("xchg", size, register(size, reg) + ", " + memory(mem));
    }

    @Override
    public void lockCmpxchg(int size, long mem, int src) {
        line("lock cmpxchg", size, register(size, src) + ", " + memory(mem));
    }

    @Override
    public void lockXadd(int size, long mem, int reg) {
        line("lock xadd", size, register(size, reg) + ", " + memory(mem));
    }

    @Override
    public void push(int reg) {
        line("pushq", register(8, reg));
    }

    @Override
    public void pushImm(int imm) {
        line("pushq", "$" + imm);
    }

    @Override
    public void pop(int reg) {
        line("popq", register(8, reg));
    }

    // Arithmetic

    @Override
    public void alu(Alu op, int size, int dst, int src) {
        line(lower(op), size, register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void aluImm(Alu op, int size, int dst, int imm) {
        line(lower(op), size, immediate(size, imm) + ", " + register(size, dst));
    }

    @Override
    public void aluLoad(Alu op, int size, int dst, long mem) {
        line(lower(op), size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void aluStore(Alu op, int size, long mem, int src) {
        line(lower(op), size, register(size, src) + ", " + memory(mem));
    }

    @Override
    public void aluStoreImm(Alu op, int size, long mem, int imm) {
        line(lower(op), size, immediate(size, imm) + ", " + memory(mem));
    }

    @Override
    public void test(int size, int a, int b) {
        line("test", size, register(size, b) + ", " + register(size, a));
    }

    @Override
    public void testImm(int size, int a, int imm) {
        line("test", size, immediate(size, imm) + ", " + register(size, a));
    }

    @Override
    public void testMem(int size, long mem, int reg) {
        line("test", size, register(size, reg) + ", " + memory(mem));
    }

    @Override
    public void testMemImm(int size, long mem, int imm) {
        line("test", size, immediate(size, imm) + ", " + memory(mem));
    }

    @Override
    public void unary(Unary op, int size, int reg) {
        line(lower(op), size, register(size, reg));
    }

    @Override
    public void unaryMem(Unary op, int size, long mem) {
        line(lower(op), size, memory(mem));
    }

    @Override
    public void imul(int size, int dst, int src) {
        line("imul", size, register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void imulLoad(int size, int dst, long mem) {
        line("imul", size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void imulImm(int size, int dst, int src, int imm) {
        line("imul", size, "$" + imm + ", " + register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void imulLoadImm(int size, int dst, long mem, int imm) {
        line("imul", size, "$" + imm + ", " + memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void mulx(int size, int hi, int lo, int src) {
        line("mulx", size, register(size, src) + ", " + register(size, lo) + ", " + register(size, hi));
    }

    @Override
    public void shiftImm(Shift op, int size, int reg, int count) {
        line(lower(op), size, "$" + count + ", " + register(size, reg));
    }

    @Override
    public void shiftCl(Shift op, int size, int reg) {
        line(lower(op), size, "%cl, " + register(size, reg));
    }

    @Override
    public void shiftx(ShiftX op, int size, int dst, int src, int count) {
        line(lower(op), size, register(size, count) + ", " + register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void shiftxLoad(ShiftX op, int size, int dst, long mem, int count) {
        line(lower(op), size, register(size, count) + ", " + memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void rorx(int size, int dst, int src, int count) {
        line("rorx", size, "$" + count + ", " + register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void bmi(Bmi op, int size, int dst, int src1, int src2) {
        line(lower(op), size, register(size, src2) + ", " + register(size, src1) + ", " + register(size, dst));
    }

    @Override
    public void count(Count op, int size, int dst, int src) {
        line(lower(op), size, register(size, src) + ", " + register(size, dst));
    }

    @Override
    public void countLoad(Count op, int size, int dst, long mem) {
        line(lower(op), size, memory(mem) + ", " + register(size, dst));
    }

    @Override
    public void bswap(int size, int reg) {
        line("bswap", size, register(size, reg));
    }

    @Override
    public void bit(Bit op, int size, int reg, int index) {
        line(lower(op), size, register(size, index) + ", " + register(size, reg));
    }

    @Override
    public void bitImm(Bit op, int size, int reg, int index) {
        line(lower(op), size, "$" + index + ", " + register(size, reg));
    }

    @Override
    public void bitMemImm(Bit op, int size, long mem, int index) {
        line(lower(op), size, "$" + index + ", " + memory(mem));
    }

    // Control

    @Override
    public void jmp(int label) {
        line("{disp32} jmp", target(label));
    }

    @Override
    public void jcc(Cond cond, int label) {
        line("{disp32} j" + lower(cond), target(label));
    }

    @Override
    public void call(int label) {
        line("callq", target(label));
    }

    @Override
    public void jmpNear(long address) {
        line("{disp32} jmp", ORIGIN + signed(distance(address)));
    }

    @Override
    public void jccNear(Cond cond, long address) {
        line("{disp32} j" + lower(cond), ORIGIN + signed(distance(address)));
    }

    @Override
    public void callNear(long address) {
        line("callq", ORIGIN + signed(distance(address)));
    }

    @Override
    public void jmpReg(int reg) {
        line("jmpq", "*" + register(8, reg));
    }

    @Override
    public void callReg(int reg) {
        line("callq", "*" + register(8, reg));
    }

    @Override
    public void jmpMem(long mem) {
        line("jmpq", "*" + memory(mem));
    }

    @Override
    public void callMem(long mem) {
        line("callq", "*" + memory(mem));
    }

    @Override
    public void plain(Plain op) {
        line(op.text, "");
    }

    @Override
    public void rdpid(int reg) {
        line("rdpid", register(8, reg));
    }

    // Vector registers

    @Override
    public void movqToXmm(int xmm, int reg) {
        line("movq", register(8, reg) + ", " + xmm(xmm));
    }

    @Override
    public void movqFromXmm(int reg, int xmm) {
        line("movq", xmm(xmm) + ", " + register(8, reg));
    }

    @Override
    public void loadXmm(int xmm, long mem) {
        line("movq", memory(mem) + ", " + xmm(xmm));
    }

    @Override
    public void storeXmm(long mem, int xmm) {
        line("movq", xmm(xmm) + ", " + memory(mem));
    }

    @Override
    public void storeXmm32(long mem, int xmm) {
        line("movd", xmm(xmm) + ", " + memory(mem));
    }

    @Override
    public void pextr(int size, long mem, int xmm) {
        line(size == 1 ? "pextrb" : "pextrw", "$0, " + xmm(xmm) + ", " + memory(mem));
    }

    @Override
    public void vec(Vec op, int dst, int src) {
        line(lower(op), xmm(src) + ", " + xmm(dst));
    }

    @Override
    public void vecLoad(Vec op, int dst, long mem) {
        line(lower(op), memory(mem) + ", " + xmm(dst));
    }

    @Override
    public void pclmulqdq(int dst, int src, int selector) {
        line("pclmulqdq", "$" + selector + ", " + xmm(src) + ", " + xmm(dst));
    }

    @Override
    public void ldmxcsr(long mem) {
        line("ldmxcsr", memory(mem));
    }

    @Override
    public void stmxcsr(long mem) {
        line("stmxcsr", memory(mem));
    }
}
