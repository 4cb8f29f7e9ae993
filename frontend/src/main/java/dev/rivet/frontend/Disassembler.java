package dev.rivet.frontend;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.List;

/**
 * Packed instructions as assembly, in LLVM's syntax without aliases and with ABI names of registers. Two-byte instructions
 * appear as what they expand to. For people and tests, not for speed.
 */
public final class Disassembler {
    private static final String[] NAMES = {"zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1",
            "a2",
            "a3", "a4", "a5", "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4",
            "t5",
            "t6"};

    private Disassembler() {
    }

    /** ABI name of a register, 0–31. */
    public static String register(int number) {
        return NAMES[number];
    }

    /** Number of the register with this ABI name ({@code "fp"} and {@code "x7"} work too), or −1. */
    public static int register(String name) {
        for (int i = 0; i < NAMES.length; i++) {
            if (NAMES[i].equals(name) || ("x" + i).equals(name)) {
                return i;
            }
        }
        return name.equals("fp") ? 8 : -1;
    }

    /** An instruction, branch and jump targets as distances in bytes: {@code "beq a0, a1, -16"}. */
    public static String text(long inst, int xlen) {
        return text(inst, xlen, null);
    }

    /** An instruction at an address, branch and jump targets as addresses: {@code "beq a0, a1, 0x10178"}. */
    public static String textAt(long inst, int xlen, int pc) {
        return text(inst, xlen, pc);
    }

    private static String text(long inst, int xlen, Integer pc) {
        Op op = Inst.op(inst);
        if (op == Op.ILLEGAL) {
            return Inst.size(inst) == 2
                    ? ".half 0x%04x".formatted(Inst.imm(inst) & 0xffff)
                    : ".word 0x%08x".formatted(Inst.imm(inst));
        }
        Rv row = Rv.of(op, xlen);
        if (row == null) {
            return op == Op.END ? "<end>" : "<" + op + ">";
        }
        return operands(row.mnemonic, row.form.syntax, Inst.rd(inst), Inst.rs1(inst), Inst.rs2(inst),
                immediate(row, Inst.imm(inst), pc));
    }

    private static String immediate(Rv row, int imm, Integer pc) {
        return switch (row.form) {
            case U -> Integer.toString(imm >>> 12);
            case B, J -> pc == null ? Integer.toString(imm) : "0x" + Integer.toHexString(pc + imm);
            case R, UNARY, I, LOAD, S, LR, AMO, NONE -> Integer.toString(imm);
        };
    }

    /** A two-byte instruction under its own name, {@code "c.lw a0, 4(a1)"}; null when the halfword is none. */
    public static String compressedText(int half, int xlen) {
        RvC row = RvC.find(half, xlen);
        if (row == null) {
            return null;
        }
        int imm = row.encoding.operand(half & 0xffff, Encoding.IMM);
        boolean upper = row.expansion.startsWith("lui");
        return operands(row.mnemonic, row.syntax, row.encoding.operand(half & 0xffff, Encoding.RD),
                row.encoding.operand(half & 0xffff, Encoding.RS1), row.encoding.operand(half & 0xffff, Encoding.RS2),
                Integer.toString(upper ? imm >>> 12 : imm));
    }

    private static String operands(String mnemonic, String syntax, int rd, int rs1, int rs2, String imm) {
        if (syntax.isEmpty()) {
            return mnemonic;
        }
        StringBuilder text = new StringBuilder(mnemonic).append(' ');
        List<String> words = RvC.words(syntax);
        int at = 0;
        for (String word : words) {
            int start = syntax.indexOf(word, at);
            text.append(syntax, at, start);
            text.append(switch (word) {
                case "rd", "rd'" -> NAMES[rd];
                case "rs1", "rs1'" -> NAMES[rs1];
                case "rs2", "rs2'" -> NAMES[rs2];
                case "sp" -> word;
                default -> imm;
            });
            at = start + word.length();
        }
        return text.append(syntax, at, syntax.length()).toString();
    }
}
