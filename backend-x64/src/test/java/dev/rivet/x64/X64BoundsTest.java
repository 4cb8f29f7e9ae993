package dev.rivet.x64;

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
 * A hostile file can make translation neither large nor slow: for programs made to be as bad as possible, host bytes stay
 * within {@link X64Backend#maxBytesPerInst}, and bytes and steps of work double when the program does. Work is counted, not
 * timed.
 */
class X64BoundsTest {
    /** Most steps of {@link X64Lowering#steps} for an instruction. */
    private static final int STEPS_PER_INST = 12;
    private static final int SIZE = 150;
    private static final int[] OFFSETS = {0, 4, -4, 2, 64, -64, 4000, -4000, 0x7ffffe};

    /** Instructions by number. */
    private interface Program {
        long inst(int i);
    }

    /** How a program is decoded. */
    private record Shape(int xlen, boolean embedded, boolean compressed) {
    }

    private static final Shape[] SHAPES = {new Shape(32, true, false), new Shape(32, false, true),
            new Shape(64, true, true), new Shape(64, false, false)};

    /**
     * A program in which every instruction is a leader. Files with 31 registers begin with loops that make x18–x30 the
     * registers with hosts, so that all others live in memory, as x3 and x4 do in RVE files.
     */
    private static Code code(Shape shape, int n, Program program) {
        int heat = shape.embedded ? 0 : 13 * 4;
        int size = shape.compressed ? 2 : 4;
        Code.Builder b = new Code.Builder(shape.xlen, shape.embedded, shape.compressed, n + heat + 1);
        int pc = Guests.START;
        for (int i = 0; i < heat; i++) {
            int r = 18 + i % 13;
            b.add(pc,
                    i % 4 < 3
                            ? Inst.pack(Op.ADD, r, r, r, 0, 4)
                            : Inst.pack(Op.BNE, 0, r, r - 1, Guests.START - pc, 4));
            pc += 4;
        }
        for (int i = 0; i < n; i++) {
            long inst = program.inst(i);
            b.add(pc, size == 2 ? inst | 1L << 23 : inst);
            pc += size;
        }
        int last = b.add(pc, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(Guests.START, pc, 0, last)).entry(Guests.START);
        for (int i = 0; i < last; i++) {
            b.leader(i);
        }
        return b.build();
    }

    private record Work(int bytes, long steps) {
    }

    private static Work translate(Code code, Metering metering) {
        X64Assembler a = X64Assembler.create("direct", Layout.CODE_BASE, 64, X64Backend.most(code.count));
        X64Lowering lowering = new X64Lowering(code, null, new Options(metering, CostModel.WEIGHTED),
                X64Registers.map(code), a);
        HostCode host = lowering.run(0);
        assertTrue(host.length <= X64Backend.most(code.count));
        return new Work(host.length, lowering.steps());
    }

    private static void assertBounded(String name, Metering metering, Program program) {
        for (Shape shape : SHAPES) {
            String what = name + ", " + shape + ", " + metering;
            Work once = translate(code(shape, SIZE, program), metering);
            Work twice = translate(code(shape, 2 * SIZE, program), metering);
            int instructions = SIZE + 13 * 4 + 1;
            assertTrue(once.bytes <= X64Backend.MAX_FIXED_BYTES + 256L * instructions, what + ": " + once);
            assertTrue(once.steps <= 64 + (long) STEPS_PER_INST * instructions, what + ": " + once);
            // charges may grow with the program from one byte to four, in the hot and in the cold part
            assertTrue(twice.bytes <= 2 * once.bytes + 8 * SIZE, what + ": " + once + ", then " + twice);
            assertTrue(twice.steps <= 2 * once.steps + 64, what + ": " + once + ", then " + twice);
        }
    }

    private static boolean exists(Op op) {
        return op != Op.END;
    }

    @ParameterizedTest
    @EnumSource(Metering.class)
    void everyOperationWithItsWorstRegisters(Metering metering) {
        int worst = 0;
        for (Shape shape : SHAPES) {
            for (Op op : Op.values()) {
                if (!exists(op) || !Guests.exists(op, shape.xlen)) {
                    continue;
                }
                int fixed = translate(code(shape, 0, null), metering).bytes;
                for (int registers = 0; registers < 27; registers++) {
                    int rd = register(registers % 3);
                    int rs1 = register(registers / 3 % 3);
                    int rs2 = register(registers / 9);
                    int imm = Guests.immediate(op, shape.xlen);
                    int bytes = translate(code(shape, SIZE, i -> Inst.pack(op, rd, rs1, rs2, imm, 4)), metering).bytes;
                    // the pool's constants are in both; so is an unaligned end
                    assertTrue(bytes - fixed <= 256 * SIZE + 32, op + " " + rd + " " + rs1 + " " + rs2 + " " + shape);
                    worst = Math.max(worst, (bytes - fixed) / SIZE);
                }
            }
        }
        assertTrue(worst > 100, "programs that are not the worst prove nothing: " + worst);
    }

    /** One in memory, its neighbour in memory, one in a host register in RVE files. */
    private static int register(int i) {
        return i == 0 ? 3 : i == 1 ? 4 : 10;
    }

    @ParameterizedTest
    @EnumSource(Metering.class)
    void hostilePrograms(Metering metering) {
        assertBounded("illegal words", metering, i -> Inst.pack(Op.ILLEGAL, 0, 0, 0, i, 4));
        assertBounded("host calls", metering, i -> Inst.pack(Op.ECALL, 0, 0, 0, 0, 4));
        assertBounded("largest lowering", metering, i -> Inst.pack(Op.XPERM4, 3, 4, 3, 0, 4));
        assertBounded("constants", metering, i -> i % 2 == 0
                ? Inst.pack(Op.LUI, 3, 0, 0, 0x8765_4000, 4)
                : Inst.pack(Op.ADDI, 3, 3, 0, -1, 4));
        for (int offset : OFFSETS) {
            assertBounded("branches to " + offset, metering, i -> Inst.pack(Op.BLTU, 0, 3, 4, offset, 4));
            assertBounded("calls to " + offset, metering, i -> Inst.pack(Op.JAL, 1, 0, 0, offset, 4));
            assertBounded("jumps to " + offset, metering, i -> Inst.pack(Op.JAL, 0, 0, 0, offset, 4));
            assertBounded("far calls to " + offset, metering, i -> i % 2 == 0
                    ? Inst.pack(Op.AUIPC, 3, 0, 0, 0, 4)
                    : Inst.pack(Op.JALR, 1, 3, 0, offset, 4));
        }
        assertBounded("branches across", metering,
                i -> Inst.pack(Op.BGE, 0, 4, 3, (i * 7919 % SIZE - i % SIZE) * 4, 4));
        assertBounded("returns", metering, i -> Inst.pack(Op.JALR, 0, 1, 0, 0, 4));
        assertBounded("jump tables", metering, i -> Inst.pack(Op.JALR, 3, 4, 0, -2048, 4));
        assertBounded("long blocks", metering, i -> Inst.pack(Op.AMOMAXU_W, 3, 4, 3, 0, 4));
    }

    @ParameterizedTest
    @EnumSource(Metering.class)
    void randomPrograms(Metering metering) {
        Op[] ops = Op.values();
        for (int seed = 0; seed < 60; seed++) {
            int s = seed;
            assertBounded("random " + seed, metering, i -> {
                SplittableRandom random = new SplittableRandom(s * 100_003L + i % SIZE);
                Op op;
                do {
                    op = ops[random.nextInt(ops.length - 1)];
                } while (!Guests.exists(op, 32) || !Guests.exists(op, 64));
                int imm = op.kind == Op.Kind.BRANCH || op == Op.JAL
                        ? OFFSETS[random.nextInt(OFFSETS.length)]
                        : Guests.immediate(op, 32);
                return Inst.pack(op, random.nextInt(16), random.nextInt(16), random.nextInt(16), imm, 4);
            });
        }
    }

    /** Blocks of all lengths, so that each charge is another constant: sharing them must not cost more than it saves. */
    @Test
    void everyBlockWithItsOwnCost() {
        Code.Builder b = new Code.Builder(64, true, false, 100);
        int lengths = 300;
        int pc = Guests.START;
        for (int length = 1; length <= lengths; length++) {
            for (int i = 1; i <= length; i++) {
                b.add(pc, i < length ? Inst.pack(Op.ADDI, 10, 10, 0, 1, 4) : Inst.pack(Op.ECALL, 0, 0, 0, 0, 4));
                pc += 4;
            }
        }
        int last = b.add(pc, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(Guests.START, pc, 0, last)).entry(Guests.START);
        b.leader(0);
        Code code = b.build();
        Work work = translate(code, Metering.FPU);
        assertTrue(work.steps <= 4L * code.count, work.toString());
    }

    @Test
    void theAssemblerHoldsTheTranslatorToItsBound() {
        X64Direct a = new X64Direct(0, 16, 1000);
        assertEquals(1000, most(a, 1000));
        X64Direct full = new X64Direct(0, 16, 1000);
        assertThrows(X64Direct.Full.class, () -> most(full, 1001));
        X64Direct far = new X64Direct(0, 16, 1000);
        assertThrows(X64Direct.Full.class, () -> most(far, 100_000));
    }

    private static int most(X64Direct a, int bytes) {
        for (int i = 0; i < bytes; i++) {
            a.plain(X64Assembler.Plain.NOP);
        }
        a.finish();
        return a.length();
    }
}
