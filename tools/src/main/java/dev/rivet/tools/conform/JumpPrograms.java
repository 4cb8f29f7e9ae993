package dev.rivet.tools.conform;

import java.util.ArrayList;
import java.util.List;

/**
 * Indirect jumps, calls and returns: every form of jalr × every kind of target, call and return that do not match,
 * recursion deeper than a host's stack, the ends of segments, words that are no instructions.
 */
final class JumpPrograms {
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000000;
    private static final int C_EBREAK = 0x9002;
    private static final int C_NOP = 1;

    private final Isa isa;

    private JumpPrograms(Isa isa) {
        this.isa = isa;
    }

    /** All of them. */
    static List<Scenario> of(Isa isa) {
        JumpPrograms p = new JumpPrograms(isa);
        List<Scenario> all = new ArrayList<>();
        all.add(p.indirect(false));
        if (isa.compressed()) {
            all.add(p.indirect(true));
        }
        all.add(p.calls());
        all.add(p.pcRelative());
        all.add(p.ends(false));
        all.add(p.ends(true));
        all.add(p.illegal());
        return all;
    }

    private Image image(Asm asm) {
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X);
    }

    /** jalr (or c.jr, c.jalr) with every link and source register to every kind of target. */
    private Scenario indirect(boolean half) {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        // A field to land in: leaders, insides of blocks, insides of instructions.
        int field = asm.here();
        asm.addi(12, 12, 1).addi(13, 12, 2);
        asm.word(C_EBREAK << 16 | 0x37 | 14 << 7); // lui a4 with an ebreak in its upper half
        asm.word(C_NOP << 16 | 0x37 | 14 << 7); // lui a4 with a nop there: goes on with the next instruction
        asm.word(0x0513 << 16 | 0x37 | 14 << 7); // with the beginning of an addi, which never meets the sweep again
        asm.word(0x0513 << 16 | 0x0015).word(C_EBREAK << 16 | 0x0025);
        asm.addi(12, 12, 3).ebreak().addi(12, 12, 4);
        int back = asm.label();
        asm.branch(Asm.BEQ, 0, 0, back);
        asm.addi(13, 13, 5);
        asm.place(back);
        asm.addi(13, 13, 6).ebreak();
        int end = asm.here();
        int[] links = isa.embedded() ? new int[]{0, 1, 5, 10, 3, 12} : new int[]{0, 1, 5, 10, 31, 17};
        int[] sources = isa.embedded() ? new int[]{10, 1, 5, 3, 15} : new int[]{10, 1, 5, 30, 17};
        int[] offsets = half ? new int[]{0} : new int[]{0, 1, -1, 2, 2047, -2048};
        List<int[]> sites = new ArrayList<>();
        for (int link : half ? new int[]{0, 1} : links) {
            for (int source : sources) {
                for (int off : offsets) {
                    asm.align(4);
                    int entry = asm.here();
                    MemorySuite.sentinels(asm, isa);
                    asm.addi(source, 10, 0);
                    if (half) {
                        asm.cjr(link != 0, source).half(C_EBREAK);
                    } else {
                        asm.jalr(link, source, off).ebreak();
                    }
                    sites.add(new int[]{entry, off, link, source});
                }
            }
        }
        int last = asm.here();
        Asm table = new Asm(isa.xlen(), MemorySuite.TABLE);
        for (int r = 0; r < 32; r++) {
            table.cell(0x0102030405060708L * (r + 3));
        }
        Image image = image(asm).add(table, Image.R).add(DATA, new byte[64], 64, Image.R | Image.W);
        Scenario s = new Scenario(half ? "compressed jalr" : "jalr", isa, image);
        List<Integer> targets = new ArrayList<>();
        for (int t = field - 4; t <= end + 3; t++) {
            targets.add(t);
        }
        targets.addAll(List.of(0, 2, 0xfffe, TEXT - 1, TEXT - 2, last - 4, last - 2, last - 1, last, last + 1, last + 2,
                last + 4, last + 0x1000, DATA, DATA + 4, 0x7ffffffe, 0x80000000, 0x80010000, 0xfffefffc, 0xffff0000,
                0xffff0001, 0xffff0002, 0xffff0004, 0xfffffffe, -1, TEXT + 0x80000000));
        int turn = 0;
        for (int[] site : sites) {
            for (int t : targets) {
                long from = t - site[1] & 0xffffffffL;
                if (isa.xlen() == 64) {
                    from |= new long[]{0, 0, -1L << 32, 0x12345678L << 32}[turn++ & 3];
                }
                s.call(String.format("jalr x%d, %d(x%d) to %#x", site[2], site[1], site[3], t), 5000, site[0], null,
                        Scenario.ANY, from, 1, 2, 3);
            }
        }
        return s;
    }

    /** Calls and returns, matched and not. */
    private Scenario calls() {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        Scenario s = new Scenario("calls and returns", isa, image(asm));
        recursion(asm, s);
        longjump(asm, s);
        skipping(asm, s);
        endless(asm, s);
        return s;
    }

    private void recursion(Asm asm, Scenario s) {
        for (int link : new int[]{Asm.RA, Asm.T0}) {
            int end = asm.label();
            int start = asm.here();
            int function = asm.label();
            asm.addi(14, 1, 0).jal(link, function).addi(15, 10, 0).addi(1, 14, 0).ret();
            asm.place(function).branch(Asm.BEQ, 10, 0, end);
            asm.addi(2, 2, -16).sx(link, 0, 2).addi(10, 10, -1).jal(link, function);
            asm.lx(link, 0, 2).addi(2, 2, 16).addi(11, 11, 1).place(end).jalr(0, link, 0);
            for (long depth : new long[]{0, 1, 2, 10, 1000, 131_000, 131_100, 200_000, 400_000}) {
                s.call("recursion " + depth + " deep through x" + link, start, "FINISHED", Scenario.ANY, depth, 0);
                s.call("recursion " + depth + " deep, short of gas", 8 * depth, start, null, Scenario.ANY, depth, 0);
            }
            s.call("recursion until the stack is full", start, "MEMORY_ACCESS", Scenario.ANY, 1 << 30, 0);
        }
        // Mutual recursion through registers: call through t1, return through ra.
        int start = asm.here();
        int f = asm.label();
        int out = asm.label();
        asm.addi(14, 1, 0).lla(6, f).jalr(1, 6, 0).addi(1, 14, 0).ret();
        asm.place(f).branch(Asm.BEQ, 10, 0, out).addi(2, 2, -16).sx(1, 8, 2).addi(10, 10, -1).jalr(1, 6, 0);
        asm.lx(1, 8, 2).addi(2, 2, 16).place(out).ret();
        s.call("recursion through a register", start, "FINISHED", Scenario.ANY, 50_000);
    }

    /** Leaves several frames at once, then goes on returning. */
    private void longjump(Asm asm, Scenario s) {
        for (boolean again : new boolean[]{false, true}) {
            int start = asm.here();
            int level = asm.label();
            int jump = asm.label();
            int loop = asm.label();
            asm.addi(14, 1, 0).addi(13, 0, 0).place(loop).addi(7, 2, 0);
            int landing = asm.label();
            asm.lla(6, landing).addi(12, 11, 0).jal(1, level);
            asm.addi(15, 15, 100);
            asm.place(landing).addi(2, 7, 0).addi(13, 13, 1);
            if (again) {
                asm.addi(10, 10, -1).branch(Asm.BLT, 0, 10, loop);
            }
            asm.addi(1, 14, 0).ret();
            asm.place(level).branch(Asm.BEQ, 12, 0, jump).addi(2, 2, -16).sx(1, 0, 2).addi(12, 12, -1).jal(1, level);
            asm.lx(1, 0, 2).addi(2, 2, 16).ret();
            asm.place(jump).jalr(0, 6, 0);
            for (long depth : new long[]{0, 1, 5, 100}) {
                for (long times : new long[]{1, 2, 3000}) {
                    s.call("longjmp over " + depth + " frames", start, "FINISHED", Scenario.ANY, times, depth);
                }
            }
        }
    }

    /** Returns that go elsewhere than behind their call, swapped stacks, tail calls, returns without calls. */
    private void skipping(Asm asm, Scenario s) {
        int g = asm.label();
        int start = asm.here();
        asm.addi(14, 1, 0).jal(1, g).addi(15, 15, 1).addi(15, 15, 2).addi(15, 15, 4).addi(1, 14, 0).ret();
        asm.place(g).add(1, 1, 10).ret();
        for (long skip : new long[]{0, 4, 8, 1, 5, -4, 2, 3, 0x100000000L, 12}) {
            s.call("return skips " + skip, 2000, start, null, Scenario.ANY, skip);
        }
        // Coroutines: each call returns to where the other left.
        int co = asm.here();
        int other = asm.label();
        int loop = asm.label();
        asm.addi(14, 1, 0).lla(5, other).place(loop).jalr(1, 5, 0).addi(5, 1, 0).addi(10, 10, -1);
        asm.branch(Asm.BNE, 10, 0, loop).addi(1, 14, 0).ret();
        asm.place(other);
        for (int i = 0; i < 3; i++) {
            asm.addi(15, 15, 1 << i).addi(6, 1, 0).jalr(1, 6, 0);
        }
        asm.jal(0, other);
        s.call("coroutines", 100_000, co, null, Scenario.ANY, 500);
        // jalr ra, ra back and forth, with equal link and source.
        int swap = asm.here();
        int there = asm.label();
        asm.addi(14, 1, 0).jal(1, there).addi(15, 15, 1).jalr(1, 1, 0).addi(15, 15, 2).addi(1, 14, 0).ret();
        asm.place(there).addi(15, 15, 16).jalr(1, 1, 0).addi(15, 15, 32).jalr(1, 1, 0).ebreak();
        s.call("jalr ra, ra", swap, "FINISHED", Scenario.ANY, 0);
        // A tail call and a return to the caller's caller.
        int tail = asm.here();
        int a = asm.label();
        int b = asm.label();
        asm.addi(14, 1, 0).jal(1, a).addi(15, 15, 1).addi(1, 14, 0).ret();
        asm.place(a).addi(13, 1, 0).jal(1, b).addi(15, 15, 2).jalr(0, 13, 0);
        asm.place(b).branch(Asm.BEQ, 10, 0, a).jalr(0, 13, 0);
        s.call("return to the caller's caller", tail, "FINISHED", Scenario.ANY, 1);
        s.call("tail call that loops", 3000, tail, null, Scenario.ANY, 0);
    }

    /** Calls without returns and returns without calls, far more than a host's return stack holds. */
    private void endless(Asm asm, Scenario s) {
        int start = asm.here();
        int down = asm.label();
        int loop = asm.label();
        asm.addi(14, 1, 0).place(loop).jal(1, down).place(down).addi(10, 10, -1).branch(Asm.BNE, 10, 0, loop);
        asm.addi(1, 14, 0).ret();
        s.call("calls without returns", start, "FINISHED", Scenario.ANY, 700_000);
        int returns = asm.here();
        int more = asm.label();
        asm.addi(14, 1, 0).lla(1, more).place(more).addi(10, 10, -1).branch(Asm.BLT, 10, 0, more + 0);
        int stay = asm.label();
        asm.branch(Asm.BEQ, 10, 0, stay).ret().place(stay).addi(1, 14, 0).ret();
        s.call("returns without calls", returns, "FINISHED", Scenario.ANY, 300_000);
    }

    /** auipc with a partner: addi, loads, stores, jumps; at distances of every size and sign. */
    private Scenario pcRelative() {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        Scenario s = new Scenario("auipc pairs", isa, image(asm).add(DATA, new byte[]{1, -2, 3, -4, 5, -6, 7, -8}, 4096,
                Image.R | Image.W)).watch(DATA, 4096);
        int[] registers = isa.embedded() ? new int[]{10, 1, 3, 15} : new int[]{10, 1, 31, 15};
        int[] targets = {DATA, DATA + 0x7fc, DATA + 0x800, DATA + 0xffc, TEXT, 0x7ffffffc, 0x80000000, 0xfffefffc, 0,
                0x800, 0x7ff, 0xffffffff};
        for (int r : registers) {
            for (int t : targets) {
                for (int second = 0; second < 6; second++) {
                    asm.align(4);
                    int entry = asm.here();
                    int pc = entry;
                    int hi = t - pc + 0x800 & 0xfffff000;
                    int lo = t - pc - hi;
                    asm.auipc(r, hi);
                    int other = r == 10 ? 11 : 10;
                    switch (second) {
                        case 0 -> asm.addi(r, r, lo);
                        case 1 -> asm.addi(other, r, lo);
                        case 2 -> asm.load(2, other, lo, r);
                        case 3 -> asm.load(2, r, lo, r);
                        case 4 -> asm.store(0, 12, lo, r);
                        default -> asm.jalr(r, r, lo);
                    }
                    asm.ebreak();
                    s.call(String.format("auipc x%d to %#x, form %d", r, t, second), entry, null, Scenario.ANY, 1, 2,
                            3);
                    s.call("its second half alone", entry + 4, null, Scenario.ANY, t - lo & 0xffffffffL, 2, 3);
                }
            }
        }
        return s;
    }

    /** Running off the end of a segment: into nothing, into the next one, with a cut-off instruction at the end. */
    private Scenario ends(boolean cut) {
        Image image = new Image(isa.xlen(), isa.elfFlags()).entry(TEXT);
        Asm first = new Asm(isa.xlen(), TEXT);
        while (first.here() < TEXT + 0xff0) {
            first.nop();
        }
        first.addi(10, 10, 1).addi(11, 11, 2);
        first.word(isa.compressed() && cut ? 0x00010001 : 0x00160613); // addi a2, a2, 1 or two c.nop
        if (cut && isa.compressed()) {
            first.cnop().half(0x0693); // the beginning of addi a3, a3, …
        } else {
            first.addi(13, 13, 3);
        }
        int second = TEXT + 0x1000;
        Asm next = new Asm(isa.xlen(), second);
        next.addi(14, 14, 4);
        int stop = next.here();
        next.ebreak();
        while (next.here() < second + 0xffc) {
            next.nop();
        }
        next.addi(15, 15, 5);
        Asm alone = new Asm(isa.xlen(), TEXT + 0x10000);
        int across = alone.label();
        alone.placeAt(across, TEXT + 0xff0);
        alone.addi(10, 10, 1).j(across).addi(15, 15, 4).addi(15, 15, 5);
        image.add(first, Image.R | Image.X).add(next, Image.R | Image.X).add(alone, Image.R | Image.X);
        Scenario s = new Scenario(cut ? "ends of segments, cut off" : "ends of segments", isa, image);
        boolean half = cut && isa.compressed();
        for (int at = TEXT + 0xff0; at < second; at += 4) {
            boolean inside = half && at == second - 2;
            s.call("into the next segment", at, inside || half ? "BAD_JUMP" : "BREAKPOINT", half ? second - 2 : stop, 1,
                    2);
        }
        if (isa.compressed()) {
            s.call("into the last halfword", second - 2, null, Scenario.ANY, 1, 2);
        }
        s.call("off the end", second + 0xff8, "BAD_JUMP", second + 0x1000, 1, 2);
        s.call("off the end at once", second + 0xffc, "BAD_JUMP", second + 0x1000, 1, 2);
        s.call("exactly at the end", second + 0x1000, "BAD_JUMP", second + 0x1000, 1, 2);
        s.call("across segments", alone.base, half ? "BAD_JUMP" : "BREAKPOINT", half ? second - 2 : stop, 1, 2);
        if (isa.compressed()) { // the upper half of the last word begins a word of its own
            s.call("into half an instruction", alone.base + 14, "BAD_JUMP", alone.base + 14, 1, 2);
        }
        s.call("off the end of the last", alone.base + 8, "BAD_JUMP", alone.base + 16, 1, 1);
        for (long gas = 0; gas < 8; gas++) {
            s.call("off the end with gas " + gas, gas, second + 0xff8, null, Scenario.ANY, 1, 2);
            s.call("into the next with gas " + gas, gas, TEXT + 0xff4, null, Scenario.ANY, 1, 2);
        }
        return s;
    }

    /** Words that are no instructions, in the middle of code. */
    private Scenario illegal() {
        List<Integer> words = new ArrayList<>(
                List.of(0xffffffff, 0x0000007f, 0x00002073, 0xc0002573, 0x30051073, 0x00200073,
                        0x10500073, 0x30200073, 0x00000007, 0x00052507, 0x00a52027, 0x00b50553, 0x0000100b, 0x02a5056b,
                        0x0000505b, 0x00000fff, 0x12000073, 0x7b200073, 0x80000033, 0x40001033, 0x00a5202f | 0x30000000,
                        0x16b5202f, 0x00b5102f, 0x00b5402f, 0x60901013, 0x48b55033 | 1 << 31, 0x00003067 | 1 << 12));
        if (isa.compressed()) {
            words.addAll(
                    List.of(0x0000, 0x0004 & 0xfffc, 0x2000, 0xa000, 0x8002, 0x6101, 0x6081 & 0xef83, 0x9c79, 0x4002,
                            0x2002, 0xa002, 0x8000 | 0x1c00));
        }
        if (isa.embedded()) {
            for (int at : new int[]{7, 15, 20}) {
                for (int r = 16; r < 32; r++) {
                    words.add(0x33 | r << at);
                }
            }
            words.add(0x37 | 16 << 7);
            words.add(0x80000063 | 16 << 15);
            words.add(0x6f | 31 << 7);
        }
        if (isa.xlen() == 32) {
            words.addAll(List.of(0x00053503, 0x00a53023, 0x0015051b, 0x00b5053b, 0x02051513, 0x42055513, 0x00b5352f));
        }
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        Scenario s = new Scenario("illegal words", isa, image(asm));
        for (int w : words) {
            asm.align(4);
            int entry = asm.here();
            asm.addi(10, 10, 1).addi(11, 11, 2);
            int pc = asm.here();
            asm.insn(w).align(4).addi(12, 12, 3).ebreak();
            s.call(String.format("word %08x", w), entry, "ILLEGAL_INSTRUCTION", pc, 1, 2, 3);
            for (long gas = 0; gas < 5; gas++) {
                s.call(String.format("word %08x, gas %d", w, gas), gas, entry, null, Scenario.ANY, 1, 2, 3);
            }
        }
        return s;
    }
}
