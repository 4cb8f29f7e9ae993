package dev.rivet.sandbox;

/**
 * Where the parts of a guest's memory lie: the image's regions, the heap behind the last of them, the stack at the top of
 * the address space with a guard below it. All addresses are guest addresses in [0, 2³²), multiples of {@link #PAGE}.
 *
 * @param image the program's regions and their first contents; shared by all instances
 * @param heapStart first address of the heap, the break to begin with
 * @param heapLimit the break never goes beyond it
 * @param stackStart lowest address of the stack
 * @param stackEnd end of the stack
 */
public record MemoryPlan(ProgramImage image, long heapStart, long heapLimit, long stackStart, long stackEnd) {
    /** Bytes of a page. */
    public static final int PAGE = 4096;
    /** Bytes below the stack that are never mapped. */
    public static final long GUARD = 0x1_0000;

    /** Checks the order of the parts. */
    public MemoryPlan {
        if (heapStart < image.end() || heapLimit < heapStart || stackStart < heapLimit + GUARD || stackEnd < stackStart
                || stackEnd > Layout.GUEST_HIGH || (heapStart | heapLimit | stackStart | stackEnd) % PAGE != 0) {
            throw new IllegalArgumentException("memory plan out of order: " + Long.toHexString(heapStart) + " "
                    + Long.toHexString(heapLimit) + " " + Long.toHexString(stackStart) + " "
                    + Long.toHexString(stackEnd));
        }
    }

    /**
     * The plan for a program: everything mapped counts against the limit, and the heap may have what the image and the
     * stack leave.
     *
     * @param stackSize bytes of stack, rounded up to pages
     * @param memoryLimit bytes of memory the guest may have in all
     * @throws SandboxException if the image and the stack do not fit the limit or one another
     */
    public static MemoryPlan of(ProgramImage image, long stackSize, long memoryLimit) {
        long stack = roundUp(stackSize);
        long stackStart = Layout.GUEST_HIGH - stack;
        long heapStart = image.end();
        if (stackSize < 0 || stack > Layout.GUEST_HIGH || stackStart < heapStart + GUARD) {
            throw new SandboxException(
                    "the stack of " + stackSize + " bytes does not fit behind the program, which ends at 0x"
                            + Long.toHexString(heapStart) + "; ask for a smaller stack");
        }
        long fixed = image.mappedBytes() + stack;
        if (fixed > memoryLimit) {
            throw new SandboxException("the program needs " + image.mappedBytes() + " bytes and its stack " + stack
                    + ", together more than the memory limit of " + memoryLimit
                    + "; raise the limit or lower the stack");
        }
        long room = Math.min(stackStart - GUARD - heapStart, (memoryLimit - fixed) / PAGE * PAGE);
        return new MemoryPlan(image, heapStart, heapStart + room, stackStart, Layout.GUEST_HIGH);
    }

    static long roundUp(long bytes) {
        return bytes + PAGE - 1 & -PAGE;
    }

    /** Whether an address lies in the stack. */
    boolean inStack(long address) {
        return address >= stackStart && address < stackEnd;
    }
}
