package dev.rivet.tools;

import dev.rivet.ir.Op;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** The classes of instructions that {@code weighted} tells apart, as docs/costs.md lists them. */
enum CostClass {
    // @formatter:off
    REGISTERS("register operations, fence, constants", op -> op.kind == Op.Kind.ALU || op.kind == Op.Kind.NONE),
    LOADS("loads", op -> op.kind == Op.Kind.LOAD),
    STORES("stores", op -> op.kind == Op.Kind.STORE),
    BRANCHES("branches", op -> op.kind == Op.Kind.BRANCH),
    JAL("jal", Op.JAL),
    JALR("jalr", Op.JALR),
    MUL("mul, mulw", Op.MUL, Op.MULW),
    MULH("mulh, mulhsu, mulhu", Op.MULH, Op.MULHSU, Op.MULHU),
    DIV("div, divu, rem, remu", Op.DIV, Op.DIVU, Op.REM, Op.REMU),
    DIVW("divw, divuw, remw, remuw", Op.DIVW, Op.DIVUW, Op.REMW, Op.REMUW),
    CLMUL("clmul, clmulh, clmulr", Op.CLMUL, Op.CLMULH, Op.CLMULR),
    PERMUTE("xperm4, xperm8, zip, unzip, brev8", Op.XPERM4, Op.XPERM8, Op.ZIP, Op.UNZIP, Op.BREV8),
    ORC("orc.b", Op.ORC_B),
    ATOMICS("atomics", op -> op.kind == Op.Kind.ATOMIC),
    ECALL("ecall", Op.ECALL),
    TRAPS("ebreak, words that are no instruction", Op.EBREAK, Op.ILLEGAL);
    // @formatter:on

    final String label;
    private final Predicate<Op> has;

    CostClass(String label, Predicate<Op> has) {
        this.label = label;
        this.has = has;
    }

    CostClass(String label, Op... ops) {
        this(label, List.of(ops)::contains);
    }

    /** The class of an operation (not of END): a class that names it goes before one that has all of a kind. */
    static CostClass of(Op op) {
        List<CostClass> found = Arrays.stream(values()).filter(c -> c.has.test(op)).toList();
        return found.getLast();
    }

    List<Op> ops() {
        return Arrays.stream(Op.values()).filter(op -> op != Op.END && of(op) == this).toList();
    }
}
