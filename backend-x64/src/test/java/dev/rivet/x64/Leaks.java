package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts what a leak would leave behind: open descriptors, mappings of shared memory, child processes. */
record Leaks(long descriptors, long mappings, long processes) {
    static Leaks count() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return new Leaks(fds.filter(Leaks::ours).count(), maps.filter(l -> l.contains("memfd:rivet")).count(),
                    ProcessHandle.current().children().count());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean ours(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("/memfd:rivet") || target.startsWith("socket:") || target.contains("pidfd");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    void assertSame(String after) {
        assertEquals(this, count(), after);
    }
}
