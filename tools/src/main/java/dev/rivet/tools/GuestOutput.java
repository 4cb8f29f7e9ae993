package dev.rivet.tools;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;

/**
 * Where a guest's writes go: the process's own stdout or stderr, byte for byte and at once, so that whoever reads sees
 * them when the guest wrote them and a lost worker loses none. A reader that went away ends the guest, as a closed pipe
 * ends any program: the write throws {@link Closed}, which is a HOST_ERROR trap at the guest's ecall. (An
 * {@link IOException} would be answered with an error number, and a guest that ignores it would write for ever.) So ends a
 * guest that has written more than it may.
 */
final class GuestOutput extends OutputStream {
    /** The guest's output has nowhere to go. */
    static final class Closed extends RuntimeException {
        private static final long serialVersionUID = 1;

        Closed(String message, IOException cause) {
            super(message, cause);
        }
    }

    /** What a guest may write, to both streams together. */
    static final class Allowance {
        private final long most;
        private long left;

        Allowance(long most) {
            this.most = most;
            left = most;
        }

        private void take(int bytes) {
            if (bytes > left) {
                throw new Closed("the program has written more than " + most + " bytes; allow more with --output",
                        null);
            }
            left -= bytes;
        }
    }

    private final String name;
    private final OutputStream stream;
    private final Allowance allowance;

    private GuestOutput(String name, FileDescriptor descriptor, Allowance allowance, boolean interruptible) {
        this.name = name;
        this.allowance = allowance;
        FileOutputStream file = new FileOutputStream(descriptor);
        // A channel's write can be interrupted, and takes a JVM that has just started longer.
        stream = interruptible ? Channels.newOutputStream(file.getChannel()) : file;
    }

    static GuestOutput stdout(Allowance allowance, boolean interruptible) {
        return new GuestOutput("standard output", FileDescriptor.out, allowance, interruptible);
    }

    static GuestOutput stderr(Allowance allowance, boolean interruptible) {
        return new GuestOutput("standard error", FileDescriptor.err, allowance, interruptible);
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[]{(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        allowance.take(length);
        try {
            stream.write(bytes, offset, length);
        } catch (ClosedByInterruptException e) {
            throw e; // the call ends anyway
        } catch (IOException e) {
            throw new Closed("cannot write to " + name + ": " + e.getMessage(), e);
        }
    }
}
