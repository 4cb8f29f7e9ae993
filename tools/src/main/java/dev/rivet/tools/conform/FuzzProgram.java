package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A random program, a function of its seed: loops, calls and returns, indirect jumps (some into the middle of blocks and
 * of instructions), memory traffic up to the edges of pages, compressed mixes, and the idioms that translators fuse. It
 * may run for ever; gas ends it.
 */
final class FuzzProgram {
    static final int TEXT = 0x10000;
    static final int DATA = 0x20000000;
    static final int DATA_SIZE = 0x2000;
    static final int TABLE_AT = 0x20010000;
    /** Register that points to the middle of the data, as long as nothing overwrites it. */
    static final int BASE = 8;
    /** Register that points to the jump table. */
    static final int TABLE = 9;
    static final int TABLE_MASK = 0x7f;

    private static final Op[] BRANCHES = {Op.BEQ, Op.BNE, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU};
    private static final Op[] COMPARES = {Op.SLT, Op.SLTU, Op.SLTI, Op.SLTIU, Op.AND, Op.ANDI, Op.XOR, Op.SUB, Op.ADDI,
            Op.BEXTI, Op.SEXT_B, Op.OR};
    private static final Op[][] OPS = new Op[2][];
    private static final int[][] HALVES = new int[4][];

    final long seed;
    final Isa isa;
    final List<FuzzItem> items;
    /** Whether there are loops of one block. Programs of the seeds that found faults before such loops stay as they were. */
    private final boolean loops;
    private final boolean fallsOff;
    private final long[] registers;
    private final byte[] data = new byte[DATA_SIZE];
    private final int[] tableTargets = new int[32];
    private final int[] tableOffsets = new int[32];

    private SplittableRandom random;
    private int size;

    static {
        for (int w = 0; w < 2; w++) {
            int xlen = w == 0 ? 32 : 64;
            OPS[w] = Arrays.stream(Op.values()).filter(op -> op.kind == Op.Kind.ALU && Forms.of(op).on(xlen))
                    .toArray(Op[]::new);
        }
        for (int i = 0; i < 4; i++) {
            HALVES[i] = halves(Isa.ALL[i]);
        }
    }

    /** Compressed instructions on registers, and loads and stores based on {@link #BASE} or sp. */
    private static int[] halves(Isa isa) {
        List<Integer> found = new ArrayList<>();
        for (int h = 0; h < 0x10000; h++) {
            int w = Halfwords.expand(isa, h);
            int rd = w >>> 7 & 31;
            int rs1 = w >>> 15 & 31;
            boolean fits = switch (w & 0x7f) {
                case 0x13, 0x1b -> rd != 2 && rd != BASE && rd != TABLE && !(isa.embedded() && (rd | rs1) > 15);
                case 0x37 -> rd != BASE && rd != TABLE && !(isa.embedded() && rd > 15);
                case 0x33, 0x3b -> rd != 2 && rd != BASE && rd != TABLE
                        && !(isa.embedded() && (rd | rs1 | w >>> 20 & 31) > 15);
                case 0x03 -> (rs1 == BASE || rs1 == 2) && rd != 2 && rd != BASE && rd != TABLE
                        && !(isa.embedded() && rd > 15);
                case 0x23 -> (rs1 == BASE || rs1 == 2) && !(isa.embedded() && (w >>> 20 & 31) > 15);
                default -> false;
            };
            if (w != 0 && fits) {
                found.add(h);
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    /** Makes the program of a seed. */
    FuzzProgram(long seed) {
        this.seed = seed;
        loops = (seed & 1) != 0 && seed > 10_000;
        random = new SplittableRandom(seed);
        isa = Isa.ALL[random.nextInt(4)].withCompressed(random.nextInt(4) != 0);
        size = 8 + random.nextInt(random.nextInt(4) == 0 ? 250 : 60);
        fallsOff = random.nextInt(12) == 0;
        registers = new long[32];
        long[] values = Vectors.values(isa.xlen(), 30);
        for (int r = 0; r < 32; r++) {
            registers[r] = values[random.nextInt(values.length)];
        }
        random.nextBytes(data);
        for (int i = 0; i < 32; i++) {
            tableTargets[i] = random.nextInt(size);
            tableOffsets[i] = random.nextInt(5) != 0 ? 0 : random.nextInt(4) * 2 + (random.nextInt(3) == 0 ? 1 : 0);
        }
        items = new ArrayList<>(size);
        while (items.size() < size) {
            items.add(item(items.size()));
        }
        random = null;
    }

    private FuzzProgram(FuzzProgram of, List<FuzzItem> items) {
        seed = of.seed;
        isa = of.isa;
        loops = of.loops;
        fallsOff = of.fallsOff;
        registers = of.registers;
        System.arraycopy(of.data, 0, data, 0, DATA_SIZE);
        System.arraycopy(of.tableTargets, 0, tableTargets, 0, 32);
        System.arraycopy(of.tableOffsets, 0, tableOffsets, 0, 32);
        size = of.size;
        this.items = items;
    }

    /** The same program with only these pieces. */
    FuzzProgram with(List<FuzzItem> kept) {
        return new FuzzProgram(this, kept);
    }

    // ---- assembling -------------------------------------------------------------------------------------------------

    /**
     * An assembled program.
     *
     * @param elf the file
     * @param entries guest address of each piece by its id (of the next one left, where it was taken out), and behind them
     *            the end
     */
    record Assembled(byte[] elf, int[] entries) {
    }

    /** Assembles it. */
    Assembled assemble() {
        Asm asm = new Asm(isa.xlen(), TEXT);
        int[] labels = new int[size + 1];
        Arrays.fill(labels, -1);
        for (FuzzItem item : items) {
            labels[item.id()] = asm.label();
        }
        labels[size] = asm.label();
        for (int i = size - 1; i >= 0; i--) {
            if (labels[i] < 0) {
                labels[i] = labels[i + 1];
            }
        }
        prologue(asm);
        for (FuzzItem item : items) {
            asm.place(labels[item.id()]);
            item.emit(asm, isa, id -> labels[id]);
        }
        asm.place(labels[size]);
        if (!fallsOff) {
            asm.ebreak();
        }
        int[] entries = new int[size + 1];
        for (int i = 0; i <= size; i++) {
            entries[i] = asm.address(labels[i]);
        }
        Asm table = new Asm(isa.xlen(), TABLE_AT);
        for (int i = 0; i < 32; i++) {
            table.cell(entries[tableTargets[i]] + tableOffsets[i]);
        }
        table.zeros(TABLE_MASK + 1);
        byte[] elf = new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, data, DATA_SIZE, Image.R | Image.W).add(table, Image.R).bytes();
        return new Assembled(elf, entries);
    }

    private void prologue(Asm asm) {
        for (int r = 1; r < isa.registers(); r++) {
            if (r != Asm.SP && r != Asm.RA) {
                asm.li(r, r == BASE ? DATA + DATA_SIZE / 2 : r == TABLE ? TABLE_AT : registers[r]);
            }
        }
    }

    // ---- making -----------------------------------------------------------------------------------------------------

    private int register() {
        return random.nextInt(3) == 0 ? random.nextInt(isa.registers()) : 10 + random.nextInt(6);
    }

    /** A register to write: rarely one of those that the program needs to get anywhere. */
    private int result() {
        int r = register();
        boolean needed = r == Asm.SP || r == BASE || r == TABLE || r == Asm.RA;
        return needed && random.nextInt(20) != 0 ? 10 + random.nextInt(6) : r;
    }

    private int target(int id, int reach) {
        int t = random.nextInt(4) == 0 ? id - random.nextInt(reach) : id + 1 + random.nextInt(reach);
        return Math.clamp(t, 0, size);
    }

    private Op access() {
        Op[] wide = {Op.LB, Op.LH, Op.LW, Op.LBU, Op.LHU, Op.SB, Op.SH, Op.SW, Op.LD, Op.LWU, Op.SD};
        return wide[random.nextInt(isa.xlen() == 64 ? 11 : 8)];
    }

    private Op any(Op... ops) {
        Op op = ops[random.nextInt(ops.length)];
        return Forms.of(op).on(isa.xlen()) ? op : ops[0];
    }

    private int immediate() {
        return random.nextBoolean()
                ? Vectors.IMMEDIATES[random.nextInt(Vectors.IMMEDIATES.length)]
                : random.nextInt(4096) - 2048;
    }

    private long constant() {
        long v = random.nextLong() >> random.nextInt(64);
        return random.nextBoolean() ? registers[random.nextInt(32)] : Vectors.cut(isa.xlen(), v);
    }

    private FuzzItem of(int id, FuzzItem.Kind kind, Op op, int imm, long value, int target) {
        return new FuzzItem(id, kind, op, result(), register(), result(), imm, value, target);
    }

    private FuzzItem item(int id) {
        if (loops && random.nextInt(10) == 0) {
            return of(id, FuzzItem.Kind.SUM_LOOP, any(Op.ADD, Op.ADDW, Op.ADDW, Op.SUBW, Op.ADDIW, Op.ADDIW),
                    immediate(), random.nextInt(64), random.nextInt(3));
        }
        int dice = random.nextInt(100);
        if (dice < 24) {
            return alu(id);
        }
        if (dice < 34) {
            int[] halves = HALVES[Arrays.asList(Isa.ALL).indexOf(isa.withCompressed(true))];
            return isa.compressed()
                    ? of(id, FuzzItem.Kind.HALF, null, halves[random.nextInt(halves.length)], 0, 0)
                    : alu(id);
        }
        if (dice < 38) {
            return of(id, FuzzItem.Kind.LI, null, 0, constant(), 0);
        }
        if (dice < 58) {
            return memory(id);
        }
        if (dice < 80) {
            return control(id);
        }
        return idiom(id);
    }

    private FuzzItem alu(int id) {
        Op[] ops = OPS[isa.xlen() / 64];
        Op op = ops[random.nextInt(ops.length)];
        int imm = Forms.of(op).shape() == Forms.Shape.U ? random.nextInt() >> random.nextInt(20) : immediate();
        return new FuzzItem(id, FuzzItem.Kind.ALU, op, result(), register(), register(), imm, 0, 0);
    }

    private FuzzItem memory(int id) {
        int dice = random.nextInt(20);
        if (dice < 10) {
            int base = random.nextInt(60) == 0 ? register() : random.nextInt(5) == 0 ? Asm.SP : BASE;
            int imm = base == Asm.SP ? random.nextInt(64) - 64 : immediate();
            return new FuzzItem(id, FuzzItem.Kind.ACCESS, access(), result(), base, 0, imm, 0, 0);
        }
        if (dice < 13) {
            return of(id, FuzzItem.Kind.INDEXED, access(), random.nextInt(64) - 32, 0, 0);
        }
        if (dice < 15) {
            boolean edge = random.nextInt(6) == 0;
            long at = edge
                    ? DATA + (random.nextBoolean() ? DATA_SIZE - random.nextInt(12) : random.nextInt(12) - 6)
                    : DATA + random.nextInt(DATA_SIZE - 8);
            return of(id, FuzzItem.Kind.ABSOLUTE, access(), 0, at, 0);
        }
        if (dice < 17) {
            Op op = any(Op.AMOADD_W, Op.AMOSWAP_W, Op.AMOXOR_W, Op.AMOAND_W, Op.AMOOR_W, Op.AMOMIN_W, Op.AMOMAX_W,
                    Op.AMOMINU_W, Op.AMOMAXU_W, Op.AMOADD_D, Op.AMOSWAP_D, Op.AMOXOR_D, Op.AMOAND_D, Op.AMOOR_D,
                    Op.AMOMIN_D, Op.AMOMAX_D, Op.AMOMINU_D, Op.AMOMAXU_D, Op.SC_W, Op.SC_D);
            int imm = (random.nextInt(4000) - 2000) & (random.nextInt(30) == 0 ? -1 : -8);
            return of(id, FuzzItem.Kind.ATOMIC, op, imm, 0, 0);
        }
        if (dice < 18) {
            return of(id, FuzzItem.Kind.RESERVE, null, (random.nextInt(4000) - 2000) & -8 | random.nextInt(2),
                    random.nextInt(3) == 0 ? random.nextInt(8) : 0, 0);
        }
        return of(id, FuzzItem.Kind.NEIGHBOURS, access(), random.nextInt(4000) - 2000, 1 << random.nextInt(4), 0);
    }

    private FuzzItem control(int id) {
        int dice = random.nextInt(44);
        if (dice < 14) {
            return new FuzzItem(id, FuzzItem.Kind.BRANCH, BRANCHES[random.nextInt(6)], register(),
                    random.nextInt(4) == 0 ? 0 : register(), 0, 0, 0, target(id, random.nextInt(8) == 0 ? 50 : 8));
        }
        if (dice < 18 && isa.compressed()) {
            return new FuzzItem(id, FuzzItem.Kind.HALF_BRANCH, random.nextBoolean() ? Op.BEQ : Op.BNE,
                    8 + random.nextInt(8), 0, 0, 0, 0, Math.min(size, id + 1 + random.nextInt(3)));
        }
        if (dice < 24) {
            return new FuzzItem(id, FuzzItem.Kind.COMPARE_BRANCH, any(COMPARES), register(), register(), result(),
                    immediate(), random.nextInt(2), target(id, 8));
        }
        if (dice < 27) {
            return of(id, FuzzItem.Kind.LOOP, null, 0, 0, Math.max(0, id - random.nextInt(8)));
        }
        if (dice < 30) {
            int link = random.nextInt(3) == 0 ? 0 : random.nextInt(3) == 0 ? result() : Asm.RA;
            return new FuzzItem(id, FuzzItem.Kind.JUMP, null, link, 0, 0, 0, 0, target(id, 40));
        }
        if (dice < 33) {
            int link = random.nextInt(3) == 0 ? 0 : random.nextInt(3) == 0 ? result() : Asm.RA;
            int off = random.nextInt(4) == 0 ? 2 * random.nextInt(5) : 0;
            return new FuzzItem(id, FuzzItem.Kind.FAR_JUMP, null, link, result(), 0, off, 0, random.nextInt(size));
        }
        if (dice < 37) {
            int link = random.nextBoolean() ? 0 : random.nextBoolean() ? result() : Asm.RA;
            int off = random.nextInt(6) == 0 ? 2 * random.nextInt(4) : 0;
            return new FuzzItem(id, FuzzItem.Kind.TABLE_JUMP, null, link, register(), result(), off, 0, 0);
        }
        if (dice < 41) {
            boolean wild = random.nextInt(12) == 0;
            int link = random.nextInt(6) == 0 ? result() : 0;
            return new FuzzItem(id, FuzzItem.Kind.REGISTER_JUMP, null, link, wild ? register() : Asm.RA, 0,
                    wild ? immediate() : 0, 0, 0);
        }
        return of(id, random.nextBoolean() ? FuzzItem.Kind.PUSH : FuzzItem.Kind.POP, null, 0, 0, 0);
    }

    private FuzzItem idiom(int id) {
        int x = isa.xlen();
        switch (random.nextInt(11)) {
            case 0, 1 : {
                int s = random.nextBoolean()
                        ? x / 2
                        : random.nextBoolean()
                                ? x - 8 * (1 + random.nextInt(3))
                                : random.nextInt(x);
                int back = random.nextInt(3) != 0 ? s : random.nextInt(x);
                return of(id, FuzzItem.Kind.SHIFT_PAIR, any(Op.SRLI, Op.SRAI, Op.SRLI, Op.SRLIW, Op.SRAIW), s, back, 0);
            }
            case 2, 3 :
                return of(id, FuzzItem.Kind.WORD_CHAIN,
                        any(Op.ADD, Op.ADDW, Op.SUBW, Op.ADDIW, Op.SLLIW, Op.MULW, Op.SRAIW, Op.SLLW, Op.ADD_UW,
                                Op.LUI),
                        immediate(), random.nextInt(2), 0);
            case 4 :
                return of(id, FuzzItem.Kind.SCALED_LOAD, any(Op.SH3ADD, Op.SH1ADD, Op.SH2ADD, Op.ADD, Op.SH3ADD_UW,
                        Op.SH2ADD_UW, Op.ADD_UW), random.nextInt(64) - 32, random.nextInt(2), 0);
            case 5 :
                return of(id, FuzzItem.Kind.CONDITIONAL_MOVE, BRANCHES[random.nextInt(6)], random.nextInt(3) - 1,
                        random.nextInt(2), 0);
            case 6 :
                return of(id, FuzzItem.Kind.PAIR, any(Op.MUL, Op.MULH, Op.MULHU, Op.MULHSU, Op.DIV, Op.REM, Op.DIVU,
                        Op.REMU), 10 + random.nextInt(6), random.nextInt(2), 0);
            case 7 :
                return of(id, FuzzItem.Kind.PC_RELATIVE, null, immediate(), random.nextInt() >> random.nextInt(20), 0);
            case 8 :
                return of(id, FuzzItem.Kind.OBSERVE, null, 0, 0, 0);
            case 9 :
                return random.nextInt(5) != 0
                        ? alu(id)
                        : of(id, FuzzItem.Kind.RAW, null, new int[]{0x0ff0000f, 0x100f, 0x8330000f}[random.nextInt(3)],
                                0, 0);
            default :
                return random.nextInt(6) != 0
                        ? memory(id)
                        : of(id, FuzzItem.Kind.RAW, null, random.nextInt(4) == 0 ? 0x100073 : random.nextInt() | 3, 0,
                                0);
        }
    }
}
