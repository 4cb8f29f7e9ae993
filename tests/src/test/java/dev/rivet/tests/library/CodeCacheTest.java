package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.CodeCache;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.RivetException;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeCacheTest {
    private static final Path HELLO = Path.of("..", "examples", "hello.elf");
    private static final Path PRIMES = Path.of("..", "examples", "primes.elf");

    @TempDir
    Path temporary;

    private Path directory() {
        return temporary.resolve("cache");
    }

    private static String run(CodeCache cache, Path file, InstanceOptions options) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Engine engine = Engine.builder().sandbox(Engine.Sandbox.RELAXED).codeCache(cache).build();
                Program program = engine.load(file);
                Instance instance = program.instantiate(
                        options.withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out)))) {
            Outcome outcome = instance.run(CallOptions.ofGas(1L << 40), List.of("a", "100"), List.of());
            assertInstanceOf(Outcome.Exited.class, outcome, outcome::message);
            return outcome.gasUsed() + " " + out;
        }
    }

    private static String run(CodeCache cache, Path file) throws IOException {
        return run(cache, file, InstanceOptions.defaults());
    }

    private List<Path> entries() throws IOException {
        try (Stream<Path> files = Files.list(directory())) {
            return files.toList();
        }
    }

    @Test
    void theNextProcessFindsIt() throws IOException {
        CodeCache first = CodeCache.open(directory(), 1 << 24);
        String expected = run(first, HELLO);
        assertEquals(0, first.hits());
        assertEquals(1, first.misses());
        CodeCache second = CodeCache.open(directory(), 1 << 24);
        assertEquals(expected, run(second, HELLO));
        assertEquals(1, second.hits());
        assertEquals(0, second.misses());
    }

    /** Whoever owns a directory can write it, whatever its rights say now. */
    @Test
    void aDirectoryOfSomebodyElse() throws IOException {
        Path foreign = Files.createDirectory(directory());
        if ((int) Files.getAttribute(foreign, "unix:uid") == 0) {
            Files.setAttribute(foreign, "unix:uid", 65_534);
        } else {
            foreign = Path.of("/"); // not writable besides
        }
        Path theirs = foreign;
        String message = assertThrows(RivetException.class, () -> CodeCache.open(theirs, 1 << 24)).getMessage();
        assertTrue(message.contains("belongs to another user (number "), message);
    }

    /** What cannot be kept is run all the same, and counted. */
    @Test
    void whatCannotBeKept() throws IOException {
        CodeCache small = CodeCache.open(directory(), 100);
        run(small, HELLO);
        assertEquals(1, small.lost());
        CodeCache gone = CodeCache.open(directory(), 1 << 24);
        Files.delete(directory());
        run(gone, HELLO);
        run(gone, HELLO);
        assertEquals(2, gone.lost());
        assertEquals(0, CodeCache.open(directory(), 1 << 24).lost());
    }

    @Test
    void whatShapesTheCodeIsPartOfTheKey() throws IOException {
        CodeCache cache = CodeCache.open(directory(), 1 << 24);
        run(cache, HELLO);
        run(cache, PRIMES);
        run(cache, HELLO, InstanceOptions.defaults().withMetering(Metering.ASYNC));
        String weighted = run(cache, HELLO, InstanceOptions.defaults().withCosts(CostModel.WEIGHTED));
        String mine = run(cache, HELLO, InstanceOptions.defaults().withCosts(CostModel.parse("mine", "addi 3")));
        run(cache, HELLO, InstanceOptions.defaults().withCosts(CostModel.parse("mine", "addi 4")));
        assertNotEquals(weighted, mine);
        assertEquals(0, cache.hits());
        assertEquals(6, entries().size());
    }

    /** The same weights under another name or version are another model: nobody may take one for the other. */
    @Test
    void nameAndVersionOfACostModelArePartOfTheKey() throws IOException {
        CodeCache cache = CodeCache.open(directory(), 1 << 24);
        Map<Op, Integer> weights = Map.of(Op.ADDI, 3);
        List<CostModel> models = List.of(CostModel.of("one", 1, weights), CostModel.of("one", 2, weights),
                CostModel.of("two", 1, weights));
        for (int i = 0; i < models.size(); i++) {
            run(cache, HELLO, InstanceOptions.defaults().withCosts(models.get(i)));
            assertEquals(i + 1, entries().size());
        }
        assertEquals(0, cache.hits());
        for (CostModel model : models) {
            run(cache, HELLO, InstanceOptions.defaults().withCosts(model));
        }
        assertEquals(models.size(), cache.hits());
        assertEquals(models.size(), entries().size());
    }

    @Test
    void aDamagedEntryIsTranslatedAgainAndNeverRun() throws IOException {
        CodeCache cache = CodeCache.open(directory(), 1 << 24);
        String expected = run(cache, HELLO);
        Random random = new Random(5);
        for (int i = 0; i < 12; i++) {
            Path entry = entries().getFirst();
            byte[] bytes = Files.readAllBytes(entry);
            if (i % 3 == 0) {
                bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
            } else {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
            }
            Files.write(entry, bytes);
            assertEquals(expected, run(cache, HELLO));
            assertEquals(i + 1, cache.refused());
        }
        assertEquals(0, cache.hits());
    }

    @Test
    void theOldestGoWhenItIsFull() throws IOException {
        CodeCache cache = CodeCache.open(directory(), 1 << 24);
        run(cache, HELLO);
        Path oldest = entries().getFirst();
        Files.setLastModifiedTime(oldest, FileTime.fromMillis(1));
        long one = Files.size(oldest);
        CodeCache small = CodeCache.open(directory(), one * 3 / 2);
        run(small, HELLO, InstanceOptions.defaults().withMetering(Metering.ASYNC));
        assertEquals(1, entries().size());
        assertTrue(Files.notExists(oldest));
    }

    @Test
    void manyAtOnce() throws Exception {
        CodeCache cache = CodeCache.open(directory(), 1 << 24);
        String expected = run(cache, HELLO);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<String>> runs = threads.invokeAll(
                    java.util.Collections.nCopies(12, (Callable<String>) () -> {
                        for (Path entry : entries()) {
                            Files.deleteIfExists(entry);
                        }
                        return run(CodeCache.open(directory(), 1 << 24), HELLO);
                    }));
            for (Future<String> r : runs) {
                assertEquals(expected, r.get());
            }
        }
    }

    @Test
    void aDirectoryThatOthersCanWriteIsRefused() throws IOException {
        Files.createDirectory(directory());
        Files.setPosixFilePermissions(directory(), PosixFilePermissions.fromString("rwxrwxrwx"));
        String message = assertThrows(RivetException.class, () -> CodeCache.open(directory(), 1)).getMessage();
        assertTrue(message.contains("chmod 700"), message);
    }
}
