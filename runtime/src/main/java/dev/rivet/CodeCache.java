package dev.rivet;

import dev.rivet.frontend.ProgramText;
import dev.rivet.internal.CodeFile;
import dev.rivet.internal.Fingerprint;
import dev.rivet.internal.MachineCode;
import dev.rivet.ir.Backend;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Translated programs on disk, so that the next process need not translate them again. An entry is found by everything
 * that shapes it: the ELF file's SHA-256, target, processor features, metering, the whole cost table, assembler, and a
 * digest of the translator's own classes. It is verified by a checksum of its contents each time; whatever does not verify
 * is deleted and translated again, never run.
 *
 * <p>Safe for many threads and processes at once: entries appear by atomic rename, and a crash leaves at most a temporary
 * file that a later {@link #open} removes. When the directory has grown beyond its limit, the entries used longest ago go.
 *
 * <p><strong>Trust</strong>: the checksum shows damage, not forgery. Whoever can write the directory can choose what
 * translated code does inside the sandbox, so it is made for its owner only, and one that others can write is refused.
 */
public final class CodeCache {
    private static final System.Logger LOG = System.getLogger("dev.rivet");
    private static final String SUFFIX = ".code";
    private static final String TEMPORARY = ".tmp";
    private static final long STALE_MILLIS = 3_600_000;

    private final Path directory;
    private final long limit;
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();

    private CodeCache(Path directory, long limit) {
        this.directory = directory;
        this.limit = limit;
    }

    /**
     * Opens a directory, which is made if it is not there.
     *
     * @param directory where
     * @param limit bytes it may hold
     * @return the cache
     * @throws IOException if it cannot be made or written
     * @throws RivetException if somebody else owns it or can write it
     */
    public static CodeCache open(Path directory, long limit) throws IOException {
        Objects.requireNonNull(directory, "directory");
        if (limit <= 0) {
            throw new IllegalArgumentException("cache limit " + limit + "; give a positive number of bytes");
        }
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        Set<PosixFilePermission> rights = Files.getPosixFilePermissions(directory);
        if (rights.contains(PosixFilePermission.GROUP_WRITE) || rights.contains(PosixFilePermission.OTHERS_WRITE)) {
            throw new RivetException("the code cache " + directory + " can be written by others; chmod 700 it");
        }
        int owner = (int) Files.getAttribute(directory, "unix:uid");
        if (!isUser(owner)) {
            throw new RivetException("the code cache " + directory + " belongs to another user (number " + owner
                    + "), who could write it; use a directory of your own");
        }
        if (!Files.isWritable(directory)) {
            throw new IOException("the code cache " + directory + " cannot be written");
        }
        CodeCache cache = new CodeCache(directory, limit);
        cache.sweepTemporaries();
        return cache;
    }

    /** Whether that is who this process runs as; true where the host does not say. */
    private static boolean isUser(int number) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            // real, effective, saved and file system's
            return lines.filter(line -> line.startsWith("Uid:")).map(line -> line.split("\\s+"))
                    .allMatch(ids -> ids[2].equals(Integer.toUnsignedString(number)));
        } catch (IOException | UncheckedIOException unknown) {
            return true;
        }
    }

    /** {@return entries found and run} */
    public long hits() {
        return hits.get();
    }

    /** {@return entries that were not there} */
    public long misses() {
        return misses.get();
    }

    /** {@return entries that did not verify and were deleted} */
    public long refused() {
        return refused.get();
    }

    /** {@return translations that could not be kept: no room on the disk, or more bytes than the cache may hold} */
    public long lost() {
        return lost.get();
    }

    /** {@return the directory} */
    public Path directory() {
        return directory;
    }

    /** The translation of a program, or null when the cache has none. */
    @Nullable
    MachineCode load(byte[] program, ProgramText text, Backend backend, Backend.Options options) {
        byte[] key = key(program, text.xlen(), backend, options);
        if (key == null) {
            return null;
        }
        Path file = file(key);
        byte[] all;
        try {
            all = Files.readAllBytes(file);
        } catch (NoSuchFileException none) {
            misses.incrementAndGet();
            return null;
        } catch (IOException | OutOfMemoryError unreadable) {
            misses.incrementAndGet();
            LOG.log(Level.WARNING, "code cache: cannot read {0}: {1}", file, unreadable.getMessage());
            return null;
        }
        MachineCode found = CodeFile.decode(all, key, text, backend.target(), options,
                code -> backend.translate(code, options));
        if (found == null) {
            refused.incrementAndGet();
            LOG.log(Level.WARNING, "code cache: {0} is damaged; it is translated again", file);
            delete(file);
            return null;
        }
        hits.incrementAndGet();
        try {
            Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
        } catch (IOException gone) {
            // evicted meanwhile, or somebody else's: only the order of eviction suffers
        }
        return found;
    }

    /** Keeps a translation. What goes wrong is logged and nothing else: the cache only saves time. */
    void store(byte[] program, HostCode host, Backend backend) {
        byte[] key = key(program, host.code.xlen, backend, host.options);
        if (key == null) {
            return;
        }
        Path file = file(key);
        byte[] all = CodeFile.encode(host, key);
        if (all == null || all.length > limit) {
            lost.incrementAndGet();
            return;
        }
        Path temporary = null;
        try {
            temporary = Files.createTempFile(directory, "entry", TEMPORARY);
            Files.write(temporary, all);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            evict();
        } catch (IOException e) {
            lost.incrementAndGet();
            LOG.log(Level.WARNING, "code cache: cannot keep {0}: {1}", file, e.getMessage());
            if (temporary != null) {
                delete(temporary);
            }
        }
    }

    private Path file(byte[] key) {
        return directory.resolve(HexFormat.of().formatHex(key) + SUFFIX);
    }

    /** Digest of everything that shapes a translation; null where the translator's own classes cannot be read. */
    private static byte @Nullable [] key(byte[] program, int xlen, Backend backend, Backend.Options options) {
        byte[] translator = Fingerprint.of(backend);
        if (translator == null) {
            return null;
        }
        StringBuilder costs = new StringBuilder();
        for (int op = 0; op < Op.count(); op++) {
            costs.append(options.costs().cost(op)).append(',');
        }
        String shape = String.join("\n", "rivet code " + CodeFile.FORMAT, backend.target().label(), backend.features(),
                options.metering().label(), options.costs().name(), Integer.toString(options.costs().version()), costs,
                options.assembler(), "xlen " + xlen);
        return Fingerprint.sha256(program, translator, shape.getBytes(StandardCharsets.UTF_8));
    }

    /** An entry with what eviction goes by. */
    private record Entry(Path file, long bytes, long used) {
    }

    private void evict() throws IOException {
        List<Entry> entries = new ArrayList<>();
        long total = 0;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(SUFFIX)).toList()) {
                try {
                    Entry entry = new Entry(file, Files.size(file), Files.getLastModifiedTime(file).toMillis());
                    entries.add(entry);
                    total += entry.bytes;
                } catch (IOException gone) {
                    // another process has evicted it
                }
            }
        }
        entries.sort(Comparator.comparingLong(Entry::used));
        for (int i = 0; total > limit && i < entries.size() - 1; i++) {
            delete(entries.get(i).file);
            total -= entries.get(i).bytes;
        }
    }

    private void sweepTemporaries() throws IOException {
        long before = System.currentTimeMillis() - STALE_MILLIS;
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(f -> f.toString().endsWith(TEMPORARY)).toList()) {
                try {
                    if (Files.getLastModifiedTime(file).toMillis() < before) {
                        delete(file);
                    }
                } catch (IOException gone) {
                    // moved into place meanwhile
                }
            }
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "code cache: cannot delete {0}: {1}", file, e.getMessage());
        }
    }
}
