package dev.rivet.tests.fusion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Conformance;
import dev.rivet.tools.conform.Duel;
import dev.rivet.tools.conform.Forms;
import dev.rivet.tools.conform.Image;
import dev.rivet.tools.conform.Isa;
import dev.rivet.tools.conform.Stop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Loops of one block that compute a register from itself with 32 bits and bitwise, as checksums and hashes do, also through
 * a table: whatever a translator carries from turn to turn elsewhere, registers, memory, pc and gas are the interpreter's.
 */
class CarriedTest {
    private static final int TEXT = 0x1_0000;
    private static final int DATA = 0x9000_0000;
    private static final int SIZE = 4096;
    private static final int NOWHERE = 0x5000_0000;
    private static final int A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, T0 = 5, T1 = 6;
    private static final int TURNS = 3;

    private final List<Integer> functions = new ArrayList<>();

    private static int op(Op op, int rd, int rs1, int rs2, int imm) {
        return Forms.of(op).encode(64, rd, rs1, rs2, imm);
    }

    /** What computes a0 from itself, and what nearly does. */
    private static List<Integer> carriers() {
        List<Integer> all = new ArrayList<>();
        for (Op op : List.of(Op.ADDW, Op.SUBW, Op.XOR, Op.OR, Op.AND, Op.MULW)) {
            all.add(op(op, A0, A0, A1, 0));
            all.add(op(op, A0, A1, A0, 0));
            all.add(op(op, A0, A0, A0, 0));
        }
        for (Op op : List.of(Op.SLLIW, Op.SRLIW, Op.SRAIW, Op.ADDIW)) {
            for (int imm : new int[]{0, 1, 7, 31}) {
                all.add(op(op, A0, A0, 0, imm));
            }
        }
        all.add(op(Op.XOR, A0, A0, 0, 0));
        all.add(op(Op.ADD, A0, A0, A1, 0));
        all.add(op(Op.SRLIW, A0, A1, 0, 3));
        return all;
    }

    /** What reads a0 and writes a2: pairs that only want low bits, and others. */
    private static List<int[]> readers() {
        List<int[]> all = new ArrayList<>();
        all.add(new int[0]);
        for (int imm : new int[]{255, 0x3c, 0, 2047, -1, -8}) {
            all.add(new int[]{op(Op.XOR, A2, A0, A3, 0), op(Op.ANDI, A2, A2, 0, imm)});
            all.add(new int[]{op(Op.XOR, A2, A2, A0, 0), op(Op.ANDI, A2, A2, 0, imm)});
            all.add(new int[]{op(Op.XOR, A2, A0, A0, 0), op(Op.ANDI, A2, A2, 0, imm)});
            all.add(new int[]{op(Op.XOR, A2, A0, A2, 0), op(Op.ANDI, A3, A2, 0, imm)});
            all.add(new int[]{op(Op.XOR, A2, A0, A2, 0), op(Op.ANDI, A2, A3, 0, imm)});
            all.add(new int[]{op(Op.ANDI, A2, A0, 0, imm)});
        }
        for (Op op : List.of(Op.SLLIW, Op.SRLIW, Op.SRAIW)) {
            for (int imm : new int[]{0, 1, 31}) {
                all.add(new int[]{op(op, A2, A0, 0, imm)});
            }
        }
        for (Op op : List.of(Op.XOR, Op.OR, Op.ADD, Op.MULW, Op.ADDW, Op.SLTU)) {
            all.add(new int[]{op(op, A2, A0, A2, 0)});
            all.add(new int[]{op(op, A2, A0, A0, 0)});
        }
        all.add(new int[]{op(Op.SD, 0, A5, A0, 8)});
        all.add(new int[]{op(Op.LW, A2, A5, 0, 8), op(Op.SW, 0, A5, A0, 8)});
        return all;
    }

    private static byte[] elf(Isa isa, Asm asm) {
        byte[] data = new byte[SIZE];
        for (int i = 0; i < SIZE; i++) {
            data[i] = (byte) (i * 0x9e37_79b9 >>> 13);
        }
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, data, SIZE, Image.R | Image.W).bytes();
    }

    private void loop(Asm asm, int... words) {
        functions.add(asm.here());
        int head = asm.label();
        asm.addi(A4, 0, TURNS).place(head);
        for (int word : words) {
            asm.insn(word);
        }
        asm.addi(A4, A4, -1).branch(Asm.BNE, A4, 0, head).ebreak();
    }

    private static int[] join(int[]... parts) {
        return java.util.Arrays.stream(parts).flatMapToInt(java.util.Arrays::stream).toArray();
    }

    private void run(String name, Asm asm, Metering metering, long[][] arguments, int least) {
        try (Duel.Sides sides = Conformance.sides();
                Duel duel = new Duel(sides, elf(Isa.of(name), asm), name, metering, CostModel.UNIT)) {
            duel.watch(DATA, SIZE);
            for (int f = 0; f < functions.size(); f++) {
                for (int k = 0; k < arguments.length; k++) {
                    if (k == f % arguments.length || k == f / 2 % arguments.length || functions.size() < 10_000) {
                        duel.call(100, functions.get(f), arguments[k]);
                    }
                }
                Stop stop = duel.call(f % 40, functions.get(f), arguments[f / 3 % arguments.length]);
                for (int i = 0; i < 40 && stop.kind().equals(Stop.OUT_OF_GAS); i++) {
                    stop = duel.resume(3 + (i + f) % 19);
                }
            }
        }
        System.out.printf("carried: %s, %s: %,d functions%n", name, metering, functions.size());
        assertTrue(functions.size() > least, "only " + functions.size() + " functions");
    }

    @ParameterizedTest
    @CsvSource({"rv64e, SYNC", "rv64i, FPU"})
    void whateverComputesAndReadsIt(String name, Metering metering) {
        Asm asm = new Asm(64, TEXT);
        for (int first : carriers()) {
            for (int second : carriers()) {
                for (int[] reader : readers()) {
                    loop(asm, join(reader, new int[]{first, second}));
                }
                loop(asm, join(new int[]{first}, readers().get(1), new int[]{second}));
            }
        }
        run(name, asm, metering, new long[][]{{0x7fff_fffeL, 1, 7, 9, 0, DATA},
                {0xdead_beef_8000_0001L, 0x1_ffff_fff1L, -8, 3, 0, DATA},
                {-1, 0xffff_ffff_8000_0000L, 0x1234_5678_9abc_def0L, -1, 0, NOWHERE}}, 50_000);
    }

    /** What is between the load from the table and the operation that wants its lower half. */
    private static final int[][] BETWEEN = {{}, {op(Op.SRLIW, A0, A0, 0, 8)}, {op(Op.LBU, A3, A5, 0, 0)},
            {op(Op.SD, 0, A5, A2, 8)}, {op(Op.ADD, A3, A2, A3, 0)}, {op(Op.LD, A2, A5, 0, 16)},
            {op(Op.XOR, A0, A0, A3, 0)}, {op(Op.LW, A3, A2, 0, 0)}, {op(Op.LW, A2, A2, 0, 0)},
            {op(Op.ADDI, A2, A2, 0, 0)}, {op(Op.SLLIW, A0, A0, 0, 1), op(Op.SW, 0, A5, A0, 0)},
            {op(Op.LBU, A3, A2, 0, 0)}, {op(Op.ADDI, A3, 0, 0, 7)}};
    private static final int[][] AFTER = {{}, {op(Op.XOR, A0, A0, A2, 0)},
            {op(Op.LD, A2, A5, 0, 24), op(Op.XOR, A0, A0, A2, 0)}, {op(Op.SRLIW, A0, A0, 0, 3)},
            {op(Op.SD, 0, A5, A0, 40), op(Op.SD, 0, A5, A2, 48)}, {op(Op.ADDW, A0, A0, A2, 0)},
            {op(Op.ADD, T0, A0, A2, 0)}, {op(Op.LW, A3, A2, 0, 0)}};
    /** From a1, which is the table, and t1, which depends on a0, to an address in a2. */
    private static final int[][] ADDRESS = {{op(Op.SH2ADD, A2, T1, A1, 0)},
            {op(Op.SH2ADD, A2, T1, A1, 0), op(Op.ADDI, T1, T1, 0, 1)},
            {op(Op.ADD, A2, A1, T1, 0)}, {op(Op.ADDI, A2, A1, 0, 0)}};

    @ParameterizedTest
    @CsvSource({"rv64e, SYNC", "rv64e, FPU", "rv64i, SYNC"})
    void throughTables(String name, Metering metering) {
        Asm asm = new Asm(64, TEXT);
        for (int[] address : ADDRESS) {
            for (int[] between : BETWEEN) {
                for (int[] after : AFTER) {
                    for (Op op : List.of(Op.XOR, Op.OR, Op.AND, Op.ADDW, Op.SUBW, Op.ADD)) {
                        for (int swapped = 0; swapped < 2; swapped++) {
                            int[] index = {op(Op.XOR, T1, A3, A0, 0), op(Op.ANDI, T1, T1, 0, 0x3c)};
                            int[] use = {op(op, A0, swapped == 0 ? A0 : A2, swapped == 0 ? A2 : A0, 0)};
                            loop(asm, join(index, address, new int[]{op(Op.LW, A2, A2, 0, 0)}, between, use, after));
                        }
                    }
                }
            }
        }
        run(name, asm, metering, new long[][]{{0x7fff_fffeL, DATA, 7, 9, 0, DATA + 2048},
                {0xdead_beef_8000_0001L, DATA + SIZE - 64, -8, 3, 0, DATA + 2048},
                {-1, DATA + SIZE - 16, 0x1234_5678_9abc_def0L, -1, 0, DATA + 1024},
                {0x1_8000_0000L, DATA + 512, 1, 5, 0, DATA + SIZE - 20},
                {3, DATA, 0, 0, 0, NOWHERE}, {0x14, DATA, 0, 0, 0, NOWHERE}, {0x24, DATA, 0, 0, 0, NOWHERE},
                {0x30, DATA, 0, 0, 0, NOWHERE}}, 4_000);
    }

    /** A checksum through a table that takes seconds, paused all the time, and every register looked at. */
    @ParameterizedTest
    @EnumSource(Metering.class)
    void pausedAnywhere(Metering metering) throws Exception {
        Asm asm = new Asm(64, TEXT);
        int head = asm.label();
        asm.addi(T0, 0, 0).place(head).insn(op(Op.XOR, A2, A2, A0, 0)).insn(op(Op.ANDI, A2, A2, 0, 255));
        asm.insn(op(Op.SH2ADD, A2, A2, A1, 0)).load(2, A2, 0, A2).insn(op(Op.SRLIW, A0, A0, 0, 8)).addi(A3, A3, -1);
        asm.insn(op(Op.XOR, A0, A2, A0, 0)).branch(Asm.BNE, A3, 0, head).ebreak();
        byte[] data = new byte[SIZE];
        byte[] elf = elf(Isa.of("rv64e"), asm);
        for (int i = 0; i < SIZE; i++) {
            data[i] = (byte) (i * 0x9e37_79b9 >>> 13);
        }
        long turns = 40_000_000;
        InstanceOptions options = InstanceOptions.defaults().withMetering(metering);
        boolean limited = metering != Metering.NONE;
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(elf, "checksum");
                Instance instance = program.instantiate(options)) {
            boolean[] over = {false};
            Thread pauser = Thread.ofPlatform().start(() -> {
                while (!over[0]) {
                    instance.pause();
                    LockSupport.parkNanos(400_000);
                }
            });
            int pauses = 0;
            int late = 0;
            long a0 = 0xdead_beef_1234_5678L;
            long a2 = 0xaa_5500_0000_0077L;
            long made = 0;
            try {
                CallOptions limit = limited ? CallOptions.ofGas(9 * turns + 1) : CallOptions.unlimited();
                Outcome outcome = instance.call(limit, TEXT, a0, DATA & 0xffff_ffffL, a2, turns);
                while (true) {
                    boolean paused = outcome instanceof Outcome.Paused;
                    int at = paused ? (int) ((Outcome.Paused) outcome).usage().at().pc() - TEXT - 4 >> 2 : 0;
                    long left = instance.register(A3) + (at >= 6 ? 1 : 0);
                    while (made < turns - left) {
                        int word = word(data, (int) (a2 ^ a0) & 255);
                        a0 = (int) a0 >>> 8 & 0xff_ffff ^ (long) word;
                        a2 = word;
                        made++;
                    }
                    if (!paused) {
                        break;
                    }
                    pauses++;
                    late += at >= 4 && at <= 6 ? 1 : 0;
                    long index = (a2 ^ a0) & 255;
                    long word = word(data, (int) index);
                    long shifted = (int) a0 >>> 8 & 0xff_ffff;
                    String where = "after " + made + " turns, at " + at;
                    assertEquals(at < 5 ? a0 : at < 7 ? shifted : shifted ^ word, instance.register(A0), where);
                    assertEquals(at <= 0
                            ? a2
                            : at == 1
                                    ? a2 ^ a0
                                    : at == 2
                                            ? index
                                            : at == 3
                                                    ? (DATA & 0xffff_ffffL) + 4 * index
                                                    : word,
                            instance.register(A2), where);
                    outcome = instance.resume(limited ? CallOptions.ofGas(0) : limit);
                }
                assertEquals(0, instance.register(A3), "left at " + outcome);
                assertEquals(a0, instance.register(A0));
                assertEquals(a2, instance.register(A2));
            } finally {
                over[0] = true;
                pauser.join();
            }
            System.out.println("carried: " + metering + ", " + pauses + " pauses, " + late + " behind the load");
            assertTrue(pauses > 4, pauses + " pauses");
        }
    }

    private static int word(byte[] data, int index) {
        return data[4 * index] & 0xff | (data[4 * index + 1] & 0xff) << 8 | (data[4 * index + 2] & 0xff) << 16
                | data[4 * index + 3] << 24;
    }
}
