package dev.rivet.ir;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The executable bytes of a program after the linear sweep (or, for a <em>side entry</em>, a few instructions decoded from
 * a pc that is no leader). Immutable after {@link Builder#build}; safe to share between threads; arrays are handed out
 * without copying and must not be written.
 *
 * <p>Instruction {@code i} has packed form {@code insts[i]}, guest address {@code pcs[i]} (an unsigned 32-bit value in an
 * {@code int}) and belongs to text {@link Text} t with {@code t.first <= i <= t.last}; {@code insts[t.last]} is always
 * {@link Op#END}.
 *
 * <p>Blocks (DESIGN 1.6): instruction {@code i} is a leader iff {@link #isLeader}; a block runs from an entry point to
 * the first instruction that {@link Op#endsBlock ends} it or to just before the next leader; whichever comes first, it is
 * the next leader, because what follows the end of a block is one. {@link #blockEnd} and {@link #blockCost} are the single
 * definition that every engine charges by.
 */
public final class Code {
    /** One executable segment: guest addresses [start, end) and its instructions [first, last], the last being END. */
    public record Text(int start, int end, int first, int last) {
        /** Whether an address (unsigned) lies in this segment. */
        public boolean contains(int pc) {
            return Integer.compareUnsigned(pc - start, end - start) < 0;
        }
    }

    /** 32 or 64. */
    public final int xlen;
    /** The file's header says RVE: x16–x31 do not exist. */
    public final boolean embedded;
    /** The file's header says RVC: two-byte instructions exist and targets are two-byte aligned. */
    public final boolean compressed;
    /** Executable segments by ascending address. A side entry has exactly one, covering what was decoded. */
    public final Text[] texts;
    /** Number of instructions, END marks included. */
    public final int count;
    /** Packed instructions, at least {@link #count} long. */
    public final long[] insts;
    /** Guest address of each instruction, at least {@link #count} long. */
    public final int[] pcs;
    /** The ELF entry point. */
    public final int entry;

    private final long[] leaders;
    private final int @Nullable [][] indexByHalfword; // per text; null when not compressed

    private Code(Builder b) {
        xlen = b.xlen;
        embedded = b.embedded;
        compressed = b.compressed;
        entry = b.entry;
        texts = b.texts;
        count = b.count;
        insts = b.insts;
        pcs = b.pcs;
        leaders = b.leaders;
        indexByHalfword = compressed ? new int[texts.length][] : null;
        if (compressed) {
            for (int t = 0; t < texts.length; t++) {
                indexByHalfword[t] = halfwordIndex(texts[t]);
            }
        }
    }

    private int[] halfwordIndex(Text text) {
        int[] map = new int[(text.end - text.start >>> 1) + 1];
        Arrays.fill(map, -1);
        for (int i = text.first; i <= text.last; i++) {
            map[pcs[i] - text.start >>> 1] = i;
        }
        return map;
    }

    /** The segment that holds an address (unsigned), or null. */
    public @Nullable Text textOf(int pc) {
        for (Text t : texts) {
            if (t.contains(pc)) {
                return t;
            }
        }
        return null;
    }

    /**
     * Index of the instruction that starts at {@code pc} on the sweep's own boundaries, or −1. An END mark is found only
     * where the segment ends in the middle of an instruction (its pc is then inside the segment).
     */
    public int indexOf(int pc) {
        Text t = textOf(pc);
        if (t == null) {
            return -1;
        }
        int offset = pc - t.start;
        if (compressed) {
            return (offset & 1) != 0 ? -1 : indexByHalfword[textNumber(t)][offset >>> 1];
        }
        return (offset & 3) != 0 ? -1 : t.first + (offset >>> 2);
    }

    private int textNumber(Text t) {
        for (int i = 0; i < texts.length; i++) {
            if (texts[i] == t) {
                return i;
            }
        }
        throw new IllegalArgumentException("not a text of this code");
    }

    /** Whether a jump may have this target at all: in an executable segment and aligned to 2 (4 without RVC). */
    public boolean isJumpTarget(int pc) {
        return (pc & (compressed ? 1 : 3)) == 0 && textOf(pc) != null;
    }

    /** Whether instruction {@code i} starts a block. */
    public boolean isLeader(int i) {
        return (leaders[i >>> 6] >>> i & 1) != 0;
    }

    /** The bit set of leaders, bit {@code i & 63} of word {@code i >>> 6}. */
    public long[] leaderBits() {
        return leaders;
    }

    /** Index of the first leader at or behind an index, {@link #count} if there is none. */
    public int nextLeader(int i) {
        if (i >= count) {
            return count;
        }
        int w = i >>> 6;
        long word = leaders[w] >>> i << i;
        while (word == 0) {
            if (++w << 6 >= count) {
                return count;
            }
            word = leaders[w];
        }
        return (w << 6) + Long.numberOfTrailingZeros(word);
    }

    /** Index of the last leader at or before an index; 0 if there is none. */
    public int previousLeader(int i) {
        int w = i >>> 6;
        long word = leaders[w] << ~i >>> ~i;
        while (word == 0) {
            if (--w < 0) {
                return 0;
            }
            word = leaders[w];
        }
        return (w << 6) + 63 - Long.numberOfLeadingZeros(word);
    }

    /** Index of the last instruction of the block entered at instruction {@code i} (which need not be a leader). */
    public int blockEnd(int i) {
        return nextLeader(i + 1) - 1; // what follows the end of a block is a leader
    }

    /** Gas charged for entering at instruction {@code i}: every instruction from there to the end of its block. */
    public int blockCost(int i, CostModel costs) {
        return blockCost(i, nextLeader(i + 1), costs);
    }

    /** {@link #blockCost(int, CostModel)} for who knows the next leader already. */
    public int blockCost(int i, int nextLeader, CostModel costs) {
        return costs.sum(insts, i, nextLeader);
    }

    /** Collects the sweep. */
    public static final class Builder {
        private final int xlen;
        private final boolean embedded;
        private final boolean compressed;
        private int entry;
        private Text[] texts = new Text[0];
        private int count;
        private long[] insts;
        private int[] pcs;
        private long[] leaders;
        private boolean adopted;

        /** Starts a sweep; {@code expected} is a hint for the number of instructions. */
        public Builder(int xlen, boolean embedded, boolean compressed, int expected) {
            this.xlen = xlen;
            this.embedded = embedded;
            this.compressed = compressed;
            insts = new long[expected + 8];
            pcs = new int[expected + 8];
        }

        /** Adds an instruction and returns its index. */
        public int add(int pc, long inst) {
            if (count == insts.length) {
                insts = Arrays.copyOf(insts, count * 2);
                pcs = Arrays.copyOf(pcs, count * 2);
            }
            insts[count] = inst;
            pcs[count] = pc;
            return count++;
        }

        /** Number of instructions so far. */
        public int count() {
            return count;
        }

        /**
         * Takes whole arrays in place of single {@link #add}s and {@link #leader}s: packed instructions, their addresses,
         * how many there are, and a bit for each leader ({@code (count >>> 6) + 1} words or more). What follows the end of a
         * block must be among these.
         */
        public Builder adopt(long[] insts, int[] pcs, int count, long[] leaders) {
            this.insts = insts;
            this.pcs = pcs;
            this.count = count;
            this.leaders = leaders;
            adopted = true;
            return this;
        }

        /** Replaces the segments. */
        public Builder texts(Text... texts) {
            this.texts = texts;
            return this;
        }

        /** Sets the ELF entry. */
        public Builder entry(int pc) {
            entry = pc;
            return this;
        }

        /** Marks a leader. All instructions must have been added. */
        public void leader(int index) {
            if (leaders == null) {
                leaders = new long[(count >>> 6) + 1];
            }
            leaders[index >>> 6] |= 1L << index;
        }

        /** The finished code. END marks, and what follows the end of a block, are made leaders here. */
        public Code build() {
            for (Text t : texts) {
                leader(t.last);
                for (int i = t.first; i < t.last && !adopted; i++) {
                    if (Op.endsBlock(Inst.ordinal(insts[i]))) {
                        leader(i + 1);
                    }
                }
            }
            return new Code(this);
        }
    }
}
