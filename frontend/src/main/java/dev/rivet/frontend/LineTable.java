package dev.rivet.frontend;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Source lines of guest addresses, from the DWARF line programs (versions 2 to 5) of an ELF file. It names places in traps,
 * stack traces and profiles and decides nothing else: a program with a broken table runs like one without, so whatever is
 * malformed here ends the reading of its unit and is not an error.
 *
 * <p>Immutable; safe to share between threads. Manual: DWARF 5, section 6.2.
 */
public final class LineTable {
    /** A table that knows no address. */
    public static final LineTable EMPTY = new LineTable(new String[0], new long[0], new long[0], 0);

    /** Bounds what a hostile file can make us keep; a power of two, see {@link Reader#build}. */
    private static final int MAX_ROWS = 1 << 20;
    private static final int MAX_FILES = 65_536;
    /** Bounds the names of all units together, which may refer to the same long string again and again. Characters. */
    private static final int MAX_TEXT = 8 << 20;
    /** What a name costs of that besides its characters. */
    private static final int NAME_COST = 16;

    /** A line of a source file, counted from 1. */
    public record Location(String file, int line) {
        @Override
        public String toString() {
            return file + ":" + line;
        }
    }

    private final String[] files;
    private final long[] addresses; // unsigned 32-bit values, ascending
    private final long[] places; // file number << 32 | line; line 0 ends a sequence
    private final int count;

    private LineTable(String[] files, long[] addresses, long[] places, int count) {
        this.files = files;
        this.addresses = addresses;
        this.places = places;
        this.count = count;
    }

    /** Where the instruction at this address (unsigned) comes from, or null. */
    public Location find(int pc) {
        long key = Integer.toUnsignedLong(pc);
        int at = Arrays.binarySearch(addresses, 0, count, key);
        if (at < 0) {
            at = -at - 2;
        }
        while (at >= 0 && at + 1 < count && addresses[at + 1] == key) {
            at++;
        }
        if (at < 0 || (int) places[at] == 0) {
            return null;
        }
        return new Location(files[(int) (places[at] >>> 32)], (int) places[at]);
    }

    /** Number of rows. */
    public int size() {
        return count;
    }

    /**
     * Reads the sections; any may be null or empty.
     *
     * @param line .debug_line
     * @param lineStrings .debug_line_str (DWARF 5)
     * @param strings .debug_str (DWARF 5)
     */
    public static LineTable read(byte[] line, byte[] lineStrings, byte[] strings) {
        if (line == null || line.length == 0) {
            return EMPTY;
        }
        Reader reader = new Reader(orEmpty(lineStrings), orEmpty(strings));
        ByteBuffer in = ByteBuffer.wrap(line).order(ByteOrder.LITTLE_ENDIAN);
        while (in.remaining() > 4) {
            long length = Integer.toUnsignedLong(in.getInt());
            boolean wide = length == 0xffff_ffffL; // 64-bit DWARF, 7.4
            if (wide) {
                if (in.remaining() < 8) {
                    break;
                }
                length = in.getLong();
            }
            if (length < 0 || length > in.remaining()) {
                break;
            }
            ByteBuffer unit = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.position() + (int) length);
            try {
                reader.unit(unit, wide);
            } catch (BufferUnderflowException | IllegalArgumentException broken) {
                if (reader.text < 0) {
                    break;
                }
                continue; // the next unit may be whole
            }
        }
        return reader.build();
    }

    private static byte[] orEmpty(byte[] section) {
        return section == null ? new byte[0] : section;
    }

    /** Collects the rows of all units. */
    private static final class Reader {
        private final byte[] lineStrings;
        private final byte[] strings;
        private final List<String> files = new ArrayList<>();
        private long[] keys = new long[256];
        private long[] places = new long[256];
        private int count;
        /** What is left of {@link #MAX_TEXT}. */
        private int text = MAX_TEXT;

        Reader(byte[] lineStrings, byte[] strings) {
            this.lineStrings = lineStrings;
            this.strings = strings;
        }

        LineTable build() {
            // Sequences come in any order; sorted by address, the rows of one address keep theirs, but for an end row: it
            // must not hide the start of the next sequence at the same address.
            long[] order = new long[count];
            for (int i = 0; i < count; i++) {
                int starts = (int) places[i] == 0 ? 0 : MAX_ROWS;
                order[i] = keys[i] * (2 * MAX_ROWS) + (starts | i); // 32 bits of address, 1, and 20 of number
            }
            Arrays.sort(order);
            long[] sortedKeys = new long[count];
            long[] sortedPlaces = new long[count];
            for (int i = 0; i < count; i++) {
                int row = (int) order[i] & MAX_ROWS - 1;
                sortedKeys[i] = keys[row];
                sortedPlaces[i] = places[row];
            }
            return new LineTable(files.toArray(String[]::new), sortedKeys, sortedPlaces, count);
        }

        void unit(ByteBuffer in, boolean wide) {
            int version = in.getShort();
            if (version < 2 || version > 5) {
                return;
            }
            int addressSize = 8;
            if (version >= 5) {
                addressSize = in.get();
                in.get(); // segment selector size
            }
            long headerLength = offset(in, wide);
            if (headerLength < 0 || headerLength > in.remaining()) {
                return;
            }
            int program = in.position() + (int) headerLength;
            int minimum = in.get() & 0xff;
            if (version >= 4) {
                in.get(); // operations per instruction: no VLIW here
            }
            in.get(); // default is_stmt: every row names its line
            int lineBase = in.get();
            int lineRange = in.get() & 0xff;
            int opcodeBase = in.get() & 0xff;
            byte[] operands = new byte[Math.max(opcodeBase, 1)];
            for (int i = 1; i < opcodeBase; i++) {
                operands[i] = in.get();
            }
            if (lineRange == 0) {
                return;
            }
            int firstFile = files.size();
            if (version >= 5) {
                names5(in, wide);
            } else {
                files.add("?"); // files are counted from 1
                names4(in);
            }
            in.position(program);
            run(in, firstFile, minimum, lineBase, lineRange, opcodeBase, operands, addressSize);
        }

        private void names4(ByteBuffer in) {
            List<String> directories = new ArrayList<>();
            directories.add("");
            for (String d = string(in); !d.isEmpty(); d = string(in)) {
                directories.add(kept(d));
            }
            for (String f = string(in); !f.isEmpty(); f = string(in)) {
                long d = unsigned(in);
                unsigned(in);
                unsigned(in);
                addFile(directories, f, d);
            }
        }

        private void names5(ByteBuffer in, boolean wide) {
            List<String> directories = new ArrayList<>();
            entries(in, wide, directories, null);
            entries(in, wide, null, directories);
        }

        /** An entry-format description and the entries behind it (6.2.4.1): directories, or files of directories. */
        private void entries(ByteBuffer in, boolean wide, List<String> directories, List<String> of) {
            int formats = in.get() & 0xff;
            long[] types = new long[formats];
            long[] forms = new long[formats];
            for (int i = 0; i < formats; i++) {
                types[i] = unsigned(in);
                forms[i] = unsigned(in);
            }
            long entries = unsigned(in);
            // Entries of nothing take no bytes of the file, so their number would be the file's to choose.
            for (long e = 0; e < entries && e < MAX_FILES && formats > 0; e++) {
                String path = "";
                long directory = 0;
                for (int i = 0; i < formats; i++) {
                    if (types[i] == 1) { // DW_LNCT_path
                        path = text(in, wide, forms[i]);
                    } else if (types[i] == 2) { // DW_LNCT_directory_index
                        directory = number(in, forms[i]);
                    } else {
                        skip(in, wide, forms[i]);
                    }
                }
                if (of == null) {
                    directories.add(path);
                } else {
                    addFile(of, path, directory);
                }
            }
        }

        private void addFile(List<String> directories, String name, long directory) {
            if (files.size() >= MAX_FILES) {
                throw new IllegalArgumentException("too many files");
            }
            boolean inDirectory = directory > 0 && directory < directories.size() && !name.startsWith("/");
            files.add(kept(inDirectory ? directories.get((int) directory) + "/" + name : name));
        }

        /** The name, if there is room for it. */
        private String kept(String name) {
            text -= name.length() + NAME_COST;
            if (text < 0) {
                throw new IllegalArgumentException("too many names");
            }
            return name;
        }

        private void run(ByteBuffer in, int firstFile, int minimum, int lineBase, int lineRange, int opcodeBase,
                byte[] operands, int addressSize) {
            long address = 0;
            long file = 1;
            long line = 1;
            while (in.hasRemaining()) {
                int opcode = in.get() & 0xff;
                if (opcode >= opcodeBase) { // special opcode, 6.2.5.1
                    int adjusted = opcode - opcodeBase;
                    address += (long) (adjusted / lineRange) * minimum;
                    line += lineBase + adjusted % lineRange;
                    row(address, firstFile + file, line);
                    continue;
                }
                switch (opcode) {
                    case 0 -> { // extended opcode, 6.2.5.3
                        long length = unsigned(in);
                        if (length < 1 || length > in.remaining()) {
                            return;
                        }
                        int next = in.position() + (int) length;
                        switch (in.get()) {
                            case 1 -> {
                                row(address, firstFile, 0);
                                address = 0;
                                file = 1;
                                line = 1;
                            }
                            case 2 -> address = addressSize == 4 || length == 5
                                    ? Integer.toUnsignedLong(in.getInt())
                                    : in.getLong();
                            default -> {
                                // define_file, set_discriminator, vendor's own: nothing we keep
                            }
                        }
                        in.position(next);
                    }
                    case 1 -> row(address, firstFile + file, line);
                    case 2 -> address += unsigned(in) * minimum;
                    case 3 -> line += signed(in);
                    case 4 -> file = unsigned(in);
                    case 8 -> address += (long) ((255 - opcodeBase) / lineRange) * minimum;
                    case 9 -> address += in.getShort() & 0xffff;
                    default -> {
                        for (int i = 0; i < operands[opcode]; i++) {
                            unsigned(in);
                        }
                    }
                }
            }
        }

        private void row(long address, long file, long line) {
            if (address < 0 || address > 0xffff_ffffL || file < 0 || file >= files.size() || line < 0
                    || line > Integer.MAX_VALUE || count >= MAX_ROWS) {
                return;
            }
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, count * 2);
                places = Arrays.copyOf(places, count * 2);
            }
            keys[count] = address;
            places[count++] = file << 32 | line;
        }

        private static long offset(ByteBuffer in, boolean wide) {
            return wide ? in.getLong() : Integer.toUnsignedLong(in.getInt());
        }

        /** A string-class form (7.5.6). */
        private String text(ByteBuffer in, boolean wide, long form) {
            return kept(switch ((int) form) {
                case 0x08 -> string(in); // DW_FORM_string
                case 0x1f -> at(lineStrings, offset(in, wide)); // DW_FORM_line_strp
                case 0x0e -> at(strings, offset(in, wide)); // DW_FORM_strp
                default -> throw new IllegalArgumentException("form " + form);
            });
        }

        private static long number(ByteBuffer in, long form) {
            return switch ((int) form) {
                case 0x0b -> in.get() & 0xff; // DW_FORM_data1
                case 0x05 -> in.getShort() & 0xffff; // DW_FORM_data2
                case 0x0f -> unsigned(in); // DW_FORM_udata
                default -> throw new IllegalArgumentException("form " + form);
            };
        }

        private void skip(ByteBuffer in, boolean wide, long form) {
            switch ((int) form) {
                case 0x1e -> in.position(in.position() + 16); // DW_FORM_data16, the MD5
                case 0x0f -> unsigned(in);
                case 0x0b -> in.get();
                case 0x05 -> in.getShort();
                case 0x06 -> in.getInt(); // DW_FORM_data4
                case 0x07 -> in.getLong(); // DW_FORM_data8
                default -> text(in, wide, form);
            }
        }

        private static String at(byte[] section, long offset) {
            if (offset < 0 || offset >= section.length) {
                throw new IllegalArgumentException("string outside its section");
            }
            int end = (int) offset;
            while (end < section.length && end - offset < Symbols.LONGEST_NAME && section[end] != 0) {
                end++;
            }
            return Symbols.printable(new String(section, (int) offset, end - (int) offset, StandardCharsets.UTF_8));
        }

        private static String string(ByteBuffer in) {
            int start = in.position();
            while (in.get() != 0) {
                // to the terminator
            }
            byte[] bytes = new byte[Math.min(in.position() - 1 - start, Symbols.LONGEST_NAME)];
            in.get(start, bytes);
            return Symbols.printable(new String(bytes, StandardCharsets.UTF_8));
        }

        private static long unsigned(ByteBuffer in) {
            long value = 0;
            for (int shift = 0;; shift += 7) {
                byte b = in.get();
                if (shift < 64) {
                    value |= (long) (b & 0x7f) << shift;
                }
                if (b >= 0) {
                    return value;
                }
            }
        }

        private static long signed(ByteBuffer in) {
            long value = 0;
            for (int shift = 0;;) {
                byte b = in.get();
                if (shift < 64) {
                    value |= (long) (b & 0x7f) << shift;
                }
                shift += 7;
                if (b >= 0) {
                    return shift < 64 && (b & 0x40) != 0 ? value | -1L << shift : value;
                }
            }
        }
    }
}
