package dev.rivet.tools;

import dev.rivet.CodeCache;
import dev.rivet.RivetException;
import java.io.IOException;
import java.nio.file.Path;

/** Where the command line keeps translations: {@code $XDG_CACHE_HOME/rivet/code}, or below {@code ~/.cache}. */
final class UserCache {
    /** Bytes it may hold. */
    private static final long LIMIT = 512L << 20;
    /**
     * Files from this size on are worth it: what finding and verifying an entry costs a JVM that has just started (classes
     * for files and digests, 20 to 60 ms) is what translating some ten thousand instructions costs it.
     */
    private static final long WORTH_IT = 256 << 10;

    private UserCache() {
    }

    private static Path directory() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base = xdg != null && xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("rivet").resolve("code");
    }

    /** The cache, if a file of this size is worth it and the cache can be had; else null: it only saves time. */
    static CodeCache forFileOf(long bytes) {
        if (bytes < WORTH_IT) {
            return null;
        }
        try {
            return CodeCache.open(directory(), LIMIT);
        } catch (IOException | RivetException cannot) {
            return null;
        }
    }

    /** The cache; fails with a line that says why there is none. */
    static CodeCache open() {
        try {
            return CodeCache.open(directory(), LIMIT);
        } catch (IOException e) {
            throw new Failure(Status.HOST_LACKS, directory() + ": cannot keep translations here: " + Output.reason(e)
                    + "; set XDG_CACHE_HOME to another directory", e);
        } catch (RivetException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }
}
