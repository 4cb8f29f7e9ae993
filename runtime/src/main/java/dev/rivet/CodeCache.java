package dev.rivet;

import dev.rivet.internal.Fingerprint;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Translated programs on disk, so that the next process need not translate them again. An entry is found by everything
 * that shapes it: the ELF file's digest, target, processor features, metering, the whole cost table, assembler, and a
 * digest of the translator's own classes. It is verified by a digest of its contents each time; whatever does not verify is
 * deleted and translated again, never run.
 *
 * <p>Safe for many threads and processes at once: entries appear by atomic rename, and a crash leaves at most a temporary
 * file that a later {@link #open} removes. When the directory has grown beyond its limit, the entries used longest ago go.
 *
 * <p><strong>Trust</strong>: the digest shows damage, not forgery. Whoever can write the directory can choose what
 * translated code does inside the sandbox, so it is made for its owner only, and one that others can write is refused.
 */
public final class CodeCache {
    private static final System.Logger LOG = System.getLogger("dev.rivet");
    private static final int MAGIC = 0x52565443;
    private static final int FORMAT = 2;
    private static final int DIGEST = 32;
    private static final String SUFFIX = ".code";
    private static final String TEMPORARY = ".tmp";
    private static final long STALE_MILLIS = 3_600_000;

    private final Path directory;
    private final long limit;
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final AtomicLong refused = new AtomicLong();

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
     * @throws RivetException if somebody else can write it
     */
    public static CodeCache open(Path directory, long limit) throws IOException {
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
        if (!Files.isWritable(directory)) {
            throw new IOException("the code cache " + directory + " cannot be written");
        }
        CodeCache cache = new CodeCache(directory, limit);
        cache.sweepTemporaries();
        return cache;
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

    /** {@return the directory} */
    public Path directory() {
        return directory;
    }

    /** The translation of a program, or null when the cache has none. */
    @Nullable
    HostCode load(byte[] program, Code code, Backend backend, Backend.Options options) {
        Path file = file(program, code, backend, options);
        if (file == null) {
            return null;
        }
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
        HostCode found = verified(all) ? decode(all, code, backend.target(), options) : null;
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
        Path file = file(program, host.code, backend, host.options);
        if (file == null) {
            return;
        }
        byte[] all = encode(host);
        if (all.length > limit) {
            return;
        }
        Path temporary = null;
        try {
            temporary = Files.createTempFile(directory, "entry", TEMPORARY);
            Files.write(temporary, all);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            evict();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "code cache: cannot keep {0}: {1}", file, e.getMessage());
            if (temporary != null) {
                delete(temporary);
            }
        }
    }

    private @Nullable Path file(byte[] program, Code code, Backend backend, Backend.Options options) {
        byte[] translator = Fingerprint.of(backend);
        if (translator == null) {
            return null;
        }
        StringBuilder costs = new StringBuilder();
        for (int op = 0; op < Op.count(); op++) {
            costs.append(options.costs().cost(op)).append(',');
        }
        String shape = String.join("\n", "rivet code " + FORMAT, backend.target().label(), backend.features(),
                options.metering().label(), options.costs().name(), Integer.toString(options.costs().version()), costs,
                options.assembler(), "xlen " + code.xlen);
        byte[] key = Fingerprint.sha256(program, translator, shape.getBytes(StandardCharsets.UTF_8));
        return directory.resolve(HexFormat.of().formatHex(key) + SUFFIX);
    }

    private static boolean verified(byte[] all) {
        int body = all.length - DIGEST;
        if (body < 8) {
            return false;
        }
        MessageDigest digest = Fingerprint.sha256();
        digest.update(all, 0, body);
        return Arrays.equals(digest.digest(), 0, DIGEST, all, body, all.length);
    }

    private static byte[] encode(HostCode host) {
        int longs = host.deferred == null ? 0 : host.deferred.length;
        int lows = host.lowOnly == null ? 0 : host.lowOnly.length;
        long size = 5L * (16 + host.offsets.length + host.entries.length + host.coldOffsets.length
                + host.coldIndexes.length + host.homeOf.length) + 8L * (longs + lows) + host.length + 8 + DIGEST + 64;
        if (size > Integer.MAX_VALUE - 64) {
            return new byte[Integer.MAX_VALUE - 64]; // larger than any limit that makes sense: store() drops it
        }
        ByteBuffer out = ByteBuffer.allocate((int) size).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(MAGIC).putInt(FORMAT).putInt(host.code.count).putInt(host.length).putInt(host.gasHome)
                .putInt(host.missStub).putInt(host.finishStub).putInt(host.enterStub).putLong(host.badEntry);
        putSteps(out, host.offsets, host.code.count + 1);
        putSteps(out, distances(host.entries, host.offsets, host.code.count), host.code.count);
        putSteps(out, host.coldOffsets, host.coldOffsets.length);
        putSteps(out, host.coldIndexes, host.coldIndexes.length);
        putSteps(out, host.homeOf, host.homeOf.length);
        put(out, host.deferred);
        put(out, host.lowOnly);
        out.putInt(host.chained ? 1 : 0);
        out.put(host.bytes, 0, host.length);
        MessageDigest digest = Fingerprint.sha256();
        digest.update(out.array(), 0, out.position());
        out.put(digest.digest());
        return Arrays.copyOf(out.array(), out.position());
    }

    /** Entries lie near the offsets of their instructions, where there are any: 0 for none, else the distance, never 0. */
    private static int[] distances(int[] entries, int[] offsets, int count) {
        int[] distances = new int[count];
        for (int i = 0; i < count; i++) {
            int distance = entries[i] - offsets[i];
            distances[i] = entries[i] < 0 ? 0 : distance < 0 ? distance : distance + 1;
        }
        return distances;
    }

    /**
     * Numbers that mostly differ little from the one before: each difference with its sign in bit 0, seven bits a byte, the
     * lowest first, bit 7 set in all bytes but the last. A third of what is to be read and verified is gone that way.
     */
    private static void putSteps(ByteBuffer out, int[] values, int count) {
        out.putInt(count);
        int before = 0;
        for (int i = 0; i < count; i++) {
            int step = values[i] - before;
            before = values[i];
            int rest = step << 1 ^ step >> 31;
            for (; (rest & ~0x7f) != 0; rest >>>= 7) {
                out.put((byte) (rest | 0x80));
            }
            out.put((byte) rest);
        }
    }

    private static void put(ByteBuffer out, long @Nullable [] values) {
        out.putInt(values == null ? -1 : values.length);
        if (values != null) {
            out.asLongBuffer().put(values);
            out.position(out.position() + 8 * values.length);
        }
    }

    /** The entry as host code, or null if it cannot be one for this program. */
    private static @Nullable HostCode decode(byte[] all, Code code, Target target, Backend.Options options) {
        try {
            ByteBuffer in = ByteBuffer.wrap(all, 0, all.length - DIGEST).order(ByteOrder.LITTLE_ENDIAN);
            if (in.getInt() != MAGIC || in.getInt() != FORMAT || in.getInt() != code.count) {
                return null;
            }
            int length = in.getInt();
            int gasHome = in.getInt();
            int missStub = in.getInt();
            int finishStub = in.getInt();
            int enterStub = in.getInt();
            long badEntry = in.getLong();
            int[] offsets = steps(in);
            int[] entries = steps(in);
            int[] coldOffsets = steps(in);
            int[] coldIndexes = steps(in);
            int[] homeOf = steps(in);
            long[] deferred = longs(in);
            long[] lowOnly = longs(in);
            boolean chained = in.getInt() != 0;
            if (length != in.remaining() || offsets.length != code.count + 1 || entries.length != code.count
                    || coldOffsets.length != coldIndexes.length || homeOf.length < 32) {
                return null;
            }
            for (int i = 0; i < entries.length; i++) {
                int distance = entries[i];
                entries[i] = distance == 0 ? -1 : offsets[i] + (distance < 0 ? distance : distance - 1);
            }
            byte[] bytes = new byte[length];
            in.get(bytes);
            return new HostCode(code, options, target, bytes, length, 0, offsets, entries, coldOffsets, coldIndexes,
                    homeOf, gasHome, missStub, finishStub, enterStub, badEntry, deferred, lowOnly,
                    chained);
        } catch (BufferUnderflowException | IllegalArgumentException | NegativeArraySizeException tooShort) {
            return null;
        }
    }

    private static int[] steps(ByteBuffer in) {
        int[] values = new int[room(in, in.getInt(), 1)];
        byte[] all = in.array();
        int at = in.position();
        int end = in.limit();
        int value = 0;
        for (int i = 0; i < values.length; i++) {
            int coded = 0;
            int shift = 0;
            byte b;
            do {
                if (at == end || shift > 28) {
                    throw new IllegalArgumentException("number");
                }
                b = all[at++];
                coded |= (b & 0x7f) << shift;
                shift += 7;
            } while (b < 0);
            value += coded >>> 1 ^ -(coded & 1);
            values[i] = value;
        }
        in.position(at);
        return values;
    }

    private static long @Nullable [] longs(ByteBuffer in) {
        int count = in.getInt();
        if (count < 0) {
            return null;
        }
        long[] values = new long[room(in, count, 8)];
        in.asLongBuffer().get(values);
        in.position(in.position() + 8 * values.length);
        return values;
    }

    private static int room(ByteBuffer in, int count, int size) {
        if (count < 0 || count > in.remaining() / size) {
            throw new IllegalArgumentException("count");
        }
        return count;
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
