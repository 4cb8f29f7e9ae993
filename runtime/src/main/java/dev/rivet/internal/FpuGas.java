package dev.rivet.internal;

/**
 * Gas as the bits of a double: those of infinity minus g, for 0 ≤ g &lt; 2⁵². A charge adds its cost to the bits, as one
 * integer. As long as gas is not below 0 they are those of a number or of infinity; below, of a signalling NaN (for the
 * next 2⁵¹), and the first instruction that compares it traps by itself, the charge being made.
 */
final class FpuGas {
    /** Most gas one double holds. */
    static final long MOST = (1L << 52) - 1;

    /** MXCSR with every exception masked but the invalid operation, rounding to nearest. FPU metering is x86-64's alone. */
    static final int MXCSR = 0x1f00;

    private static final long ZERO = Double.doubleToRawLongBits(Double.POSITIVE_INFINITY);

    private FpuGas() {
    }

    /** The bits for 0 to {@link #MOST} gas. */
    static long bits(long gas) {
        return ZERO - gas;
    }

    /** The gas that bits stand for; negative after a charge that could not be paid. */
    static long left(long bits) {
        return ZERO - bits;
    }
}
