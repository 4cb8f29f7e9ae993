package dev.rivet.frontend;

import dev.rivet.ir.Inst;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of two-byte instructions (C without floating point, and Zcb), one row each: bits in the manual's notation, how
 * it is written, and the instruction of {@link Rv} it expands to. What matches no row valid for the program's width is
 * illegal: the reserved encodings ({@code nz} immediates of zero, {@code c.lwsp} to x0 and so on), the floating-point
 * loads and stores, and everything of Zcmp and Zcmt. HINTs match the row they are a special case of and do nothing because
 * their expansion does nothing.
 *
 * <p>Names ending in {@code _RV32} as in {@link Rv}. Section: the manual's chapters C and Zc*.
 */
public enum RvC {
    // @formatter:off
    C_ADDI4SPN  ("000 nzuimm[5:4|9:6|2|3] rd' 00",            "rd', sp, nzuimm",  "addi rd', sp, nzuimm"),
    C_LW        ("010 uimm[5:3] rs1' uimm[2|6] rd' 00",       "rd', uimm(rs1')",  "lw rd', uimm(rs1')"),
    C_LD        ("011 uimm[5:3] rs1' uimm[7:6] rd' 00",       "rd', uimm(rs1')",  "ld rd', uimm(rs1')", 64),
    C_LBU       ("100 000 rs1' uimm[0|1] rd' 00",             "rd', uimm(rs1')",  "lbu rd', uimm(rs1')"),
    C_LHU       ("100 001 rs1' 0 uimm[1] rd' 00",             "rd', uimm(rs1')",  "lhu rd', uimm(rs1')"),
    C_LH        ("100 001 rs1' 1 uimm[1] rd' 00",             "rd', uimm(rs1')",  "lh rd', uimm(rs1')"),
    C_SB        ("100 010 rs1' uimm[0|1] rs2' 00",            "rs2', uimm(rs1')", "sb rs2', uimm(rs1')"),
    C_SH        ("100 011 rs1' 0 uimm[1] rs2' 00",            "rs2', uimm(rs1')", "sh rs2', uimm(rs1')"),
    C_SW        ("110 uimm[5:3] rs1' uimm[2|6] rs2' 00",      "rs2', uimm(rs1')", "sw rs2', uimm(rs1')"),
    C_SD        ("111 uimm[5:3] rs1' uimm[7:6] rs2' 00",      "rs2', uimm(rs1')", "sd rs2', uimm(rs1')", 64),

    C_NOP       ("000 imm[5] 00000 imm[4:0] 01",              "",                 "addi zero, zero, imm"),
    C_ADDI      ("000 imm[5] rd/rs1!=0 imm[4:0] 01",          "rd, imm",          "addi rd, rd, imm"),
    C_JAL       ("001 imm[11|4|9:8|10|6|7|3:1|5] 01",         "imm",              "jal ra, imm", 32),
    C_ADDIW     ("001 imm[5] rd/rs1!=0 imm[4:0] 01",          "rd, imm",          "addiw rd, rd, imm", 64),
    C_LI        ("010 imm[5] rd imm[4:0] 01",                 "rd, imm",          "addi rd, zero, imm"),
    C_ADDI16SP  ("011 nzimm[9] 00010 nzimm[4|6|8:7|5] 01",    "sp, nzimm",        "addi sp, sp, nzimm"),
    C_LUI       ("011 nzimm[17] rd!=2 nzimm[16:12] 01",       "rd, nzimm",        "lui rd, nzimm"),
    C_SRLI_RV32 ("100 0 00 rd'/rs1' shamt[4:0] 01",           "rd', shamt",       "srli rd', rd', shamt", 32),
    C_SRAI_RV32 ("100 0 01 rd'/rs1' shamt[4:0] 01",           "rd', shamt",       "srai rd', rd', shamt", 32),
    C_SRLI      ("100 shamt[5] 00 rd'/rs1' shamt[4:0] 01",    "rd', shamt",       "srli rd', rd', shamt", 64),
    C_SRAI      ("100 shamt[5] 01 rd'/rs1' shamt[4:0] 01",    "rd', shamt",       "srai rd', rd', shamt", 64),
    C_ANDI      ("100 imm[5] 10 rd'/rs1' imm[4:0] 01",        "rd', imm",         "andi rd', rd', imm"),
    C_SUB       ("100 0 11 rd'/rs1' 00 rs2' 01",              "rd', rs2'",        "sub rd', rd', rs2'"),
    C_XOR       ("100 0 11 rd'/rs1' 01 rs2' 01",              "rd', rs2'",        "xor rd', rd', rs2'"),
    C_OR        ("100 0 11 rd'/rs1' 10 rs2' 01",              "rd', rs2'",        "or rd', rd', rs2'"),
    C_AND       ("100 0 11 rd'/rs1' 11 rs2' 01",              "rd', rs2'",        "and rd', rd', rs2'"),
    C_SUBW      ("100 1 11 rd'/rs1' 00 rs2' 01",              "rd', rs2'",        "subw rd', rd', rs2'", 64),
    C_ADDW      ("100 1 11 rd'/rs1' 01 rs2' 01",              "rd', rs2'",        "addw rd', rd', rs2'", 64),
    C_MUL       ("100 1 11 rd'/rs1' 10 rs2' 01",              "rd', rs2'",        "mul rd', rd', rs2'"),
    C_ZEXT_B    ("100 1 11 rd'/rs1' 11 000 01",               "rd'",              "andi rd', rd', 255"),
    C_SEXT_B    ("100 1 11 rd'/rs1' 11 001 01",               "rd'",              "sext.b rd', rd'"),
    C_ZEXT_H    ("100 1 11 rd'/rs1' 11 010 01",               "rd'",              "zext.h rd', rd'"),
    C_SEXT_H    ("100 1 11 rd'/rs1' 11 011 01",               "rd'",              "sext.h rd', rd'"),
    C_ZEXT_W    ("100 1 11 rd'/rs1' 11 100 01",               "rd'",              "add.uw rd', rd', zero", 64),
    C_NOT       ("100 1 11 rd'/rs1' 11 101 01",               "rd'",              "xori rd', rd', -1"),
    C_J         ("101 imm[11|4|9:8|10|6|7|3:1|5] 01",         "imm",              "jal zero, imm"),
    C_BEQZ      ("110 imm[8|4:3] rs1' imm[7:6|2:1|5] 01",     "rs1', imm",        "beq rs1', zero, imm"),
    C_BNEZ      ("111 imm[8|4:3] rs1' imm[7:6|2:1|5] 01",     "rs1', imm",        "bne rs1', zero, imm"),

    C_SLLI_RV32 ("000 0 rd/rs1 shamt[4:0] 10",                "rd, shamt",        "slli rd, rd, shamt", 32),
    C_SLLI      ("000 shamt[5] rd/rs1 shamt[4:0] 10",         "rd, shamt",        "slli rd, rd, shamt", 64),
    C_LWSP      ("010 uimm[5] rd!=0 uimm[4:2|7:6] 10",        "rd, uimm(sp)",     "lw rd, uimm(sp)"),
    C_LDSP      ("011 uimm[5] rd!=0 uimm[4:3|8:6] 10",        "rd, uimm(sp)",     "ld rd, uimm(sp)", 64),
    C_JR        ("100 0 rs1!=0 00000 10",                     "rs1",              "jalr zero, 0(rs1)"),
    C_MV        ("100 0 rd rs2!=0 10",                        "rd, rs2",          "add rd, zero, rs2"),
    C_EBREAK    ("100 1 00000 00000 10",                      "",                 "ebreak"),
    C_JALR      ("100 1 rs1!=0 00000 10",                     "rs1",              "jalr ra, 0(rs1)"),
    C_ADD       ("100 1 rd/rs1 rs2!=0 10",                    "rd, rs2",          "add rd, rd, rs2"),
    C_SWSP      ("110 uimm[5:2|7:6] rs2 10",                  "rs2, uimm(sp)",    "sw rs2, uimm(sp)"),
    C_SDSP      ("111 uimm[5:3|8:6] rs2 10",                  "rs2, uimm(sp)",    "sd rs2, uimm(sp)", 64);
    // @formatter:on

    private static final RvC[] ROWS = values();
    /** Operand codes of an expansion: a field of the halfword, or this plus a constant. */
    private static final int CONSTANT = 1 << 16;

    /** 32 or 64 when only that width has it in this encoding, 0 for both. */
    public final int only;
    /** As written in assembly. */
    public final String mnemonic;
    /** The instruction it expands to, written with this row's fields. */
    public final String expansion;

    final String syntax;
    final Encoding encoding;
    private final String target;
    /** Where rd, rs1, rs2 and the immediate of the expansion come from. */
    private final int[] sources;

    RvC(String notation, String syntax, String expansion) {
        this(notation, syntax, expansion, 0);
    }

    RvC(String notation, String syntax, String expansion, int only) {
        this.syntax = syntax;
        this.expansion = expansion;
        this.only = only;
        encoding = new Encoding(notation, 16);
        mnemonic = "c." + Rv.mnemonic(name()).substring(2);
        List<String> words = words(expansion);
        target = words.get(0);
        sources = sources(words);
    }

    private int[] sources(List<String> words) {
        Rv row = target();
        List<String> operands = words(row.form.syntax);
        if (operands.size() != words.size() - 1) {
            throw new IllegalArgumentException(name() + ": " + expansion + " is not of the form " + row.form.syntax);
        }
        int[] from = {CONSTANT, CONSTANT, CONSTANT, CONSTANT};
        for (int i = 0; i < operands.size(); i++) {
            from[operand(operands.get(i))] = source(words.get(i + 1));
        }
        return from;
    }

    private Rv target() {
        Rv row = Rv.named(target, only == 0 ? 64 : only);
        if (row == null || only == 0 && Rv.named(target, 32) == null) {
            throw new IllegalArgumentException(name() + ": no instruction " + target);
        }
        return row;
    }

    /** Splits at blanks, commas and parentheses. */
    static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i <= text.length(); i++) {
            if (i == text.length() || " ,()".indexOf(text.charAt(i)) >= 0) {
                if (i > start) {
                    words.add(text.substring(start, i));
                }
                start = i + 1;
            }
        }
        return words;
    }

    private static int operand(String name) {
        return switch (name) {
            case "rd" -> Encoding.RD;
            case "rs1" -> Encoding.RS1;
            case "rs2" -> Encoding.RS2;
            default -> Encoding.IMM;
        };
    }

    private int source(String word) {
        int source = switch (word) {
            case "zero" -> CONSTANT;
            case "ra" -> CONSTANT + 1;
            case "sp" -> CONSTANT + 2;
            case "rd", "rd'" -> Encoding.RD;
            case "rs1", "rs1'" -> Encoding.RS1;
            case "rs2", "rs2'" -> Encoding.RS2;
            case "imm", "nzimm", "uimm", "nzuimm", "shamt" -> Encoding.IMM;
            default -> CONSTANT + Integer.parseInt(word);
        };
        if (source <= Encoding.IMM && !encoding.has(source)) {
            throw new IllegalArgumentException(name() + ": " + word + " of " + expansion + " is not in " + notation());
        }
        return source;
    }

    /** Whether programs of this width (32 or 64) have the row. */
    public boolean in(int xlen) {
        return only == 0 || only == xlen;
    }

    /** The bits in the manual's notation. */
    public String notation() {
        return encoding.notation;
    }

    /** The row that the low 16 bits belong to in programs of this width, or null: the definition, by search. */
    public static RvC find(int half, int xlen) {
        for (RvC row : ROWS) {
            if (row.in(xlen) && row.encoding.matches(half & 0xffff)) {
                return row;
            }
        }
        return null;
    }

    /** The four-byte instruction that a halfword of this row expands to. */
    public int expand(int half, int xlen) {
        return Rv.named(target, xlen).encode(value(half, Encoding.RD), value(half, Encoding.RS1),
                value(half, Encoding.RS2), value(half, Encoding.IMM));
    }

    private int value(int half, int operand) {
        int source = sources[operand];
        return source <= Encoding.IMM ? encoding.operand(half & 0xffff, source) : source - CONSTANT;
    }

    /** A halfword of this row as {@link Inst}: its expansion, marked as two bytes long. The definition. */
    public long decode(int half, int xlen) {
        long inst = Rv.named(target, xlen).decode(expand(half, xlen));
        return Inst.pack(Inst.op(inst), Inst.rd(inst), Inst.rs1(inst), Inst.rs2(inst), Inst.imm(inst), 2);
    }

    /**
     * The halfword for these operands; registers are 0–31 (8–15 where the row says so), those the row has not are 0.
     *
     * @throws IllegalArgumentException for an operand that cannot be encoded
     */
    public int encode(int rd, int rs1, int rs2, int imm) {
        return encoding.encode(rd, rs1, rs2, imm);
    }
}
