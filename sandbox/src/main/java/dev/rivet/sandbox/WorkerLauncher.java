package dev.rivet.sandbox;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How a worker's file becomes a process: directly, or under a user-mode emulator on a host of another architecture. Under
 * an emulator the worker shares its process with the emulator, which needs its own memory, descriptors and system calls;
 * so most layers of protection cannot be had, and only relaxed mode runs that way.
 */
public final class WorkerLauncher {
    /** On a host of the worker's own architecture. */
    public static final WorkerLauncher DIRECT = new WorkerLauncher(null);

    /** Layers that concern the process as a whole and do not hinder an emulator. */
    private static final Set<Hardening.Layer> UNDER_EMULATOR = EnumSet.of(Hardening.Layer.PARENT_DEATH,
            Hardening.Layer.CAPABILITIES, Hardening.Layer.NOT_DUMPABLE, Hardening.Layer.NO_NEW_PRIVILEGES);

    private final List<String> emulator;

    private WorkerLauncher(List<String> emulator) {
        this.emulator = emulator;
    }

    /** Starts workers as {@code command… file}: the emulator's path and its options. */
    public static WorkerLauncher emulator(List<String> command) {
        return new WorkerLauncher(List.copyOf(command));
    }

    /**
     * What this host needs to run workers of an architecture.
     *
     * @param target {@link WorkerProgram#target}
     * @throws SandboxException with one line that says what to install when the emulator is not there
     */
    public static WorkerLauncher forTarget(String target) {
        String own = own();
        if (target.equals(own)) {
            return DIRECT;
        }
        if (!target.equals("aarch64")) {
            throw new SandboxException(target + " code cannot run on this " + own + " host");
        }
        return emulator(List.of(find(target).toString()));
    }

    /** This host's architecture, by {@link WorkerProgram#target}'s names where it is one of them. */
    private static String own() {
        String host = System.getProperty("os.arch");
        return host.equals("amd64") || host.equals("x86_64")
                ? "x86-64"
                : host.equals("aarch64") || host.equals("arm64") ? "aarch64" : host;
    }

    /**
     * The user-mode emulator for an architecture.
     *
     * @param target {@link WorkerProgram#target}
     * @throws SandboxException with one line that says what to install when it is not there
     */
    public static Path find(String target) {
        String program = "qemu-" + target.replace('-', '_');
        String path = System.getenv("PATH");
        for (String directory : path == null ? new String[0] : path.split(File.pathSeparator)) {
            for (String name : List.of(program, program + "-static")) {
                Path file = Path.of(directory, name);
                if (file.isAbsolute() && Files.isExecutable(file)) {
                    return file;
                }
            }
        }
        throw new SandboxException(
                target + " code on this " + own() + " host needs " + program + ", which is not on the PATH;"
                        + " install QEMU's user-mode emulation (Debian and Ubuntu: apt install qemu-user)");
    }

    /** Whether an emulator stands between the worker and the kernel. */
    public boolean isEmulated() {
        return emulator != null;
    }

    /** File to execute for a worker whose own file is {@code worker}. */
    String path(String worker) {
        return emulator == null ? worker : emulator.getFirst();
    }

    /** Arguments for it. */
    String[] arguments(String worker) {
        if (emulator == null) {
            return new String[]{"rivet-worker"};
        }
        String[] command = emulator.toArray(new String[emulator.size() + 1]);
        command[emulator.size()] = worker;
        return command;
    }

    /** Layers that cannot be had. */
    Set<Hardening.Layer> absent() {
        return emulator == null ? Set.of() : EnumSet.complementOf(EnumSet.copyOf(UNDER_EMULATOR));
    }
}
