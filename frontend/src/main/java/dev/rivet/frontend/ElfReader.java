package dev.rivet.frontend;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Reads executables and refuses what Rivet does not run (DESIGN 1.1). Every refusal is an {@link ElfException}; no file
 * causes another exception. Looks at the ELF header and the program headers for all that matters; sections give names only.
 *
 * <p>All offsets, sizes and addresses come from a stranger: they are compared in 64 bits, unsigned, before any is added to
 * another.
 */
public final class ElfReader {
    /** Most bytes of executable segments. */
    public static final int MAX_EXECUTABLE = 32 << 20;
    /** Most loadable segments. */
    public static final int MAX_SEGMENTS = 64;
    /** Lowest guest address a segment may have. */
    public static final long LOW = 0x1_0000L;
    /** End of the guest addresses a segment may have. */
    public static final long HIGH = 0xffff_0000L;

    private static final int EM_RISCV = 243;
    private static final int EF_RVC = 1;
    private static final int EF_FLOAT_ABI = 6;
    private static final int EF_RVE = 8;
    private static final int PT_LOAD = 1;
    private static final int PT_INTERP = 3;
    private static final String LINK = "link it statically with lld or GNU ld for RISC-V";

    /** A class, since a method reference that is serializable, as {@code comparingLong} has it, takes milliseconds to link. */
    private static final Comparator<Segment> BY_START = new Comparator<>() {
        @Override
        public int compare(Segment a, Segment b) {
            return Long.compare(a.start(), b.start());
        }
    };

    private final byte[] bytes;
    private final ByteBuffer file;
    private boolean wide;
    private long code;

    private ElfReader(byte[] bytes) {
        this.bytes = bytes;
        file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads a file.
     *
     * @param contents the whole file; copied
     * @param memoryLimit most bytes of memory that the segments may take, in whole pages
     * @throws ElfException when the file is not one that Rivet runs
     */
    public static ElfFile read(byte[] contents, long memoryLimit) {
        return new ElfReader(contents.clone()).read(memoryLimit);
    }

    private ElfFile read(long memoryLimit) {
        identify();
        int flags = file.getInt(wide ? 0x30 : 0x24);
        int abi = flags & EF_FLOAT_ABI;
        if (abi != 0) {
            throw new ElfException(
                    "the program passes " + (abi == 2 ? "single" : abi == 4 ? "double" : "quad")
                            + "-precision floating point in registers",
                    "e_flags 0x" + Integer.toHexString(flags),
                    "compile for a soft-float ABI: -mabi=" + (wide ? "lp64 or lp64e" : "ilp32 or ilp32e"));
        }
        boolean compressed = (flags & EF_RVC) != 0;
        List<Segment> segments = segments();
        long entry = wide ? file.getLong(0x18) : file.getInt(0x18) & 0xffff_ffffL;
        checkTotals(segments, memoryLimit);
        checkEntry(segments, entry, compressed);
        Sections sections = new Sections(bytes, wide);
        return new ElfFile(wide ? 64 : 32, (flags & EF_RVE) != 0, compressed, entry, segments,
                sections.symbols(segments), sections);
    }

    private void identify() {
        if (bytes.length < 4 || file.getInt(0) != 0x464c_457f) {
            throw new ElfException("not an ELF file: it begins with " + firstBytes(), "offset 0",
                    "give a RISC-V executable");
        }
        if (bytes.length < 16) {
            throw truncated("in the ELF header", bytes.length);
        }
        int elfClass = bytes[4];
        if (elfClass != 1 && elfClass != 2) {
            throw new ElfException("ELF class " + (elfClass & 0xff) + " is neither 32-bit (1) nor 64-bit (2)",
                    "offset 4",
                    LINK);
        }
        wide = elfClass == 2;
        if (bytes[5] != 1) {
            throw new ElfException("ELF data encoding " + (bytes[5] & 0xff) + " is not little-endian (1)", "offset 5",
                    "compile for riscv32 or riscv64, not for their big-endian forms");
        }
        if (bytes[6] != 1) {
            throw new ElfException("ELF version " + (bytes[6] & 0xff) + " is not 1", "offset 6", LINK);
        }
        if (bytes.length < (wide ? 64 : 52)) {
            throw truncated("in the ELF header", bytes.length);
        }
        int machine = file.getShort(0x12) & 0xffff;
        if (machine != EM_RISCV) {
            throw new ElfException("the machine is " + machine(machine) + ", not RISC-V (243)", "offset 18",
                    "compile with --target=riscv32 or --target=riscv64");
        }
        int version = file.getInt(0x14);
        if (version != 1) {
            throw new ElfException("object file version " + (version & 0xffff_ffffL) + " is not 1", "offset 20", LINK);
        }
        checkType(file.getShort(0x10) & 0xffff);
    }

    private void checkType(int type) {
        switch (type) {
            case 2 :
                return;
            case 1 :
                throw new ElfException("an object file (ET_REL), not an executable", "offset 16", LINK);
            case 3 :
                int interpreter = findInterpreter();
                if (interpreter >= 0) {
                    throw dynamic(interpreter);
                }
                throw new ElfException("position-independent (ET_DYN): a shared library or PIE", "offset 16",
                        "link with -static -no-pie");
            case 4 :
                throw new ElfException("a core dump (ET_CORE), not an executable", "offset 16",
                        "give the executable itself");
            default :
                throw new ElfException("ELF type " + type + " is not ET_EXEC (2)", "offset 16", LINK);
        }
    }

    /** For a better message about a file that is refused anyway; looks only where it may. */
    private int findInterpreter() {
        long table = wide ? file.getLong(0x20) : file.getInt(0x1c) & 0xffff_ffffL;
        int size = wide ? 56 : 32;
        int count = file.getShort(wide ? 0x38 : 0x2c) & 0xffff;
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * size;
            if (table < 0 || at > bytes.length - size) {
                return -1;
            }
            if (file.getInt((int) at) == PT_INTERP) {
                return i;
            }
        }
        return -1;
    }

    private static ElfException dynamic(int header) {
        return new ElfException("dynamically linked (PT_INTERP)", "program header " + header, "link with -static");
    }

    private List<Segment> segments() {
        int size = wide ? 56 : 32;
        long table = wide ? file.getLong(0x20) : file.getInt(0x1c) & 0xffff_ffffL;
        int declared = file.getShort(wide ? 0x36 : 0x2a) & 0xffff;
        int count = file.getShort(wide ? 0x38 : 0x2c) & 0xffff;
        if (count == 0) {
            throw new ElfException("there are no program headers", "e_phnum", LINK);
        }
        if (declared != size) {
            throw new ElfException("program headers of " + declared + " bytes instead of " + size, "e_phentsize", LINK);
        }
        if (count == 0xffff) {
            throw new ElfException("65,535 or more program headers", "e_phnum", LINK);
        }
        if (table < 0 || table > bytes.length || (long) count * size > bytes.length - table) {
            throw truncated("before the end of the program headers", table);
        }
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int at = (int) table + i * size;
            int type = file.getInt(at);
            if (type == PT_INTERP) {
                throw dynamic(i);
            }
            if (type == PT_LOAD) {
                Segment s = segment(i, at);
                if (s != null) {
                    segments.add(s);
                    if (segments.size() > MAX_SEGMENTS) {
                        throw new ElfException("more than " + MAX_SEGMENTS + " loadable segments",
                                "program header " + i,
                                LINK);
                    }
                }
            }
        }
        segments.sort(BY_START);
        for (int i = 1; i < segments.size(); i++) {
            Segment a = segments.get(i - 1);
            Segment b = segments.get(i);
            if (b.start() < a.end()) {
                throw new ElfException("segments " + a.number() + " and " + b.number() + " overlap",
                        "%#x-%#x and %#x-%#x".formatted(a.start(), a.end(), b.start(), b.end()),
                        "mend the linker script");
            }
        }
        return List.copyOf(segments);
    }

    private Segment segment(int number, int at) {
        int flags = file.getInt(at + (wide ? 4 : 24)) & 7;
        long offset = wide ? file.getLong(at + 8) : file.getInt(at + 4) & 0xffff_ffffL;
        long address = wide ? file.getLong(at + 16) : file.getInt(at + 8) & 0xffff_ffffL;
        long fileSize = wide ? file.getLong(at + 32) : file.getInt(at + 16) & 0xffff_ffffL;
        long size = wide ? file.getLong(at + 40) : file.getInt(at + 20) & 0xffff_ffffL;
        String where = "segment " + number;
        if (Long.compareUnsigned(fileSize, size) > 0) {
            throw new ElfException(
                    "more bytes in the file (%s) than in memory (%s)".formatted(hex(fileSize), hex(size)),
                    where, LINK);
        }
        if (size == 0) {
            return null;
        }
        if (Long.compareUnsigned(address, LOW) < 0 || Long.compareUnsigned(address, HIGH) >= 0
                || Long.compareUnsigned(size, HIGH - address) > 0) {
            throw new ElfException(
                    "%s bytes at address %s reach out of 0x10000-0xffff0000".formatted(hex(size), hex(address)),
                    where, "link for addresses inside, such as -Wl,-Ttext=0x10000");
        }
        if ((flags & Segment.W) != 0 && (flags & Segment.X) != 0) {
            throw new ElfException("both writable and executable", where,
                    "separate code from data: do not link with -N, mend the linker script");
        }
        if (fileSize != 0 && (Long.compareUnsigned(offset, bytes.length) > 0 || fileSize > bytes.length - offset)) {
            throw truncated("before the end of segment " + number, offset);
        }
        int from = fileSize == 0 ? 0 : (int) offset;
        int length = (int) fileSize;
        long end = address + size;
        if ((flags & Segment.X) != 0) {
            code += size; // below 2³² each, and refused before the sum can grow
            if (code > MAX_EXECUTABLE) {
                throw new ElfException("%,d bytes of code are more than %,d".formatted(code, MAX_EXECUTABLE), where,
                        "make the program smaller: -Os, -Wl,--gc-sections");
            }
            if (fileSize < size) {
                // The sweep reads the zeros behind the file's bytes as instructions too.
                byte[] whole = Arrays.copyOf(Arrays.copyOfRange(bytes, from, from + length), (int) size);
                return new Segment(number, address, end, whole, 0, whole.length, flags);
            }
        }
        return new Segment(number, address, end, bytes, from, length, flags);
    }

    private void checkTotals(List<Segment> segments, long memoryLimit) {
        if (segments.isEmpty()) {
            throw new ElfException("no loadable segment", "program headers", LINK);
        }
        if (code == 0) {
            throw new ElfException("no executable segment", "program headers",
                    "link the code into a segment with flags r-x");
        }
        long mapped = new ElfFile(32, false, false, 0, segments, Symbols.NONE, null).mappedBytes();
        if (mapped > memoryLimit) {
            throw new ElfException(
                    "the segments take %,d bytes of memory, more than the limit of %,d".formatted(mapped, memoryLimit),
                    "program headers", "raise the memory limit");
        }
    }

    private static void checkEntry(List<Segment> segments, long entry, boolean compressed) {
        String remedy = "link with -e and the name of the start function";
        if ((entry & 1) != 0) {
            throw new ElfException("the entry point " + hex(entry) + " is odd", "e_entry", remedy);
        }
        boolean inside = false;
        for (Segment s : segments) {
            inside |= s.executable() && s.contains(entry);
        }
        if (!inside) {
            throw new ElfException("the entry point " + hex(entry) + " is in no executable segment", "e_entry", remedy);
        }
        if (!compressed && (entry & 2) != 0) {
            throw new ElfException("the entry point " + hex(entry)
                    + " is not a multiple of 4, and the file's flags say there are no compressed instructions",
                    "e_entry",
                    "compile everything with the same -march");
        }
    }

    private ElfException truncated(String what, long offset) {
        return new ElfException("the file ends " + what, "offset " + hex(offset) + " of " + bytes.length + " bytes",
                "get the whole file");
    }

    private String firstBytes() {
        if (bytes.length == 0) {
            return "nothing, it is empty";
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(4, bytes.length); i++) {
            text.append(i == 0 ? "" : " ").append("%02x".formatted(bytes[i]));
        }
        return text.toString();
    }

    private static String machine(int machine) {
        return switch (machine) {
            case 3 -> "x86 (3)";
            case 8 -> "MIPS (8)";
            case 40 -> "Arm (40)";
            case 62 -> "x86-64 (62)";
            case 183 -> "AArch64 (183)";
            case 247 -> "BPF (247)";
            default -> Integer.toString(machine);
        };
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
