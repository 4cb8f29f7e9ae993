package dev.rivet.tools;

import dev.rivet.frontend.ElfException;
import dev.rivet.frontend.ElfReader;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * What each JVM that {@link ColdBench} starts runs: one file, from its bytes to machine code, the first time. Does nothing
 * before the clock starts that it can do without, since that would warm the JVM up.
 */
final class ColdRun {
    private static final Path THIS = Path.of("/proc/thread-self");
    private static final long SLEEP = 20_000;

    private ColdRun() {
    }

    /** Arguments: an ELF file, a metering mode. Prints what {@link ColdBench.Sample} holds. */
    public static void main(String[] args) throws IOException, ElfException {
        Path file = Path.of(args[0]);
        Metering metering = Metering.valueOf(args[1]);
        byte[] elf = Files.readAllBytes(file);
        long all = allThreads();
        long cpu = nanos(THIS);
        long start = System.nanoTime();
        Code code = Sweep.of(ElfReader.read(elf, 1L << 32));
        long decoded = System.nanoTime();
        HostCode host = backend().translate(code, new Backend.Options(metering, CostModel.UNIT));
        long translated = System.nanoTime();
        cpu = nanos(THIS) - cpu;
        all = allThreads() - all;
        System.out.printf("%d %d %d %d %d %d%n", decoded - start, translated - decoded, cpu, all,
                code.count - code.texts.length, host.length);
    }

    /** The translator for this host; null if there is none. */
    static Backend backend() {
        for (Backend b : ServiceLoader.load(Backend.class, ColdRun.class.getClassLoader())) {
            if (b.target() == Target.host()) {
                return b;
            }
        }
        return null;
    }

    /** Nanoseconds of CPU time that all threads have used, the JVM's own included; such as run now up to the last tick. */
    private static long allThreads() throws IOException {
        List<Path> threads;
        try (Stream<Path> all = Files.list(Path.of("/proc/self/task"))) {
            threads = all.toList();
        }
        long sum = 0;
        for (Path thread : threads) {
            try {
                sum += nanos(thread);
            } catch (NoSuchFileException ended) {
                continue;
            }
        }
        return sum;
    }

    /** CPU time of a thread, given as its folder; this one sleeps first, so that the kernel counts it in. */
    private static long nanos(Path thread) throws IOException {
        LockSupport.parkNanos(SLEEP);
        String text = Files.readString(thread.resolve("schedstat"), StandardCharsets.ISO_8859_1);
        return Long.parseLong(text.substring(0, text.indexOf(' ')));
    }
}
