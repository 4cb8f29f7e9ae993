package dev.rivet.tests.encoding;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.x64.Mem;
import dev.rivet.x64.Reg;
import dev.rivet.x64.X64Assembler;
import dev.rivet.x64.X64Forms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * Every form of the x86-64 assembler against LLVM MC: all registers, all immediates at the borders of an encoding, all
 * addressing modes by displacement class. Forms of one kind of encoding share the code for memory operands; one of each
 * kind gets every memory operand there is, the others a set in which every base, index, scale and displacement class meets
 * every register.
 */
class X64SweepTest {
    private static final long ORIGIN = 0x10_8000_0000L;
    private static final int[] DISPLACEMENTS = {0, 1, 127, 128, -1, -128, -129, 0x1234_5678, Integer.MAX_VALUE,
            Integer.MIN_VALUE};
    private static final long[] IMMEDIATES = {0, 1, -1, 42, 127, 128, -128, -129, 255, 256, 0x7fff, 0x8000, -0x8000,
            -0x8001, 0xffff, 0x1_0000, 0x1234_5678, Integer.MAX_VALUE, Integer.MIN_VALUE};
    private static final long[] WIDE = {0x8000_0000L, 0xffff_ffffL, 0x1_0000_0000L, -0x8000_0001L,
            0x1234_5678_9abc_def0L, Long.MAX_VALUE, Long.MIN_VALUE};
    /** One form of each kind of encoding: these get every memory operand. */
    private static final Set<String> THOROUGH = Set.of("mov r,m.8", "mov r,m.64", "add m,i.16", "shlx r,m,s.64",
            "cmpxchg m,r.32", "pshufb x,m", "popcnt r,m.64", "jmp m");
    private static final List<X64Forms.Form> FORMS = X64Forms.all();
    private static final long[] EVERY_MEMORY = everyMemory();
    private static final long[] SOME_MEMORY = someMemory();

    /** Memory operand relative to rip, as an operand of a case: not a packed operand but recognised by this. */
    private static final long NEAR = Long.MIN_VALUE;

    private static long[] everyMemory() {
        List<Long> all = new ArrayList<>();
        for (int disp : DISPLACEMENTS) {
            for (int base = 0; base <= Reg.NONE; base++) {
                all.add(Mem.at(base, disp));
                all.add(Mem.wrap(base, disp));
                for (int index = 0; index < Reg.NONE; index++) {
                    for (int shift = 0; shift < 4 && index != Reg.RSP; shift++) {
                        all.add(Mem.at(base, index, shift, disp));
                        all.add(Mem.wrap(base, index, shift, disp));
                    }
                }
            }
            for (int index = 0; index <= Reg.NONE; index++) {
                for (int shift = 0; shift < (index == Reg.NONE ? 1 : 4) && index != Reg.RSP; shift++) {
                    all.add(Mem.gs(index, shift, disp));
                }
            }
            all.add(near(disp));
        }
        return all.stream().mapToLong(Long::longValue).toArray();
    }

    /** Within 2 GiB of all code, wherever in the text the operand stands. */
    private static long near(int distance) {
        return NEAR | distance / 4 & 0xffff_ffffL;
    }

    /** Every base with every displacement class; every index with every scale; each twice, with 64 and 32 bits. */
    private static long[] someMemory() {
        List<Long> all = new ArrayList<>();
        for (int k = 0; k < DISPLACEMENTS.length; k++) {
            int disp = DISPLACEMENTS[k];
            for (int base = 0; base <= Reg.NONE; base++) {
                int index = base + k + 5 & 15;
                int other = index == Reg.RSP ? Reg.R12 : index;
                all.add(k % 2 == 0 ? Mem.at(base, disp) : Mem.wrap(base, disp));
                all.add(k % 2 == 0 ? Mem.wrap(base, other, k & 3, disp) : Mem.at(base, other, base & 3, disp));
            }
            all.add(Mem.gs(k, k & 3, disp == 4 ? 0 : disp));
            all.add(near(disp));
        }
        return all.stream().filter(m -> (m >>> 44 & 7) != 2 || (m >>> 37 & 31) != Reg.RSP).mapToLong(Long::longValue)
                .toArray();
    }

    private static class Assembly implements Sweep.Assembly {
        final X64Assembler a;

        Assembly(String name) {
            a = X64Assembler.create(name, ORIGIN, 1 << 20);
        }

        @Override
        public void emit(int form, long[] v) {
            FORMS.get(form).emitter().emit(a, (int) v[0], (int) v[1], (int) v[2],
                    v[3] < 0 ? a.near(ORIGIN + (int) v[3]) : v[3], v[4]);
        }

        @Override
        public int mark() {
            return a.here();
        }

        @Override
        public byte[] finish() {
            a.finish();
            return Arrays.copyOf(a.bytes(), a.length());
        }

        @Override
        public int offset(int mark) {
            return a.offset(mark);
        }
    }

    private static class Both implements Sweep.Assemblers {
        @Override
        public Sweep.Assembly direct() {
            return new Assembly("direct");
        }

        @Override
        public Sweep.Assembly judge() {
            return new Assembly("llvm-mc");
        }

        @Override
        public String describe(int form, long[] v) {
            return FORMS.get(form).name() + " r=" + v[0] + " s=" + v[1] + " t=" + v[2] + " mem="
                    + Long.toHexString(v[3])
                    + " imm=" + v[4];
        }
    }

    private static long[] immediates(X64Forms.Form f) {
        if (f.uses(X64Forms.COUNT)) {
            long[] all = new long[f.immBits()];
            Arrays.setAll(all, i -> i);
            return all;
        }
        if (f.uses(X64Forms.WIDE)) {
            long[] all = Arrays.copyOf(IMMEDIATES, IMMEDIATES.length + WIDE.length);
            System.arraycopy(WIDE, 0, all, IMMEDIATES.length, WIDE.length);
            return all;
        }
        if (f.uses(X64Forms.I)) {
            long limit = 1L << f.immBits() - (f.name().endsWith(" near") ? 2 : 1);
            return Arrays.stream(IMMEDIATES).filter(v -> v >= -limit && v < limit).toArray();
        }
        return new long[1];
    }

    /** All cases of one form. */
    private static void add(Sweep sweep, int form) {
        X64Forms.Form f = FORMS.get(form);
        int rs = f.uses(X64Forms.R) ? 16 : 1;
        int ss = f.uses(X64Forms.S) ? 16 : 1;
        int ts = f.uses(X64Forms.T) ? 16 : 1;
        long[] immediates = immediates(f);
        if (!f.uses(X64Forms.M)) {
            for (int r = 0; r < rs; r++) {
                for (int s = 0; s < ss; s++) {
                    for (int t = 0; t < ts; t++) {
                        for (long imm : immediates) {
                            sweep.add(form, r, s, t, 0, imm);
                        }
                    }
                }
            }
            return;
        }
        int turn = 0;
        for (long mem : THOROUGH.contains(f.name()) ? EVERY_MEMORY : SOME_MEMORY) {
            sweep.add(form, turn % rs, turn / 3 % ss, 0, mem, immediates[turn % immediates.length]);
            turn++;
        }
        // Every register and immediate with the awkward bases: rsp and r12 want a SIB byte, rbp and r13 a displacement.
        for (int base : new int[]{Reg.RAX, Reg.RSP, Reg.RBP, Reg.R12, Reg.R13}) {
            for (int r = 0; r < rs; r++) {
                for (int s = 0; s < ss; s++) {
                    for (long imm : immediates) {
                        sweep.add(form, r, s, 0, Mem.wrap(base, 0), imm);
                        sweep.add(form, r, s, 0, Mem.at(base, Reg.R12, 1, 8), imm);
                    }
                }
            }
        }
    }

    @Test
    void everyFormIsWhatLlvmMakesOfIt() {
        assertTrue(FORMS.stream().map(X64Forms.Form::name).toList().containsAll(THOROUGH), "stale name in THOROUGH");
        Sweep sweep = new Sweep(new Both());
        for (int form = 0; form < FORMS.size(); form++) {
            add(sweep, form);
        }
        sweep.compare();
        System.out.println("x86-64: " + FORMS.size() + " forms, " + sweep.count() + " cases equal LLVM MC");
        assertEquals(List.of(), sweep.differences(), sweep.differing() + " cases differ");
        assertTrue(sweep.count() >= 175_000, "only " + sweep.count() + " cases");
    }

    /** Wherever it begins in a line, however long it is: nops are there where they must be, and they are LLVM's. */
    @Test
    void whatIsKeptTogetherBeginsWhereLlvmHasIt() {
        final int line = 64;
        byte[][] made = new byte[2][];
        for (int k = 0; k < 2; k++) {
            X64Assembler a = X64Assembler.create(k == 0 ? "direct" : "llvm-mc", ORIGIN, 1 << 20);
            for (int size = 1; size <= line; size++) {
                for (int at = 0; at < line; at++) {
                    a.align(line);
                    a.data(new byte[at]);
                    int before = a.here();
                    a.keepTogether(size);
                    int here = a.here();
                    a.data(new byte[]{(byte) size});
                    if (k == 0) {
                        int left = line - at & line - 1;
                        assertEquals(left < size ? left : 0, a.offset(here) - a.offset(before), at + ", " + size);
                    }
                }
            }
            a.finish();
            made[k] = Arrays.copyOf(a.bytes(), a.length());
        }
        assertArrayEquals(made[1], made[0]);
    }

    /** An encoder that forgets one rule of the manual; the rest is right. */
    private static final class Faulty extends Assembly {
        private final String form;
        private final Fault fault;

        Faulty(String form, Fault fault) {
            super("direct");
            this.form = form;
            this.fault = fault;
        }

        @Override
        public void emit(int at, long[] v) {
            byte[] wrong = FORMS.get(at).name().equals(form) ? fault.bytes(v) : null;
            if (wrong == null) {
                super.emit(at, v);
            } else {
                a.data(wrong);
            }
        }
    }

    private interface Fault {
        /** Wrong bytes for these operands, or null where the encoder is right. */
        byte[] bytes(long[] operands);
    }

    private static Set<String> caught(String form, Fault fault) {
        Sweep sweep = new Sweep(new Both() {
            @Override
            public Sweep.Assembly direct() {
                return new Faulty(form, fault);
            }
        });
        for (int f = 0; f < FORMS.size(); f++) {
            if (FORMS.get(f).name().equals(form)) {
                add(sweep, f);
            }
        }
        sweep.compare();
        return new TreeSet<>(sweep.differences());
    }

    /** r13 as a base has no form without a displacement: mod 00, rm 101 means rip. Wrong for one base in sixteen only. */
    @Test
    void sweepCatchesAForgottenDisplacement() {
        Set<String> found = caught("mov r,m.64", v -> v[3] == Mem.at(Reg.R13, 0)
                ? new byte[]{(byte) (0x49 | v[0] >> 3 << 2), (byte) 0x8b, (byte) (v[0] << 3 & 0x38 | 5)}
                : null);
        found.removeIf(f -> f.contains("mem=8")); // behind the missing byte, rip-relative operands differ too
        assertEquals(1, found.size(), found.toString());
    }

    /** Without a REX prefix the encodings of spl, bpl, sil and dil mean ah, ch, dh and bh. */
    @Test
    void sweepCatchesAForgottenRexPrefix() {
        Set<String> found = caught("sete r",
                v -> v[0] >= 4 && v[0] < 8 ? new byte[]{0x0f, (byte) 0x94, (byte) (0xc0 | v[0])} : null);
        assertEquals(4, found.size(), found.toString());
    }
}
