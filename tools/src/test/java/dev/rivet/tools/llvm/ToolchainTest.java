package dev.rivet.tools.llvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** clang and lld from the jar: right kind of file, the same bytes wherever they are made, messages for mistakes. */
class ToolchainTest {
    private static final String SOURCE = """
            #include <stdint.h>
            #include <stddef.h>
            #include <stdarg.h>
            #include <stdbool.h>
            #include <limits.h>
            const char *volatile name = __FILE__;
            volatile int bss[1000], data[10] = {1, 2};
            void _start(void) { for (;;) bss[name[0] & 7] += data[name[1] & 7] / (bss[3] | 1); }
            """;

    @TempDir
    private Path dir;

    private byte[] build(CTarget target, String folder) throws IOException {
        Path d = Files.createDirectories(dir.resolve(folder));
        Path source = Files.writeString(d.resolve("a.c"), SOURCE);
        Path object = d.resolve("a.o");
        Toolchain.get().compile(target, source, object, List.of("-O2"));
        Path out = d.resolve("a.elf");
        Toolchain.get().link(target, List.of(object), out, List.of());
        return Files.readAllBytes(out);
    }

    @ParameterizedTest
    @EnumSource
    void makesTheSameFileInAnyDirectory(CTarget target) throws IOException {
        byte[] one = build(target, "one");
        assertArrayEquals(one, build(target, "another/place"));
        String text = new String(one, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains(dir.toString()), "a path got in");
        assertFalse(text.contains("clang version"), "an identification string got in");
    }

    @ParameterizedTest
    @EnumSource
    void headerSaysWhatTheTargetIs(CTarget target) throws IOException {
        ByteBuffer elf = ByteBuffer.wrap(build(target, "x")).order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = elf.get(4) == 2;
        assertEquals(2, elf.getShort(16), "ET_EXEC");
        switch (target) {
            case X86_64 -> assertEquals(62, elf.getShort(18));
            case AARCH64 -> assertEquals(183, elf.getShort(18));
            case RV64E, RV64EC, RV32E, RV64I, RV32I -> {
                assertEquals(243, elf.getShort(18));
                assertEquals(target.label().startsWith("rv64"), wide);
                assertEquals(target.elfFlags(), elf.getInt(wide ? 48 : 36));
                long entry = wide ? elf.getLong(24) : elf.getInt(24);
                assertEquals(0x10000, entry, "text starts at 0x10000");
                checkSegments(elf, wide);
            }
        }
    }

    private static void checkSegments(ByteBuffer elf, boolean wide) {
        int at = wide ? (int) elf.getLong(32) : elf.getInt(28);
        int count = elf.getShort(wide ? 56 : 44);
        int loads = 0;
        long end = 0;
        for (int i = 0; i < count; i++) {
            int p = at + i * (wide ? 56 : 32);
            if (elf.getInt(p) == 1) {
                int flags = elf.getInt(wide ? p + 4 : p + 24);
                long address = wide ? elf.getLong(p + 16) : elf.getInt(p + 8);
                long size = wide ? elf.getLong(p + 40) : elf.getInt(p + 20);
                assertEquals(List.of(5, 4, 6).get(loads), flags, "rights of segment " + loads);
                assertTrue(address >= end && address % 4096 == 0, "segment " + loads + " has pages of its own");
                end = address + size + 4095 & ~4095L;
                loads++;
            }
        }
        assertEquals(3, loads);
    }

    @Test
    void compilerMessageReachesTheUser() throws IOException {
        Path source = Files.writeString(dir.resolve("bad.c"), "int f(void) { return missing; }\n");
        LlvmException e = assertThrows(LlvmException.class,
                () -> Toolchain.get().compile(CTarget.RV64E, source, dir.resolve("bad.o"), List.of()));
        assertTrue(e.getMessage().contains("cannot compile bad.c for rv64e"), e.getMessage());
        assertTrue(e.getMessage().contains("use of undeclared identifier 'missing'"), e.getMessage());
    }

    @Test
    void linkerMessageReachesTheUser() throws IOException {
        Path source = Files.writeString(dir.resolve("half.c"), "void g(void); void _start(void) { g(); }\n");
        Path object = dir.resolve("half.o");
        Toolchain.get().compile(CTarget.RV32I, source, object, List.of());
        LlvmException e = assertThrows(LlvmException.class,
                () -> Toolchain.get().link(CTarget.RV32I, List.of(object), dir.resolve("half.elf"), List.of()));
        assertTrue(e.getMessage().contains("undefined symbol: g"), e.getMessage());
    }
}
