package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.ProgramText;
import dev.rivet.ir.Backend;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Image;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** What the code cache keeps gives back the same translation, and nothing else. */
class CodeFileTest {
    private static final int HEADER = 96;
    private static final byte[] KEY = key("this");

    /** The shipped examples, and programs with several texts that touch, end in half an instruction, or share no page. */
    private static List<byte[]> programs() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("..", "examples"))) {
            List<byte[]> programs = new java.util.ArrayList<>();
            for (Path file : files.filter(f -> f.toString().endsWith(".elf")).sorted().toList()) {
                programs.add(Files.readAllBytes(file));
            }
            for (int flags : new int[]{0, Image.RVC, Image.RVE | Image.RVC}) {
                Random random = new Random(flags);
                Image image = new Image(64, flags).entry(0x10000);
                int at = 0x10000;
                for (int size : new int[]{4096, 2, 4094, 6, 8192, 512}) {
                    byte[] text = new byte[size];
                    random.nextBytes(text);
                    image.add(at, text, size, Image.R | Image.X);
                    at += size;
                    at = size == 6 ? 0x4000_0000 : at;
                }
                programs.add(image.bytes());
            }
            return programs;
        }
    }

    private static byte[] key(String of) {
        return Fingerprint.sha256(of.getBytes(StandardCharsets.UTF_8));
    }

    private static HostCode whole(MachineCode ready) {
        return ready.placed().whole(() -> Arrays.copyOfRange(ready.bytes, ready.from, ready.from + ready.length));
    }

    private static ProgramText text(ElfFile file) {
        return new ProgramText(file, IllegalStateException::new);
    }

    private static void assertSameCode(HostCode expected, HostCode actual) throws IllegalAccessException {
        for (Field f : HostCode.class.getFields()) {
            if (Modifier.isStatic(f.getModifiers()) || f.getName().equals("code") || f.getName().equals("bytes")) {
                continue;
            }
            Object a = f.get(expected);
            Object b = f.get(actual);
            switch (a) {
                case null -> assertNull(b, f.getName());
                case int[] ints -> {
                    // Translators may leave room behind what counts.
                    int n = f.getName().equals("entries")
                            ? expected.code.count
                            : f.getName().equals("offsets") ? expected.code.count + 1 : ints.length;
                    assertArrayEquals(Arrays.copyOf(ints, n), (int[]) b, f.getName());
                }
                case long[] longs -> assertArrayEquals(longs, (long[]) b, f.getName());
                default -> assertEquals(a, b, f.getName());
            }
        }
        assertArrayEquals(Arrays.copyOf(expected.bytes, expected.length),
                Arrays.copyOf(actual.bytes, actual.length));
    }

    @Test
    void everyTranslationComesBackAsItWas() throws Exception {
        for (byte[] elf : programs()) {
            ElfFile file = ElfReader.read(elf, Long.MAX_VALUE);
            for (Backend backend : ServiceLoader.load(Backend.class)) {
                for (Metering metering : Metering.values()) {
                    Backend.Options options = new Backend.Options(metering, CostModel.WEIGHTED);
                    HostCode host;
                    try {
                        host = backend.translate(text(file).code(), options);
                    } catch (UnsupportedOperationException without) {
                        continue;
                    }
                    ProgramText late = text(file);
                    MachineCode ready = CodeFile.decode(CodeFile.encode(host, KEY), KEY, late, backend.target(),
                            options,
                            code -> backend.translate(code, options));
                    assertNotNull(ready);
                    assertFalse(late.isSwept());
                    MachineCode fresh = MachineCode.of(host);
                    assertArrayEquals(fresh.pcs, ready.pcs);
                    assertArrayEquals(fresh.entries, ready.entries);
                    assertEquals(fresh.instructions(), ready.instructions());
                    assertEquals(List.of(fresh.target, fresh.length, fresh.missStub, fresh.finishStub, fresh.enterStub,
                            fresh.badEntry),
                            List.of(ready.target, ready.length, ready.missStub, ready.finishStub,
                                    ready.enterStub, ready.badEntry));
                    assertArrayEquals(Arrays.copyOf(host.bytes, host.length),
                            Arrays.copyOfRange(ready.bytes, ready.from, ready.from + ready.length));
                    HostCode whole = whole(ready);
                    assertSame(late.code(), whole.code);
                    assertSameCode(host, whole);
                }
            }
        }
    }

    /** One translated program, and its entry. */
    private static final class Subject {
        final Backend backend = ServiceLoader.load(Backend.class).findFirst().orElseThrow();
        final Backend.Options options = new Backend.Options(Metering.SYNC, CostModel.UNIT);
        final ProgramText text;
        final HostCode host;
        final byte[] entry;

        Subject(String name) throws IOException {
            text = text(ElfReader.read(Files.readAllBytes(Path.of("..", "examples", name)), Long.MAX_VALUE));
            host = backend.translate(text.code(), options);
            entry = CodeFile.encode(host, KEY);
        }

        MachineCode decode(byte[] all) {
            return decode(all, KEY);
        }

        MachineCode decode(byte[] all, byte[] key) {
            return CodeFile.decode(all, key, text, backend.target(), options, code -> backend.translate(code, options));
        }

        /** Made to verify again. */
        MachineCode forged(byte[] all) {
            CRC32 first = new CRC32();
            first.update(all, 0, all.length - 8);
            CRC32C second = new CRC32C();
            second.update(all, 0, all.length - 8);
            ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(all.length - 8,
                    first.getValue() << 32 | second.getValue());
            return decode(all);
        }
    }

    @Test
    void damageIsFound() throws IOException {
        Subject s = new Subject("hello.elf");
        assertNotNull(s.decode(s.entry));
        for (int i = 0; i < s.entry.length; i++) {
            byte[] damaged = s.entry.clone();
            damaged[i] ^= (byte) (1 << i % 8);
            assertNull(s.decode(damaged), "byte " + i);
        }
        for (int length = 0; length < s.entry.length; length += length < 200 ? 1 : 97) {
            assertNull(s.decode(Arrays.copyOf(s.entry, length)), length + " bytes");
        }
        assertNull(s.decode(Arrays.copyOf(s.entry, s.entry.length + 1)));
        for (int page = 0; page < s.entry.length; page += 4096) {
            byte[] hole = s.entry.clone();
            Arrays.fill(hole, page, Math.min(page + 4096, hole.length), (byte) 0);
            assertNull(s.decode(hole), "page at " + page);
        }
    }

    /** Whatever verifies, on purpose or by a bug, is refused, gives the right tables or is told; nothing else is thrown. */
    @Test
    void tablesOfAnotherProgramAreMadeAgain() throws Exception {
        Subject s = new Subject("hello.elf");
        ByteBuffer head = ByteBuffer.wrap(s.entry).order(ByteOrder.LITTLE_ENDIAN);
        int tablesAt = HEADER + head.getInt(16);
        int codeAt = tablesAt + head.getInt(20);
        byte[] fewer = s.entry.clone();
        ByteBuffer.wrap(fewer).order(ByteOrder.LITTLE_ENDIAN).putInt(8, s.host.code.count - 1);
        HostCode whole = whole(s.forged(fewer));
        assertNotSame(s.host, whole);
        assertSameCode(s.host, whole);
        byte[] count = s.entry.clone();
        count[tablesAt] ^= 1;
        assertSameCode(s.host, whole(s.forged(count)));
        byte[] both = count.clone();
        both[codeAt + 200] ^= 1;
        MachineCode other = s.forged(both);
        assertThrows(BrokenWorkerException.class, () -> whole(other));
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            byte[] wild = s.entry.clone();
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                wild[random.nextInt(codeAt)] ^= (byte) (1 << random.nextInt(8));
            }
            MachineCode ready = s.forged(wild);
            if (ready != null) {
                assertEquals(s.host.code.count + 1, whole(ready).offsets.length);
            }
        }
    }

    @Test
    void anEntryUnderAnothersNameIsRefused() throws IOException {
        Subject s = new Subject("hello.elf");
        assertNotNull(s.decode(s.entry, KEY));
        assertNull(s.decode(s.entry, key("that")));
    }
}
