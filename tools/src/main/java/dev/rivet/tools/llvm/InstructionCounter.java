package dev.rivet.tools.llvm;

import dev.rivet.sandbox.WorkerLauncher;
import dev.rivet.tools.Temporary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Counts executed instructions of a program or of a worker exactly, by running it under QEMU's user-mode emulation with a
 * plugin of ours. The count lies in a shared file, so it outlives a process that is killed. One counter for one architecture,
 * with one run at a time.
 */
public final class InstructionCounter implements AutoCloseable {
    /** Versions of QEMU's plugin interface to try; what the plugin uses is the same in all. */
    private static final int NEWEST_INTERFACE = 6;
    private static final long TIME_LIMIT_SECONDS = 600;

    private final Temporary place;
    private final Path count;
    private final List<String> emulator;

    /**
     * Builds the plugin.
     *
     * @param architecture {@code "x86-64"} or {@code "aarch64"}
     * @param probe a program for it that soon exits
     * @param args its arguments
     * @throws LlvmException if the emulator is missing or cannot load plugins
     */
    public InstructionCounter(String architecture, Path probe, List<String> args) throws IOException {
        String qemu = WorkerLauncher.find(architecture).toString();
        place = Temporary.directory("rivet-count");
        try {
            Path directory = place.path();
            count = Files.write(directory.resolve("count"), new byte[8]);
            Path source = directory.resolve("count.c");
            try (InputStream in = InstructionCounter.class.getResourceAsStream("count.c")) {
                Files.copy(in, source);
            }
            List<String> found = null;
            for (int version = 1; found == null && version <= NEWEST_INTERFACE; version++) {
                Path plugin = directory.resolve("count" + version + ".so");
                Toolchain.get().plugin(source, plugin, List.of("-DVERSION=" + version));
                List<String> command = List.of(qemu, "-cpu", "max", "-plugin", plugin + ",out=" + count);
                run(command, probe, args);
                found = read() > 0 ? command : null;
            }
            if (found == null) {
                throw new LlvmException(qemu + " does not run with a plugin; install one that does (dynamically linked,"
                        + " built with --enable-plugins, as Debian's qemu-user is)");
            }
            emulator = found;
        } catch (IOException | RuntimeException e) {
            place.close();
            throw e;
        }
    }

    private static void run(List<String> command, Path program, List<String> args) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.add(program.toString());
        all.addAll(args);
        Process p = new ProcessBuilder(all).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD).redirectInput(Path.of("/dev/null").toFile()).start();
        try {
            if (!p.waitFor(TIME_LIMIT_SECONDS, TimeUnit.SECONDS)) {
                p.destroyForcibly().waitFor();
                throw new LlvmException(program + " has not ended after " + TIME_LIMIT_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            p.destroyForcibly();
            throw new LlvmException("interrupted while " + program + " ran", e);
        }
    }

    /** Instructions that a program executes from its first to its last. */
    public long of(Path program, List<String> args) throws IOException {
        long before = read();
        run(emulator, program, args);
        return read() - before;
    }

    /** Command that starts a program under the emulator and counts instructions whose address is in [low, high). */
    public List<String> emulator(long low, long high) {
        List<String> command = new ArrayList<>(emulator);
        command.set(command.size() - 1, command.getLast() + ",low=" + low + ",high=" + high);
        return command;
    }

    /** The count so far, of all runs together. */
    public long read() throws IOException {
        return ByteBuffer.wrap(Files.readAllBytes(count)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    @Override
    public void close() throws IOException {
        place.close();
    }
}
