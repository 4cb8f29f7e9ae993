package dev.rivet.aarch64;

import java.util.Arrays;
import java.util.Locale;

/**
 * An assembler that writes every call as a line of text and leaves the encoding to whoever turns the whole text into bytes
 * ({@link #assemble}).
 */
public abstract class A64Text extends A64Assembler {
    /** Label of the first byte. */
    private static final String ORIGIN = ".Lorigin";

    private final StringBuilder text = new StringBuilder(ORIGIN).append(":\n");
    private int at;
    private int labels;
    private int[] offsets = new int[64];
    private byte[] code;

    /** Starts a text; the first byte will have address {@code origin}. */
    protected A64Text(long origin) {
        super(origin);
    }

    /**
     * Turns the text into bytes. Throws IllegalStateException when the text is refused.
     *
     * @return the bytes of section {@code .text}
     */
    protected abstract byte[] assemble(String text);

    /** The text so far. */
    public final String text() {
        return text.toString();
    }

    private static String reg(int size, int n) {
        return (size == 8 ? "x" : "w") + (n == 31 ? "zr" : n);
    }

    /** A register operand whose number 31 is the stack pointer. */
    private static String regSp(int size, int n) {
        return n == 31 ? size == 8 ? "sp" : "wsp" : reg(size, n);
    }

    private static String lower(Enum<?> e) {
        return e.name().toLowerCase(Locale.ROOT);
    }

    private void line(String mnemonic, String... operands) {
        text.append('\t').append(mnemonic).append('\t').append(String.join(", ", operands)).append('\n');
        at += 4;
    }

    private void line(String text) {
        this.text.append('\t').append(text).append('\n');
        at += 4;
    }

    private static String imm(long value) {
        return "#" + value;
    }

    private static String label(int label) {
        return ".L" + label;
    }

    private String near(long address) {
        long d = address - origin;
        return ORIGIN + (d < 0 ? "" : "+") + d;
    }

    @Override
    public int position() {
        return at;
    }

    @Override
    public int newLabel() {
        if (labels == offsets.length) {
            offsets = Arrays.copyOf(offsets, labels * 2);
        }
        offsets[labels] = -1;
        return labels++;
    }

    @Override
    public void bind(int label) {
        if (offsets[label] >= 0) {
            throw new IllegalStateException("label " + label + " is bound twice");
        }
        offsets[label] = at;
        text.append(label(label)).append(":\n");
    }

    @Override
    public int labelOffset(int label) {
        return offsets[label];
    }

    @Override
    public void finish() {
        code = assemble(text.toString());
        if (code.length != at) {
            throw new IllegalStateException("the assembler made " + code.length + " bytes of " + at / 4 + " lines");
        }
    }

    @Override
    public byte[] bytes() {
        return code;
    }

    @Override
    public void word(int value) {
        line(".word", "0x" + Integer.toHexString(value));
    }

    @Override
    public void alu(Alu op, int size, int d, int n, int m, Shift shift, int amount) {
        line(lower(op), reg(size, d), reg(size, n), reg(size, m), lower(shift) + " " + imm(amount));
    }

    @Override
    public void aluImm(AluImm op, int size, int d, int n, int imm, boolean high) {
        boolean flags = op == AluImm.ADDS || op == AluImm.SUBS;
        line(lower(op), flags ? reg(size, d) : regSp(size, d), regSp(size, n), imm(imm), high ? "lsl #12" : "lsl #0");
    }

    @Override
    public void aluExt(AluExt op, int size, int d, int n, int m, Extend extend, int amount) {
        boolean wide = extend == Extend.UXTX || extend == Extend.SXTX;
        line(lower(op), regSp(size, d), regSp(size, n), reg(size == 8 && wide ? 8 : 4, m),
                lower(extend) + " " + imm(amount));
    }

    @Override
    public void logicImm(LogicImm op, int size, int d, int n, long value) {
        long shown = size == 4 ? value & 0xffff_ffffL : value;
        line(lower(op), op == LogicImm.ANDS ? reg(size, d) : regSp(size, d), reg(size, n),
                "#0x" + Long.toHexString(shown));
    }

    @Override
    public void wide(Wide op, int size, int d, int imm, int hw) {
        line(lower(op), reg(size, d), imm(imm), "lsl " + imm(16L * hw));
    }

    @Override
    public void field(Field op, int size, int d, int n, int immr, int imms) {
        line(lower(op), reg(size, d), reg(size, n), imm(immr), imm(imms));
    }

    @Override
    public void extr(int size, int d, int n, int m, int lsb) {
        line("extr", reg(size, d), reg(size, n), reg(size, m), imm(lsb));
    }

    @Override
    public void two(Two op, int size, int d, int n, int m) {
        line(lower(op), reg(size, d), reg(size, n), reg(size, m));
    }

    @Override
    public void three(Three op, int size, int d, int n, int m, int a) {
        int source = op == Three.SMADDL || op == Three.UMADDL ? 4 : size;
        line(lower(op), reg(size, d), reg(source, n), reg(source, m), reg(size, a));
    }

    @Override
    public void one(One op, int size, int d, int n) {
        line(lower(op), reg(size, d), reg(size, n));
    }

    @Override
    public void select(Select op, int size, int d, int n, int m, Cond cond) {
        line(lower(op), reg(size, d), reg(size, n), reg(size, m), lower(cond));
    }

    @Override
    public void ccmp(int size, int n, int m, int nzcv, Cond cond) {
        line("ccmp", reg(size, n), reg(size, m), imm(nzcv), lower(cond));
    }

    private static String at(int n, String offset) {
        return "[" + regSp(8, n) + ", " + offset + "]";
    }

    @Override
    public void mem(Mem op, int t, int n, int offset) {
        line(op.text, reg(op.size, t), at(n, imm(offset)));
    }

    @Override
    public void memUnscaled(Mem op, int t, int n, int offset) {
        line(op.text.replace("ldr", "ldur").replace("str", "stur"), reg(op.size, t),
                at(n, imm(offset)));
    }

    @Override
    public void memReg(Mem op, int t, int n, int m, Extend extend, boolean scaled) {
        String index = reg(extend == Extend.UXTX ? 8 : 4, m);
        String how = extend == Extend.UXTX ? "lsl" : lower(extend);
        int shift = scaled ? Integer.numberOfTrailingZeros(op.bytes) : 0;
        // Bytes have a scale, too (#0, with its bit set); only the bit's absence may go unwritten.
        String amount = scaled ? " #" + shift : "";
        boolean plain = extend == Extend.UXTX && !scaled;
        line(op.text, reg(op.size, t), at(n, plain ? index : index + ", " + how + amount));
    }

    @Override
    public void pair(Pair op, int t, int t2, int n, int offset) {
        line(lower(op), reg(8, t), reg(8, t2), at(n, imm(offset)));
    }

    @Override
    public void ordered(Ordered op, int size, int t, int n) {
        line(lower(op), reg(size, t), "[" + regSp(8, n) + "]");
    }

    @Override
    public void jump(Jump op, int label) {
        line(lower(op), label(label));
    }

    @Override
    public void jumpNear(Jump op, long address) {
        line(lower(op), near(address));
    }

    @Override
    public void branch(Cond cond, int label) {
        line("b." + lower(cond), label(label));
    }

    @Override
    public void branchNear(Cond cond, long address) {
        line("b." + lower(cond), near(address));
    }

    @Override
    public void zero(Zero op, int size, int t, int label) {
        line(lower(op), reg(size, t), label(label));
    }

    @Override
    public void testBit(TestBit op, int t, int bit, int label) {
        line(lower(op), reg(bit < 32 ? 4 : 8, t), imm(bit), label(label));
    }

    @Override
    public void jumpReg(JumpReg op, int n) {
        line(lower(op), reg(8, n));
    }

    @Override
    public void adr(int d, int label) {
        line("adr", reg(8, d), label(label));
    }

    @Override
    public void plain(Plain op) {
        line(op.text);
    }

    @Override
    public void sys(Sys op, int t) {
        line(op.text.replace("%s", reg(8, t)));
    }

    @Override
    public void toVector(int size, int v, int n) {
        line("fmov", (size == 8 ? "d" : "s") + v, reg(size, n));
    }

    @Override
    public void fromVector(int size, int d, int v) {
        line("fmov", reg(size, d), (size == 8 ? "d" : "s") + v);
    }

    @Override
    public void highFromVector(int d, int v) {
        line("umov", reg(8, d), "v" + v + ".d[1]");
    }

    @Override
    public void vec(Vec2 op, int d, int n) {
        line(op.text.replace("%b", "b" + d).replaceFirst("%s\\.8b, %s", "v" + d + ".8b, v" + n).replace("%s", "v" + n));
    }

    @Override
    public void vec(Vec3 op, int d, int n, int m) {
        line(op.text.replaceFirst("%s", "v" + d).replaceFirst("%s", "v" + n).replaceFirst("%s", "v" + m));
    }

    @Override
    public void vecExt(int d, int n, int m, int bytes) {
        line("ext", "v" + d + ".16b", "v" + n + ".16b", "v" + m + ".16b", imm(bytes));
    }

    @Override
    public void vecDup(int d, int n, int index) {
        line("dup", "v" + d + ".8b", "v" + n + ".b[" + index + "]");
    }

    @Override
    public void vecMovi(int d, int value) {
        line("movi", "v" + d + ".8b", imm(value));
    }

    @Override
    public void storeVector(int v, int n, int offset) {
        line("str", "d" + v, at(n, imm(offset)));
    }
}
