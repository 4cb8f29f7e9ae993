package dev.rivet.tools.conform;

import dev.rivet.frontend.Decoder;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Programs that execute one instruction with every combination of registers over many operands and store what they find:
 * rd, rs1, rs2 and x0 (for stores and atomics: the memory they wrote) for each case, and all registers after each
 * combination. Addresses are valid here; {@link MemorySuite} has the others.
 */
public final class RegisterPrograms {
    static final int TEXT = 0x10000;
    static final int OPERANDS = 0x20000000;
    static final int RESULTS = 0x28000000;
    private static final int[] SOME_OF_32 = {0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 14, 15, 16, 17, 20, 26, 30, 31};
    private static final int[] OFFSETS = {0, 1, 2, 3, 4, 7, -3, 2047, -2000};
    private static final int MAX_RESULTS = 24 << 20;
    private static final int MAX_SNIPPETS = 40_000;

    private final Isa isa;
    private final Op op;
    private final Forms.Form form;
    private final boolean all;
    private final int cell;
    private final long[] pairs;
    private final int vectors;
    private final List<Guest> out = new ArrayList<>();

    private final Known[] known = new Known[1 << 14];

    private Asm asm;
    private List<int[]> snippets;
    private int resultSize;
    private int rotation;

    private RegisterPrograms(Isa isa, Op op, Forms.Form form, boolean all) {
        this.isa = isa;
        this.op = op;
        this.form = form;
        this.all = all;
        cell = isa.cell();
        boolean two = form == null || form.shape() == Forms.Shape.R || form.shape() == Forms.Shape.AMO;
        pairs = two ? Vectors.pairs(isa.xlen()) : spread(Vectors.values(isa.xlen(), 20), isa.xlen());
        int n = pairs.length / 2;
        if (form == null) {
            vectors = all ? 64 : 3;
        } else if (two) {
            vectors = isa.embedded() ? all ? n : 8 : all ? 24 : 3;
        } else {
            vectors = all ? n : isa.embedded() ? 4 : 2;
        }
    }

    private static long[] spread(long[] values, int xlen) {
        SplittableRandom r = new SplittableRandom(7);
        long[] pairs = new long[values.length * 2];
        for (int i = 0; i < values.length; i++) {
            pairs[2 * i] = values[i];
            pairs[2 * i + 1] = Vectors.cut(xlen, r.nextLong());
        }
        return pairs;
    }

    /**
     * The programs for one instruction; none where the variant does not have it.
     *
     * @param all every register and vector instead of the quick half
     */
    public static List<Guest> of(Isa isa, Op op, boolean all) {
        Forms.Form form = Forms.of(op);
        if (form == null || form.shape() == Forms.Shape.OTHER || form.shape() == Forms.Shape.BRANCH
                || !form.on(isa.xlen())) {
            return List.of();
        }
        RegisterPrograms p = new RegisterPrograms(isa, op, form, all);
        p.enumerate();
        return p.out;
    }

    /** Programs that execute every compressed register-only instruction there is; none where the variant has none. */
    public static List<Guest> compressed(Isa isa, boolean all) {
        if (!isa.compressed()) {
            return List.of();
        }
        List<Guest> guests = new ArrayList<>(compressed(isa, all, true));
        guests.addAll(compressed(isa, all, false));
        return guests;
    }

    private static List<Guest> compressed(Isa isa, boolean all, boolean outside) {
        RegisterPrograms p = new RegisterPrograms(isa, null, null, all);
        for (int h = 0; h < 0x10000; h++) {
            int word = Qemu.knows(h) == outside ? Halfwords.expand(isa, h) : 0;
            int opcode = word & 0x7f;
            if (word == 0 || opcode != 0x13 && opcode != 0x1b && opcode != 0x33 && opcode != 0x3b && opcode != 0x37) {
                continue;
            }
            boolean register = opcode == 0x33 || opcode == 0x3b;
            int rd = word >>> 7 & 31;
            int rs1 = opcode == 0x37 ? 0 : word >>> 15 & 31;
            int rs2 = register ? word >>> 20 & 31 : 0;
            if (isa.embedded() && (rd | rs1 | rs2) > 15) {
                continue;
            }
            p.snippet(rd, rs1, rs2, h, 0);
        }
        p.finish();
        return p.out.stream().map(g -> g.judgedOutside(outside)).toList();
    }

    private int[] registers() {
        if (!isa.embedded() && !all) {
            return SOME_OF_32;
        }
        int[] every = new int[isa.registers()];
        for (int i = 0; i < every.length; i++) {
            every[i] = i;
        }
        return every;
    }

    private void enumerate() {
        int[] regs = registers();
        for (int rd : regs) {
            switch (form.shape()) {
                case R, AMO -> {
                    for (int rs1 : regs) {
                        for (int rs2 : regs) {
                            triple(rd, rs1, rs2);
                        }
                    }
                }
                case LOAD, STORE -> {
                    for (int rs1 : regs) {
                        for (int imm : OFFSETS) {
                            access(rd, rs1, imm);
                        }
                    }
                }
                case UNARY -> {
                    for (int rs1 : regs) {
                        snippet(rd, rs1, 0, form.encode(isa.xlen(), rd, rs1, 0, 0), 0);
                    }
                }
                case U -> {
                    for (int imm : Vectors.UPPER) {
                        snippet(rd, 0, 0, form.encode(isa.xlen(), rd, 0, 0, imm), imm);
                    }
                }
                case I, SHIFT, SHIFTW -> immediates(rd, regs);
                default -> throw new IllegalStateException(op + " is not register-only");
            }
        }
        finish();
    }

    private void triple(int rd, int rs1, int rs2) {
        boolean atomic = form.shape() == Forms.Shape.AMO;
        boolean reserve = op == Op.LR_W || op == Op.LR_D;
        if (atomic && rs1 == 0 || reserve && rs2 != 0) {
            return;
        }
        snippet(rd, rs1, rs2, form.encode(isa.xlen(), rd, rs1, rs2, 0), 0);
    }

    private void access(int register, int rs1, int imm) {
        boolean store = form.shape() == Forms.Shape.STORE;
        if (rs1 != 0) {
            snippet(store ? 0 : register, rs1, store ? register : 0,
                    form.encode(isa.xlen(), store ? 0 : register, rs1, store ? register : 0, imm), imm);
        }
    }

    private void immediates(int rd, int[] regs) {
        int shifts = form.shape() == Forms.Shape.SHIFT ? isa.xlen() : 32;
        boolean shift = form.shape() != Forms.Shape.I;
        int count = shift ? shifts : Vectors.IMMEDIATES.length;
        for (int rs1 : regs) {
            for (int i = 0; i < count; i++) {
                int imm = shift ? i : Vectors.IMMEDIATES[i];
                snippet(rd, rs1, 0, form.encode(isa.xlen(), rd, rs1, 0, imm), imm);
            }
        }
    }

    private void start() {
        asm = new Asm(isa.xlen(), TEXT);
        snippets = new ArrayList<>();
        resultSize = 0;
        for (int r = 1; r < isa.registers(); r++) {
            asm.li(r, 0x1122334455667788L * r ^ r);
        }
    }

    /** Registers for the frame: a pointer to operands, their end, a pointer to results, one to copy with. */
    private static int[] frame(int rd, int rs1, int rs2) {
        int[] found = new int[4];
        int n = 0;
        for (int r = 9; n < 4; r = r == 15 ? 5 : r + 1) {
            if (r != rd && r != rs1 && r != rs2) {
                found[n++] = r;
            }
        }
        return found;
    }

    private void snippet(int rd, int rs1, int rs2, int encoding, int imm) {
        int need = vectors * 4 * cell + isa.registers() * cell;
        if (asm == null || resultSize + need > MAX_RESULTS || snippets.size() == MAX_SNIPPETS) {
            finish();
            start();
        }
        int n = pairs.length / 2;
        int first = vectors >= n ? 0 : rotation % (n - vectors + 1);
        rotation += vectors;
        int[] f = frame(rd, rs1, rs2);
        int p = f[0];
        int e = f[1];
        int r = f[2];
        asm.li(p, OPERANDS + first * 2 * cell);
        asm.li(e, OPERANDS + (first + vectors) * 2 * cell);
        asm.li(r, RESULTS + resultSize);
        int loop = asm.placed();
        Forms.Shape shape = form == null ? Forms.Shape.R : form.shape();
        boolean memory = shape == Forms.Shape.STORE || shape == Forms.Shape.AMO;
        if (rs2 != 0) {
            asm.lx(rs2, cell, p);
        }
        if (memory) {
            asm.lx(f[3], 0, p).sx(f[3], 3 * cell, r).addi(rs1, r, 3 * cell + (imm & 7) - imm);
        } else if (shape == Forms.Shape.LOAD) {
            asm.addi(rs1, p, (imm & 7) - imm);
        } else if (rs1 != 0 && rs1 != rs2) {
            asm.lx(rs1, 0, p);
        }
        int pc = asm.here();
        asm.insn(encoding);
        asm.sx(rd, 0, r).sx(rs1, cell, r).sx(rs2, 2 * cell, r);
        if (!memory) {
            asm.sx(0, 3 * cell, r);
        }
        asm.addi(p, p, 2 * cell).addi(r, r, 4 * cell).branch(Asm.BNE, p, e, loop);
        for (int x = 0; x < isa.registers(); x++) {
            asm.sx(x, x * cell, r);
        }
        snippets.add(new int[]{resultSize, rd, rs1, rs2, imm, pc, first, encoding});
        resultSize += need;
    }

    private void finish() {
        if (asm == null) {
            return;
        }
        exit(asm, isa, RESULTS, resultSize);
        Image image = new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X);
        Asm operands = new Asm(isa.xlen(), OPERANDS);
        for (long v : pairs) {
            operands.cell(v);
        }
        image.add(operands, Image.R | Image.W);
        image.add(RESULTS, new byte[0], resultSize, Image.R | Image.W);
        String name = op == null ? "compressed" : op.name();
        out.add(new Guest(name, isa, image.bytes(), RESULTS, resultSize, new Cases(snippets.toArray(int[][]::new)),
                snippets.size(), (long) snippets.size() * vectors, op == null || Qemu.knows(op)));
        asm = null;
    }

    /** Writes the results to standard output and exits with status 0. */
    static void exit(Asm asm, Isa isa, int results, int size) {
        asm.li(isa.callRegister(), 64).li(Asm.A0, 1).li(Asm.A1, results).li(Asm.A2, size).ecall();
        asm.li(isa.callRegister(), 93).li(Asm.A0, 0).ecall();
    }

    /** What the manual says about operands, the last time they were asked for: big integers are slow. */
    private long manual(Op does, long a, long b, int pc) {
        long hash = (a * 0x9e3779b97f4a7c15L ^ b) * 0x9e3779b97f4a7c15L ^ pc * 31L ^ does.ordinal();
        int at = (int) (hash ^ hash >>> 32) & known.length - 1;
        Known k = known[at];
        if (k == null || k.a != a || k.b != b || k.pc != pc || k.op != does) {
            k = new Known(does, a, b, pc, Manual.result(does, isa.xlen(), a, b, pc));
            known[at] = k;
        }
        return k.result;
    }

    /** One result by the manual. */
    private record Known(Op op, long a, long b, int pc, long result) {
    }

    /** What the results mean. */
    private final class Cases implements Guest.Meaning {
        private final int[][] found;

        Cases(int[][] found) {
            this.found = found;
        }

        private int[] snippet(int offset) {
            int lo = 0;
            int hi = found.length - 1;
            while (lo < hi) {
                int mid = lo + hi + 1 >>> 1;
                if (found[mid][0] <= offset) {
                    lo = mid;
                } else {
                    hi = mid - 1;
                }
            }
            return found[lo];
        }

        @Override
        public String at(int offset) {
            int[] s = snippet(offset);
            int in = (offset - s[0]) / cell;
            String text = op == null ? String.format("halfword %04x", s[7]) : Guest.text(op, s[1], s[2], s[3]);
            text += String.format(" imm=%#x at pc %#x, ", s[4], s[5]);
            if (in >= 4 * vectors) {
                return text + "x" + (in - 4 * vectors) + " after all vectors";
            }
            int v = s[6] + in / 4;
            return text + String.format("a=%#x b=%#x: ", pairs[2 * v], pairs[2 * v + 1])
                    + new String[]{"rd", "rs1", "rs2", "x0"}[in & 3];
        }

        @Override
        public Long expected(int offset) {
            int[] s = snippet(offset);
            int in = (offset - s[0]) / cell;
            if (in >= 4 * vectors || op != null && op.kind != Op.Kind.ALU) {
                return null;
            }
            int v = s[6] + in / 4;
            long a = pairs[2 * v];
            long b = pairs[2 * v + 1];
            long rs1 = s[2] == 0 ? 0 : s[2] == s[3] ? b : a;
            long rs2 = s[3] == 0 ? 0 : b;
            Op does = op;
            int imm = s[4];
            if (op == null) {
                long inst = Decoder.of(isa.xlen(), isa.embedded()).decode(Halfwords.expand(isa, s[7]));
                does = Inst.op(inst);
                imm = Inst.imm(inst);
            }
            boolean register = Forms.of(does).shape() == Forms.Shape.R;
            long rd = s[1] == 0 ? 0 : manual(does, rs1, register ? rs2 : imm, does == Op.AUIPC ? s[5] : 0);
            return switch (in & 3) {
                case 0 -> rd;
                case 1 -> s[1] == s[2] ? rd : rs1;
                case 2 -> s[1] == s[3] ? rd : rs2;
                default -> 0L;
            };
        }
    }
}
