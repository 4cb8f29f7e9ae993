package dev.rivet.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Counts what a leak would leave behind: descriptors and mappings of ours, child processes. */
record Census(long descriptors, long mappings, long children) {
    static Census take() {
        return new Census(descriptors("self"), mappings("self"), countChildren());
    }

    /** Descriptors that a process holds on Rivet's memory files, its sockets included. */
    static long descriptors(String pid) {
        try (Stream<Path> fds = Files.list(Path.of("/proc", pid, "fd"))) {
            return fds.filter(Census::ours).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean ours(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("/memfd:rivet-") || target.startsWith("socket:") || target.contains("[pidfd]")
                    || target.startsWith("pipe:");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }

    static long mappings(String pid) {
        try (Stream<String> maps = Files.lines(Path.of("/proc", pid, "maps"))) {
            return maps.filter(l -> l.contains("/memfd:rivet-")).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long countChildren() {
        return ProcessHandle.current().children().count();
    }

    void assertSame(String after) {
        assertEquals(this, take(), after);
    }
}
