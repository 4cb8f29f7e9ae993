package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.UnsupportedHostException;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Sweep;
import dev.rivet.frontend.Symbols;
import dev.rivet.ir.Backend;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Layout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files for perf, read back by perf's jitdump-specification.txt. */
class JitDumpTest {
    private static final Path PLUGIN = Path.of("..", "examples", "plugin.elf");

    @TempDir
    Path dir;

    private record Load(String name, long address, byte[] code) {
    }

    private static List<Load> parse(byte[] file, int pid, int machine, long now) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x4a695444, in.getInt());
        assertEquals(1, in.getInt());
        assertEquals(40, in.getInt());
        assertEquals(machine, in.getInt());
        assertEquals(0, in.getInt());
        assertEquals(pid, in.getInt());
        assertEquals(now, in.getLong());
        assertEquals(0, in.getLong());
        List<Load> loads = new ArrayList<>();
        while (in.hasRemaining()) {
            int start = in.position();
            assertEquals(0, in.getInt(), "JIT_CODE_LOAD");
            int size = in.getInt();
            assertEquals(now, in.getLong());
            assertEquals(pid, in.getInt());
            assertEquals(pid, in.getInt());
            long address = in.getLong();
            assertEquals(address, in.getLong());
            int length = Math.toIntExact(in.getLong());
            assertEquals(loads.size(), in.getLong());
            int end = in.position();
            while (file[end] != 0) {
                end++;
            }
            String name = new String(file, in.position(), end - in.position(), java.nio.charset.StandardCharsets.UTF_8);
            assertEquals(start + size, end + 1 + length);
            loads.add(new Load(name, address, Arrays.copyOfRange(file, end + 1, start + size)));
            in.position(start + size);
        }
        return loads;
    }

    @Test
    void everyByteOfCodeIsInOneFunction() throws IOException {
        ElfFile file = ElfReader.read(Files.readAllBytes(PLUGIN), Long.MAX_VALUE);
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            HostCode host = backend.translate(Sweep.of(file), new Backend.Options(Metering.SYNC, CostModel.UNIT));
            List<Load> loads = parse(JitDump.bytes(77, host, file.symbols(), 12345), 77,
                    backend.target() == Target.X86_64 ? 62 : 183, 12345);
            int at = 0;
            for (Load l : loads) {
                assertEquals(Layout.CODE_BASE + at, l.address, l.name);
                assertArrayEquals(Arrays.copyOfRange(host.bytes, at, at + l.code.length), l.code, l.name);
                at += l.code.length;
            }
            assertEquals(host.length, at);
            Symbols.Symbol count = file.symbols().named("count");
            int i = host.code.indexOf((int) count.address());
            assertEquals(List.of("count"), loads.stream()
                    .filter(l -> l.address == Layout.CODE_BASE + host.offsets[i]).map(Load::name).toList());
            assertEquals(1, loads.stream().filter(l -> l.name.equals("count")).count());
            assertEquals("[rivet stubs]", loads.getFirst().name);
        }
    }

    @Test
    void noLinkIsFollowed() throws IOException {
        Path other = Files.writeString(dir.resolve("other"), "somebody's");
        Path file = Files.createSymbolicLink(dir.resolve("jit-1.dump"), other);
        JitDump.fresh(file, new byte[]{1, 2});
        assertFalse(Files.isSymbolicLink(file));
        assertEquals("somebody's", Files.readString(other));
        JitDump.fresh(file, new byte[]{3});
        assertArrayEquals(new byte[]{3}, Files.readAllBytes(file));
    }

    @Test
    void withoutSymbolsThereIsOneFunction() throws IOException {
        ElfFile file = ElfReader.read(Files.readAllBytes(PLUGIN), Long.MAX_VALUE);
        Backend backend = ServiceLoader.load(Backend.class).findFirst().orElseThrow();
        HostCode host = backend.translate(Sweep.of(file), new Backend.Options(Metering.SYNC, CostModel.UNIT));
        List<Load> loads = parse(JitDump.bytes(1, host, Symbols.NONE, 5), 1,
                backend.target() == Target.X86_64 ? 62 : 183, 5);
        assertTrue(loads.stream().map(Load::name)
                .allMatch(List.of("[rivet stubs]", "[guest]", "[rivet cold paths]")::contains));
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(dir)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        }
    }

    /** Workers run as always: their code could not be mapped if the marker still were. */
    @Test
    void eachWorkerHasAFile() throws IOException {
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).perf(dir).build();
                Program program = engine.load(PLUGIN)) {
            List<String> expected = new ArrayList<>();
            for (int n = 1; n <= 3; n++) {
                try (Instance i = program.instantiate(InstanceOptions.defaults().withMetering(Metering.NONE))) {
                    assertInstanceOf(Outcome.Finished.class, i.call(CallOptions.unlimited(), "count"));
                    if (engine.isNative()) {
                        assertEquals(n, files().size());
                    } else {
                        assertEquals(expected, files());
                    }
                }
            }
        }
        for (String name : files()) {
            assertTrue(name.matches("jit-[1-9]\\d*\\.dump"), name);
        }
    }

    @Test
    void whatIsWrongIsSaid() throws IOException {
        Path none = dir.resolve("none");
        assertEquals("perf directory " + none + " is not there; make it first",
                assertThrows(IllegalArgumentException.class, () -> Engine.builder().perf(none)).getMessage());
        Path gone = Files.createDirectory(dir.resolve("gone"));
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).perf(gone).build();
                Program program = engine.load(PLUGIN)) {
            Files.delete(gone);
            if (engine.isNative()) {
                String message = assertThrows(UnsupportedHostException.class, program::instantiate).getMessage();
                assertTrue(message.startsWith("cannot write what perf is to read into " + gone), message);
                assertFalse(message.contains("\n"));
            }
            Files.createDirectory(gone);
            program.instantiate().close();
        }
        assertThrows(UnsupportedHostException.class, () -> Engine.builder().sandbox(Engine.Sandbox.RELAXED).perf(dir)
                .kind(Engine.Kind.NATIVE).emulator(List.of("/bin/true")).build());
    }
}
