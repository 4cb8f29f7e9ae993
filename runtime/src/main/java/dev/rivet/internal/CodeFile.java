package dev.rivet.internal;

import dev.rivet.frontend.ProgramText;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Function;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What an entry of the code cache looks like: a header with what it is for, where jumps enter, tables that explain faults,
 * machine code, and a checksum of all that. A reader verifies the whole, but decodes only what running takes; the tables wait for the first
 * fault. Knows nothing of files and directories.
 *
 * <p>The checksum is CRC-32 and CRC-32C side by side, which is one CRC of 64 bits (the polynomials have no factor in
 * common): it misses one damaged entry of 2⁶⁴, and none that is damaged within eight bytes. A cryptographic digest would be
 * no stronger here, for whoever can write the entry can write its digest too; and SHA-256 of an entry takes as long as all
 * the rest of loading it. What an entry is <em>found</em> by is a SHA-256, because there a stranger chooses the program.
 */
public final class CodeFile {
    /** Version of this format; part of the cache's key. */
    public static final int FORMAT = 5;

    private static final int MAGIC = 0x52565443;
    private static final int NUMBERS = 64;
    private static final int KEY = 32;
    private static final int HEADER = NUMBERS + KEY;
    private static final int CHECKSUM = 8;

    private CodeFile() {
    }

    /**
     * The entry for a translation of a whole program.
     *
     * @param key SHA-256 of all that shapes it
     * @return its bytes, or null if it would be too large for any file
     */
    public static byte @Nullable [] encode(HostCode host, byte[] key) {
        int longs = host.deferred == null ? 0 : host.deferred.length;
        int lows = host.lowOnly == null ? 0 : host.lowOnly.length;
        long size = 5L * (16 + host.offsets.length + 2L * host.entries.length + host.code.texts.length
                + host.coldOffsets.length + host.coldIndexes.length + host.homeOf.length) + 8L * (longs + lows)
                + host.length + HEADER + CHECKSUM;
        if (size > Integer.MAX_VALUE - 64) {
            return null;
        }
        Writer out = new Writer(new byte[(int) size]);
        int enterable = enterable(host);
        int entriesAt = out.at;
        entries(out, host);
        int tablesAt = out.at;
        out.steps(host.offsets, host.code.count + 1);
        out.steps(host.coldOffsets, host.coldOffsets.length);
        out.steps(host.coldIndexes, host.coldIndexes.length);
        out.steps(host.homeOf, host.homeOf.length);
        out.longs(host.deferred);
        out.longs(host.lowOnly);
        int codeAt = out.at;
        System.arraycopy(host.bytes, 0, out.all, codeAt, host.length);
        ByteBuffer.wrap(out.all).order(ByteOrder.LITTLE_ENDIAN).putInt(MAGIC).putInt(FORMAT).putInt(host.code.count)
                .putInt(enterable).putInt(tablesAt - entriesAt).putInt(codeAt - tablesAt).putInt(host.length)
                .putInt(host.gasHome).putInt(host.missStub).putInt(host.finishStub).putInt(host.enterStub)
                .putInt(host.chained ? 1 : 0).putLong(host.badEntry).put(NUMBERS, key, 0, KEY);
        int body = codeAt + host.length;
        ByteBuffer.wrap(out.all).order(ByteOrder.LITTLE_ENDIAN).putLong(body, checksum(out.all, body));
        return Arrays.copyOf(out.all, body + CHECKSUM);
    }

    /** How many instructions have an entry. */
    private static int enterable(HostCode host) {
        int n = 0;
        for (int i = 0; i < host.code.count; i++) {
            n += host.entries[i] >= 0 ? 1 : 0;
        }
        return n;
    }

    /** For each text how many entries it has, and for each by how much address and offset differ from those before. */
    private static void entries(Writer out, HostCode host) {
        Code code = host.code;
        int offset = 0;
        for (Code.Text t : code.texts) {
            int n = 0;
            for (int i = t.first(); i <= t.last(); i++) {
                n += host.entries[i] >= 0 ? 1 : 0;
            }
            out.number(n);
            int pc = t.start();
            for (int i = t.first(); i <= t.last(); i++) {
                if (host.entries[i] >= 0) {
                    out.number(code.pcs[i] - pc >>> 1);
                    out.signed(host.entries[i] - offset);
                    pc = code.pcs[i];
                    offset = host.entries[i];
                }
            }
        }
    }

    /**
     * An entry as machine code, or null if it is damaged or cannot be one for this program.
     *
     * @param all the bytes, from here on not changed by anybody
     * @param key what the entry has to be for; an entry under another's name is as good as damaged
     * @param text the program
     * @param translate translates it again, should the tables turn out not to be this program's
     */
    public static @Nullable MachineCode decode(byte[] all, byte[] key, ProgramText text, Target target,
            Backend.Options options, Function<Code, HostCode> translate) {
        int body = all.length - CHECKSUM;
        if (body < HEADER || ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).getLong(body) != checksum(all, body)) {
            return null;
        }
        Header head = new Header(all);
        int tablesAt = HEADER + head.entriesSize;
        if (head.magic != MAGIC || head.format != FORMAT || !Arrays.equals(all, NUMBERS, HEADER, key, 0, KEY)
                || (head.entriesSize | head.tablesSize | head.length | head.enterable) < 0
                || (long) tablesAt + head.tablesSize + head.length != body || head.enterable > head.entriesSize
                || head.count < text.texts().size() || outside(head.missStub, head.length)
                || outside(head.finishStub, head.length) || outside(head.enterStub, head.length)) {
            return null;
        }
        int[] pcs = new int[head.enterable];
        int[] entries = new int[head.enterable];
        int n;
        try {
            n = entries(new Reader(all, HEADER, tablesAt), text, head.length, pcs, entries);
        } catch (IllegalArgumentException tooShort) {
            return null;
        }
        if (n < 0) {
            return null;
        }
        byte[] front = Arrays.copyOf(all, body - head.length); // the rest is needed only until it has been placed
        return new MachineCode(target, head.count - text.texts().size(), all, body - head.length, head.length,
                head.missStub, head.finishStub, head.enterStub, head.badEntry, Arrays.copyOf(pcs, n),
                Arrays.copyOf(entries, n), null, code -> whole(front, code, text.code(), target, options, translate));
    }

    private static boolean outside(int stub, int length) {
        return stub < 0 || stub >= length;
    }

    private static long checksum(byte[] all, int length) {
        CRC32 first = new CRC32();
        first.update(all, 0, length);
        CRC32C second = new CRC32C();
        second.update(all, 0, length);
        return first.getValue() << 32 | second.getValue();
    }

    /** Entries of the texts' own addresses; how many, or −1 if they cannot be this program's. */
    private static int entries(Reader in, ProgramText text, int length, int[] pcs, int[] entries) {
        int n = 0;
        int seen = 0;
        int offset = 0;
        for (ProgramText.Range t : text.texts()) {
            int count = in.number();
            int size = t.end() - t.start();
            if (count < 0 || count > pcs.length - seen) {
                return -1;
            }
            seen += count;
            int at = 0;
            for (int i = 0; i < count; i++) {
                int step = in.number();
                offset += in.signed();
                // An end mark may have the address behind the text. It has no place in the table.
                boolean behind = i == count - 1 && at + 2L * step == Integer.toUnsignedLong(size);
                if (step < 0 || i > 0 && step == 0 || at + 2L * step >= size && !behind || offset < 0
                        || offset >= length) {
                    return -1;
                }
                at += 2 * step;
                if (!behind) {
                    pcs[n] = t.start() + at;
                    entries[n++] = offset;
                }
            }
        }
        return seen == pcs.length && in.atEnd() ? n : -1;
    }

    /**
     * All of a translation. Nothing but forgery can make tables that verify and do not fit the program; the program is
     * translated again then, which gives the code that runs if that at least is right.
     */
    private static HostCode whole(byte[] front, byte[] bytes, Code code, Target target, Backend.Options options,
            Function<Code, HostCode> translate) {
        Header head = new Header(front);
        HostCode found = head.count == code.count ? tables(front, head, code, target, options, bytes) : null;
        if (found == null) {
            found = translate.apply(code);
            if (!Arrays.equals(bytes, 0, bytes.length, found.bytes, 0, found.length)) {
                throw new BrokenWorkerException("the code cache had another program's machine code");
            }
        }
        return found;
    }

    private static @Nullable HostCode tables(byte[] all, Header head, Code code, Target target,
            Backend.Options options, byte[] bytes) {
        int tablesAt = HEADER + head.entriesSize;
        try {
            int[] entries = entries(new Reader(all, HEADER, tablesAt), code);
            Reader in = new Reader(all, tablesAt, tablesAt + head.tablesSize);
            int[] offsets = in.steps();
            int[] coldOffsets = in.steps();
            int[] coldIndexes = in.steps();
            int[] homeOf = in.steps();
            long[] deferred = in.longs();
            long[] lowOnly = in.longs();
            if (!in.atEnd() || offsets.length != code.count + 1 || coldOffsets.length != coldIndexes.length
                    || homeOf.length < 32) {
                return null;
            }
            return new HostCode(code, options, target, bytes, head.length, 0, offsets, entries, coldOffsets,
                    coldIndexes, homeOf, head.gasHome, head.missStub, head.finishStub, head.enterStub, head.badEntry,
                    deferred, lowOnly, head.chained);
        } catch (IllegalArgumentException tooShort) {
            return null;
        }
    }

    /** Entries by instruction, once it is known which instructions there are. */
    private static int[] entries(Reader in, Code code) {
        int[] entries = new int[code.count];
        Arrays.fill(entries, -1);
        int offset = 0;
        for (Code.Text t : code.texts) {
            int pc = t.start();
            for (int left = in.number(); left > 0; left--) {
                pc += 2 * in.number();
                offset += in.signed();
                int i = t.contains(pc) ? code.indexOf(pc) : t.last();
                if (i < 0) {
                    throw new IllegalArgumentException("an entry at no instruction");
                }
                entries[i] = offset;
            }
        }
        return entries;
    }

    /** The fixed part of an entry, not looked at yet. */
    private static final class Header {
        final int magic;
        final int format;
        final int count;
        final int enterable;
        final int entriesSize;
        final int tablesSize;
        final int length;
        final int gasHome;
        final int missStub;
        final int finishStub;
        final int enterStub;
        final boolean chained;
        final long badEntry;

        Header(byte[] all) {
            ByteBuffer in = ByteBuffer.wrap(all, 0, NUMBERS).order(ByteOrder.LITTLE_ENDIAN);
            magic = in.getInt();
            format = in.getInt();
            count = in.getInt();
            enterable = in.getInt();
            entriesSize = in.getInt();
            tablesSize = in.getInt();
            length = in.getInt();
            gasHome = in.getInt();
            missStub = in.getInt();
            finishStub = in.getInt();
            enterStub = in.getInt();
            chained = in.getInt() != 0;
            badEntry = in.getLong();
        }
    }

    /**
     * Writes numbers, seven bits a byte, the lowest first, bit 7 set in all bytes but the last. Signed ones have their sign
     * in bit 0.
     */
    private static final class Writer {
        final byte[] all;
        int at = HEADER;

        Writer(byte[] all) {
            this.all = all;
        }

        void number(int value) {
            int rest = value;
            for (; (rest & ~0x7f) != 0; rest >>>= 7) {
                all[at++] = (byte) (rest | 0x80);
            }
            all[at++] = (byte) rest;
        }

        void signed(int value) {
            number(value << 1 ^ value >> 31);
        }

        /** Numbers that mostly differ little from the one before. */
        void steps(int[] values, int count) {
            number(count);
            int before = 0;
            for (int i = 0; i < count; i++) {
                signed(values[i] - before);
                before = values[i];
            }
        }

        void longs(long @Nullable [] values) {
            number(values == null ? 0 : values.length + 1);
            for (int i = 0; values != null && i < values.length; i++, at += 8) {
                ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(at, values[i]);
            }
        }
    }

    /** Reads what {@link Writer} wrote; throws IllegalArgumentException where there is too little. */
    private static final class Reader {
        private final byte[] all;
        private int at;
        private final int end;

        Reader(byte[] all, int at, int end) {
            this.all = all;
            this.at = at;
            this.end = end;
        }

        boolean atEnd() {
            return at == end;
        }

        int number() {
            int value = 0;
            for (int shift = 0;; shift += 7) {
                if (at == end || shift > 28) {
                    throw new IllegalArgumentException("number");
                }
                byte b = all[at++];
                value |= (b & 0x7f) << shift;
                if (b >= 0) {
                    return value;
                }
            }
        }

        int signed() {
            int coded = number();
            return coded >>> 1 ^ -(coded & 1);
        }

        int[] steps() {
            int[] values = new int[room(number(), 1)];
            int value = 0;
            for (int i = 0; i < values.length; i++) {
                value += signed();
                values[i] = value;
            }
            return values;
        }

        long @Nullable [] longs() {
            int count = number() - 1;
            if (count == -1) {
                return null;
            }
            long[] values = new long[room(count, 8)];
            ByteBuffer.wrap(all, at, end - at).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(values);
            at += 8 * values.length;
            return values;
        }

        private int room(int count, int size) {
            if (count < 0 || count > (end - at) / size) {
                throw new IllegalArgumentException("count");
            }
            return count;
        }
    }
}
