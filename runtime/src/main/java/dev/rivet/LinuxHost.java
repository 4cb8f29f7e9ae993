package dev.rivet;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * The few Linux calls that {@code rivet run} serves: write (64) to fd 1 and 2, read (63) from fd 0, exit (93), exit_group
 * (94), brk (214). Every other number answers −ENOSYS.
 */
public final class LinuxHost {
    private LinuxHost() {
    }

    /**
     * The functions over three streams. Output is not flushed by them. A stream that throws makes the call answer −EIO.
     *
     * @param in what fd 0 reads
     * @param out what fd 1 writes to
     * @param err what fd 2 writes to
     */
    public static HostFunctions functions(InputStream in, OutputStream out, OutputStream err) {
        throw new UnsupportedOperationException("to come: " + in + out + err);
    }
}
