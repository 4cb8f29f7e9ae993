package dev.rivet.tools.conform;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** Operand values that a wrong instruction is likely to get wrong, and seeded random ones. */
public final class Vectors {
    /** Signed 12-bit immediates at their edges. */
    public static final int[] IMMEDIATES = {0, 1, -1, 2, -2, 3, 4, 7, 8, 31, 32, 63, 64, 127, 128, 255, 256, -128,
            -129, -256, 1023, 1024, 2046, 2047, -2047, -2048, 0x555, -0x556};
    /** Upper immediates (the whole sign-extended value, low 12 bits zero) at their edges. */
    public static final int[] UPPER = {0, 0x1000, 0x2000, 0x7ff000, 0x800000, 0x12345000, 0x7ffff000, 0x80000000,
            0x80001000, 0xfffff000, 0xffffe000, 0xedcba000, 0x00010000, 0xffff0000};

    private static final long[] EDGES = {0, 1, -1, 2, -2, 3, 0x7f, 0x80, 0x81, 0xff, 0x100, -0x80, -0x81, 0x7fff,
            0x8000, 0xffff, 0x10000, -0x8000, -0x8001, 0x7fffffffL, 0x80000000L, 0x80000001L, 0xffffffffL,
            0x100000000L, -0x80000000L, -0x80000001L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1,
            Long.MAX_VALUE - 1, 31, 32, 33, 63, 64, 65, 0x5555555555555555L, 0xaaaaaaaaaaaaaaaaL, 0x0123456789abcdefL,
            0x8000000080000000L, 0x00000000ffff8000L, 0xffffffff00000000L};

    private Vectors() {
    }

    /** Edge values of one operand, cut to the width and without repeats, followed by {@code random} random ones. */
    public static long[] values(int xlen, int random) {
        Set<Long> set = new LinkedHashSet<>();
        for (long e : EDGES) {
            set.add(cut(xlen, e));
        }
        if (xlen == 32) {
            set.add(cut(32, Integer.MIN_VALUE));
            set.add(cut(32, Integer.MAX_VALUE));
        }
        SplittableRandom r = new SplittableRandom(0x52697665 + xlen);
        for (int i = 0; i < random; i++) {
            set.add(cut(xlen, r.nextLong() >> r.nextInt(64)));
            set.add(cut(xlen, r.nextLong()));
        }
        return set.stream().mapToLong(Long::longValue).toArray();
    }

    /** Every pair of edge values, in a seeded order, as {a0, b0, a1, b1, …}; random pairs among them. */
    public static long[] pairs(int xlen) {
        long[] edges = values(xlen, 0);
        List<long[]> all = new ArrayList<>();
        for (long a : edges) {
            for (long b : edges) {
                all.add(new long[]{a, b});
            }
        }
        SplittableRandom r = new SplittableRandom(0x70616972 + xlen);
        for (int i = 0; i < 256; i++) {
            all.add(new long[]{cut(xlen, r.nextLong()), cut(xlen, r.nextLong() >> r.nextInt(64))});
        }
        for (int i = all.size() - 1; i > 0; i--) {
            int k = r.nextInt(i + 1);
            long[] swap = all.get(i);
            all.set(i, all.get(k));
            all.set(k, swap);
        }
        long[] flat = new long[all.size() * 2];
        for (int i = 0; i < all.size(); i++) {
            flat[2 * i] = all.get(i)[0];
            flat[2 * i + 1] = all.get(i)[1];
        }
        return flat;
    }

    /** A register value as a signed number of the width. */
    public static long cut(int xlen, long value) {
        return xlen == 32 ? (int) value : value;
    }
}
