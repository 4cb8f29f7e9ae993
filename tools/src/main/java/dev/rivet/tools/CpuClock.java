package dev.rivet.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** CPU time of a worker process or of a thread, as Linux's scheduler counts it. For measuring. */
final class CpuClock {
    private final Path file;

    private final Path status;

    private CpuClock(Path file, Path status) {
        this.file = file;
        this.status = status;
    }

    /** The clock of the only worker there is. */
    static CpuClock ofOnlyWorker() {
        List<Path> found = new ArrayList<>();
        ProcessHandle.current().children().forEach(p -> {
            Path dir = Path.of("/proc", Long.toString(p.pid()));
            if (read(dir.resolve("comm")).strip().equals("rivet-worker")) {
                found.add(dir);
            }
        });
        if (found.size() != 1) {
            throw new Failure(Status.INTERNAL, "there are " + found.size() + " workers instead of one");
        }
        return new CpuClock(found.getFirst().resolve("schedstat"), found.getFirst().resolve("stat"));
    }

    /** The clock of the thread that reads it. */
    static CpuClock ofThisThread() {
        return new CpuClock(Path.of("/proc/thread-self/schedstat"), null);
    }

    /**
     * Nanoseconds of CPU it has used. The kernel counts a process in only when it stops or at a tick, so this waits for a
     * worker to have gone to sleep, which it does some microseconds after its last command.
     */
    long nanos() {
        if (status == null) {
            return once();
        }
        for (int i = 0; i < 1000 && read(status).contains(") R "); i++) {
            LockSupport.parkNanos(20_000);
        }
        return once();
    }

    private long once() {
        String text = read(file);
        int end = text.indexOf(' ');
        if (end < 0) {
            throw new Failure(Status.HOST_LACKS,
                    "this kernel does not tell CPU times of processes (CONFIG_SCHED_INFO)");
        }
        return Long.parseLong(text.substring(0, end));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException gone) {
            return "";
        }
    }
}
