package dev.rivet;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/**
 * The few Linux calls that {@code rivet run} serves: write (64) to fd 1 and 2, read (63) from fd 0, exit (93), exit_group
 * (94), brk (214). Every other number answers −ENOSYS, an unknown fd −EBADF, a range of memory that is not wholly mapped
 * −EFAULT (before anything is read or written).
 */
public final class LinuxHost {
    private static final int READ = 63;
    private static final int WRITE = 64;
    private static final int EXIT = 93;
    private static final int EXIT_GROUP = 94;
    private static final int BRK = 214;

    private static final int EIO = 5;
    private static final int EBADF = 9;
    private static final int EFAULT = 14;
    private static final int ENOSYS = 38;

    /** Most bytes one read answers, and bytes copied at once. */
    private static final int CHUNK = 1 << 16;
    /** Most bytes one write takes, as on Linux; the result is then always positive, on RV32 too. */
    private static final long MAX_COUNT = 0x7fff_f000L;

    private LinuxHost() {
    }

    /**
     * The functions over three streams. Output is not flushed by them. A stream that throws {@link IOException} makes the
     * call answer −EIO; what else it throws is a HOST_ERROR.
     *
     * @param in what fd 0 reads
     * @param out what fd 1 writes to
     * @param err what fd 2 writes to
     * @return functions for {@link InstanceOptions#withHost}
     */
    public static HostFunctions functions(InputStream in, OutputStream out, OutputStream err) {
        Objects.requireNonNull(in, "in");
        Objects.requireNonNull(out, "out");
        Objects.requireNonNull(err, "err");
        return HostFunctions.none().with(READ, call -> call.setResult(read(call, in)))
                .with(WRITE, call -> call.setResult(write(call, out, err))).with(EXIT, LinuxHost::exit)
                .with(EXIT_GROUP, LinuxHost::exit)
                .with(BRK, call -> call.setResult(call.memory().brk(call.argument(0))))
                .otherwise(call -> call.setResult(-ENOSYS));
    }

    private static void exit(HostCall call) {
        call.exit((int) call.argument(0));
    }

    private static long write(HostCall call, OutputStream out, OutputStream err) {
        int fd = (int) call.argument(0);
        if (fd != 1 && fd != 2) {
            return -EBADF;
        }
        long address = call.argument(1);
        long length = Math.min(call.argument(2), MAX_COUNT);
        if (!call.memory().isReadable(address, length)) {
            return -EFAULT;
        }
        byte[] buffer = new byte[(int) Math.min(length, CHUNK)];
        try {
            for (long done = 0; done < length; done += buffer.length) {
                int n = (int) Math.min(buffer.length, length - done);
                call.memory().read(address + done, buffer, 0, n);
                (fd == 1 ? out : err).write(buffer, 0, n);
            }
        } catch (IOException e) {
            return -EIO;
        }
        return length;
    }

    private static long read(HostCall call, InputStream in) {
        if ((int) call.argument(0) != 0) {
            return -EBADF;
        }
        long address = call.argument(1);
        long length = Math.min(call.argument(2), MAX_COUNT);
        if (!call.memory().isWritable(address, length)) {
            return -EFAULT;
        }
        byte[] buffer = new byte[(int) Math.min(length, CHUNK)];
        try {
            int n = buffer.length == 0 ? 0 : Math.max(0, in.read(buffer));
            call.memory().write(address, buffer, 0, n);
            return n;
        } catch (IOException e) {
            return -EIO;
        }
    }
}
