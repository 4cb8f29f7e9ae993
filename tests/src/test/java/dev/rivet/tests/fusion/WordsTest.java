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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Blocks in which 32-bit rotations come before everything else: wherever a translator leaves a sign extension out, or puts
 * it elsewhere, registers and memory are the interpreter's, at the end, after a fault at any access and at any pause.
 */
class WordsTest {
    private static final int TEXT = 0x1_0000;
    /** Its addresses are negative as 32-bit numbers, so their sign and zero extensions differ. */
    private static final int DATA = 0x9000_0000;
    private static final int NOWHERE = 0x5000_0000;
    private static final int A0 = 10, A1 = 11, A2 = 12, A3 = 13, A4 = 14, A5 = 15, T0 = 5, GP = 3;

    /** rd, rs1, rs2 of the instruction behind the rotations; a0 and a2 are rotated, a4 is any number. */
    private static final int[][] REGISTERS = {{A0, A0, A2}, {A2, A0, A4}, {A4, A2, A0}, {T0, A0, A0}, {GP, A0, A2},
            {A0, GP, A2}, {0, A0, A2}, {A2, A2, 0}};
    /** What is behind that, reading its result or what it left alone; null for nothing. */
    private static final Op[] THEN = {null, Op.XOR, Op.ANDN, Op.ADDW, Op.ADD, Op.SRLI, Op.XORI, Op.SD, Op.SW, Op.LW,
            Op.BLTU, Op.SLTU, Op.BLT, Op.BEQ};

    // How a function ends.
    private static final int AS_IT_IS = 0;
    private static final int FALLING_INTO_THE_NEXT = 1;
    private static final int OVERWRITTEN = 2;
    private static final int COMBINED_AND_OVERWRITTEN = 3;
    private static final int ENDINGS = 4;

    private static int rotation(Op op, int rd, int rs, int count) {
        return op == Op.RORIW
                ? Forms.of(op).encode(64, rd, rs, 0, count)
                : Forms.of(op).encode(64, rd, rs, A1, 0);
    }

    private static int[] immediates(Op op) {
        return switch (op) {
            case ADDI, ANDI, XORI, ORI, ADDIW -> new int[]{-8, 0, 255, -1};
            case SRLI -> new int[]{7, 0, 32, 33};
            case SRLIW, SLLIW, SRAIW, RORIW -> new int[]{7, 0, 31};
            default -> switch (Forms.of(op).shape()) {
                case I, LOAD, STORE -> new int[]{-8};
                case SHIFT, SHIFTW -> new int[]{7};
                default -> new int[]{0};
            };
        };
    }

    /** Two rotations, what is tested, and an end that leaves their results or overwrites them behind an access. */
    private static void function(Asm asm, Op first, int[] words, Op then, int result, int ending) {
        asm.addi(GP, A4, 0);
        asm.insn(rotation(first, A0, A1, 4)).insn(rotation(first, A2, A3, 9));
        for (int word : words) {
            asm.insn(word);
        }
        int taken = asm.label();
        boolean branch = then != null && then.kind == Op.Kind.BRANCH;
        if (then != null && !branch) {
            int imm = then.kind == Op.Kind.ALU ? immediates(then)[0] : 40; // where no others load from
            asm.insn(Forms.of(then).encode(64, T0, A0, result, imm));
        }
        if (ending >= OVERWRITTEN) {
            asm.load(2, T0, 0, A5);
            if (ending == COMBINED_AND_OVERWRITTEN) {
                asm.xor(A0, A0, A2).xor(A2, A0, A2);
            }
            asm.store(2, A0, 16, A5);
            asm.addi(A0, 0, 1).addi(A2, A1, 2).addi(result, 0, 3);
        }
        if (branch) {
            asm.branch(then == Op.BEQ ? Asm.BEQ : then == Op.BLT ? Asm.BLT : Asm.BLTU,
                    then == Op.BLTU ? A0 : result, then == Op.BLTU ? result : 0, taken);
        }
        int next = asm.label();
        if (ending == FALLING_INTO_THE_NEXT) {
            asm.place(next);
        }
        asm.ebreak().place(taken).ebreak();
        if (ending == FALLING_INTO_THE_NEXT) {
            asm.j(next);
        }
    }

    private static byte[] elf(Isa isa, Asm asm) {
        byte[] data = new byte[256];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i % 4 == 3 ? 0x80 + i : i * 37);
        }
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X)
                .add(DATA, data, 4096, Image.R | Image.W).bytes();
    }

    private final List<Integer> functions = new ArrayList<>();

    private void functions(Asm asm, int result, int... words) {
        for (int t = 0; t < THEN.length; t++) {
            for (int ending = 0; ending < ENDINGS; ending++) {
                Op first = (t + ending) % 3 != 0 ? Op.RORIW : t % 2 != 0 ? Op.RORW : Op.ROLW;
                functions.add(asm.here());
                function(asm, first, words, THEN[t], result, ending);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rv64e", "rv64i"})
    void whateverReadsThem(String name) {
        Isa isa = Isa.of(name);
        Asm asm = new Asm(64, TEXT);
        for (Op op : Op.values()) {
            boolean access = op.kind == Op.Kind.LOAD || op.kind == Op.Kind.STORE || op.kind == Op.Kind.ATOMIC;
            if (op.kind != Op.Kind.ALU && !access || !Forms.of(op).on(64)) {
                continue;
            }
            for (int[] r : REGISTERS) {
                for (int imm : immediates(op)) {
                    functions(asm, r[0], Forms.of(op).encode(64, r[0], r[1], r[2], imm));
                }
            }
        }
        for (int count = 0; count < 3; count++) { // zero extensions, perhaps of 31 bits
            functions(asm, A4, Forms.of(Op.LWU).encode(64, A4, A0, 0, 0),
                    Forms.of(Op.SRLI).encode(64, A4, A4, 0, count));
        }
        // Rotated by 4, the first is an address in the data.
        long base = Integer.rotateLeft(DATA + 64, 4);
        long[][] arguments = {{0, base, 5, 0x0000_0001_7fff_fe00L, 0xffff_fff1_8000_0001L, DATA},
                {0, base | 0xdead_beefL << 32, 5, -1, 0x7fff_ffffL, NOWHERE},
                {0, 8, 5, 0x1_0000_0100L, 0x8000_0000L, DATA}};
        long calls = 0;
        try (Duel.Sides sides = Conformance.sides();
                Duel duel = new Duel(sides, elf(isa, asm), "words " + name, Metering.SYNC, CostModel.UNIT)) {
            duel.watch(DATA, 256);
            for (int f = 0; f < functions.size(); f++) {
                for (int k = 0; k < arguments.length; k++) {
                    if (k < 2 || f % 3 == 0) {
                        duel.call(100, functions.get(f), arguments[k]);
                        calls++;
                    }
                }
            }
        }
        System.out.printf("words: %s: %,d functions, %,d calls%n", name, functions.size(), calls);
        assertTrue(functions.size() > 50_000, "only " + functions.size() + " functions");
    }

    /** A loop that takes seconds, paused all the time: at each pause every register has all its bits. */
    @ParameterizedTest
    @EnumSource(Metering.class)
    void pausedAnywhere(Metering metering) throws Exception {
        Asm asm = new Asm(64, TEXT);
        int head = asm.label();
        asm.place(head).addi(A1, A1, 0x7f);
        asm.insn(rotation(Op.RORIW, A0, A1, 7)).insn(rotation(Op.RORIW, A2, A1, 18));
        asm.xor(A0, A0, A2).insn(rotation(Op.RORIW, A2, A1, 3)).load(2, A4, 0, A5);
        asm.xor(A0, A0, A2).add(T0, T0, A0).addi(A2, 0, 5).addi(A0, 0, 6).addi(A3, A3, -1);
        asm.branch(Asm.BNE, A3, 0, head).ebreak();
        long turns = 40_000_000;
        InstanceOptions options = InstanceOptions.defaults().withMetering(metering);
        boolean limited = metering != Metering.NONE;
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build();
                Program program = engine.load(elf(Isa.of("rv64e"), asm), "words");
                Instance instance = program.instantiate(options)) {
            boolean[] over = {false};
            Thread pauser = Thread.ofPlatform().start(() -> {
                while (!over[0]) {
                    instance.pause();
                    LockSupport.parkNanos(400_000);
                }
            });
            int pauses = 0;
            int narrow = 0;
            try {
                CallOptions limit = limited ? CallOptions.ofGas(13 * turns) : CallOptions.unlimited();
                Outcome outcome = instance.call(limit, TEXT, 0, 0x9111_1111L, 0, turns, 0, DATA);
                while (outcome instanceof Outcome.Paused paused) {
                    pauses++;
                    int x = (int) instance.register(A1);
                    long first = Integer.rotateRight(x, 7);
                    long second = Integer.rotateRight(x, 18);
                    long third = Integer.rotateRight(x, 3);
                    int at = (int) paused.usage().at().pc() - TEXT >> 2;
                    String where = "at " + at + ", " + Integer.toHexString(x);
                    narrow += at >= 2 && at <= 7 ? 1 : 0;
                    if (at >= 2 && at <= 9) {
                        assertEquals(at < 4 ? first : at < 7 ? first ^ second : first ^ second ^ third,
                                instance.register(A0), where);
                    }
                    if (at >= 3 && at <= 8) {
                        assertEquals(at < 5 ? second : third, instance.register(A2), where);
                    }
                    outcome = instance.resume(limited ? CallOptions.ofGas(0) : limit);
                }
                assertEquals(0, instance.register(A3), "left at " + outcome);
                long sum = 0;
                for (long i = 1; i <= turns; i++) {
                    int x = (int) (0x9111_1111L + 0x7f * i);
                    sum += Integer.rotateRight(x, 7) ^ Integer.rotateRight(x, 18) ^ Integer.rotateRight(x, 3);
                }
                assertEquals(sum, instance.register(T0));
            } finally {
                over[0] = true;
                pauser.join();
            }
            System.out.println("words: " + metering + ", " + pauses + " pauses, " + narrow + " at lower halves");
            assertTrue(pauses > 4, pauses + " pauses");
        }
    }
}
