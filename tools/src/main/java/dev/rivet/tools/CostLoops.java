package dev.rivet.tools;

import dev.rivet.frontend.Rv;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.Image;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The program that {@code rivet bench costs} times: a function for each operation and way of measuring it, each a loop over
 * {@value #COPIES} copies. Encoded by the table of RISC-V; runs under RVE, so every guest register is the host's where it can
 * be. Knows nothing of clocks.
 *
 * <p>A function is called with (a, b, rounds, 0, a, 0): a is the first operand or an address, b the second operand.
 */
final class CostLoops {
    /** Copies of the instruction in a loop; with two more for each they stay within a branch's reach. */
    static final int COPIES = 256;
    /** Where data is: readable and writable. */
    static final int DATA = 0x0100_0000;
    static final int DATA_SIZE = 0x1000;
    /** Number of the host call made by {@code ecall}. */
    static final int HOST_CALL = 1;
    private static final int TEXT = 0x10000;
    private static final int T0 = 5;
    private static final int T1 = 6;
    private static final int A0 = 10;
    private static final int A1 = 11;
    private static final int ROUNDS = 12;
    private static final int A3 = 13;
    private static final int SAME = 14;
    private static final int ZERO = 15;
    /** Results that nobody waits for go to one after the other of these. */
    private static final int[] RESULTS = {T0, T1, 7, A3, 8, 9};

    /** How instructions follow each other. */
    enum Shape {
        /** Each waits for the one before, through an and and an add that are measured by themselves. */
        CHAIN,
        /** None waits for another. */
        FREE,
        /** Branches that are taken, to the next instruction. */
        TAKEN,
        /** Additions only, each waiting for the one before: the unit. */
        UNIT,
        /** A branch on a bit of a random number if b is 1, on zero if b is 0. */
        RANDOM
    }

    /** One function: what it measures, and how many of the measured instructions a round has. */
    record Loop(Op op, Shape shape, int entry, int copies) {
    }

    final List<Loop> loops = new ArrayList<>();
    private final int xlen;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();

    /** Everything a width has. */
    CostLoops(int xlen) {
        this.xlen = xlen;
        add(Op.ADD, Shape.UNIT);
        for (Op op : Op.values()) {
            if (op == Op.END || Rv.of(op, xlen) == null) {
                continue;
            }
            switch (op.kind) {
                case ALU -> {
                    add(op, Shape.FREE);
                    if (reads(op)) {
                        add(op, Shape.CHAIN);
                    }
                }
                case LOAD, ATOMIC -> {
                    add(op, Shape.FREE);
                    add(op, Shape.CHAIN);
                }
                case BRANCH -> {
                    add(op, Shape.FREE);
                    add(op, Shape.TAKEN);
                    if (op == Op.BNE) {
                        add(op, Shape.RANDOM);
                    }
                }
                case STORE, JUMP, NONE -> add(op, Shape.FREE);
                case TRAP -> {
                    if (op == Op.ECALL) {
                        add(op, Shape.FREE);
                    }
                }
            }
        }
    }

    private boolean reads(Op op) {
        return Rv.of(op, xlen).notation().contains("rs1");
    }

    /** The program as an ELF file. */
    byte[] elf() {
        byte[] code = text.toByteArray();
        return new Image(xlen, Image.RVE).entry(TEXT).add(TEXT, code, code.length, Image.R | Image.X)
                .add(DATA, new byte[0], DATA_SIZE, Image.R | Image.W).bytes();
    }

    private int here() {
        return TEXT + text.size();
    }

    private void word(int word) {
        for (int shift = 0; shift < 32; shift += 8) {
            text.write(word >> shift);
        }
    }

    private void put(Rv row, int rd, int rs1, int rs2, int imm) {
        word(row.encode(rd, rs1, rs2, imm));
    }

    private void add(Op op, Shape shape) {
        int entry = here();
        if (op == Op.ECALL) {
            put(Rv.ADDI, T0, 0, 0, HOST_CALL);
        } else if (op == Op.JALR) {
            put(Rv.AUIPC, T0, 0, 0, 0);
            put(Rv.ADDI, SAME, T0, 0, 8);
        }
        int loop = here();
        int copies = op == Op.ECALL ? 1 : COPIES;
        int measured = 0;
        if (op == Op.JALR) {
            put(Rv.ADDI, T0, SAME, 0, 0); // each round starts at the loop's address again
        }
        for (int i = 0; i < copies && here() - loop < 3900; i++) {
            measured += copy(op, shape, RESULTS[i % RESULTS.length]);
        }
        put(Rv.ADDI, ROUNDS, ROUNDS, 0, -1);
        put(Rv.BNE, 0, ROUNDS, 0, loop - here());
        put(Rv.JALR, 0, 1, 0, 0);
        loops.add(new Loop(op, shape, entry, measured));
    }

    /** One copy; returns how many measured instructions that was. */
    private int copy(Op op, Shape shape, int result) {
        Rv row = Rv.of(op, xlen);
        switch (shape) {
            case UNIT -> put(Rv.ADD, A0, A0, ZERO, 0);
            case RANDOM -> {
                put(Rv.of(Op.SLLI, xlen), T0, A0, 0, 13);
                put(Rv.XOR, A0, A0, T0, 0);
                put(Rv.of(Op.SRLI, xlen), T0, A0, 0, 7);
                put(Rv.XOR, A0, A0, T0, 0);
                put(Rv.of(Op.SLLI, xlen), T0, A0, 0, 17);
                put(Rv.XOR, A0, A0, T0, 0);
                put(Rv.AND, T1, A0, A1, 0);
                put(row, 0, T1, 0, 8);
                put(Rv.SW, 0, SAME, T1, 0);
            }
            case TAKEN -> put(row, 0, taken(op) ? A0 : A1, taken(op) ? SAME : A0, 4);
            case FREE, CHAIN -> {
                return plain(op, row, shape == Shape.CHAIN, result);
            }
        }
        return 1;
    }

    /** Whether the branch is taken for equal operands; a is greater than b, as signed and as unsigned number. */
    private static boolean taken(Op op) {
        return switch (op) {
            case BEQ, BGE, BGEU -> true;
            default -> false;
        };
    }

    private int plain(Op op, Rv row, boolean chain, int result) {
        int rd = chain ? T0 : result;
        int measured = 1;
        switch (op.kind) {
            case BRANCH -> put(row, 0, taken(op) ? A1 : A0, taken(op) ? A0 : SAME, 4);
            case STORE -> put(row, 0, A0, A1, 0);
            case JUMP -> {
                if (op == Op.JAL) {
                    put(row, 0, 0, 0, 4);
                } else {
                    // t0 is 4 before this instruction's address; the next one is 8 further.
                    put(Rv.ADDI, T0, T0, 0, 8);
                    put(row, 0, T0, 0, 4);
                }
            }
            case ATOMIC -> {
                boolean store = op == Op.SC_W || op == Op.SC_D;
                if (store) {
                    // Without a reservation it would only fail.
                    put(Rv.of(op == Op.SC_W ? Op.LR_W : Op.LR_D, xlen), rd, A0, 0, 0);
                    measured = 2;
                }
                put(row, rd, A0, row.notation().contains("rs2") ? A1 : 0, 0);
            }
            case ALU, LOAD, NONE, TRAP -> {
                String bits = row.notation();
                put(row, bits.contains(" rd ") ? rd : 0, bits.contains("rs1") ? A0 : 0,
                        bits.contains("rs2") ? A1 : 0,
                        bits.contains("imm[31")
                                ? 0x12345000
                                : bits.contains("shamt") ? 5 : bits.contains("imm") && op.kind == Op.Kind.ALU ? 5 : 0);
            }
        }
        if (chain) {
            put(Rv.AND, T1, T0, ZERO, 0);
            put(Rv.ADD, A0, SAME, T1, 0);
        }
        return measured;
    }
}
