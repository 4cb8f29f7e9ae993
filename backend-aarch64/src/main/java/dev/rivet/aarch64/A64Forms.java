package dev.rivet.aarch64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Every form the assembler can encode, one row a method, operation and size, for tests that compare assemblers. Each
 * operand has its whole domain (where that is too large, its edges and one value for each bit).
 */
public final class A64Forms {
    /** Emits a form. */
    @FunctionalInterface
    public interface Emitter {
        /** Emits with these operands, one from each domain. */
        void emit(A64Assembler a, long[] v);
    }

    /** One form and the values each operand may have. */
    public record Form(String name, List<long[]> domains, Emitter emitter) {
    }

    private static final long[] REG = range(0, 31);
    private static final long[] BOOL = range(0, 1);
    private static final List<Form> ALL = List.copyOf(build());

    private A64Forms() {
    }

    /** All forms, in a fixed order. */
    public static List<Form> all() {
        return ALL;
    }

    private static long[] range(long low, long high) {
        return LongStream.rangeClosed(low, high).toArray();
    }

    private static long[] scaled(long unit, long low, long high) {
        return LongStream.rangeClosed(low, high).map(v -> v * unit).toArray();
    }

    /** Edges and single bits of a signed field of so many bits, times a unit. */
    private static long[] edges(long unit, int bits) {
        LongStream ones = LongStream.range(0, bits - 1).map(b -> 1L << b);
        LongStream all = LongStream.concat(LongStream.of(0, -1, (1L << bits - 1) - 1, -(1L << bits - 1)), ones);
        return all.flatMap(v -> LongStream.of(v, ~v)).distinct().map(v -> v * unit).toArray();
    }

    /** Every bit-mask immediate: every run, rotation and element width. */
    static long[] masks(int size) {
        LongStream.Builder all = LongStream.builder();
        for (int width = 2; width <= size * 8; width *= 2) {
            for (int ones = 1; ones < width; ones++) {
                for (int turn = 0; turn < width; turn++) {
                    long element = (1L << ones) - 1;
                    long mask = width == 64 ? -1 : (1L << width) - 1;
                    element = turn == 0 ? element : (element << turn | element >>> width - turn) & mask;
                    for (int w = width; w < size * 8; w *= 2) {
                        element |= element << w;
                    }
                    all.add(element);
                }
            }
        }
        return all.build().toArray();
    }

    private static void add(List<Form> f, String name, Emitter emitter, long[]... domains) {
        f.add(new Form(name, Arrays.asList(domains), emitter));
    }

    private static A64Assembler.Extend extend(long v) {
        return A64Assembler.Extend.values()[(int) v];
    }

    private static List<Form> build() {
        List<Form> f = new ArrayList<>();
        for (int size = 4; size <= 8; size *= 2) {
            registers(f, size);
            immediates(f, size);
        }
        memory(f);
        control(f);
        vectors(f);
        return f;
    }

    private static void registers(List<Form> f, int n) {
        for (A64Assembler.Alu op : A64Assembler.Alu.values()) {
            for (A64Assembler.Shift shift : A64Assembler.Shift.values()) {
                if (shift != A64Assembler.Shift.ROR || op.ordinal() > A64Assembler.Alu.SUBS.ordinal()) {
                    add(f, op + " shifted " + shift + n,
                            (a, v) -> a.alu(op, n, (int) v[0], (int) v[1], (int) v[2], shift, (int) v[3]), REG, REG,
                            REG, range(0, n * 8 - 1));
                }
            }
        }
        for (A64Assembler.AluExt op : A64Assembler.AluExt.values()) {
            add(f, op + " extended " + n,
                    (a, v) -> a.aluExt(op, n, (int) v[0], (int) v[1], (int) v[2], extend(v[3]), (int) v[4]), REG, REG,
                    REG, new long[]{0, 1, 2, 4, 5, 6}, range(0, 4));
        }
        for (A64Assembler.Two op : A64Assembler.Two.values()) {
            if (n == 8 || op != A64Assembler.Two.SMULH && op != A64Assembler.Two.UMULH) {
                add(f, op + " " + n, (a, v) -> a.two(op, n, (int) v[0], (int) v[1], (int) v[2]), REG, REG, REG);
            }
        }
        for (A64Assembler.Three op : A64Assembler.Three.values()) {
            if (n == 8 || op == A64Assembler.Three.MADD || op == A64Assembler.Three.MSUB) {
                add(f, op + " " + n, (a, v) -> a.three(op, n, (int) v[0], (int) v[1], (int) v[2], (int) v[3]), REG, REG,
                        REG, REG);
            }
        }
        for (A64Assembler.One op : A64Assembler.One.values()) {
            add(f, op + " " + n, (a, v) -> a.one(op, n, (int) v[0], (int) v[1]), REG, REG);
        }
        for (A64Assembler.Select op : A64Assembler.Select.values()) {
            add(f, op + " " + n, (a, v) -> a.select(op, n, (int) v[0], (int) v[1], (int) v[2],
                    A64Assembler.Cond.values()[(int) v[3]]), REG, REG, REG, range(0, 13));
        }
        add(f, "ccmp " + n, (a, v) -> a.ccmp(n, (int) v[0], (int) v[1], (int) v[2],
                A64Assembler.Cond.values()[(int) v[3]]), REG, REG, range(0, 15), range(0, 13));
        add(f, "extr " + n, (a, v) -> a.extr(n, (int) v[0], (int) v[1], (int) v[2], (int) v[3]), REG, REG, REG,
                range(0, n * 8 - 1));
    }

    private static void immediates(List<Form> f, int n) {
        for (A64Assembler.AluImm op : A64Assembler.AluImm.values()) {
            add(f, op + " imm " + n, (a, v) -> a.aluImm(op, n, (int) v[0], (int) v[1], (int) v[2], v[3] != 0), REG, REG,
                    range(0, 4095), BOOL);
        }
        for (A64Assembler.LogicImm op : A64Assembler.LogicImm.values()) {
            add(f, op + " mask " + n, (a, v) -> a.logicImm(op, n, (int) v[0], (int) v[1], v[2]), REG, REG, masks(n));
        }
        long[] pieces = LongStream.concat(LongStream.of(0, 0xffff, 0x1234, 0xfedc),
                LongStream.range(0, 16).map(b -> 1L << b)).toArray();
        for (A64Assembler.Wide op : A64Assembler.Wide.values()) {
            add(f, op + " " + n, (a, v) -> a.wide(op, n, (int) v[0], (int) v[1], (int) v[2]), REG, pieces,
                    range(0, n / 2 - 1));
        }
        for (A64Assembler.Field op : A64Assembler.Field.values()) {
            add(f, op + " " + n, (a, v) -> a.field(op, n, (int) v[0], (int) v[1], (int) v[2], (int) v[3]), REG, REG,
                    range(0, n * 8 - 1), range(0, n * 8 - 1));
        }
        long[] constants = LongStream.concat(LongStream.of(0, -1, 0x1_0000, 0xffff_0000L, 0x1234_5678_9abc_def0L,
                0xffff_1234_ffff_5678L, 0x5555_5555_5555_5555L, 0x8000_0000L, 0x7fff_ffffL), LongStream.of(masks(n)))
                .toArray();
        add(f, "mov constant " + n, (a, v) -> a.movImm(n, (int) v[0], v[1]), range(0, 30), constants);
    }

    private static void memory(List<Form> f) {
        for (A64Assembler.Mem op : A64Assembler.Mem.values()) {
            add(f, op + " scaled", (a, v) -> a.mem(op, (int) v[0], (int) v[1], (int) v[2]), REG, REG,
                    scaled(op.bytes, 0, 4095));
            add(f, op + " unscaled", (a, v) -> a.memUnscaled(op, (int) v[0], (int) v[1], (int) v[2]), REG, REG,
                    range(-256, 255));
            add(f, op + " register",
                    (a, v) -> a.memReg(op, (int) v[0], (int) v[1], (int) v[2], extend(v[3]), v[4] != 0), REG, REG, REG,
                    new long[]{2, 3, 6}, BOOL);
        }
        for (A64Assembler.Pair op : A64Assembler.Pair.values()) {
            // A load of twice the same register is no instruction.
            add(f, op + "", (a, v) -> a.pair(op, (int) v[0], (int) (v[0] + 1 + v[1]) & 31, (int) v[2], (int) v[3]), REG,
                    range(0, 30), REG, scaled(8, -64, 63));
        }
        for (A64Assembler.Ordered op : A64Assembler.Ordered.values()) {
            for (int size = 4; size <= 8; size *= 2) {
                int n = size;
                add(f, op + " " + n, (a, v) -> a.ordered(op, n, (int) v[0], (int) v[1]), REG, REG);
            }
        }
    }

    private static void control(List<Form> f) {
        long[] back = range(0, 3);
        for (A64Assembler.Jump op : A64Assembler.Jump.values()) {
            add(f, op + " near", (a, v) -> a.jumpNear(op, a.origin + a.position() + v[0]), edges(4, 26));
            add(f, op + " label", (a, v) -> around(a, (int) v[0], l -> a.jump(op, l)), back);
        }
        for (A64Assembler.Cond c : A64Assembler.Cond.values()) {
            add(f, "b." + c + " near", (a, v) -> a.branchNear(c, a.origin + a.position() + v[0]), edges(4, 19));
            add(f, "b." + c, (a, v) -> around(a, (int) v[0], l -> a.branch(c, l)), back);
        }
        for (A64Assembler.Zero op : A64Assembler.Zero.values()) {
            for (int size = 4; size <= 8; size *= 2) {
                int n = size;
                add(f, op + " " + n, (a, v) -> around(a, (int) v[0], l -> a.zero(op, n, (int) v[1], l)), back, REG);
            }
        }
        for (A64Assembler.TestBit op : A64Assembler.TestBit.values()) {
            add(f, op + "", (a, v) -> around(a, (int) v[0], l -> a.testBit(op, (int) v[1], (int) v[2], l)), back, REG,
                    range(0, 63));
        }
        add(f, "adr", (a, v) -> around(a, (int) v[0], l -> a.adr((int) v[1], l)), back, REG);
        for (A64Assembler.JumpReg op : A64Assembler.JumpReg.values()) {
            add(f, op + "", (a, v) -> a.jumpReg(op, (int) v[0]), REG);
        }
        for (A64Assembler.Plain op : A64Assembler.Plain.values()) {
            add(f, op + "", (a, v) -> a.plain(op));
        }
        for (A64Assembler.Sys op : A64Assembler.Sys.values()) {
            add(f, op + "", (a, v) -> a.sys(op, (int) v[0]), REG);
        }
        add(f, "word", (a, v) -> a.word((int) v[0]), edges(1, 32));
    }

    /** Emits a branch that has its target 1 or 2 instructions before or behind it. */
    private static void around(A64Assembler a, int where, java.util.function.IntConsumer branch) {
        int label = a.newLabel();
        int nops = 1 + (where >>> 1);
        if ((where & 1) == 0) {
            a.bind(label);
        } else {
            branch.accept(label);
        }
        for (int i = 0; i < nops; i++) {
            a.plain(A64Assembler.Plain.NOP);
        }
        if ((where & 1) == 0) {
            branch.accept(label);
        } else {
            a.bind(label);
        }
    }

    private static void vectors(List<Form> f) {
        for (int size = 4; size <= 8; size *= 2) {
            int n = size;
            add(f, "fmov v,r " + n, (a, v) -> a.toVector(n, (int) v[0], (int) v[1]), REG, REG);
            add(f, "fmov r,v " + n, (a, v) -> a.fromVector(n, (int) v[0], (int) v[1]), REG, REG);
        }
        add(f, "umov", (a, v) -> a.highFromVector((int) v[0], (int) v[1]), REG, REG);
        for (A64Assembler.Vec2 op : A64Assembler.Vec2.values()) {
            add(f, op + "", (a, v) -> a.vec(op, (int) v[0], (int) v[1]), REG, REG);
        }
        for (A64Assembler.Vec3 op : A64Assembler.Vec3.values()) {
            add(f, op + "", (a, v) -> a.vec(op, (int) v[0], (int) v[1], (int) v[2]), REG, REG, REG);
        }
        add(f, "ext", (a, v) -> a.vecExt((int) v[0], (int) v[1], (int) v[2], (int) v[3]), REG, REG, REG, range(0, 15));
        add(f, "dup", (a, v) -> a.vecDup((int) v[0], (int) v[1], (int) v[2]), REG, REG, range(0, 15));
        add(f, "movi", (a, v) -> a.vecMovi((int) v[0], (int) v[1]), REG, range(0, 255));
        add(f, "str d", (a, v) -> a.storeVector((int) v[0], (int) v[1], (int) v[2]), REG, REG, scaled(8, 0, 4095));
    }
}
