package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Atomics: where they trap (unmapped, read-only, misaligned: the kind of access, the address, the registers before), and
 * what lr and sc make of each other.
 */
final class AtomicsSuite implements Suite {
    private static final int TEXT = 0x10000;
    private static final int[] AT = {MemorySuite.ALONE, MemorySuite.ALONE + 0xff8, MemorySuite.ALONE + 0x1ff8,
            MemorySuite.ALONE + 0x2000, MemorySuite.ALONE - 8, MemorySuite.READ_WRITE + 0xff8,
            MemorySuite.WRITE_READ + 0xff8, TEXT, 0, 0xfffffff8, 0xffff0000};

    @Override
    public String name() {
        return "atomics";
    }

    @Override
    public void run(Setting setting, Tally tally) {
        for (Isa isa : setting.isas()) {
            for (Op op : Op.values()) {
                if (op.kind == Op.Kind.ATOMIC && Forms.of(op).on(isa.xlen()) && !tally.enough()) {
                    edges(isa, op).run(setting, tally);
                    tally.line(isa + " " + op + " at edges", "accesses");
                }
            }
            reservations(isa).run(setting, tally);
            tally.line(isa + " reservations", "calls");
        }
    }

    private static Scenario watch(Scenario s) {
        return s.watch(MemorySuite.ALONE, 0x2000).watch(MemorySuite.READ_WRITE, 0x2000).watch(MemorySuite.WRITE_READ,
                0x2000);
    }

    private static Image image(Isa isa, Asm asm) {
        return MemorySuite.image(isa, asm);
    }

    private static Scenario edges(Isa isa, Op op) {
        boolean lr = op == Op.LR_W || op == Op.LR_D;
        boolean sc = op == Op.SC_W || op == Op.SC_D;
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        int[][] e = {{15, 10, 11}, {10, 10, 11}, {11, 10, 11}, {15, 10, 10}, {0, 10, 11}, {15, 10, 0},
                {3, 4, 5}, {4, 4, 4}, {1, 2, 3}};
        int[][] i = {{15, 10, 11}, {10, 10, 11}, {11, 10, 11}, {31, 10, 10}, {0, 30, 11}, {15, 10, 0},
                {29, 28, 27}, {16, 16, 16}, {1, 2, 3}};
        List<Integer> entries = new ArrayList<>();
        for (int[] r : isa.embedded() ? e : i) {
            for (int order = 0; order < 4; order++) {
                entries.add(asm.here());
                MemorySuite.sentinels(asm, isa);
                if (r[2] != 0 && r[2] != r[1]) {
                    asm.addi(r[2], 11, 0);
                }
                asm.addi(r[1], 10, 0);
                asm.word(Forms.of(op).encode(isa.xlen(), r[0], r[1], lr ? 0 : r[2], 0) | order << 25);
                asm.addi(Asm.T1, 0, 3).ebreak();
            }
        }
        Scenario s = watch(new Scenario(op + " at edges", isa, image(isa, asm)));
        long[] values = {0, 1, -1, 0x7fffffffL, 0x80000000L, Long.MIN_VALUE, Long.MAX_VALUE, 0x123456789abcdef0L};
        int turn = 0;
        for (int entry : entries) {
            for (int at : AT) {
                for (int delta = 0; delta < 8; delta++) {
                    long address = at + delta & 0xffffffffL;
                    if (isa.xlen() == 64 && (turn & 1) != 0) {
                        address |= 0xabcdef0100000000L;
                    }
                    boolean wide = op.name().endsWith("_D");
                    boolean misaligned = (delta & (wide ? 7 : 3)) != 0;
                    s.call(op + String.format(" at %#x", address), entry,
                            misaligned
                                    ? "MEMORY_ACCESS"
                                    : sc
                                            ? "BREAKPOINT"
                                            : null,
                            Scenario.ANY, address, values[turn++ % values.length]);
                }
            }
        }
        return s;
    }

    /** Sequences of lr, sc and what may stand between them. */
    private static Scenario reservations(Isa isa) {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        List<Integer> entries = new ArrayList<>();
        int x = isa.xlen();
        Op[] reserves = x == 64 ? new Op[]{Op.LR_W, Op.LR_D} : new Op[]{Op.LR_W};
        Op[] stores = x == 64 ? new Op[]{Op.SC_W, Op.SC_D} : new Op[]{Op.SC_W};
        for (Op lr : reserves) {
            for (Op sc : stores) {
                for (int between = 0; between < 12; between++) {
                    entries.add(asm.here());
                    asm.word(Forms.of(lr).encode(x, 14, 10, 0, 0));
                    between(asm, isa, between);
                    asm.word(Forms.of(sc).encode(x, 15, between == 9 ? 12 : 10, 11, 0));
                    asm.addi(5, 15, 0);
                    asm.word(Forms.of(sc).encode(x, 13, 10, 12, 0)).ebreak();
                }
            }
        }
        Scenario s = watch(new Scenario("reservations", isa, image(isa, asm)));
        for (int entry : entries) {
            for (int at : new int[]{MemorySuite.ALONE, MemorySuite.ALONE + 8, MemorySuite.READ_WRITE, TEXT,
                    MemorySuite.WRITE_READ + 0x1000, 0}) {
                for (int other : new int[]{0, 4, 8, 64, 0x1000}) {
                    s.call("lr, sc", entry, null, Scenario.ANY, at, 0x5555aaaa7777L, at + other);
                    for (long gas = 0; gas < 12; gas += 3) {
                        s.call("lr, sc, gas " + gas, gas, entry, null, Scenario.ANY, at, 0x5555aaaa7777L, at + other);
                    }
                }
            }
        }
        return s;
    }

    private static void between(Asm asm, Isa isa, int what) {
        int x = isa.xlen();
        switch (what) {
            case 1 -> asm.sx(11, 0, 10);
            case 2 -> asm.lx(14, 0, 10);
            case 3 -> asm.word(Forms.of(Op.AMOADD_W).encode(x, 14, 10, 11, 0));
            case 4 -> asm.word(Forms.of(Op.LR_W).encode(x, 14, 12, 0, 0));
            case 5 -> { // a jump, a block boundary
                int to = asm.label();
                asm.j(to).ebreak().place(to);
            }
            case 6 -> asm.li(isa.callRegister(), Machine.OBSERVE).addi(13, 10, 0).ecall().addi(10, 13, 0);
            case 7 -> asm.word(Forms.of(Op.SC_W).encode(x, 14, 12, 11, 0));
            case 8 -> asm.word(0x0ff0000f);
            case 10 -> { // an indirect jump into the middle of a block
                int to = asm.label();
                asm.lla(14, to).jalr(0, 14, 4).place(to).addi(13, 13, 1).addi(13, 13, 2);
            }
            case 11 -> asm.word(Forms.of(Op.AMOSWAP_W).encode(x, 0, 12, 11, 0));
            default -> {
            }
        }
    }
}
