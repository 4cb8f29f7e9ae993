package dev.rivet.tools;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** CPU time of a worker process or of a thread, as Linux's scheduler counts it. For measuring. */
final class CpuClock {
    private final Path file;

    private CpuClock(Path file) {
        this.file = file;
    }

    /** The clock of the only worker there is. */
    static CpuClock ofOnlyWorker() {
        List<Path> found = new ArrayList<>();
        ProcessHandle.current().children().forEach(p -> {
            Path dir = Path.of("/proc", Long.toString(p.pid()));
            if (read(dir.resolve("comm")).strip().equals("rivet-worker")) {
                found.add(dir.resolve("schedstat"));
            }
        });
        if (found.size() != 1) {
            throw new Failure(Status.INTERNAL, "there are " + found.size() + " workers instead of one");
        }
        return new CpuClock(found.getFirst());
    }

    /** The clock of the thread that reads it. */
    static CpuClock ofThisThread() {
        return new CpuClock(Path.of("/proc/thread-self/schedstat"));
    }

    /** Nanoseconds of CPU it has used. */
    long nanos() {
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
