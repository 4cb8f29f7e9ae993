package dev.rivet.internal;

/**
 * Gas as a double that overflows by itself: v = 2¹⁰²⁴ − (g + 1) · 2⁹⁷¹ for 0 ≤ g &lt; 2⁵². All such values lie in the top
 * binade, whose unit in the last place is 2⁹⁷¹, so the bits of v are those of the largest double minus g.
 */
final class FpuGas {
    /** Most gas one double holds. */
    static final long MOST = (1L << 52) - 1;

    /** MXCSR with every exception masked but overflow, rounding to nearest. FPU metering is x86-64's alone. */
    static final int MXCSR = 0x1b80;

    private static final long ZERO = Double.doubleToRawLongBits(Double.MAX_VALUE);

    private FpuGas() {
    }

    /** The bits for 0 to {@link #MOST} gas. */
    static long bits(long gas) {
        return ZERO - gas;
    }

    /** The gas that bits stand for; out of range (negative, or above MOST) for bits that stand for none. */
    static long left(long bits) {
        return ZERO - bits;
    }
}
