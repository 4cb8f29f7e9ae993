package dev.rivet.tools.conform;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Every load and store at the edges of everything: unmapped, read-only and executable pages, pages crossed in each
 * alignment, addresses that wrap at 2³², garbage in the upper half of a register. Around the access stand idioms that a
 * translator may fold into it or leave undone; a trap must still show all registers as before it, and memory unchanged.
 */
final class MemorySuite implements Suite {
    static final int TEXT = 0x10000;
    static final int TABLE = 0x1f000000;
    /** Two writable pages alone. */
    static final int ALONE = 0x20000000;
    /** A read-only page, then a writable one. */
    static final int READ_WRITE = 0x20010000;
    /** A writable page, then a read-only one. */
    static final int WRITE_READ = 0x20020000;
    private static final int[] EDGES = {ALONE, ALONE + 0x1000, ALONE + 0x2000, READ_WRITE, READ_WRITE + 0x1000,
            READ_WRITE + 0x2000, WRITE_READ, WRITE_READ + 0x1000, WRITE_READ + 0x2000, TEXT, 0, 0xffff0000, 0x80000000};
    private static final int[] OFFSETS = {0, 8, -8, 2047, -2048, 1, -1, 100};
    /** How the address comes about; see {@link #address}. */
    private static final int CONTEXTS = 10;

    /** Where one access stands: entry, what to pass, how it is made. */
    private record Snippet(int entry, int context, int imm, String text) {
    }

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        for (Isa isa : setting.isas()) {
            for (Op op : Op.values()) {
                boolean access = op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE;
                if (!access || !Forms.of(op).on(isa.xlen())) {
                    continue;
                }
                for (Metering metering : setting.meterings()) {
                    if (!tally.enough()) {
                        run(setting, tally, isa, op, metering);
                    }
                }
                tally.line(isa + " " + op + " at edges", "accesses");
            }
        }
    }

    private static int[][] registers(Isa isa, boolean all) {
        List<int[]> pairs = new ArrayList<>(List.of(new int[]{10, 10}, new int[]{15, 10}, new int[]{0, 11},
                new int[]{3, 4}, new int[]{4, 4}, new int[]{1, 2}, new int[]{8, 9}, new int[]{5, 15}));
        if (!isa.embedded()) {
            pairs.addAll(List.of(new int[]{31, 30}, new int[]{16, 16}, new int[]{10, 28}, new int[]{20, 11}));
        }
        if (all) {
            for (int a = 1; a < isa.registers(); a += 3) {
                for (int b = 1; b < isa.registers(); b += 2) {
                    pairs.add(new int[]{a, b});
                }
            }
        }
        return pairs.toArray(int[][]::new);
    }

    private static void run(Setting setting, Tally tally, Isa isa, Op op, Metering metering) {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        List<Snippet> snippets = new ArrayList<>();
        int[][] registers = registers(isa, setting.all());
        int turn = op.ordinal();
        for (int context = 0; context < CONTEXTS; context++) {
            int count = setting.all() ? registers.length : 3;
            for (int k = 0; k < count; k++) {
                int[] pair = registers[turn++ % registers.length];
                snippets.add(snippet(asm, isa, op, context, pair[0], pair[1], OFFSETS[turn % OFFSETS.length]));
            }
        }
        byte[] elf = image(isa, asm).bytes();
        SplittableRandom random = new SplittableRandom(op.ordinal());
        try (Duel duel = new Duel(setting.sides(), elf, isa + " " + op + " " + metering.label(), metering,
                setting.costs())) {
            watch(duel);
            long cases = 0;
            for (Snippet s : snippets) {
                cases += calls(duel, tally, isa, s, random);
            }
            tally.add(cases);
        } catch (Duel.Disagreement e) {
            tally.fail(e.getMessage());
        }
    }

    static void watch(Duel duel) {
        duel.watch(ALONE, 0x2000).watch(READ_WRITE, 0x2000).watch(WRITE_READ, 0x2000);
    }

    static Image image(Isa isa, Asm asm) {
        byte[] data = new byte[0x2000];
        new SplittableRandom(99).nextBytes(data);
        byte[] page = java.util.Arrays.copyOf(data, 0x1000);
        Asm table = new Asm(isa.xlen(), TABLE);
        for (int r = 0; r < 32; r++) {
            table.cell(0x0102030405060708L * (r + 3));
        }
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X).add(table, Image.R)
                .add(ALONE, data, 0x2000, Image.R | Image.W).add(READ_WRITE, page, 0x1000, Image.R)
                .add(READ_WRITE + 0x1000, page, 0x1000, Image.R | Image.W)
                .add(WRITE_READ, page, 0x1000, Image.R | Image.W).add(WRITE_READ + 0x1000, page, 0x1000, Image.R);
    }

    /** Gives every register but a0–a3 a value that is easy to recognise. */
    static void sentinels(Asm asm, Isa isa) {
        asm.lui(Asm.T0, TABLE);
        for (int r = 1; r < isa.registers(); r++) {
            if (r != Asm.T0 && (r < Asm.A0 || r > Asm.A3)) {
                asm.lx(r, r * isa.cell(), Asm.T0);
            }
        }
        asm.lx(Asm.T0, Asm.T0 * isa.cell(), Asm.T0);
    }

    private static int other(int... not) {
        for (int r = 5;; r++) {
            boolean free = true;
            for (int n : not) {
                free &= n != r;
            }
            if (free) {
                return r;
            }
        }
    }

    /** a0 is the base (the address without the offset), a1 a value, a2 + a3 the base again. */
    private static Snippet snippet(Asm asm, Isa isa, Op op, int context, int register, int base, int imm) {
        int x = isa.xlen();
        int entry = asm.here();
        sentinels(asm, isa);
        boolean load = op.kind == Op.Kind.LOAD;
        if (!load && register != base && register != 0) {
            asm.addi(register, Asm.A1, 0);
        }
        int constant = EDGES[(register + base * 3) % EDGES.length] + (register * 5 + imm) % 9 - 4;
        int t = other(register, base, 10, 11, 12, 13);
        address(asm, x, context, base, t, constant - imm, imm);
        if (context == 4) { // the low part is in the access
            int low = (constant << 20 >> 20);
            asm.word(Forms.of(op).encode(x, load ? register : 0, base, load ? 0 : register, low));
        } else {
            asm.word(Forms.of(op).encode(x, load ? register : 0, base, load ? 0 : register, imm));
            if (context == 7) {
                int beside = imm + (imm > 2000 ? -8 : 8);
                asm.word(Forms.of(op).encode(x, load ? t : 0, load && register == base ? 10 : base, load ? 0 : t,
                        beside));
            }
        }
        after(asm, context, register, base, t);
        asm.ebreak();
        boolean fixed = context == 3 || context == 4;
        return new Snippet(entry, fixed ? -1 : context, imm,
                op + " x" + register + ", " + imm + "(x" + base + ") in context " + context);
    }

    /** Makes the base address by one of the idioms. */
    private static void address(Asm asm, int xlen, int context, int base, int t, int constant, int imm) {
        boolean wide = xlen == 64;
        switch (context) {
            case 0, 7 -> asm.addi(base, Asm.A0, 0);
            case 1 -> asm.add(base, Asm.A2, Asm.A3);
            case 2 -> { // a scaled index whose scaled value is written over before it is read again
                asm.srli(t, Asm.A3, 3);
                asm.andi(t, t, 0);
                asm.word(Forms.of(Op.SH3ADD).encode(xlen, base, t, Asm.A0, 0));
            }
            case 3 -> asm.li(base, constant);
            case 4 -> asm.lui(base, constant + imm + 0x800);
            case 5 -> { // a sum of words that is dead behind the access
                asm.add(base, Asm.A2, Asm.A3);
                asm.word(Forms.of(wide ? Op.ADDW : Op.ADD).encode(xlen, t, Asm.A1, Asm.A0, 0));
                asm.word(Forms.of(wide ? Op.SUBW : Op.SUB).encode(xlen, Asm.A2, t, Asm.A1, 0));
            }
            case 6 -> { // a comparison used behind the access
                asm.addi(base, Asm.A0, 0);
                asm.word(Forms.of(Op.SLTU).encode(xlen, t, Asm.A1, Asm.A2, 0));
            }
            case 8 -> { // zero extension by two shifts, then a sum
                asm.slli(t, Asm.A2, xlen / 2).srli(t, t, xlen / 2);
                asm.sub(t, Asm.A2, t).addi(t, t, 0);
                asm.slli(t, t, xlen / 2).srli(t, t, xlen / 2);
                asm.addi(base, Asm.A0, 0);
                asm.word(Forms.of(wide ? Op.ADD_UW : Op.ADD).encode(xlen, base, base, 0, 0));
            }
            default -> { // constants that are dead behind the access
                asm.li(t, 0x12345678).addi(base, Asm.A0, 1).addi(base, base, -1);
                asm.addi(Asm.A3, t, 5);
            }
        }
    }

    private static void after(Asm asm, int context, int register, int base, int t) {
        switch (context) {
            case 1 -> asm.addi(base, 0, 7);
            case 2, 5, 8, 9 -> asm.addi(t, 0, 7).addi(Asm.A3, 0, 9).addi(Asm.A2, 0, 3);
            case 6 -> {
                int over = asm.label();
                asm.branch(Asm.BNE, t, 0, over).addi(Asm.A4, 0, 5).place(over);
                asm.addi(t, register, 0);
            }
            default -> asm.nop();
        }
    }

    private static long calls(Duel duel, Tally tally, Isa isa, Snippet s, SplittableRandom random) {
        long cases = 0;
        int edges = s.context < 0 ? 1 : EDGES.length;
        for (int e = 0; e < edges; e++) {
            for (int delta = s.context < 0 ? 0 : -9; delta <= (s.context < 0 ? 0 : 8); delta++) {
                long base = (EDGES[e] + delta - s.imm) & 0xffffffffL;
                if (isa.xlen() == 64) {
                    base |= switch (random.nextInt(4)) {
                        case 0 -> 0xffffffff00000000L;
                        case 1 -> random.nextLong() << 32;
                        default -> 0;
                    };
                }
                long part = random.nextLong();
                Stop stop;
                try {
                    stop = duel.call(Duel.PLENTY, s.entry, base, random.nextLong(), part, base - part);
                } catch (Duel.Disagreement d) {
                    tally.fail(s.text + ": " + d.getMessage());
                    return cases;
                }
                if (!stop.kind().equals("BREAKPOINT") && !stop.kind().equals("MEMORY_ACCESS")) {
                    tally.fail(s.text + ": " + stop);
                    return cases;
                }
                cases++;
            }
        }
        return cases;
    }
}
