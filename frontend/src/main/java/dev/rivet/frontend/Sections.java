package dev.rivet.frontend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Section headers of a file: optional, used for names and debug information only, and never an error. Whatever does not add
 * up is as if it were not there.
 */
public final class Sections {
    /** Most bytes of a section that are handed out. */
    static final int MOST_BYTES = 64 << 20;
    private static final int SHT_SYMTAB = 2;
    private static final int SHT_STRTAB = 3;
    private static final int SHT_NOBITS = 8;
    private static final int SHF_COMPRESSED = 1 << 11;
    private static final int STT_NOTYPE = 0;
    private static final int STT_OBJECT = 1;
    private static final int STT_FUNC = 2;

    private final ByteBuffer file;
    private final boolean wide;
    private final long table;
    private final int entrySize;
    private final int count;
    private final int names;

    Sections(byte[] bytes, boolean wide) {
        file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.wide = wide;
        table = wide ? file.getLong(0x28) : file.getInt(0x20) & 0xffff_ffffL;
        int at = wide ? 0x3a : 0x2e;
        entrySize = file.getShort(at) & 0xffff;
        int declared = file.getShort(at + 2) & 0xffff;
        names = file.getShort(at + 4) & 0xffff;
        boolean usable = entrySize >= (wide ? 64 : 40) && table > 0 && table < bytes.length;
        count = usable ? (int) Math.min(declared, (bytes.length - table) / entrySize) : 0;
    }

    /** The whole file, read only. */
    ByteBuffer file() {
        return file.asReadOnlyBuffer();
    }

    private int header(int section) {
        return (int) table + section * entrySize;
    }

    private int type(int section) {
        return file.getInt(header(section) + 4);
    }

    private long flags(int section) {
        return wide ? file.getLong(header(section) + 8) : file.getInt(header(section) + 8);
    }

    private long offset(int section) {
        return wide ? file.getLong(header(section) + 0x18) : file.getInt(header(section) + 0x10) & 0xffff_ffffL;
    }

    private long size(int section) {
        return wide ? file.getLong(header(section) + 0x20) : file.getInt(header(section) + 0x14) & 0xffff_ffffL;
    }

    private int link(int section) {
        return file.getInt(header(section) + (wide ? 0x28 : 0x18));
    }

    /** Whether the section has bytes and all of them are in the file. */
    private boolean whole(int section) {
        long offset = offset(section);
        long size = size(section);
        return type(section) != SHT_NOBITS && offset >= 0 && size >= 0 && offset <= file.limit()
                && size <= file.limit() - offset;
    }

    /**
     * A copy of the bytes of the first section with this name, or null. Compressed sections and those of more than
     * {@link #MOST_BYTES} count as missing: nothing needs them to run, and a copy is made only when a guest traps.
     */
    byte[] bytes(String name) {
        if (names >= count || !whole(names)) {
            return null;
        }
        byte[] wanted = (name + "\0").getBytes(StandardCharsets.UTF_8);
        for (int s = 0; s < count; s++) {
            long at = file.getInt(header(s)) & 0xffff_ffffL;
            if (at + wanted.length > size(names)) {
                continue;
            }
            int from = (int) (offset(names) + at);
            if (Arrays.equals(file.array(), from, from + wanted.length, wanted, 0, wanted.length) && whole(s)
                    && (flags(s) & SHF_COMPRESSED) == 0 && size(s) <= MOST_BYTES) {
                return Arrays.copyOfRange(file.array(), (int) offset(s), (int) (offset(s) + size(s)));
            }
        }
        return null;
    }

    /** The symbol table; {@code image} tells which labels without a type lie in code. */
    Symbols symbols(Iterable<Segment> image) {
        for (int s = 0; s < count; s++) {
            if (type(s) == SHT_SYMTAB && whole(s)) {
                int strings = link(s);
                if (strings >= 0 && strings < count && type(strings) == SHT_STRTAB && whole(strings)
                        && terminated(strings)) {
                    return symbols(s, strings, image);
                }
            }
        }
        return Symbols.NONE;
    }

    /** The string table ends with a zero, so every name in it ends inside. */
    private boolean terminated(int strings) {
        long end = offset(strings) + size(strings);
        return size(strings) > 0 && file.get((int) end - 1) == 0;
    }

    private Symbols symbols(int section, int strings, Iterable<Segment> image) {
        int step = wide ? 24 : 16;
        int start = (int) offset(section);
        int total = (int) (size(section) / step);
        long stringBytes = size(strings);
        long stringStart = offset(strings);
        long[] order = new long[total];
        int kept = 0;
        for (int i = 0; i < total; i++) {
            int at = start + i * step;
            long name = file.getInt(at) & 0xffff_ffffL;
            if (name != 0 && name < stringBytes && wanted(at, (int) (stringStart + name), image)) {
                // Address in the high half, number in the low: addresses are below 2³², checked by wanted().
                order[kept++] = address(at) << 32 | i;
            }
        }
        order = Arrays.copyOf(order, kept);
        for (int i = 0; i < kept; i++) {
            order[i] ^= Long.MIN_VALUE; // sort as unsigned
        }
        Arrays.sort(order);
        long[] addresses = new long[kept];
        long[] sizes = new long[kept];
        int[] nameOffsets = new int[kept];
        boolean[] functions = new boolean[kept];
        for (int i = 0; i < kept; i++) {
            int at = start + (int) order[i] * step;
            addresses[i] = address(at);
            sizes[i] = Math.max(0, wide ? file.getLong(at + 16) : file.getInt(at + 8) & 0xffff_ffffL);
            nameOffsets[i] = (int) (stringStart + (file.getInt(at) & 0xffff_ffffL));
            functions[i] = (info(at) & 15) != STT_OBJECT;
        }
        return new Symbols(file.array(), addresses, sizes, nameOffsets, functions);
    }

    private long address(int at) {
        return wide ? file.getLong(at + 8) : file.getInt(at + 4) & 0xffff_ffffL;
    }

    private int info(int at) {
        return file.get(at + (wide ? 4 : 12));
    }

    private boolean wanted(int at, int name, Iterable<Segment> image) {
        int type = info(at) & 15;
        int section = file.getShort(at + (wide ? 6 : 14));
        long address = address(at);
        if (section == 0 || address >>> 32 != 0 || file.get(name) == 0) {
            return false;
        }
        if (type == STT_FUNC || type == STT_OBJECT) {
            return true;
        }
        // Labels of assembly code have no type; $x, $d and .L… are the assembler's own.
        if (type != STT_NOTYPE || file.get(name) == '$' || file.get(name) == '.') {
            return false;
        }
        for (Segment s : image) {
            if (s.executable() && s.contains(address)) {
                return true;
            }
        }
        return false;
    }
}
