package dev.rivet.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A hostile file can make translation neither large nor slow: for whole programs made to be as bad as possible, host bytes
 * stay within {@link A64Backend#maxBytesPerInst}, and bytes and steps of work double when the program does. Work is counted,
 * not timed. What one instruction takes at most is {@link LoweringTest}'s.
 */
class A64BoundsTest {
    /** Instructions of the host, labels and references for an instruction. */
    private static final int STEPS_PER_INST = 48;
    private static final int SIZE = 6_000;
    private static final int[] OFFSETS = {0, 2, -64, 4000, -4000, 0x7ffffe};
    /** Instructions at an end of a program whose targets may lie outside. */
    private static final int EDGE = 2_000;
    private static final int START = Programs.TEXT;

    /** Instructions by number. */
    private interface Program {
        long inst(int i);
    }

    /** How a program is decoded, and whether every instruction is a leader or only the first. */
    private record Shape(int xlen, boolean embedded, boolean compressed, boolean leaders) {
    }

    private static final Shape[] SHAPES = {new Shape(32, true, false, true), new Shape(32, false, true, true),
            new Shape(64, true, true, true), new Shape(64, false, false, true), new Shape(64, false, true, false)};

    /** Files with 31 registers begin with loops that leave x3, x4 and some others in memory. */
    private static Code code(Shape shape, int n, Program program) {
        int heat = shape.embedded ? 0 : 26 * 4;
        int size = shape.compressed ? 2 : 4;
        Code.Builder b = new Code.Builder(shape.xlen, shape.embedded, shape.compressed, n + heat + 1);
        int pc = START;
        for (int i = 0; i < heat; i++) {
            int r = 6 + i % 26;
            b.add(pc, i % 4 < 3
                    ? Inst.pack(Op.ADD, r, r, r, 0, 4)
                    : Inst.pack(Op.BNE, 0, r, r - 1, START - pc, 4));
            pc += 4;
        }
        for (int i = 0; i < n; i++) {
            b.add(pc, size == 2 ? program.inst(i) | 1L << 23 : program.inst(i));
            pc += size;
        }
        int last = b.add(pc, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(START, pc, 0, last)).entry(START);
        for (int i = 0; i < last; i++) {
            if (shape.leaders || i <= heat || Inst.op(program.inst(i - heat - 1)).endsBlock()) {
                b.leader(i);
            }
        }
        b.leader(last);
        return b.build();
    }

    private record Work(int bytes, long steps) {
    }

    private static Work translate(Code code, Metering metering) {
        A64Lowering lowering = A64Lowering.of(code, new Options(metering, CostModel.WEIGHTED));
        HostCode host = lowering.translate(0);
        assertTrue(host.offsets[0] <= A64Lowering.MAX_FIXED_BYTES);
        assertTrue(host.length <= A64Lowering.most(code.count));
        return new Work(host.length, lowering.steps());
    }

    private static int assertBounded(String name, Metering metering, Program program) {
        int worst = 0;
        for (Shape shape : SHAPES) {
            String what = name + ", " + shape + ", " + metering;
            int fixed = translate(code(shape, 0, program), metering).bytes;
            Work once = translate(code(shape, SIZE, program), metering);
            Work twice = translate(code(shape, 2 * SIZE, program), metering);
            assertTrue(once.bytes - fixed <= 128 * (SIZE + 1), what + ": " + once);
            assertTrue(once.steps <= 1024 + (long) STEPS_PER_INST * (SIZE + 26 * 4), what + ": " + once);
            assertTrue(twice.bytes <= 2 * once.bytes + 128 * EDGE, what + ": " + once + ", then " + twice);
            assertTrue(twice.steps <= 2 * once.steps + STEPS_PER_INST * EDGE, what + ": " + once + ", then " + twice);
            worst = Math.max(worst, (once.bytes - fixed) / SIZE);
        }
        return worst;
    }

    @ParameterizedTest
    @EnumSource(value = Metering.class, names = {"NONE", "SYNC", "ASYNC"})
    void hostilePrograms(Metering metering) {
        int worst = 0;
        worst = Math.max(worst, assertBounded("illegal words", metering, i -> inst(Op.ILLEGAL, 0, 0, 0, i)));
        worst = Math.max(worst, assertBounded("host calls", metering, i -> inst(Op.ECALL, 0, 0, 0, 0)));
        worst = Math.max(worst, assertBounded("permutations", metering, i -> inst(Op.XPERM4, 3, 4, 3, 0)));
        worst = Math.max(worst, assertBounded("products", metering, i -> inst(Op.CLMULR, 3, 4, 3, 0)));
        worst = Math.max(worst, assertBounded("constants", metering,
                i -> i % 2 == 0 ? inst(Op.LUI, 3, 0, 0, 0x8765_4000) : inst(Op.ADDI, 3, 3, 0, -1)));
        worst = Math.max(worst, assertBounded("store conditional", metering, i -> inst(Op.SC_W, 3, 4, 3, 0)));
        worst = Math.max(worst, assertBounded("atomics", metering, i -> inst(Op.AMOMAXU_W, 3, 4, 3, 0)));
        for (int offset : OFFSETS) {
            for (Op op : new Op[]{Op.BLTU, Op.BEQ}) {
                worst = Math.max(worst, assertBounded(op + " to " + offset, metering, i -> inst(op, 0, 3, 4, offset)));
                worst = Math.max(worst, assertBounded(op + " of zero", metering, i -> inst(op, 0, 3, 0, offset)));
            }
            worst = Math.max(worst, assertBounded("calls to " + offset, metering, i -> inst(Op.JAL, 3, 0, 0, offset)));
            worst = Math.max(worst, assertBounded("far calls to " + offset, metering,
                    i -> i % 2 == 0 ? inst(Op.AUIPC, 3, 0, 0, 0) : inst(Op.JALR, 1, 3, 0, offset << 20 >> 20)));
        }
        assertBounded("branches across", metering, i -> inst(Op.BGE, 0, 4, 3, (i * 7919 % SIZE - i % SIZE) * 4));
        assertBounded("returns", metering, i -> inst(Op.JALR, 0, 1, 0, 0));
        assertBounded("jump tables", metering, i -> inst(Op.JALR, 3, 4, 0, -2048));
        assertTrue(worst >= 60 && worst <= 128, "programs that are not the worst prove nothing: " + worst);
    }

    @ParameterizedTest
    @EnumSource(value = Metering.class, names = {"NONE", "SYNC", "ASYNC"})
    void randomPrograms(Metering metering) {
        Op[] ops = Op.values();
        for (int seed = 0; seed < 8; seed++) {
            int s = seed;
            assertBounded("random " + seed, metering, i -> {
                SplittableRandom random = new SplittableRandom(s * 100_003L + i % SIZE);
                Op op;
                do {
                    op = ops[random.nextInt(ops.length - 1)];
                } while (!Programs.exists(op, 32) || !Programs.exists(op, 64));
                int[] immediates = Programs.immediates(op, 32);
                int imm = op.kind == Op.Kind.BRANCH || op == Op.JAL
                        ? OFFSETS[random.nextInt(OFFSETS.length)]
                        : immediates[random.nextInt(immediates.length)];
                return inst(op, random.nextInt(16), random.nextInt(16), random.nextInt(16), imm);
            });
        }
    }

    private static long inst(Op op, int rd, int rs1, int rs2, int imm) {
        return Programs.inst(op, rd, rs1, rs2, imm);
    }

    @Test
    void theAssemblerHoldsTheTranslatorToItsBound() {
        assertEquals(1000, nops(1000));
        assertThrows(IllegalStateException.class, () -> nops(1004));
        assertThrows(IllegalStateException.class, () -> nops(100_000));
    }

    private static int nops(int bytes) {
        A64Assembler a = A64Assembler.create("direct", Layout.CODE_BASE, 2000);
        a.limit(1000);
        for (int i = 0; i < bytes; i += 4) {
            a.plain(A64Assembler.Plain.NOP);
        }
        a.finish();
        return a.position();
    }
}
