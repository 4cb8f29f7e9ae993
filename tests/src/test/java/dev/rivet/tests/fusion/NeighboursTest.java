package dev.rivet.tests.fusion;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Forms;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.conform.Isa;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two neighbouring instructions in every way that backends lower together: each pair is a function of its own that ends in
 * a breakpoint (or in a fault of its load), and all registers, pc and gas are compared with the interpreter's. Registers are
 * of both kinds, with a host register and without.
 */
class NeighboursTest {
    private static final int TEXT = 0x1_0000;
    private static final int DATA = 0x400_0000;
    private static final int A0 = 10, A1 = 11, A2 = 12, A3 = 13, GP = 3;

    private static final List<Op> FIRST = List.of(Op.LUI, Op.AUIPC, Op.SLLI, Op.SRLI, Op.ADDI, Op.XORI, Op.ANDI,
            Op.XOR, Op.SUB, Op.SLT, Op.SLTU, Op.SLTI, Op.SLTIU, Op.MUL, Op.MULH, Op.MULHU, Op.ADD, Op.SH1ADD,
            Op.SH2ADD, Op.SH3ADD, Op.ADD_UW, Op.SH1ADD_UW, Op.SH2ADD_UW, Op.SH3ADD_UW, Op.ADDW);
    private static final List<Op> SECOND = List.of(Op.ADDI, Op.ADDIW, Op.ADDW, Op.SLLI, Op.SRLI, Op.SRAI, Op.XORI,
            Op.SLTIU, Op.SLTU, Op.ADD, Op.SUB, Op.XOR, Op.ADD_UW, Op.MUL, Op.MULH, Op.MULHU, Op.LB, Op.LH, Op.LW,
            Op.LD, Op.LBU, Op.LHU, Op.LWU, Op.SW);
    private static final int[][] DESTINATION_AND_SOURCES = {{A0, A1, A2}, {A0, A0, A1}, {A0, A1, A0},
            {A0, GP, A1}, {A0, A1, GP}, {GP, A1, A2}, {GP, GP, A1}, {A0, 0, A1}, {A0, A1, A1}, {GP, GP, GP},
            {A0, GP, GP}};
    /** a0 to a5; gp gets a4. Upper halves must not matter for addresses. */
    private static final long[][] ARGUMENTS = {{DATA + 64, 8, 0xdead_beef_0000_0010L, -1, DATA + 128, 3},
            {0x8000_0000L, 0xffff_ffff_8000_0000L, 1, 0, 0x7fff_ffff_ffff_ffffL, 2},
            {5, 5, -5, DATA, 5, 0}};

    /** The immediates an operation is tried with. */
    private static int[] immediates(Op op, int xlen) {
        return switch (op) {
            case LUI, AUIPC -> new int[]{DATA, 0x7fff_f000, 0x8000_0000};
            case SLLI, SRLI, SRAI -> xlen == 64 ? new int[]{2, 29, 32, 48, 49, 56} : new int[]{2, 16, 24};
            case SLTIU, XORI -> new int[]{1, -1};
            case ADDI, ADDIW, ANDI, SLTI -> new int[]{-8, 0, 2047};
            case LB, LH, LW, LD, LBU, LHU, LWU, SW -> new int[]{-8, 16};
            default -> new int[]{0};
        };
    }

    private final List<Integer> functions = new ArrayList<>();

    private void function(Asm asm, int first, Op then, int rd2, int x, int y, int imm) {
        functions.add(asm.here());
        asm.addi(GP, 14, 0);
        asm.word(first);
        asm.word(Forms.of(then).encode(asm.xlen, rd2, x, y, imm));
        asm.ebreak();
    }

    private void pairs(Asm asm) {
        for (Op op : FIRST) {
            for (int[] r : Forms.of(op).on(asm.xlen) ? DESTINATION_AND_SOURCES : new int[0][]) {
                for (int imm1 : immediates(op, asm.xlen)) {
                    int first = Forms.of(op).encode(asm.xlen, r[0], r[1], r[2], imm1);
                    seconds(asm, op, r, first);
                }
            }
        }
    }

    private void seconds(Asm asm, Op op, int[] r, int first) {
        for (Op then : SECOND) {
            if (!Forms.of(then).on(asm.xlen)) {
                continue;
            }
            for (int imm2 : immediates(then, asm.xlen)) {
                boolean product = then == Op.MUL || then == Op.MULH || then == Op.MULHU;
                boolean two = product || then == Op.ADD || then == Op.SUB || then == Op.XOR || then == Op.SLTU
                        || then == Op.ADD_UW || then == Op.ADDW;
                for (int rd2 : new int[]{r[0], A3, GP}) {
                    function(asm, first, then, rd2, r[0], product ? r[2] : A2, imm2);
                    if (two) {
                        function(asm, first, then, rd2, 0, r[0], 0);
                        function(asm, first, then, rd2, A2, r[0], 0);
                        function(asm, first, then, rd2, r[1], r[2], 0);
                        function(asm, first, then, rd2, r[2], r[1], 0);
                    }
                }
            }
        }
    }

    /** Any result, then a branch that compares it with zero. */
    private void branches(Asm asm) {
        for (Op op : Op.values()) {
            if (op.kind != Op.Kind.ALU || !Forms.of(op).on(asm.xlen)) {
                continue;
            }
            for (int[] r : DESTINATION_AND_SOURCES) {
                for (int imm : immediates(op, asm.xlen)) {
                    int first = Forms.of(op).encode(asm.xlen, r[0], r[1], r[2], imm);
                    for (int branch : new int[]{Asm.BEQ, Asm.BNE, Asm.BLT, Asm.BGE, Asm.BLTU, Asm.BGEU}) {
                        for (int swap = 0; swap < 2; swap++) {
                            functions.add(asm.here());
                            int taken = asm.label();
                            asm.addi(GP, 14, 0);
                            asm.word(first);
                            asm.branch(branch, swap == 0 ? r[0] : 0, swap == 0 ? 0 : r[0], taken);
                            asm.ebreak().place(taken).ebreak();
                        }
                    }
                }
            }
        }
    }

    /** auipc and jalr, with all ways to link. */
    private void calls(Asm asm) {
        for (int via : new int[]{1, 5, GP}) {
            for (int link : new int[]{0, 1, 5, GP}) {
                for (int distance : new int[]{16, 8, 12, 10, -0x2000_0000}) {
                    functions.add(asm.here());
                    int auipc = asm.here();
                    int target = auipc + distance;
                    int upper = distance + 0x800 & 0xffff_f000;
                    asm.auipc(via, upper);
                    asm.jalr(link, via, target - auipc - upper);
                    asm.ebreak().ebreak().ebreak();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rv64e", "rv64i", "rv32e", "rv32i"})
    void pairsLeaveWhatTheInterpreterLeaves(String name) {
        Isa isa = Isa.of(name);
        Asm asm = new Asm(isa.xlen(), TEXT);
        pairs(asm);
        branches(asm);
        calls(asm);
        byte[] elf = new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, new byte[]{1, 2, 3, (byte) 0x84}, 4096, Image.R | Image.W).bytes();
        long calls = 0;
        try (Duel.Sides sides = Conformance.sides();
                Duel duel = new Duel(sides, elf, "neighbours " + name, Metering.SYNC, CostModel.UNIT)) {
            for (int f = 0; f < functions.size(); f++) {
                for (int k = 0; k < ARGUMENTS.length; k++) {
                    if (k == 0 || (f + k) % 4 == 0) {
                        duel.call(100, functions.get(f), ARGUMENTS[k]);
                        calls++;
                    }
                }
            }
        }
        System.out.printf("neighbours: %s: %,d functions, %,d calls%n", name, functions.size(), calls);
        assertTrue(functions.size() > 20_000, "only " + functions.size() + " functions");
    }
}
