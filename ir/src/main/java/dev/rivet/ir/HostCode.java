package dev.rivet.ir;

import org.jspecify.annotations.Nullable;

/**
 * Machine code for a {@link Code}, position-dependent only on the fixed layout of the worker (code at the layout's code
 * base). Immutable after construction; arrays are shared and must not be written.
 *
 * <p>The dispatch table of a program has one 8-byte entry for each 2 bytes of the guest's address space (entry of pc
 * at {@code tableBase + pc * 4}); parts without executable bytes are not mapped. An entry is the absolute host address of
 * the leader's charged entry, the {@link #missStub} for an aligned address that is no leader, or {@link #badEntry} for an
 * address no jump may reach.
 */
public final class HostCode {
    /** In {@link #homeOf}: the register lives in its memory slot of the control page. */
    public static final int IN_MEMORY = -1;
    /** In {@link #homeOf}: added to the number of a host vector register whose low 64 bits hold the guest register. */
    public static final int VECTOR = 64;
    /** In {@link #coldIndexes}: from here on code that belongs to no guest instruction. */
    public static final int NO_INSTRUCTION = -1;
    /** In {@link #coldIndexes}: from here on hot code again; cold paths may lie in islands within the hot code. */
    public static final int HOT = -2;

    /** What was translated. */
    public final Code code;
    /** How. */
    public final Backend.Options options;
    /** Which architecture. */
    public final Target target;
    /** The machine code; only the first {@link #length} bytes count. */
    public final byte[] bytes;
    /** Bytes of machine code. */
    public final int length;
    /** Offset of {@code bytes[0]} from the layout's code base; 0 for a whole program. */
    public final int origin;
    /**
     * Offset in {@link #bytes} of the first host instruction of each guest instruction, ascending; {@code count + 1}
     * entries, the last where the hot code ends. A leader's charge belongs to its instruction.
     */
    public final int[] offsets;
    /** Offset in {@link #bytes} of the charged entry of each leader, −1 for other instructions; {@code count} entries. */
    public final int[] entries;
    /** Offsets of cold paths, ascending; from each on {@link #coldIndexes} holds. Hot code before the first. */
    public final int[] coldOffsets;
    /** Instruction index for each of {@link #coldOffsets}, {@link #NO_INSTRUCTION} or {@link #HOT}. */
    public final int[] coldIndexes;
    /**
     * Host register of each guest register 0–31: a general register's number, {@link #VECTOR} + n, or {@link #IN_MEMORY}.
     * What is behind the first 32 is the backend's own business.
     */
    public final int[] homeOf;
    /**
     * Where gas is while translated code runs, coded like {@link #homeOf}; {@link #IN_MEMORY} when it is not metered. True
     * at every instruction that can fault; at an asynchronous signal gas may be elsewhere for a few instructions.
     */
    public final int gasHome;
    /** Offset of the stub that reports a jump to a valid address that has no translation yet; −1 in side entries. */
    public final int missStub;
    /** Offset of the stub that a jump to the return-to-host address reaches; −1 in side entries. */
    public final int finishStub;
    /** Offset of the code the worker jumps to in order to enter the guest; −1 in side entries. */
    public final int enterStub;
    /** Table entry for addresses no jump may reach. */
    public final long badEntry;
    /**
     * Bit {@code i & 63} of word {@code i >>> 6}: the result of instruction {@code i} is not in its register, because its
     * only readers were fused with it and its register is overwritten later in the same block; null when there are none.
     * At a fault at {@code f}, whoever reports the registers walks the block from its start to {@code f - 1} with a shadow of
     * the registers: a deferred {@code k} puts its result, computed from the shadow, into the shadow's rd; any other {@code k}
     * takes its rd as it is now in the machine. (The translator defers only where the sources keep their values up to the
     * last instruction that can fault before the overwriting one.)
     */
    public final long @Nullable [] deferred;
    /**
     * Same shape: the result of instruction {@code i} is right in its low 32 bits only and really is their sign extension;
     * it is overwritten later in the same block. Mended at a fault by the same walk; null when there are none.
     */
    public final long @Nullable [] lowOnly;
    /** Whether gas is paid ahead as {@link Chains} says; never in side entries. */
    public final boolean chained;
    private @Nullable Chains chains;

    /** Takes everything as it is. */
    public HostCode(Code code, Backend.Options options, Target target, byte[] bytes, int length, int origin,
            int[] offsets, int[] entries, int[] coldOffsets, int[] coldIndexes, int[] homeOf, int gasHome,
            int missStub, int finishStub, int enterStub, long badEntry, long @Nullable [] deferred,
            long @Nullable [] lowOnly, boolean chained) {
        this.code = code;
        this.options = options;
        this.target = target;
        this.bytes = bytes;
        this.length = length;
        this.origin = origin;
        this.offsets = offsets;
        this.entries = entries;
        this.coldOffsets = coldOffsets;
        this.coldIndexes = coldIndexes;
        this.homeOf = homeOf;
        this.gasHome = gasHome;
        this.missStub = missStub;
        this.finishStub = finishStub;
        this.enterStub = enterStub;
        this.badEntry = badEntry;
        this.deferred = deferred;
        this.lowOnly = lowOnly;
        this.chained = chained;
    }

    /** What is paid ahead, or null; computed when first asked for. */
    public synchronized @Nullable Chains chains() {
        if (chained && chains == null) {
            chains = new Chains(code, options.costs());
        }
        return chains;
    }

    /**
     * Index of the guest instruction that the host instruction at this offset of {@link #bytes} belongs to, or −1.
     */
    public int indexAt(int offset) {
        if (offset < 0 || offset >= length) {
            return -1;
        }
        int c = floor(coldOffsets, coldOffsets.length, offset);
        if (c >= 0 && coldIndexes[c] != HOT) {
            return coldIndexes[c];
        }
        return offset < offsets[code.count] ? floor(offsets, code.count + 1, offset) : NO_INSTRUCTION;
    }

    /** Last position whose value is at most the key, −1 if none; among equal values the last, so empty ranges lose. */
    private static int floor(int[] a, int n, int key) {
        int lo = 0;
        int hi = n;
        while (lo < hi) {
            int mid = lo + hi >>> 1;
            if (a[mid] <= key) {
                lo = mid + 1;
            } else {
                hi = mid;
            }
        }
        return lo - 1;
    }
}
