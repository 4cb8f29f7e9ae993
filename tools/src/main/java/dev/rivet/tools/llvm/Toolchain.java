package dev.rivet.tools.llvm;

import dev.rivet.tools.Temporary;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * clang and lld of the LLVM jar on the class path: unpacks them once for each user and runs them. Owns the options that
 * make output deterministic (no paths, no times, no identification strings). Knows nothing of the guests it builds.
 *
 * <p>The jar's programs do not start from where JavaCPP would unpack them, because they look for their libraries under the
 * versioned names; so they are unpacked here, under those names, in the layout clang expects ({@code bin},
 * {@code lib}, {@code lib/clang/20/include}).
 *
 * <p>Safe to use from several threads and processes: a toolchain directory appears whole, by a rename, under a name that
 * is made from its content.
 */
public final class Toolchain {
    private static final String VERSIONED = ".20.1";
    private static final Pattern HEADERS = Pattern
            .compile(
                    "lib/clang/[0-9]+/include/(__)?(std[a-z]+|limits)(_[a-z_]+)?\\.h|lib/clang/[0-9]+/include/limits\\.h");
    private static final long TIME_LIMIT_SECONDS = 300;

    private final Path home;

    private Toolchain(Path home) {
        this.home = home;
    }

    /** The toolchain of this user, unpacked under the user's cache directory on first use (about 270 MB). */
    public static Toolchain get() {
        return Shared.INSTANCE;
    }

    private static final class Shared {
        static final Toolchain INSTANCE = unpack(cacheDirectory());
    }

    /** {@code $XDG_CACHE_HOME/rivet}, or {@code ~/.cache/rivet} where the variable is not set to an absolute path. */
    public static Path cacheDirectory() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("rivet");
    }

    /**
     * Unpacks the toolchain below a directory unless it is there already.
     *
     * @throws LlvmException when the jar is not on the class path or a file cannot be written
     */
    public static Toolchain unpack(Path cache) {
        try (JarFile jar = openJar()) {
            String prefix = "org/bytedeco/llvm/" + platform() + "/";
            TreeMap<String, JarEntry> files = new TreeMap<>();
            for (JarEntry e : (Iterable<JarEntry>) jar.stream().filter(e -> !e.isDirectory())::iterator) {
                String target = e.getName().startsWith(prefix)
                        ? targetName(e.getName().substring(prefix.length()))
                        : null;
                if (target != null) {
                    files.put(target, e);
                }
            }
            Path home = cache.resolve("llvm-" + contentKey(files));
            if (!Files.isDirectory(home)) {
                unpack(jar, files, home);
            }
            return new Toolchain(home);
        } catch (IOException e) {
            throw new LlvmException("cannot unpack clang and lld under " + cache + ": " + e.getMessage()
                    + "; free 300 MB there or set XDG_CACHE_HOME to another directory", e);
        }
    }

    private static JarFile openJar() throws IOException {
        URL clang = Toolchain.class.getClassLoader().getResource("org/bytedeco/llvm/" + platform() + "/clang");
        if (clang == null) {
            throw new LlvmException(
                    "the LLVM jar for " + platform() + " is not on the class path; add org.bytedeco:llvm "
                            + "with the classifier " + platform());
        }
        if (!(clang.openConnection() instanceof JarURLConnection c)) {
            throw new LlvmException(
                    "clang is not in a jar but at " + clang + "; put the LLVM jar itself on the class path");
        }
        c.setUseCaches(false);
        return c.getJarFile();
    }

    private static String platform() {
        CTarget host = CTarget.host();
        if (host == null) {
            throw new LlvmException("no LLVM jar for the architecture " + System.getProperty("os.arch"));
        }
        return host == CTarget.X86_64 ? "linux-x86_64" : "linux-arm64";
    }

    /** Where a file of the jar goes, or null for one that is not needed. */
    private static String targetName(String name) {
        return switch (name) {
            case "clang" -> "bin/clang";
            case "lld" -> "bin/ld.lld";
            case "libLLVM.so" -> "lib/libLLVM.so" + VERSIONED;
            case "libclang-cpp.so" -> "lib/libclang-cpp.so" + VERSIONED;
            default -> HEADERS.matcher(name).matches() ? name : null;
        };
    }

    private static String contentKey(TreeMap<String, JarEntry> files) {
        CRC32 crc = new CRC32();
        long size = 0;
        for (var e : files.entrySet()) {
            crc.update((e.getKey() + " " + e.getValue().getCrc() + "\n").getBytes(StandardCharsets.UTF_8));
            size += e.getValue().getSize();
        }
        return HexFormat.of().toHexDigits((int) crc.getValue()) + "-" + size;
    }

    private static void unpack(JarFile jar, TreeMap<String, JarEntry> files, Path home) throws IOException {
        Files.createDirectories(home.getParent());
        try (Temporary place = Temporary.directory(home.getParent(), ".unpacking-")) {
            Path fresh = place.path();
            for (var e : files.entrySet()) {
                Path file = fresh.resolve(e.getKey());
                Files.createDirectories(file.getParent());
                try (InputStream in = jar.getInputStream(e.getValue())) {
                    Files.copy(in, file);
                }
                if (e.getKey().startsWith("bin/") && !file.toFile().setExecutable(true)) {
                    throw new IOException("cannot make " + file + " executable");
                }
            }
            try {
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
                // Another process was faster; its files are the same.
            }
        }
    }

    /** Version of LLVM, as people name it. */
    public static String release() {
        return VERSIONED.substring(1);
    }

    /** Name that changes whenever the unpacked programs do. */
    public String version() {
        return home.getFileName().toString();
    }

    /**
     * Compiles one C or assembly file to an object file. The source is named relative to its own directory, so no path
     * gets into the output.
     *
     * @param options further options of clang ({@code -O3}, {@code -DN=10}, {@code -I…})
     * @throws LlvmException with the compiler's message when it fails or warns with {@code -Werror}
     */
    public void compile(CTarget target, Path source, Path object, List<String> options) {
        Path directory = source.toAbsolutePath().getParent();
        List<String> command = new ArrayList<>(List.of(home.resolve("bin/clang").toString()));
        command.addAll(target.clangOptions());
        // -Qn: no .ident; no unwind tables, no stack protector, no CET marks: only what the source says.
        command.addAll(List.of("-nostdlibinc", "-Qn", "-fno-pic", "-fno-stack-protector",
                "-fno-asynchronous-unwind-tables",
                "-fno-unwind-tables", "-fcf-protection=none", "-fno-common", "-ffile-prefix-map=" + directory + "=.",
                "-no-canonical-prefixes", "-Wno-unused-command-line-argument"));
        command.addAll(options);
        command.addAll(List.of("-c", source.getFileName().toString(), "-o", object.toAbsolutePath().toString()));
        run(command, directory, "compile " + source.getFileName() + " for " + target.label());
    }

    /**
     * Links object files to a static ELF file whose entry is {@code _start}. Guests get text from 0x10000, constants and
     * data behind it, each on pages of their own.
     *
     * @param options further options of lld ({@code --strip-all})
     */
    public void link(CTarget target, List<Path> objects, Path out, List<String> options) {
        try {
            try (Temporary place = Temporary.file("guest", ".ld")) {
                Path script = place.path();
                List<String> command = new ArrayList<>(List.of(home.resolve("bin/ld.lld").toString(), "-m",
                        target.emulation(), "-static", "--build-id=none", "--gc-sections", "-e", "_start", "-z",
                        "max-page-size=4096", "-z", "noexecstack"));
                if (target.isGuest()) {
                    try (InputStream in = Toolchain.class.getResourceAsStream("guest.ld")) {
                        Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
                    }
                    command.addAll(List.of("-T", script.toString()));
                }
                command.addAll(options);
                for (Path object : objects) {
                    command.add(object.toAbsolutePath().toString());
                }
                command.addAll(List.of("-o", out.toAbsolutePath().toString()));
                run(command, out.toAbsolutePath().getParent(), "link " + out.getFileName() + " for " + target.label());
            }
        } catch (IOException e) {
            throw new LlvmException("cannot write a linker script: " + e.getMessage(), e);
        }
    }

    /** Compiles one C file to a shared object for this host; what it does not define has to be there when it is loaded. */
    void plugin(Path source, Path out, List<String> options) {
        try {
            try (Temporary place = Temporary.file("plugin", ".o")) {
                Path object = place.path();
                List<String> all = new ArrayList<>(List.of("-O2", "-fPIC", "-fvisibility=hidden"));
                all.addAll(options);
                compile(CTarget.host(), source, object, all);
                run(List.of(home.resolve("bin/ld.lld").toString(), "-m", CTarget.host().emulation(), "-shared",
                        "--build-id=none", "-z", "noexecstack", object.toAbsolutePath().toString(), "-o",
                        out.toAbsolutePath().toString()), out.toAbsolutePath().getParent(),
                        "link " + out.getFileName());
            }
        } catch (IOException e) {
            throw new LlvmException("cannot build a plugin: " + e.getMessage(), e);
        }
    }

    private void run(List<String> command, Path directory, String what) {
        try {
            try (Temporary place = Temporary.file("llvm", ".log")) {
                Path log = place.path();
                ProcessBuilder b = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(log.toFile());
                b.environment().clear();
                b.environment().put("LC_ALL", "C");
                int status = Children.run(b, TIME_LIMIT_SECONDS);
                if (status < 0) {
                    throw new LlvmException("cannot " + what + ": not done after " + TIME_LIMIT_SECONDS + " s");
                }
                if (status != 0) {
                    throw new LlvmException("cannot " + what + " (status " + status + "):\n"
                            + Files.readString(log, StandardCharsets.ISO_8859_1).strip());
                }
            }
        } catch (IOException e) {
            throw new LlvmException("cannot " + what + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LlvmException("interrupted while it was to " + what, e);
        }
    }
}
