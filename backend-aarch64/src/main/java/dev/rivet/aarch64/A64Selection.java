package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Field;
import dev.rivet.aarch64.A64Assembler.LogicImm;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.One;
import dev.rivet.aarch64.A64Assembler.Shift;
import dev.rivet.aarch64.A64Assembler.Two;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/** Which way of lowering each operation has, but for those that transfer control. Every operation is named. */
class A64Selection extends A64Memory {
    A64Selection(A64Assembler a, A64Registers registers, Code code, HostCode main) {
        super(a, registers, code, main);
    }

    final void transfer(Op op, long inst) {
        boolean wide = size == 8;
        switch (op) {
            case LB -> load(wide ? Mem.LDRSB8 : Mem.LDRSB4, inst);
            case LH -> load(wide ? Mem.LDRSH8 : Mem.LDRSH4, inst);
            case LW -> load(wide ? Mem.LDRSW : Mem.LDRW, inst);
            case LD -> load(Mem.LDRX, inst);
            case LBU -> load(Mem.LDRB, inst);
            case LHU -> load(Mem.LDRH, inst);
            case LWU -> load(Mem.LDRW, inst);
            case SB -> store(Mem.STRB, inst);
            case SH -> store(Mem.STRH, inst);
            case SW -> store(Mem.STRW, inst);
            case SD -> store(Mem.STRX, inst);
            default -> throw new AssertionError(op);
        }
    }

    final void atomic(Op op, int i, long inst) {
        switch (op) {
            case LR_W -> loadReserved(4, inst, i);
            case LR_D -> loadReserved(8, inst, i);
            case SC_W -> storeConditional(4, inst, i);
            case SC_D -> storeConditional(8, inst, i);
            case AMOSWAP_W -> swap(4, inst, i);
            case AMOSWAP_D -> swap(8, inst, i);
            case AMOADD_W -> fetchAnd(Alu.ADD, 4, inst, i);
            case AMOADD_D -> fetchAnd(Alu.ADD, 8, inst, i);
            case AMOXOR_W -> fetchAnd(Alu.EOR, 4, inst, i);
            case AMOXOR_D -> fetchAnd(Alu.EOR, 8, inst, i);
            case AMOAND_W -> fetchAnd(Alu.AND, 4, inst, i);
            case AMOAND_D -> fetchAnd(Alu.AND, 8, inst, i);
            case AMOOR_W -> fetchAnd(Alu.ORR, 4, inst, i);
            case AMOOR_D -> fetchAnd(Alu.ORR, 8, inst, i);
            case AMOMIN_W -> fetchAndChoose(Cond.LT, 4, inst, i);
            case AMOMIN_D -> fetchAndChoose(Cond.LT, 8, inst, i);
            case AMOMAX_W -> fetchAndChoose(Cond.GT, 4, inst, i);
            case AMOMAX_D -> fetchAndChoose(Cond.GT, 8, inst, i);
            case AMOMINU_W -> fetchAndChoose(Cond.LO, 4, inst, i);
            case AMOMINU_D -> fetchAndChoose(Cond.LO, 8, inst, i);
            case AMOMAXU_W -> fetchAndChoose(Cond.HI, 4, inst, i);
            case AMOMAXU_D -> fetchAndChoose(Cond.HI, 8, inst, i);
            default -> throw new AssertionError(op);
        }
    }

    /** All of kind ALU, rd not x0. Every operation is named, so the compiler finds one that is missing. */
    final void compute(Op op, int i, long inst, int rd, int rs1, int rs2, int imm) {
        switch (op) {
            case LUI, AUIPC -> constant(rd, upper(i));
            case ADDI -> addImmediate(rd, rs1, imm);
            case SLTI -> setIfLessImmediate(rd, rs1, imm, Cond.LT);
            case SLTIU -> setIfLessImmediate(rd, rs1, imm, Cond.LO);
            case XORI -> logicImmediate(Alu.EOR, LogicImm.EOR, rd, rs1, imm);
            case ORI -> logicImmediate(Alu.ORR, LogicImm.ORR, rd, rs1, imm);
            case ANDI -> logicImmediate(Alu.AND, LogicImm.AND, rd, rs1, imm);
            case SLLI -> shiftImmediate(Shift.LSL, rd, rs1, imm);
            case SRLI -> shiftImmediate(Shift.LSR, rd, rs1, imm);
            case SRAI -> shiftImmediate(Shift.ASR, rd, rs1, imm);
            case ADD -> alu(Alu.ADD, rd, rs1, rs2);
            case SUB -> alu(Alu.SUB, rd, rs1, rs2);
            case SLL -> two(Two.LSLV, rd, rs1, rs2);
            case SLT -> setIfLess(rd, rs1, rs2, Cond.LT);
            case SLTU -> setIfLess(rd, rs1, rs2, Cond.LO);
            case XOR -> alu(Alu.EOR, rd, rs1, rs2);
            case SRL -> two(Two.LSRV, rd, rs1, rs2);
            case SRA -> two(Two.ASRV, rd, rs1, rs2);
            case OR -> alu(Alu.ORR, rd, rs1, rs2);
            case AND -> alu(Alu.AND, rd, rs1, rs2);
            case ADDIW -> addWordImmediate(rd, rs1, imm);
            case SLLIW -> shiftWordImmediate(Shift.LSL, rd, rs1, imm);
            case SRLIW -> shiftWordImmediate(Shift.LSR, rd, rs1, imm);
            case SRAIW -> shiftWordImmediate(Shift.ASR, rd, rs1, imm);
            case ADDW -> aluWord(Alu.ADD, rd, rs1, rs2);
            case SUBW -> aluWord(Alu.SUB, rd, rs1, rs2);
            case SLLW -> twoWord(Two.LSLV, rd, rs1, rs2);
            case SRLW -> twoWord(Two.LSRV, rd, rs1, rs2);
            case SRAW -> twoWord(Two.ASRV, rd, rs1, rs2);
            case MUL -> multiply(size, rd, rs1, rs2);
            case MULH -> multiplyHigh(true, rd, rs1, rs2);
            case MULHSU -> multiplyHighMixed(rd, rs1, rs2);
            case MULHU -> multiplyHigh(false, rd, rs1, rs2);
            case DIV -> divide(Two.SDIV, size, rd, rs1, rs2);
            case DIVU -> divide(Two.UDIV, size, rd, rs1, rs2);
            case REM -> remainder(Two.SDIV, size, rd, rs1, rs2);
            case REMU -> remainder(Two.UDIV, size, rd, rs1, rs2);
            case MULW -> multiply(4, rd, rs1, rs2);
            case DIVW -> divide(Two.SDIV, 4, rd, rs1, rs2);
            case DIVUW -> divide(Two.UDIV, 4, rd, rs1, rs2);
            case REMW -> remainder(Two.SDIV, 4, rd, rs1, rs2);
            case REMUW -> remainder(Two.UDIV, 4, rd, rs1, rs2);
            case ADD_UW, SH1ADD, SH2ADD, SH3ADD, SH1ADD_UW, SH2ADD_UW, SH3ADD_UW, SLLI_UW, ANDN, ORN, XNOR, CLZ, CLZW,
                    CTZ, CTZW, CPOP, CPOPW, MAX, MAXU, MIN, MINU, SEXT_B, SEXT_H, ZEXT_H, ROL, ROLW, ROR, RORW, RORI,
                    RORIW, ORC_B, REV8, BCLR, BCLRI, BEXT, BEXTI, BINV, BINVI, BSET, BSETI, CLMUL, CLMULH, CLMULR, PACK,
                    PACKH, PACKW, BREV8, ZIP, UNZIP, XPERM4, XPERM8, CZERO_EQZ, CZERO_NEZ ->
                computeBits(op, rd, rs1, rs2, imm);
            case JAL, JALR, BEQ, BNE, BLT, BGE, BLTU, BGEU, LB, LH, LW, LD, LBU, LHU, LWU, SB, SH, SW, SD, FENCE,
                    FENCE_I, ECALL, EBREAK, LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W,
                    AMOMAX_W, AMOMINU_W, AMOMAXU_W, LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D,
                    AMOMIN_D, AMOMAX_D, AMOMINU_D, AMOMAXU_D, ILLEGAL, END ->
                throw new AssertionError(op);
        }
    }

    /** The extensions for bits, and conditional zeros. */
    private void computeBits(Op op, int rd, int rs1, int rs2, int imm) {
        switch (op) {
            case ADD_UW -> shiftAddWord(rd, rs1, rs2, 0);
            case SH1ADD -> shiftAdd(rd, rs1, rs2, 1);
            case SH2ADD -> shiftAdd(rd, rs1, rs2, 2);
            case SH3ADD -> shiftAdd(rd, rs1, rs2, 3);
            case SH1ADD_UW -> shiftAddWord(rd, rs1, rs2, 1);
            case SH2ADD_UW -> shiftAddWord(rd, rs1, rs2, 2);
            case SH3ADD_UW -> shiftAddWord(rd, rs1, rs2, 3);
            case SLLI_UW -> shiftWord(rd, rs1, imm);
            case ANDN -> alu(Alu.BIC, rd, rs1, rs2);
            case ORN -> alu(Alu.ORN, rd, rs1, rs2);
            case XNOR -> alu(Alu.EON, rd, rs1, rs2);
            case CLZ -> one(One.CLZ, size, rd, rs1);
            case CLZW -> one(One.CLZ, 4, rd, rs1);
            case CTZ -> one(One.RBIT, One.CLZ, size, rd, rs1);
            case CTZW -> one(One.RBIT, One.CLZ, 4, rd, rs1);
            case CPOP -> populationCount(size, rd, rs1);
            case CPOPW -> populationCount(4, rd, rs1);
            case MAX -> choose(Cond.GT, rd, rs1, rs2);
            case MAXU -> choose(Cond.HI, rd, rs1, rs2);
            case MIN -> choose(Cond.LT, rd, rs1, rs2);
            case MINU -> choose(Cond.LO, rd, rs1, rs2);
            case SEXT_B -> bitField(Field.SBFM, size, rd, rs1, 0, 7);
            case SEXT_H -> bitField(Field.SBFM, size, rd, rs1, 0, 15);
            case ZEXT_H -> bitField(Field.UBFM, 4, rd, rs1, 0, 15);
            case ROL -> rotateLeft(size, rd, rs1, rs2);
            case ROLW -> rotateLeft(4, rd, rs1, rs2);
            case ROR -> two(Two.RORV, rd, rs1, rs2);
            case RORW -> twoWord(Two.RORV, rd, rs1, rs2);
            case RORI -> shiftImmediate(Shift.ROR, rd, rs1, imm);
            case RORIW -> shiftWordImmediate(Shift.ROR, rd, rs1, imm);
            case ORC_B -> orBytes(rd, rs1);
            case REV8 -> one(One.REV, size, rd, rs1);
            case BCLR -> bit(Alu.BIC, rd, rs1, rs2);
            case BCLRI -> bitImmediate(LogicImm.AND, rd, rs1, ~(1L << imm));
            case BEXT -> bitExtract(rd, rs1, rs2);
            case BEXTI -> bitField(Field.UBFM, size, rd, rs1, imm, imm);
            case BINV -> bit(Alu.EOR, rd, rs1, rs2);
            case BINVI -> bitImmediate(LogicImm.EOR, rd, rs1, 1L << imm);
            case BSET -> bit(Alu.ORR, rd, rs1, rs2);
            case BSETI -> bitImmediate(LogicImm.ORR, rd, rs1, 1L << imm);
            case CLMUL, CLMULH, CLMULR -> carryless(op, rd, rs1, rs2);
            case PACK -> pack(size, rd, rs1, rs2);
            case PACKH -> packBytes(rd, rs1, rs2);
            case PACKW -> pack(4, rd, rs1, rs2);
            case BREV8 -> one(One.RBIT, One.REV, size, rd, rs1);
            case ZIP -> zip(rd, rs1);
            case UNZIP -> unzip(rd, rs1);
            case XPERM4 -> permuteNibbles(rd, rs1, rs2);
            case XPERM8 -> permuteBytes(rd, rs1, rs2);
            case CZERO_EQZ -> zeroUnless(Cond.NE, rd, rs1, rs2);
            case CZERO_NEZ -> zeroUnless(Cond.EQ, rd, rs1, rs2);
            default -> throw new AssertionError(op);
        }
    }

    /** The product is twice the register's width: the low part, the high part, or one bit below the high part. */
    private void carryless(Op op, int rd, int rs1, int rs2) {
        into(T0, rs1);
        into(T1, rs2);
        t2(); // bl writes x30
        callStub(stubs.clmul);
        int d = dst(rd, T0);
        if (op == Op.CLMUL) {
            a.mov(size, d, T0);
        } else if (size == 8) {
            if (op == Op.CLMULH) {
                a.mov(8, d, T1);
            } else {
                a.extr(8, d, T1, T0, 63);
            }
        } else {
            a.lsr(8, d, T0, op == Op.CLMULH ? 32 : 31);
        }
        done(rd, d);
    }

    /** What lui or auipc gives. */
    final long upper(int i) {
        long inst = code.insts[i];
        return Inst.op(inst) == Op.LUI ? Inst.imm(inst) : Integer.toUnsignedLong(code.pcs[i]) + Inst.imm(inst);
    }
}
