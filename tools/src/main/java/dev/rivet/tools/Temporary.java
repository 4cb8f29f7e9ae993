package dev.rivet.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A file or directory that is needed for a while. It goes with what is in it when closed, and also when the JVM ends in
 * between, by Ctrl-C or a signal.
 */
public final class Temporary implements AutoCloseable {
    private static final Set<Path> LEFT = new HashSet<>();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Temporary::end, "rivet-temporary"));
    }

    private final Path path;

    private Temporary(Path path) {
        this.path = path;
    }

    /** A directory of its own below {@code java.io.tmpdir}. */
    public static Temporary directory(String name) throws IOException {
        synchronized (LEFT) { // the hook sees all there are
            return kept(Files.createTempDirectory(name));
        }
    }

    /** A directory of its own below another one. */
    public static Temporary directory(Path parent, String name) throws IOException {
        synchronized (LEFT) {
            return kept(Files.createTempDirectory(parent, name));
        }
    }

    /** An empty file of its own below {@code java.io.tmpdir}. */
    public static Temporary file(String name, String suffix) throws IOException {
        synchronized (LEFT) {
            return kept(Files.createTempFile(name, suffix));
        }
    }

    private static Temporary kept(Path made) {
        LEFT.add(made);
        return new Temporary(made);
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        try {
            delete(path);
        } finally {
            synchronized (LEFT) {
                LEFT.remove(path);
            }
        }
    }

    private static void end() {
        synchronized (LEFT) {
            for (Path path : LEFT) {
                try {
                    delete(path);
                } catch (IOException e) {
                    // Somebody still writes there; nobody is left to be told.
                }
            }
        }
    }

    private static void delete(Path root) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(root)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (NoSuchFileException gone) {
            return; // moved to where it belongs
        }
        for (Path p : all) {
            Files.deleteIfExists(p);
        }
    }
}
