package dev.rivet.sandbox;

import java.util.function.LongPredicate;

/**
 * What this kernel's address spaces are like: how far they reach and how large their pages are. On x86-64 both are fixed; an
 * AArch64 kernel is built for one of several (Documentation/arch/arm64/memory.rst).
 */
public final class AddressSpace {
    /** Widths a kernel may be built with, in bits, the largest first; wider ones still map below 2⁴⁸ unless asked. */
    private static final int[] WIDTHS = {48, 47, 42, 39, 36};
    /** The largest pages there are; the last one before the end is left alone, which x86-64 keeps for itself. */
    private static final long STEP = 0x1_0000;

    private AddressSpace() {
    }

    private static final class Host {
        static final long END = end(AddressSpace::mappable);
        static final int PAGE = Native.pageSize();
    }

    /**
     * First address behind all that a process of this host may use, where that is a power of two.
     *
     * @throws SandboxException with one line if a worker does not fit below
     */
    public static long end() {
        return Host.END;
    }

    /**
     * The same with the question put to somebody else.
     *
     * @param mappable whether the kernel could map the page at an address, or has mapped it
     */
    static long end(LongPredicate mappable) {
        for (int bits : WIDTHS) {
            if (mappable.test((1L << bits) - 2 * STEP)) {
                if (1L << bits < Layout.WORKER_END) {
                    throw new SandboxException(
                            "this kernel gives a process " + bits + " bits of addresses, and a worker"
                                    + " needs 39; boot one that is built with CONFIG_ARM64_VA_BITS of 39 or more");
                }
                return 1L << bits;
            }
        }
        throw new SandboxException("this kernel does not tell how far address spaces reach: it refuses to map a page"
                + " below 2^36, perhaps because of a limit on address space (ulimit -v)");
    }

    private static boolean mappable(long address) {
        try {
            Native.munmap(Native.mmap(address, STEP, 0, Native.MAP_PRIVATE | Native.MAP_ANONYMOUS
                    | Native.MAP_FIXED_NOREPLACE | Native.MAP_NORESERVE, -1, 0), STEP);
            return true;
        } catch (NativeException e) {
            return e.errno() == Errno.EEXIST; // the stack perhaps
        }
    }

    /** Throws one line unless pages have the size that guests' pages have. */
    static void requireGuestPages() {
        String refusal = refusal(Host.PAGE);
        if (refusal != null) {
            throw new SandboxException(refusal);
        }
    }

    /** Why a kernel with such pages cannot hold a guest's memory, or null if it can. */
    static String refusal(int page) {
        return page == MemoryPlan.PAGE
                ? null
                : "this kernel has pages of " + page + " bytes; a guest's pages have " + MemoryPlan.PAGE
                        + ", and what it may"
                        + " touch would not be exact: boot a kernel with pages of 4 KiB (arm64: CONFIG_ARM64_4K_PAGES),"
                        + " or run one in a virtual machine";
    }
}
