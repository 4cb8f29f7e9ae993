package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;

/** Conditional branches and direct jumps: every one × taken or not × registers × distance class. */
final class BranchPrograms {
    private static final int TEXT = 0x10000;
    private static final int MARK_FALL = 1;
    private static final Op[] BRANCHES = {Op.BEQ, Op.BNE, Op.BLT, Op.BGE, Op.BLTU, Op.BGEU};
    private static final int[] F3 = {Asm.BEQ, Asm.BNE, Asm.BLT, Asm.BGE, Asm.BLTU, Asm.BGEU};
    private static final long[] VALUES = {0, 1, -1, 2, 0x7fffffffL, 0x80000000L, -0x80000000L, 0xffffffffL,
            Long.MAX_VALUE, Long.MIN_VALUE, 0x100000000L};
    private static final int C_EBREAK = 0x9002;

    private final Isa isa;

    BranchPrograms(Isa isa) {
        this.isa = isa;
    }

    /** All of them. */
    static List<Scenario> of(Isa isa) {
        BranchPrograms p = new BranchPrograms(isa);
        List<Scenario> all = new ArrayList<>();
        for (int b = 0; b < 6; b++) {
            all.add(p.branch(b));
        }
        all.add(p.compares());
        all.add(p.farJumps());
        if (isa.compressed()) {
            all.add(p.compressed());
        }
        return all;
    }

    private boolean taken(int b, long x, long y) {
        long a = Vectors.cut(isa.xlen(), x);
        long c = Vectors.cut(isa.xlen(), y);
        return switch (BRANCHES[b]) {
            case BEQ -> a == c;
            case BNE -> a != c;
            case BLT -> a < c;
            case BGE -> a >= c;
            case BLTU -> Long.compareUnsigned(a, c) < 0;
            default -> Long.compareUnsigned(a, c) >= 0;
        };
    }

    private int[][] registers() {
        int[][] e = {{10, 11}, {11, 10}, {0, 11}, {10, 0}, {3, 4}, {4, 9}, {8, 3}, {12, 12}, {1, 5},
                {0, 0}};
        int[][] i = {{10, 11}, {0, 31}, {10, 0}, {16, 17}, {3, 4}, {30, 10}, {10, 29}, {20, 20},
                {1, 5}, {0, 0}};
        return isa.embedded() ? e : i;
    }

    private Image image(Asm asm) {
        return new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(asm, Image.R | Image.X);
    }

    private Scenario branch(int b) {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        List<int[]> sites = new ArrayList<>();
        int[] distances = {4, 6, 8, 10, 16, 64, 4092, 4094, -4, -8, -12, -64, -4096, -4094, 0};
        for (int[] r : registers()) {
            for (int d : distances) {
                if (r[0] != 10 && Math.abs(d) > 4000 && r[0] != 3) {
                    continue; // the far ones with three pairs of registers only
                }
                sites.add(site(asm, F3[b], r, d));
            }
        }
        asm.align(4);
        int entry = asm.here();
        asm.addi(10, 10, 0);
        int last = asm.here();
        asm.word(F3[b] << 12 | 11 << 20 | 10 << 15 | 0x63 | Asm.branchBits(4092)).ebreak();
        sites.add(new int[]{entry, last, last + 4, last + 4092, 10, 11, ANYWHERE});
        Scenario s = new Scenario("branch " + BRANCHES[b], isa, image(asm));
        for (int[] site : sites) {
            calls(s, b, site);
        }
        return s;
    }

    private static final int ANYWHERE = 1 << 20;

    /** entry, pc of the branch, pc where it stops when it falls through, when it is taken, rs1, rs2, distance. */
    private int[] site(Asm asm, int f3, int[] r, int d) {
        asm.align(4);
        if (d <= -16) { // target first; a distance of 2 mod 4 leads into an instruction that has an ebreak there
            boolean middle = (d & 3) != 0;
            int to = asm.here() + (middle ? 2 : 0);
            asm.word(middle ? C_EBREAK << 16 | 0x37 | 5 << 7 : 0x100073);
            while (asm.here() + 8 < to - d) {
                asm.nop();
            }
        }
        int entry = asm.here();
        asm.addi(r[0] == 0 ? 0 : r[0], 10, 0);
        asm.addi(r[1] == 0 ? 0 : r[1], r[1] == r[0] ? r[0] : 11, 0);
        int pc = asm.here();
        asm.word(f3 << 12 | r[1] << 20 | r[0] << 15 | 0x63 | Asm.branchBits(d));
        int fall = pc + 4;
        int target = pc + d;
        if (d == 6) { // into the middle of an instruction that has an ebreak there
            asm.word(C_EBREAK << 16 | 0x37 | 5 << 7).ebreak();
            fall = pc + 8;
        } else if (d == 10) {
            asm.ebreak().word(C_EBREAK << 16 | 0x37 | 5 << 7);
        } else if (d == 4) {
            asm.ebreak();
        } else {
            asm.ebreak();
            if (d > 0) {
                while (asm.here() + 4 <= target) {
                    asm.nop();
                }
                if ((d & 3) != 0) { // 4094: an upper half again
                    asm.word(C_EBREAK << 16 | 0x37 | 5 << 7);
                } else {
                    asm.ebreak();
                }
            }
        }
        return new int[]{entry, pc, fall, target, r[0], r[1], d};
    }

    private void calls(Scenario s, int b, int[] site) {
        int d = site[6];
        for (long x : VALUES) {
            for (long y : VALUES) {
                long left = site[4] == 0 ? 0 : x;
                // Where rs1 is a1, the second move reads what the first wrote.
                long right = site[5] == 0 ? 0 : site[5] == site[4] || site[4] == 11 ? left : y;
                boolean taken = taken(b, left, right);
                String text = BRANCHES[b] + " x" + site[4] + ", x" + site[5] + ", distance " + d
                        + String.format(" of %#x, %#x", x, y);
                boolean misaligned = !isa.compressed() && (d & 3) != 0;
                if (!taken) {
                    s.call(text, site[0], "BREAKPOINT", site[2], x, y);
                } else if (d == ANYWHERE || misaligned) {
                    s.call(text, site[0], "BAD_JUMP", site[1], x, y);
                } else if (d == 0) {
                    s.call(text, 1000, site[0], Stop.OUT_OF_GAS, site[3], x, y);
                } else if (d > 0 || d <= -16) {
                    s.call(text, site[0], "BREAKPOINT", site[3], x, y);
                } else {
                    s.call(text, 1000, site[0], null, Scenario.ANY, x, y);
                }
            }
        }
    }

    /** A comparison or test into a register, then a branch on it; the register dead or alive behind the branch. */
    private Scenario compares() {
        Op[] ops = {Op.SLT, Op.SLTU, Op.SLTI, Op.SLTIU, Op.AND, Op.ANDI, Op.OR, Op.XOR, Op.XORI, Op.SUB, Op.ADD,
                Op.ADDI, Op.ADDW, Op.SUBW, Op.ADDIW, Op.SRLI, Op.SLLI, Op.BEXT, Op.BEXTI, Op.SEXT_B, Op.SEXT_H,
                Op.ZEXT_H, Op.ANDN, Op.CZERO_EQZ, Op.MIN, Op.MAXU, Op.REMU, Op.CPOP};
        int[] immediates = {0, 1, -1, 31, 255, -2048, 2047};
        int[] targets = isa.embedded() ? new int[]{10, 15, 3, 5} : new int[]{10, 15, 3, 31};
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        List<Integer> entries = new ArrayList<>();
        for (Op op : ops) {
            Forms.Form form = Forms.of(op);
            if (!form.on(isa.xlen())) {
                continue;
            }
            boolean plain = form.shape() == Forms.Shape.R || form.shape() == Forms.Shape.UNARY;
            for (int k = 0; k < (plain ? 1 : immediates.length); k++) {
                for (int f3 : F3) {
                    for (int t : targets) {
                        for (int mode = 0; mode < 3; mode++) {
                            entries.add(asm.here());
                            asm.word(form.encode(isa.xlen(), t, 10, 11, immediates[k]));
                            int to = asm.label();
                            asm.branch(f3, mode == 1 ? 0 : t, mode == 1 ? t : mode == 2 ? 11 : 0, to);
                            asm.addi(t, 0, MARK_FALL).ebreak();
                            asm.place(to);
                            if (t == 15) { // alive
                                asm.addi(12, t, 0);
                            }
                            asm.addi(t, 0, 2).ebreak();
                        }
                    }
                }
            }
        }
        Scenario s = new Scenario("compare and branch", isa, image(asm));
        for (int entry : entries) {
            for (int v = 0; v < VALUES.length; v++) {
                s.call("compare and branch", entry, "BREAKPOINT", Scenario.ANY, VALUES[v],
                        VALUES[(v * 7 + entry / 4) % VALUES.length]);
            }
        }
        return s;
    }

    /** jal at both ends of its reach, in a text of two mebibytes. */
    private Scenario farJumps() {
        int[] links = isa.embedded() ? new int[]{0, 1, 5, 3, 10} : new int[]{0, 1, 5, 3, 31};
        int reach = 1 << 20;
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        int low = asm.here();
        for (int i = 0; i < links.length; i++) {
            asm.ebreak();
        }
        while (asm.here() < low + reach) {
            asm.nop();
        }
        int[] sites = new int[links.length * 2];
        for (int i = 0; i < links.length; i++) {
            sites[i] = asm.here();
            asm.word(links[i] << 7 | 0x6f | Asm.jalBits(-reach));
        }
        int odd = asm.here();
        asm.word(1 << 7 | 0x6f | Asm.jalBits(6)).word(C_EBREAK << 16 | 0x37 | 5 << 7).ebreak();
        int self = asm.here();
        asm.word(1 << 7 | 0x6f | Asm.jalBits(0));
        for (int i = 0; i < links.length; i++) {
            sites[links.length + i] = asm.here();
            asm.word(links[i] << 7 | 0x6f | Asm.jalBits(reach - 4));
        }
        while (asm.here() < sites[links.length] + reach - 4) {
            asm.nop();
        }
        for (int i = 0; i < links.length; i++) {
            asm.ebreak();
        }
        int outside = asm.here();
        asm.word(1 << 7 | 0x6f | Asm.jalBits(reach - 4));
        Scenario s = new Scenario("far jumps", isa, image(asm));
        for (int i = 0; i < sites.length; i++) {
            int to = sites[i] + (i < links.length ? -reach : reach - 4);
            s.call("jal x" + links[i % links.length], sites[i], "BREAKPOINT", to, 1, 2);
        }
        s.call("jal into an instruction", odd, isa.compressed() ? "BREAKPOINT" : "BAD_JUMP",
                isa.compressed() ? odd + 6 : odd);
        s.call("jal to itself", 77, self, Stop.OUT_OF_GAS, self);
        s.call("jal to nowhere", outside, "BAD_JUMP", outside);
        return s;
    }

    /** c.beqz, c.bnez, c.j, c.jal at both ends of their reach, and short ones. */
    private Scenario compressed() {
        Asm asm = new Asm(isa.xlen(), TEXT);
        asm.ebreak();
        Scenario s = new Scenario("compressed branches", isa, image(asm));
        for (boolean ne : new boolean[]{false, true}) {
            for (int rs = 8; rs < 16; rs++) {
                for (int d : new int[]{4, 6, 8, 20, 254, -256, -20, -8}) {
                    int target = asm.label();
                    if (d < 0) {
                        asm.place(target).half(C_EBREAK);
                        while (asm.here() + 4 < asm.address(target) - d) {
                            asm.cnop();
                        }
                    }
                    int entry = asm.here();
                    asm.addi(rs, 10, 0).cbranch(ne, rs, target);
                    int fall = asm.here();
                    asm.half(C_EBREAK);
                    if (d > 0) {
                        while (asm.here() < fall - 2 + d) {
                            asm.cnop();
                        }
                        asm.place(target).half(C_EBREAK);
                    }
                    for (long v : VALUES) {
                        boolean taken = Vectors.cut(isa.xlen(), v) == 0 != ne;
                        s.call("c.b x" + rs + " " + d, entry, "BREAKPOINT", taken ? asm.address(target) : fall, v);
                    }
                }
            }
        }
        for (boolean link : isa.xlen() == 32 ? new boolean[]{false, true} : new boolean[1]) {
            for (int d : new int[]{4, 2046, -2048, -10}) {
                int target = asm.label();
                if (d < 0) {
                    asm.place(target).half(C_EBREAK);
                    while (asm.here() < asm.address(target) - d) {
                        asm.cnop();
                    }
                }
                int entry = asm.here();
                if (link) {
                    asm.cjal(target);
                } else {
                    asm.cj(target);
                }
                asm.half(C_EBREAK);
                if (d > 0) {
                    while (asm.here() < entry + d) {
                        asm.cnop();
                    }
                    asm.place(target).half(C_EBREAK);
                }
                s.call("c.j " + d, entry, "BREAKPOINT", asm.address(target), 1);
            }
        }
        return s;
    }
}
