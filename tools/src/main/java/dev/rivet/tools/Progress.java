package dev.rivet.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** How far something long has come: a line on stderr that is written over, and nothing at all where that is no terminal. */
final class Progress implements AutoCloseable {
    private static final boolean TERMINAL = terminal();
    private static final int WIDTH = 78;

    private final int total;
    private final long start = System.nanoTime();
    private int done;

    /** Of something that takes so many steps; 0 if nobody knows. */
    Progress(int total) {
        this.total = total;
    }

    /** What comes next; all that was said before is done. */
    void next(String what) {
        if (TERMINAL) {
            String count = total == 0 ? "" : String.format(Locale.ROOT, "[%d/%d] ", done, total);
            String line = count + what + left();
            System.err.print("\r\033[K" + line.substring(0, Math.min(WIDTH, line.length())));
            System.err.flush();
        }
        done++;
    }

    private String left() {
        if (done < 3 || total == 0) {
            return "";
        }
        long seconds = Math.round((System.nanoTime() - start) / 1e9 / done * (total - done));
        return seconds < 1
                ? ""
                : ", about " + (seconds < 100 ? seconds + " s" : (seconds + 30) / 60 + " min") + " left";
    }

    /** Takes the line away. */
    @Override
    public void close() {
        if (TERMINAL) {
            System.err.print("\r\033[K");
            System.err.flush();
        }
    }

    private static boolean terminal() {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
        } catch (IOException | UnsupportedOperationException | SecurityException unknown) {
            return false;
        }
    }
}
