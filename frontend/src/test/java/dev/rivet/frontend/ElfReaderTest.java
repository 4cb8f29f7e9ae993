package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the reader accepts, and one line for each kind of file that it does not. */
class ElfReaderTest {
    private static final long LIMIT = 256 << 20;

    // Offsets in the ELF header, 32-bit and 64-bit.
    private static final int[] ENTRY = {0x18, 0x18}, PHOFF = {0x1c, 0x20}, FLAGS = {0x24, 0x30},
            PHENTSIZE = {0x2a, 0x36}, PHNUM = {0x2c, 0x38};
    // Offsets in a program header.
    private static final int[] P_FLAGS = {24, 4}, P_OFFSET = {4, 8}, P_VADDR = {8, 16}, P_FILESZ = {16, 32},
            P_MEMSZ = {20, 40};

    private final List<DynamicTest> tests = new ArrayList<>();

    /** One field of the minimal file changed; index 0 is for 32 bits, 1 for 64. */
    private record Patch(ByteBuffer file, int w) {
        void half(int at, int value) {
            file.putShort(at, (short) value);
        }

        /** A 32-bit field, or a 64-bit one in a wide file. */
        void field(int at, long value) {
            if (w == 1) {
                file.putLong(at, value);
            } else {
                file.putInt(at, (int) value);
            }
        }

        int header(int n) {
            return w == 1 ? 64 + 56 * n : 52 + 32 * n;
        }
    }

    /** A patch of the minimal file, in both widths. */
    private void refuse(String name, String message, Consumer<Patch> change) {
        for (int w = 0; w < 2; w++) {
            int which = w;
            tests.add(DynamicTest.dynamicTest(name + (w == 0 ? ", 32" : ", 64"), () -> {
                byte[] bytes = ElfWriter.minimal(which == 0 ? 32 : 64).write();
                change.accept(new Patch(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN), which));
                expect(bytes, LIMIT, message);
            }));
        }
    }

    private void refuse(String name, String message, byte[] bytes) {
        tests.add(DynamicTest.dynamicTest(name, () -> expect(bytes, LIMIT, message)));
    }

    private static void expect(byte[] bytes, long limit, String message) {
        ElfException e = assertThrows(ElfException.class, () -> ElfReader.read(bytes, limit));
        assertTrue(e.getMessage().startsWith(message), () -> "expected: " + message + "\n but was: " + e.getMessage());
        assertFalse(e.getMessage().contains("\n"));
        assertEquals(e.what() + " (" + e.where() + "): " + e.remedy(), e.getMessage());
        for (String part : List.of(e.what(), e.where(), e.remedy())) {
            assertFalse(part.isBlank());
        }
    }

    @TestFactory
    List<DynamicTest> refusesTheHeader() {
        refuse("empty", "not an ELF file: it begins with nothing, it is empty (offset 0)", new byte[0]);
        refuse("one byte", "not an ELF file: it begins with 7f (offset 0)", new byte[]{0x7f});
        refuse("a script", "not an ELF file: it begins with 23 21 2f 62 (offset 0)", "#!/bin/sh\n".getBytes());
        refuse("magic", "not an ELF file: it begins with 7f 45 4c 47", p -> p.file.put(3, (byte) 'G'));
        refuse("only the magic", "the file ends in the ELF header (offset 0x4 of 4 bytes)",
                new byte[]{0x7f, 'E', 'L', 'F'});
        refuse("15 bytes", "the file ends in the ELF header", Arrays.copyOf(ElfWriter.minimal(32).write(), 15));
        refuse("51 bytes", "the file ends in the ELF header", Arrays.copyOf(ElfWriter.minimal(32).write(), 51));
        refuse("63 bytes", "the file ends in the ELF header", Arrays.copyOf(ElfWriter.minimal(64).write(), 63));
        refuse("class 0", "ELF class 0 is neither", p -> p.file.put(4, (byte) 0));
        refuse("class 3", "ELF class 3 is neither", p -> p.file.put(4, (byte) 3));
        refuse("big-endian", "ELF data encoding 2 is not little-endian (1) (offset 5)", p -> p.file.put(5, (byte) 2));
        refuse("no encoding", "ELF data encoding 0 is not", p -> p.file.put(5, (byte) 0));
        refuse("ident version", "ELF version 0 is not 1 (offset 6)", p -> p.file.put(6, (byte) 0));
        refuse("version", "object file version 7 is not 1 (offset 20)", p -> p.file.putInt(20, 7));
        refuse("x86-64", "the machine is x86-64 (62), not RISC-V", p -> p.half(0x12, 62));
        refuse("AArch64", "the machine is AArch64 (183), not RISC-V", p -> p.half(0x12, 183));
        refuse("unknown machine", "the machine is 65535, not RISC-V", p -> p.half(0x12, 0xffff));
        refuse("object file", "an object file (ET_REL), not an executable (offset 16): link it", p -> p.half(0x10, 1));
        refuse("PIE", "position-independent (ET_DYN): a shared library or PIE (offset 16): link with -static -no-pie",
                p -> p.half(0x10, 3));
        refuse("dynamic PIE", "dynamically linked (PT_INTERP) (program header 1): link with -static", p -> {
            p.half(0x10, 3);
            p.file.putInt(p.header(1), 3);
        });
        refuse("PIE, header table outside", "position-independent (ET_DYN)", p -> {
            p.half(0x10, 3);
            p.field(PHOFF[p.w], -1);
        });
        refuse("core dump", "a core dump (ET_CORE)", p -> p.half(0x10, 4));
        refuse("no type", "ELF type 0 is not ET_EXEC (2)", p -> p.half(0x10, 0));
        refuse("own type", "ELF type 65024 is not ET_EXEC", p -> p.half(0x10, 0xfe00));
        refuse("single float ABI", "the program passes single-precision floating point in registers (e_flags 0xa)",
                p -> p.file.putInt(FLAGS[p.w], 0xa));
        refuse("double float ABI", "the program passes double-precision", p -> p.file.putInt(FLAGS[p.w], 4));
        refuse("quad float ABI", "the program passes quad-precision", p -> p.file.putInt(FLAGS[p.w], 6));
        refuse("odd entry", "the entry point 0x10001 is odd (e_entry)", p -> p.field(ENTRY[p.w], 0x10001));
        refuse("entry in data", "the entry point 0x12000 is in no executable segment (e_entry)",
                p -> p.field(ENTRY[p.w], 0x12000));
        refuse("entry at 0", "the entry point 0x0 is in no executable", p -> p.field(ENTRY[p.w], 0));
        refuse("entry behind the code", "the entry point 0x10008 is in no", p -> p.field(ENTRY[p.w], 0x10008));
        refuse("entry 2 mod 4", "the entry point 0x10002 is not a multiple of 4", p -> p.field(ENTRY[p.w], 0x10002));
        refuse("no program headers", "there are no program headers (e_phnum)", p -> p.half(PHNUM[p.w], 0));
        refuse("header size 0", "program headers of 0 bytes instead of", p -> p.half(PHENTSIZE[p.w], 0));
        refuse("header size", "program headers of 57 bytes instead of", p -> p.half(PHENTSIZE[p.w], 57));
        refuse("too many headers", "65,535 or more program headers", p -> p.half(PHNUM[p.w], 0xffff));
        refuse("headers outside", "the file ends before the end of the program headers",
                p -> p.half(PHNUM[p.w], 0x1000));
        refuse("header table outside", "the file ends before the end of the program headers",
                p -> p.field(PHOFF[p.w], 0x7fff_ffff));
        refuse("header table far outside", "the file ends before the end of the program headers",
                p -> p.field(PHOFF[p.w], -1));
        tests.add(DynamicTest.dynamicTest("entry beyond 32 bits", () -> {
            byte[] bytes = ElfWriter.minimal(64).write();
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0x18, 0x1_0001_0000L);
            expect(bytes, LIMIT, "the entry point 0x100010000 is in no executable segment");
        }));
        return tests;
    }

    @TestFactory
    List<DynamicTest> refusesSegments() {
        refuse("interpreter", "dynamically linked (PT_INTERP) (program header 1): link with -static",
                p -> p.file.putInt(p.header(1), 3));
        refuse("writable code", "both writable and executable (segment 0): separate",
                p -> p.file.putInt(p.header(0) + P_FLAGS[p.w], 7));
        refuse("write-only code", "both writable and executable", p -> p.file.putInt(p.header(0) + P_FLAGS[p.w], 3));
        refuse("no code", "no executable segment (program headers)",
                p -> p.file.putInt(p.header(0) + P_FLAGS[p.w], 4));
        refuse("nothing loadable", "no loadable segment", p -> {
            p.file.putInt(p.header(0), 4);
            p.file.putInt(p.header(1), 0x6474e551);
        });
        refuse("only empty segments", "no loadable segment", p -> {
            for (int i = 0; i < 2; i++) {
                p.field(p.header(i) + P_FILESZ[p.w], 0);
                p.field(p.header(i) + P_MEMSZ[p.w], 0);
            }
        });
        refuse("more in the file", "more bytes in the file (0x8) than in memory (0x7) (segment 0)",
                p -> p.field(p.header(0) + P_MEMSZ[p.w], 7));
        refuse("file bytes of nothing", "more bytes in the file (0x8) than in memory (0x0) (segment 0)",
                p -> p.field(p.header(0) + P_MEMSZ[p.w], 0));
        refuse("truncated segment", "the file ends before the end of segment 1",
                p -> p.field(p.header(1) + P_FILESZ[p.w], 0x1000));
        refuse("offset outside", "the file ends before the end of segment 0",
                p -> p.field(p.header(0) + P_OFFSET[p.w], 0xffff_fff8L));
        refuse("offset far outside", "the file ends before the end of segment 0",
                p -> p.field(p.header(0) + P_OFFSET[p.w], -8));
        refuse("too low", "0x8 bytes at address 0xfff8 reach out of 0x10000-0xffff0000 (segment 0)",
                p -> p.field(p.header(0) + P_VADDR[p.w], 0xfff8));
        refuse("at 0", "0x8 bytes at address 0x0 reach out of", p -> p.field(p.header(0) + P_VADDR[p.w], 0));
        refuse("too high", "0x2000 bytes at address 0xfffef000 reach out of",
                p -> p.field(p.header(1) + P_VADDR[p.w], 0xfffef000L));
        refuse("at the top", "0x2000 bytes at address 0xfffff000 reach out of",
                p -> p.field(p.header(1) + P_VADDR[p.w], 0xfffff000L));
        refuse("size wraps", "0xffffffff bytes at address 0x12000 reach out of",
                p -> p.field(p.header(1) + P_MEMSZ[p.w], 0xffff_ffffL));
        refuse("overlap", "segments 0 and 1 overlap (0x10000-0x10008 and 0x10007-0x12007)",
                p -> p.field(p.header(1) + P_VADDR[p.w], 0x10007));
        refuse("same place", "segments 0 and 1 overlap", p -> p.field(p.header(1) + P_VADDR[p.w], 0x10000));
        refuse("overlap out of order", "segments 1 and 0 overlap (0x10000-0x12000 and 0x11ff8-0x12000)", p -> {
            p.field(p.header(0) + P_VADDR[p.w], 0x11ff8);
            p.field(p.header(1) + P_VADDR[p.w], 0x10000);
        });
        refuse("too much code", "33,554,433 bytes of code are more than 33,554,432 (segment 0)",
                p -> p.field(p.header(0) + P_MEMSZ[p.w], ElfReader.MAX_EXECUTABLE + 1));
        refuse("too much code in two", "33,554,440 bytes of code are more than 33,554,432 (segment 1)", p -> {
            p.file.putInt(p.header(1) + P_FLAGS[p.w], 5);
            p.field(p.header(1) + P_MEMSZ[p.w], ElfReader.MAX_EXECUTABLE);
        });
        refuse("too much memory", "the segments take 268,443,648 bytes of memory, more than the limit of 268,435,456",
                p -> p.field(p.header(1) + P_MEMSZ[p.w], (256 << 20) + 1));
        for (long bad : new long[]{0x8000_0000_0001_0000L, 0x1_0001_0000L, -1}) {
            tests.add(DynamicTest.dynamicTest("address " + Long.toHexString(bad), () -> {
                byte[] bytes = ElfWriter.minimal(64).write();
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 16, bad);
                expect(bytes, LIMIT, "0x8 bytes at address 0x" + Long.toHexString(bad) + " reach out of");
            }));
            tests.add(DynamicTest.dynamicTest("memory size " + Long.toHexString(bad), () -> {
                byte[] bytes = ElfWriter.minimal(64).write();
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 56 + 40, bad);
                expect(bytes, LIMIT, "0x" + Long.toHexString(bad) + " bytes at address 0x12000 reach out of");
            }));
            tests.add(DynamicTest.dynamicTest("file size " + Long.toHexString(bad), () -> {
                byte[] bytes = ElfWriter.minimal(64).write();
                ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(64 + 56 + 32, bad);
                expect(bytes, LIMIT,
                        "more bytes in the file (0x" + Long.toHexString(bad) + ") than in memory (0x2000)");
            }));
        }
        tests.add(DynamicTest.dynamicTest("too many segments", () -> {
            ElfWriter w = ElfWriter.minimal(64);
            for (int i = 2; i < ElfReader.MAX_SEGMENTS; i++) {
                w.load(4, 0x20000 + i * 0x1000, new byte[1], 1);
            }
            assertEquals(ElfReader.MAX_SEGMENTS, ElfReader.read(w.write(), LIMIT).segments().size());
            expect(w.load(4, 0x200000, new byte[1], 1).write(), LIMIT,
                    "more than 64 loadable segments (program header 64)");
        }));
        tests.add(DynamicTest.dynamicTest("memory limit is a parameter", () -> {
            byte[] bytes = ElfWriter.minimal(32).write();
            assertEquals(3 * 4096, ElfReader.read(bytes, 3 * 4096).mappedBytes());
            expect(bytes, 3 * 4096 - 1, "the segments take 12,288 bytes of memory, more than the limit of 12,287");
        }));
        return tests;
    }

    @Test
    void readsTheMinimalFile() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            byte[] bytes = ElfWriter.minimal(xlen).write();
            ElfFile file = ElfReader.read(bytes, LIMIT);
            Arrays.fill(bytes, (byte) -1); // the reader keeps a copy
            assertEquals(xlen, file.xlen());
            assertTrue(file.embedded());
            assertFalse(file.compressed());
            assertEquals(0x10000, file.entry());
            assertEquals("[0x10000-0x10008 r-x, 0x12000-0x14000 rw-]", file.segments().toString());
            Segment data = file.segments().get(1);
            assertEquals(3, data.length());
            assertEquals(2, data.image()[data.offset() + 1]);
            assertEquals(0x14000, file.imageEnd());
            assertEquals(8, file.executableBytes());
            assertEquals(0, file.symbols().count());
            assertNull(file.section(".debug_line"));
            assertEquals(data, file.segmentOf(0x12000));
            assertEquals(data, file.segmentOf(0x13fff));
            assertNull(file.segmentOf(0x14000));
            assertNull(file.segmentOf(0x11fff));
        }
    }

    @Test
    void headerFlags() {
        for (int flags : new int[]{0, 1, 8, 9, 0x10, 0x19}) { // 0x10: total store order, means nothing on one hart
            ElfFile file = ElfReader.read(
                    new ElfWriter(64, flags, 0x10002 & ~(flags << 1 & 2 ^ 2)).load(5, 0x10000, new byte[8], 8).write(),
                    LIMIT);
            assertEquals((flags & 1) != 0, file.compressed());
            assertEquals((flags & 8) != 0, file.embedded());
        }
    }

    @Test
    void edgesOfTheAddressSpace() {
        ElfFile file = ElfReader.read(new ElfWriter(64, 0, 0xfffefff8L).load(5, 0xfffefff8L, new byte[8], 8)
                .load(6, 0x10000, new byte[0], 1).write(), LIMIT);
        assertEquals("[0x10000-0x10001 rw-, 0xfffefff8-0xffff0000 r-x]", file.segments().toString());
        assertEquals(0xffff0000L, file.imageEnd());
    }

    /** Memory beyond the file's bytes is zeros, and in code they are instructions too. */
    @Test
    void codeImagesAreWhole() {
        ElfFile file = ElfReader.read(new ElfWriter(64, 0, 0x10000).load(5, 0x10000, new byte[]{1, 2}, 8).write(),
                LIMIT);
        Segment s = file.segments().getFirst();
        assertArrayEquals(new byte[]{1, 2, 0, 0, 0, 0, 0, 0},
                Arrays.copyOfRange(s.image(), s.offset(), s.offset() + s.length()));
        assertEquals(8, s.length());
    }

    @Test
    void emptySegmentsAreIgnored() {
        ElfFile file = ElfReader.read(ElfWriter.minimal(64).load(7, 0, new byte[0], 0).write(), LIMIT);
        assertEquals(2, file.segments().size());
    }

    /** DESIGN 1.1: a page that two segments share has the union of their read and write rights. */
    @Test
    void sharedPages() {
        ElfFile file = ElfReader.read(new ElfWriter(64, 0, 0x10000).load(5, 0x10000, new byte[4], 0x1800)
                .load(6, 0x11800, new byte[0], 0x100).load(4, 0x11900, new byte[0], 0x700)
                .load(0, 0x12000, new byte[0], 0x1001).load(6, 0x13800, new byte[0], 0x4000)
                .load(6, 0x17800, new byte[0], 0x100).load(2, 0x20000, new byte[0], 1).write(), LIMIT);
        assertEquals(List.of(new ElfFile.Pages(0x10000, 0x11000, true, false),
                new ElfFile.Pages(0x11000, 0x12000, true, true), new ElfFile.Pages(0x12000, 0x13000, false, false),
                new ElfFile.Pages(0x13000, 0x18000, true, true), new ElfFile.Pages(0x20000, 0x21000, true, true)),
                file.pages());
        assertEquals(Segment.R, file.pagePermissions(0x10fff));
        assertEquals(Segment.R | Segment.W, file.pagePermissions(0x11000));
        assertEquals(0, file.pagePermissions(0x12fff));
        assertEquals(0, file.pagePermissions(0x18000));
        assertEquals(9 * 4096, file.mappedBytes());
    }

    @Test
    void symbols() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            Symbols symbols = ElfReader.read(ElfWriter.minimal(xlen).symbol("main", 0x10004, 4, 2)
                    .symbol("_start", 0x10000, 0, 0).symbol("$x", 0x10000, 0, 0).symbol(".Lloop", 0x10004, 0, 0)
                    .symbol("data", 0x12000, 8, 1).symbol("label in data", 0x12000, 0, 0).symbol("", 0x10000, 4, 2)
                    .undefined("gone").symbol("evil\n\u001b[2J", 0x12100, 16, 1).write(), LIMIT).symbols();
            assertEquals(4, symbols.count());
            assertEquals(new Symbols.Symbol(0x10000, 0, true, "_start"), symbols.get(0));
            assertEquals(new Symbols.Symbol(0x10004, 4, true, "main"), symbols.named("main"));
            assertEquals(new Symbols.Symbol(0x12000, 8, false, "data"), symbols.at(0x12007));
            assertNull(symbols.at(0x12008));
            assertNull(symbols.at(0xffff));
            assertEquals("_start", symbols.describe(0x10000));
            assertEquals("_start+0x2", symbols.describe(0x10002));
            assertEquals("main+0x3", symbols.describe(0x10007));
            assertNull(symbols.describe(0x10008));
            assertEquals("evil??[2J", symbols.get(3).name());
            assertNull(symbols.named("mai"));
            assertNull(symbols.named("main2"));
        }
    }

    /** A label without a size inside a function does not hide the function. */
    @Test
    void labelsInsideFunctions() {
        Symbols symbols = ElfReader.read(
                ElfWriter.minimal(64).symbol("f", 0x10000, 8, 2).symbol("inside", 0x10004, 0, 0).write(), LIMIT)
                .symbols();
        assertEquals("f+0x6", symbols.describe(0x10006));
    }

    @Test
    void sections() {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            ElfFile file = ElfReader.read(ElfWriter.minimal(xlen).section(".debug_line", new byte[]{4, 5, 6}).write(),
                    LIMIT);
            assertArrayEquals(new byte[]{4, 5, 6}, file.section(".debug_line"));
            assertNull(file.section(".debug_lin"));
            assertNull(file.section("debug_line"));
            assertNull(ElfReader.read(ElfWriter.minimal(xlen).section(".debug_line", new byte[Sections.MOST_BYTES + 1])
                    .write(), LIMIT).section(".debug_line"), "too large to be handed out");
            assertNull(file.section(".debug_line_str"));
        }
    }

    /** Whatever is wrong behind the program headers never makes a file unreadable, nor the program another one. */
    @Test
    void sectionsAreNeverFatal() {
        SplittableRandom random = new SplittableRandom(3);
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            ElfWriter writer = ElfWriter.minimal(xlen).symbol("main", 0x10004, 4, 2).symbol("data", 0x12000, 8, 1)
                    .section(".debug_line", new byte[20]);
            byte[] good = writer.write();
            int from = writer.headerAt(2) + 11;
            int[] edges = {0, 1, 0x7f, 0x80, 0xff};
            for (int i = 0; i < 20_000; i++) {
                byte[] bad = good.clone();
                for (int n = random.nextInt(1, 9); n > 0; n--) {
                    bad[random.nextInt(from, bad.length)] = (byte) edges[random.nextInt(edges.length)];
                }
                // e_shoff (last in front of e_flags), e_shentsize, e_shnum, e_shstrndx
                int field = random.nextInt(4);
                int at = field == 0 ? (xlen == 32 ? 0x20 : 0x28) : (xlen == 32 ? 0x2c : 0x38) + field * 2;
                if (random.nextInt(3) == 0) {
                    bad[at + random.nextInt(field == 0 ? 4 : 2)] = (byte) edges[random.nextInt(edges.length)];
                }
                int length = random.nextInt(4) == 0 ? random.nextInt(from, bad.length) : bad.length;
                ElfFile file = ElfReader.read(Arrays.copyOf(bad, length), LIMIT);
                assertEquals("[0x10000-0x10008 r-x, 0x12000-0x14000 rw-]", file.segments().toString());
                for (int s = 0; s < file.symbols().count(); s++) {
                    assertNotNull(file.symbols().get(s).name());
                }
                file.symbols().named("main");
                file.symbols().describe(0x10007);
                file.section(".debug_line");
            }
        }
    }

    /** Any bytes at all end in a file or in an ElfException. */
    @Test
    void randomDamage() {
        SplittableRandom random = new SplittableRandom(4);
        int accepted = 0;
        for (int i = 0; i < 40_000; i++) {
            byte[] bytes = ElfWriter.minimal((i & 1) == 0 ? 32 : 64).symbol("main", 0x10004, 4, 2).write();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                ElfFile file = ElfReader.read(bytes, LIMIT);
                Sweep.of(file);
                accepted++;
            } catch (ElfException e) {
                assertFalse(e.getMessage().contains("\n"));
            }
        }
        assertTrue(accepted > 1000, "accepted " + accepted);
    }

    @Test
    void longNamesAreCut() {
        Symbols symbols = ElfReader.read(ElfWriter.minimal(64).symbol("x".repeat(5000), 0x10000, 4, 2).write(), LIMIT)
                .symbols();
        assertEquals(Symbols.LONGEST_NAME, symbols.get(0).name().length());
    }
}
