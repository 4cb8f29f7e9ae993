package dev.rivet.tools.llvm;

import dev.rivet.tools.Temporary;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Builds guest programs with the guests' own small libc, and runs their native builds. Results stay in a directory under
 * names made from everything that went into them (sources, options, toolchain), so a second build costs nothing. Safe to
 * use from several threads and processes.
 */
public final class GuestBuild {
    /** Output and exit status of a native run. */
    public record NativeRun(byte[] stdout, String stderr, int status) {
    }

    /** How guests are compiled, besides what {@link CTarget} and {@link Toolchain} say. */
    public static final List<String> OPTIONS = List.of("-O3", "-std=c17", "-ffunction-sections", "-fdata-sections",
            "-ffp-contract=off", "-Wall", "-Wextra", "-Werror");

    private static final List<String> LIBC_SOURCES = List.of("start.S", "start.c", "string.c", "stdlib.c", "stdio.c",
            "divide.c",
            "double.c");
    private static final List<String> LIBC_HEADERS = List.of("setjmp.h", "stdio.h", "stdlib.h", "string.h", "sys.h",
            "unistd.h", "workload.h");
    /** The libc's own options: without builtins its functions do not become calls of themselves. */
    private static final List<String> LIBC_OPTIONS = List.of("-fno-builtin", "-isysteminclude");
    /** Sources where size counts more than speed. */
    private static final List<String> SMALL = List.of("stdio.c");
    private static final int PARALLEL = 2;
    private static final long NATIVE_TIME_LIMIT_SECONDS = 120;

    private final Path directory;
    private final Toolchain toolchain;
    private final Map<CTarget, Path> libc = new ConcurrentHashMap<>();
    private final String libcKey;
    private final Path include;

    /** Builds into this directory, which is made if need be. */
    public GuestBuild(Path directory) {
        this(directory, Toolchain.get());
    }

    GuestBuild(Path directory, Toolchain toolchain) {
        this.directory = directory.toAbsolutePath();
        this.toolchain = toolchain;
        TreeMap<String, byte[]> files = new TreeMap<>();
        LIBC_HEADERS.forEach(name -> files.put("include/" + name, resource("libc/include/" + name)));
        LIBC_SOURCES.forEach(name -> files.put(name, resource("libc/" + name)));
        libcKey = key(files.values());
        Path sources = this.directory.resolve("libc-" + libcKey);
        appear(sources, fresh -> {
            for (var e : files.entrySet()) {
                Path file = fresh.resolve(e.getKey());
                Files.createDirectories(file.getParent());
                Files.write(file, e.getValue());
            }
        });
        include = sources.resolve("include");
    }

    /** Builds below the user's cache directory. */
    public static GuestBuild cached() {
        return new GuestBuild(Toolchain.cacheDirectory().resolve("guests"));
    }

    /** The program of a guest for a target, built if it is not there yet. */
    public Path build(Guest guest, CTarget target) {
        return build(guest.program(), resource(guest.source()), target, List.of());
    }

    /**
     * A program from C source of the caller's.
     *
     * @param name base name, without directory or ending
     * @param linkOptions further options of lld
     */
    public Path build(String name, byte[] source, CTarget target, List<String> linkOptions) {
        String key = key(List.of(source, libcKey.getBytes(StandardCharsets.US_ASCII),
                (OPTIONS + " " + linkOptions + " " + target.clangOptions() + toolchain.version())
                        .getBytes(StandardCharsets.UTF_8)));
        Path made = directory.resolve(name + "." + target.label() + "-" + key);
        appear(made, fresh -> {
            Path c = Files.write(fresh.resolve(name + ".c"), source);
            Path object = fresh.resolve(name + ".o");
            List<String> options = new ArrayList<>(OPTIONS);
            options.add("-isystem" + include);
            toolchain.compile(target, c, object, options);
            List<Path> objects = new ArrayList<>(List.of(object));
            LIBC_SOURCES.forEach(part -> objects.add(libcObjects(target).resolve(part + ".o")));
            toolchain.link(target, objects, fresh.resolve(name + ".elf"), linkOptions);
            Files.delete(object);
            Files.delete(c);
        });
        return made.resolve(name + ".elf");
    }

    private Path libcObjects(CTarget target) {
        return libc.computeIfAbsent(target, t -> {
            String key = key(List.of(libcKey.getBytes(StandardCharsets.US_ASCII),
                    (OPTIONS + " " + LIBC_OPTIONS + SMALL + t.clangOptions() + toolchain.version())
                            .getBytes(StandardCharsets.UTF_8)));
            Path made = directory.resolve("libc." + t.label() + "-" + key);
            appear(made, fresh -> {
                for (String name : LIBC_SOURCES) {
                    List<String> options = new ArrayList<>(OPTIONS);
                    options.addAll(LIBC_OPTIONS);
                    options.add(SMALL.contains(name) ? "-Os" : "-O3");
                    toolchain.compile(t, include.resolveSibling(name), fresh.resolve(name + ".o"), options);
                }
            });
            return made;
        });
    }

    /** Builds every guest for every target, two at a time; afterwards {@link #build} finds them all. */
    public void buildAll(List<Guest> guests, List<CTarget> targets) {
        try (ExecutorService pool = Executors.newFixedThreadPool(PARALLEL)) {
            List<Future<?>> all = new ArrayList<>();
            targets.forEach(t -> guests.stream().map(Guest::source).distinct().forEach(source -> all
                    .add(pool.submit(() -> build(new Guest(source, source), t)))));
            for (Future<?> f : all) {
                f.get();
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException r ? r : new LlvmException("a guest's build failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LlvmException("interrupted while guests were built", e);
        }
    }

    /** What the native build of a guest prints and returns on this machine. The guest must not end with a trap. */
    public NativeRun runNative(Guest guest) {
        return runNative(build(guest, CTarget.host()), guest.args(), guest.stdin(), Map.of());
    }

    /**
     * Runs a native build. With {@code GUEST_NANOS} in its environment it ends its stderr with the line
     * {@code nanos N}: the CPU time from main's start to exit.
     */
    public NativeRun runNative(Path program, List<String> args, String stdin, Map<String, String> environment) {
        try {
            try (Temporary place = Temporary.directory("guest")) {
                Path in = place.path().resolve("in");
                Path out = place.path().resolve("out");
                Path err = place.path().resolve("err");
                Files.writeString(in, stdin);
                List<String> command = new ArrayList<>(List.of(program.toString()));
                command.addAll(args);
                ProcessBuilder b = new ProcessBuilder(command).redirectInput(in.toFile()).redirectOutput(out.toFile())
                        .redirectError(err.toFile());
                b.environment().clear();
                b.environment().putAll(environment);
                int status = Children.run(b, NATIVE_TIME_LIMIT_SECONDS);
                if (status < 0) {
                    throw new LlvmException(program + " has not ended after " + NATIVE_TIME_LIMIT_SECONDS + " s");
                }
                return new NativeRun(Files.readAllBytes(out), Files.readString(err), status);
            }
        } catch (IOException e) {
            throw new LlvmException("cannot run " + program + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LlvmException("interrupted while " + program + " ran", e);
        }
    }

    private interface Filler {
        void fill(Path fresh) throws IOException;
    }

    /** Makes a directory appear whole, by a rename, unless it is there already. */
    private void appear(Path made, Filler filler) {
        if (Files.isDirectory(made)) {
            return;
        }
        try {
            Files.createDirectories(directory);
            try (Temporary place = Temporary.directory(directory, ".building-")) {
                Path fresh = place.path();
                filler.fill(fresh);
                try {
                    Files.move(fresh, made, StandardCopyOption.ATOMIC_MOVE);
                } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
                    // Somebody else was faster; the content is the same.
                }
            }
        } catch (IOException e) {
            throw new LlvmException("cannot build " + made.getFileName() + " in " + directory + ": " + e.getMessage(),
                    e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = GuestBuild.class.getResourceAsStream("/dev/rivet/tools/guests/" + name)) {
            if (in == null) {
                throw new LlvmException("guest source " + name + " is not among the resources");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String key(Iterable<byte[]> parts) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            for (byte[] part : parts) {
                sha.update(HexFormat.of().toHexDigits(part.length).getBytes(StandardCharsets.US_ASCII));
                sha.update(part);
            }
            return HexFormat.of().formatHex(sha.digest(), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
