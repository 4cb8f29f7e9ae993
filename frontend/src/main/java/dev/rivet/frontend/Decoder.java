package dev.rivet.frontend;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Words to packed {@link Inst}, fast: the decoder that the sweep uses. One object for each kind of program (width, RVE);
 * shared by all threads.
 *
 * <p>Four-byte words go through an index made from {@link Rv} when the class is loaded: opcode, funct3 and funct7 choose
 * the row, or a second index by the rs2 field where rows differ only there. Every hit is then checked against the row's own
 * mask, so a word can only ever decode as a row it really matches; that none is missed, tests compare with
 * {@link Rv#find}. Two-byte words go through the hand-written switch of {@link Decoder16}, which tests compare with
 * {@link RvC} for all 65,536 values.
 */
public final class Decoder {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int ILLEGAL = Op.ILLEGAL.ordinal();
    /** Highest bit of each register field of a packed Inst. */
    private static final int HIGH_REGISTERS = 0x42_1000;

    /**
     * Eight ints a row, row 0 matching no word. So one cache line answers all, and no branch depends on the form:
     * immediates are the or of the word shifted in five ways, each under a mask.
     *
     * <pre>
     * 0  the fixed bits                       4  immediate: mask for the word as it is
     * 1  their values                         5  immediate: mask for word »» 7
     * 2  operation, and ones where Inst has   6  immediate: mask for word « 4
     *    registers that the row has           7  immediate: mask for word »» 9
     * 3  immediate: mask for word » 20
     * </pre>
     */
    private static final int[] ROWS = rows();
    /** Keeps a row's place within the table, so that the JVM's compiler sees that it is. */
    private static final int ROWS_MASK = 0x7f8;

    private static int[] rows() {
        Rv[] rows = Rv.values();
        int[] table = new int[ROWS_MASK + 8];
        if ((rows.length + 1) * 8 > table.length) {
            throw new IllegalStateException(rows.length + " rows");
        }
        table[1] = 1;
        for (Rv row : rows) {
            Encoding e = row.encoding;
            int at = (row.ordinal() + 1) * 8;
            table[at] = e.mask;
            table[at + 1] = e.match;
            table[at + 2] = row.op.ordinal() | (e.has(Encoding.RD) ? 31 << 8 : 0)
                    | (e.has(Encoding.RS1) ? 31 << 13 : 0) | (e.has(Encoding.RS2) ? 31 << 18 : 0);
            switch (row.form) {
                case R, UNARY, LR, AMO, NONE -> {
                }
                case I, LOAD -> table[at + 3] = e.immSigned ? -1 : 63;
                case S -> {
                    table[at + 3] = ~31;
                    table[at + 5] = 31;
                }
                case B -> {
                    table[at + 3] = ~0xfff | 0x7e0;
                    table[at + 5] = 0x1e;
                    table[at + 6] = 0x800;
                }
                case U -> table[at + 4] = ~0xfff;
                case J -> {
                    table[at + 3] = ~0xf_ffff | 0x7fe;
                    table[at + 4] = 0xf_f000;
                    table[at + 7] = 0x800;
                }
            }
        }
        return table;
    }

    /** By width and RVE; made when first asked for. */
    private static final Decoder[] ALL = new Decoder[4];

    /** By opcode[6:2] | funct3 « 5 | funct7 « 8: a row number, or ~n for the n-th group of 32 in {@link #byRs2}. */
    private final short[] index;
    /** Row numbers by rs2 field. */
    private final short[] byRs2;
    /**
     * By halfword, what was decoded before; never 0 then (every two-byte Inst says that it is one). Code uses few of the
     * 65,536 values, and a hit costs a load where the switches cost two mispredicted branches. Opaque, so that threads see
     * whole values; whichever wins, they are the same.
     */
    private final long[] halves = new long[1 << 16];
    private final int forbidden;
    private final boolean rv64;

    private Decoder(int xlen, boolean embedded) {
        rv64 = xlen == 64;
        forbidden = embedded ? HIGH_REGISTERS : 0;
        index = new short[1 << 15];
        short[] groups = new short[32 * 32];
        int used = 0;
        for (Rv row : Rv.values()) {
            if (!row.in(xlen)) {
                continue;
            }
            int mask = key(row.encoding.mask);
            int match = key(row.encoding.match);
            // The fixed bits above the key, or a value that rs2 must not have, tell rows of one key apart.
            boolean split = (row.encoding.mask >>> 20 & 31) == 31 || !row.encoding.accepts(Encoding.RS2, 0);
            int free = ~mask & 0x7fff;
            for (int sub = free;; sub = sub - 1 & free) {
                int key = match | sub;
                if (!split) {
                    claim(index, key, row);
                } else {
                    if (index[key] == 0) {
                        index[key] = (short) ~used++;
                    } else if (index[key] > 0) {
                        throw new IllegalStateException(row + " overlaps " + index[key]);
                    }
                    for (int rs2 = 0; rs2 < 32; rs2++) {
                        if (row.encoding.matches(row.encoding.match & ~(31 << 20) | rs2 << 20)) {
                            claim(groups, (~index[key] << 5) + rs2, row);
                        }
                    }
                }
                if (sub == 0) {
                    break;
                }
            }
        }
        byRs2 = groups;
    }

    private static void claim(short[] table, int at, Rv row) {
        if (table[at] != 0) {
            throw new IllegalStateException(row + " overlaps another row");
        }
        table[at] = (short) (row.ordinal() + 1);
    }

    private static int key(int word) {
        return word >>> 2 & 0x1f | word >>> 7 & 0xe0 | word >>> 17 & 0x7f00;
    }

    /** The decoder for programs of this width (32 or 64); {@code embedded}: x16–x31 do not exist. */
    public static Decoder of(int xlen, boolean embedded) {
        if (xlen != 32 && xlen != 64) {
            throw new IllegalArgumentException("xlen is " + xlen + ", not 32 or 64");
        }
        int which = (xlen >>> 5) - 1 << 1 | (embedded ? 1 : 0);
        synchronized (ALL) {
            if (ALL[which] == null) {
                ALL[which] = new Decoder(xlen, embedded);
            }
            return ALL[which];
        }
    }

    /** A four-byte word; {@link Op#ILLEGAL} if it is none of {@link Rv} (low two bits other than 11 included). */
    public long decode(int word) {
        int row = index[key(word)];
        if (row < 0) {
            row = byRs2[(~row << 5) + (word >>> 20 & 31)];
        }
        row = row << 3 & ROWS_MASK;
        int meaning = ROWS[row + 2];
        int registers = (word << 1 & 0x1f00 | word >>> 2 & 0x7f_e000) & meaning;
        if (((word & ROWS[row]) - ROWS[row + 1] | registers & forbidden) != 0) {
            return ILLEGAL | (long) word << 32;
        }
        int imm = word >> 20 & ROWS[row + 3] | word & ROWS[row + 4] | word >>> 7 & ROWS[row + 5]
                | word << 4 & ROWS[row + 6] | word >>> 9 & ROWS[row + 7];
        return meaning & 0xff | registers | (long) imm << 32;
    }

    /** The low 16 bits as a two-byte instruction; {@link Op#ILLEGAL} if they are none of {@link RvC}. */
    public long decode16(int half) {
        long inst = (long) LONGS.getOpaque(halves, half & 0xffff);
        return inst != 0 ? inst : remember(half & 0xffff);
    }

    private long remember(int half) {
        long inst = Decoder16.decode(half, rv64);
        if (((int) inst & forbidden) != 0) {
            inst = Decoder16.illegal(half);
        }
        LONGS.setOpaque(halves, half, inst);
        return inst;
    }
}
