package dev.rivet.aarch64;

/**
 * The immediates of AND, ORR, EOR and ANDS: a run of ones, rotated within an element of 2, 4, 8, 16, 32 or 64 bits, the
 * element repeated over the register (Arm manual, DecodeBitMasks).
 */
final class LogicalImmediate {
    /** What {@link #encode} returns for a value that is no such immediate. */
    static final int NONE = -1;

    private LogicalImmediate() {
    }

    /**
     * Fields N:immr:imms (13 bits) for a value, or {@link #NONE}.
     *
     * @param size bytes of the operation, 4 or 8; with 4 the upper half of the value does not matter
     */
    static int encode(int size, long value) {
        long v = size == 4 ? value & 0xffff_ffffL | value << 32 : value;
        if (v == 0 || v == -1) {
            return NONE;
        }
        int width = 64;
        while (width > 2) {
            int half = width >>> 1;
            long mask = (1L << half) - 1;
            if ((v & mask) != (v >>> half & mask)) {
                break;
            }
            width = half;
        }
        long mask = width == 64 ? -1 : (1L << width) - 1;
        long element = v & mask;
        // Rotate the element left until its ones are a run that starts at bit 0.
        int ones = Long.bitCount(element);
        int start; // lowest bit of the run, cyclically
        if ((element & 1) == 0) {
            start = Long.numberOfTrailingZeros(element);
        } else {
            int low = Long.numberOfTrailingZeros(~element); // length of the run's part at the bottom
            start = low == ones ? 0 : width - (ones - low);
        }
        long run = ones == 64 ? -1 : (1L << ones) - 1;
        long rotated = start == 0 ? run : (run << start | run >>> width - start) & mask;
        if (rotated != element) {
            return NONE;
        }
        int immr = width - start & width - 1;
        int imms = -(width << 1) & 0x3f | ones - 1;
        int n = width == 64 ? 1 : 0;
        return n << 12 | immr << 6 | imms;
    }
}
