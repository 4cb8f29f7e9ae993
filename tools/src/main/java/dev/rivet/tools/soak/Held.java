package dev.rivet.tools.soak;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What this process holds that a leak would leave behind.
 *
 * @param descriptors open files that are shared memory, sockets or processes
 * @param mappings mappings of Rivet's shared memory
 * @param processes child processes
 * @param threads Java threads
 */
public record Held(long descriptors, long mappings, long processes, long threads) {
    /** Counts now. */
    public static Held now() {
        try (Stream<Path> fds = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return new Held(fds.filter(Held::counts).count(), maps.filter(l -> l.contains("memfd:rivet")).count(),
                    ProcessHandle.current().children().count(), Thread.getAllStackTraces().size());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Counts until nothing is held that this did not hold, or five seconds have passed: threads take time to end. */
    public Held later() throws InterruptedException {
        Held now = now();
        for (int i = 0; i < 100 && now.beyond(this) > 0; i++) {
            Thread.sleep(50);
            now = now();
        }
        return now;
    }

    /** How many objects this holds that the other did not. */
    public long beyond(Held before) {
        return Math.max(0, descriptors - before.descriptors) + Math.max(0, mappings - before.mappings)
                + Math.max(0, processes - before.processes) + Math.max(0, threads - before.threads);
    }

    /** Resident memory of this process, in KiB. */
    public static long residentKib() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean counts(Path fd) {
        try {
            String target = Files.readSymbolicLink(fd).toString();
            return target.startsWith("/memfd:rivet") || target.startsWith("socket:") || target.contains("pidfd");
        } catch (IOException e) {
            return false; // closed meanwhile
        }
    }
}
