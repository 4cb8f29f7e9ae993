package dev.rivet.tools.conform;

import dev.rivet.ir.Op;

/**
 * One piece of a random program: an instruction or an idiom of a few. Pieces refer to each other by {@code id} only, so
 * any of them can be taken out and the rest still assembles (a reference then means the next piece that is left).
 *
 * @param id position in the program as it was made
 * @param kind what it is
 * @param op operation, where the kind has one
 * @param a first register
 * @param b second register
 * @param c third register
 * @param imm immediate, halfword or distance in bytes from the target piece
 * @param value constant
 * @param target id of another piece
 */
record FuzzItem(int id, Kind kind, Op op, int a, int b, int c, int imm, long value, int target) {
    /** Kinds of pieces. */
    enum Kind {
        /** One instruction on registers: op, a ← b, c or imm. */
        ALU,
        /** A compressed instruction: imm. */
        HALF,
        /** a ← value. */
        LI,
        /** Load or store of a at imm(b). */
        ACCESS,
        /** Load or store of a near the masked index b, by way of c. */
        INDEXED,
        /** Load or store of a at the constant address value, by way of c. */
        ABSOLUTE,
        /** Atomic a ← (data + imm), b, by way of c. */
        ATOMIC,
        /** lr, then sc a, b (imm says how the two differ), by way of c. */
        RESERVE,
        /** Branch op on a, b. */
        BRANCH,
        /** Compressed branch on a; op BEQ or BNE. */
        HALF_BRANCH,
        /** slt-like op into c on a, b, then branch on c. */
        COMPARE_BRANCH,
        /** addi a, a, −1; bnez a. */
        LOOP,
        /** A loop of one block, counted by a, in which c accumulates b or imm; value says what else it does. */
        SUM_LOOP,
        /** jal a. */
        JUMP,
        /** auipc b; jalr a, imm(b). */
        FAR_JUMP,
        /** Jump through the table by the masked index b, by way of c; links a. */
        TABLE_JUMP,
        /** jalr a, imm(b). */
        REGISTER_JUMP,
        /** Pushes ra. */
        PUSH,
        /** Pops ra. */
        POP,
        /** slli c, b, imm; srli or srai a, c, value. */
        SHIFT_PAIR,
        /** addw-like op into c, then another use of it into a. */
        WORD_CHAIN,
        /** sh?add into c, then load a. */
        SCALED_LOAD,
        /** Branch around a move. */
        CONDITIONAL_MOVE,
        /** Two of mul/mulh or div/rem on the same operands. */
        PAIR,
        /** auipc a; addi a, a. */
        PC_RELATIVE,
        /** Two loads or stores side by side. */
        NEIGHBOURS,
        /** Host call that looks at everything. */
        OBSERVE,
        /** Any four bytes: imm. */
        RAW
    }

    /** How the rest of a program is seen from a piece. */
    interface Labels {
        /** Label of the first piece left with this id or a higher one. */
        int of(int id);
    }

    /** Appends the piece to a program. */
    void emit(Asm asm, Isa isa, Labels labels) {
        int x = isa.xlen();
        switch (kind) {
            case ALU -> asm.word(Forms.of(op).encode(x, a, b, c, imm));
            case HALF -> asm.half(imm);
            case LI -> asm.li(a, value);
            case ACCESS -> access(asm, x, op, a, b, imm);
            case INDEXED -> {
                asm.andi(c, b, 0x7f8).add(c, c, FuzzProgram.BASE);
                access(asm, x, op, a, c, imm);
            }
            case ABSOLUTE -> {
                int hi = (int) value + 0x800 & 0xfffff000;
                asm.lui(c, hi);
                access(asm, x, op, a, c, (int) value - hi);
            }
            case ATOMIC -> {
                asm.addi(c, FuzzProgram.BASE, imm);
                asm.word(Forms.of(op).encode(x, a, c, b, 0));
            }
            case RESERVE -> reserve(asm, x);
            case BRANCH -> asm.branch(f3(op), a, b, labels.of(target));
            case HALF_BRANCH -> asm.cbranch(op == Op.BNE, a, labels.of(target));
            case COMPARE_BRANCH -> {
                asm.word(Forms.of(op).encode(x, c, a, b, imm));
                asm.branch(value != 0 ? Asm.BNE : Asm.BEQ, c, 0, labels.of(target));
            }
            case LOOP -> asm.addi(a, a, -1).branch(Asm.BNE, a, 0, labels.of(target));
            case JUMP -> asm.jal(a, labels.of(target));
            case FAR_JUMP -> {
                int to = labels.of(target);
                if (imm == 0) {
                    asm.farCall(a, b, to);
                } else {
                    asm.lla(b, to).jalr(a, b, imm);
                }
            }
            case TABLE_JUMP -> {
                asm.andi(c, b, FuzzProgram.TABLE_MASK & -isa.cell()).add(c, c, FuzzProgram.TABLE);
                asm.lx(c, 0, c).jalr(a, c, imm);
            }
            case REGISTER_JUMP -> asm.jalr(a, b, imm);
            case PUSH -> asm.addi(Asm.SP, Asm.SP, -16).sx(Asm.RA, 8, Asm.SP);
            case POP -> asm.lx(Asm.RA, 8, Asm.SP).addi(Asm.SP, Asm.SP, 16);
            case SHIFT_PAIR -> {
                asm.slli(c, b, imm & x - 1);
                asm.word(Forms.of(op).encode(x, a, c, 0, (int) value));
            }
            default -> emitMore(asm, isa);
        }
    }

    private void emitMore(Asm asm, Isa isa) {
        int x = isa.xlen();
        switch (kind) {
            case WORD_CHAIN -> {
                asm.word(Forms.of(op).encode(x, c, a, b, imm));
                asm.word(Forms.of(value != 0 ? Op.SUB : Op.XOR).encode(x, a, c, b, 0));
                asm.word(Forms.of(x == 64 ? Op.ADDIW : Op.ADDI).encode(x, c, c, 0, imm >> 1));
            }
            case SCALED_LOAD -> {
                asm.andi(c, b, 63);
                asm.word(Forms.of(op).encode(x, c, c, FuzzProgram.BASE, 0));
                access(asm, x, value != 0 ? Op.LW : Op.LBU, a, c, imm);
            }
            case CONDITIONAL_MOVE -> {
                int over = asm.label();
                asm.branch(f3(op), a, b, over);
                asm.addi(c, value != 0 ? a : b, imm);
                asm.place(over);
            }
            case PAIR -> {
                Op second = switch (op) {
                    case MUL -> value != 0 ? Op.MULHU : Op.MULH;
                    case MULHU, MULH, MULHSU -> Op.MUL;
                    case DIV -> Op.REM;
                    case REM -> Op.DIV;
                    case DIVU -> Op.REMU;
                    default -> Op.DIVU;
                };
                asm.word(Forms.of(op).encode(x, a, b, c, 0)).word(Forms.of(second).encode(x, imm & 15, b, c, 0));
            }
            case PC_RELATIVE -> asm.auipc(a, (int) value).addi(a, a, imm);
            case NEIGHBOURS -> {
                access(asm, x, op, a, FuzzProgram.BASE, imm);
                access(asm, x, op, b, FuzzProgram.BASE, imm + (int) value);
            }
            case OBSERVE -> asm.li(isa.callRegister(), Machine.OBSERVE).ecall();
            case RAW -> asm.insn(imm);
            case SUM_LOOP -> sumLoop(asm, x);
            default -> throw new IllegalStateException(kind.name());
        }
    }

    private void sumLoop(Asm asm, int x) {
        if ((value & 1) != 0) {
            asm.andi(a, a, 31);
        }
        int head = asm.label();
        asm.place(head);
        if ((value & 2) != 0) {
            access(asm, x, Op.LBU, b, FuzzProgram.BASE, imm);
        }
        asm.word(Forms.of(op).encode(x, c, c, b, imm));
        if ((value & 4) != 0) {
            access(asm, x, Op.SW, c, FuzzProgram.BASE, imm >> 1);
        }
        if ((value & 8) != 0) {
            asm.word(Forms.of(target % 3 == 0 ? Op.XOR : target % 3 == 1 ? Op.SLTU : Op.ADD).encode(x, b, c, a, 0));
        }
        asm.addi(a, a, -1);
        if ((value & 16) != 0) {
            asm.word(Forms.of(op).encode(x, c, c, a, imm));
        }
        asm.branch((value & 32) != 0 ? Asm.BNE : Asm.BLT, (value & 32) != 0 ? a : 0, (value & 32) != 0 ? 0 : a, head);
    }

    private void reserve(Asm asm, int x) {
        boolean d = x == 64 && (imm & 1) != 0;
        asm.addi(c, FuzzProgram.BASE, imm & -8);
        asm.word(Forms.of(d ? Op.LR_D : Op.LR_W).encode(x, a, c, 0, 0));
        boolean other = (value & 1) != 0;
        if ((value & 2) != 0) {
            asm.addi(c, c, 8);
        }
        if ((value & 4) != 0) {
            asm.sx(b, 0, c);
        }
        boolean wide = x == 64 && d != other;
        asm.word(Forms.of(wide ? Op.SC_D : Op.SC_W).encode(x, a, c, b, 0));
    }

    private static void access(Asm asm, int xlen, Op op, int register, int base, int imm) {
        boolean load = op.kind == Op.Kind.LOAD;
        int i = imm << 20 >> 20;
        asm.word(Forms.of(op).encode(xlen, load ? register : 0, base, load ? 0 : register, i));
    }

    private static int f3(Op branch) {
        return switch (branch) {
            case BEQ -> Asm.BEQ;
            case BNE -> Asm.BNE;
            case BLT -> Asm.BLT;
            case BGE -> Asm.BGE;
            case BLTU -> Asm.BLTU;
            default -> Asm.BGEU;
        };
    }
}
