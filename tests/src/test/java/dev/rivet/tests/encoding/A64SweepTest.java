package dev.rivet.tests.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.aarch64.A64Assembler;
import dev.rivet.aarch64.A64Forms;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Every form of the AArch64 assembler against LLVM MC. Each operand takes every value of its domain while the others stand
 * at their edges, then all of them vary together (seeded): fields of an AArch64 instruction do not influence each other's
 * encoding, so a wrong field shows in the first part, a wrong interplay in the second.
 */
class A64SweepTest {
    private static final long ORIGIN = 0x10_8000_0000L;
    private static final int TOGETHER = 400;
    private static final List<A64Forms.Form> FORMS = A64Forms.all();

    private static class Assembly implements Sweep.Assembly {
        final A64Assembler a;

        Assembly(String name) {
            a = A64Assembler.create(name, ORIGIN, 1 << 20);
        }

        @Override
        public void emit(int form, long[] v) {
            FORMS.get(form).emitter().emit(a, v);
        }

        @Override
        public int mark() {
            return a.position();
        }

        @Override
        public byte[] finish() {
            a.finish();
            return Arrays.copyOf(a.bytes(), a.position());
        }

        @Override
        public int offset(int mark) {
            return mark;
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
            return FORMS.get(form).name() + " " + Arrays.toString(v);
        }
    }

    private static void add(Sweep sweep, int form) {
        List<long[]> domains = FORMS.get(form).domains();
        int n = domains.size();
        if (n == 0) {
            sweep.add(form);
            return;
        }
        for (int moving = 0; moving < n; moving++) {
            for (int edge = 0; edge < 3; edge++) {
                for (long value : domains.get(moving)) {
                    long[] v = new long[n];
                    for (int k = 0; k < n; k++) {
                        long[] d = domains.get(k);
                        v[k] = k == moving ? value : d[edge == 0 ? 0 : edge == 1 ? d.length - 1 : d.length / 3];
                    }
                    sweep.add(form, v);
                }
            }
        }
        Random random = new Random(form);
        for (int i = 0; i < TOGETHER; i++) {
            sweep.add(form, domains.stream().mapToLong(d -> d[random.nextInt(d.length)]).toArray());
        }
    }

    @Test
    void everyFormIsWhatLlvmMakesOfIt() {
        Sweep sweep = new Sweep(new Both());
        for (int form = 0; form < FORMS.size(); form++) {
            add(sweep, form);
        }
        sweep.compare();
        System.out.println("AArch64: " + FORMS.size() + " forms, " + sweep.count() + " cases equal LLVM MC");
        assertEquals(List.of(), sweep.differences(), sweep.differing() + " cases differ");
        assertTrue(sweep.count() >= 175_000, "only " + sweep.count() + " cases");
    }

    private interface Fault {
        /** Whether the encoder is wrong for these operands; they may be changed to what it wrongly encodes. */
        boolean strikes(long[] operands);
    }

    private static long caught(String form, Fault fault) {
        Sweep sweep = new Sweep(new Both() {
            @Override
            public Sweep.Assembly direct() {
                return new Assembly("direct") {
                    @Override
                    public void emit(int at, long[] v) {
                        long[] changed = v.clone();
                        super.emit(at, fault.strikes(changed) ? changed : v);
                    }
                };
            }
        });
        for (int f = 0; f < FORMS.size(); f++) {
            if (FORMS.get(f).name().equalsIgnoreCase(form)) {
                add(sweep, f);
            }
        }
        sweep.compare();
        return sweep.differing();
    }

    /** The top bit of a 12-bit offset falls out of its field. */
    @Test
    void sweepCatchesALostOffsetBit() {
        assertTrue(caught("LDRX scaled", v -> v[2] >= 0x4000 && (v[2] &= ~0x4000L) >= 0) > 0);
    }

    /** One bit-mask immediate of the 5,334 is encoded as its neighbour. */
    @Test
    void sweepCatchesOneWrongMask() {
        assertTrue(
                caught("AND mask 8", v -> v[2] == 0x0f0f_0f0f_0f0f_0f0fL && (v[2] = 0x1e1e_1e1e_1e1e_1e1eL) > 0) > 0);
    }
}
