package dev.rivet.frontend;

/** How an instruction's operands are written in assembly. */
enum Form {
    /** Register to register. */
    R("rd, rs1, rs2"),
    /** One source register. */
    UNARY("rd, rs1"),
    /** Register and immediate; shifts by a constant too. */
    I("rd, rs1, imm"),
    /** Loads and jalr. */
    LOAD("rd, imm(rs1)"),
    /** Stores. */
    S("rs2, imm(rs1)"),
    /** Conditional branches; the immediate is the distance in bytes. */
    B("rs1, rs2, imm"),
    /** lui, auipc: written without the twelve zero bits. */
    U("rd, imm"),
    /** jal; the immediate is the distance in bytes. */
    J("rd, imm"),
    /** lr. */
    LR("rd, (rs1)"),
    /** sc and amo. */
    AMO("rd, rs2, (rs1)"),
    /** No operands. */
    NONE("");

    /** The operands in the order they are written. */
    final String syntax;

    Form(String syntax) {
        this.syntax = syntax;
    }
}
