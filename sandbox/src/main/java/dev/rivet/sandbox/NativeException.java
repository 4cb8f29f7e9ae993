package dev.rivet.sandbox;

/** A system call or libc function failed. */
public final class NativeException extends SandboxException {
    private static final long serialVersionUID = 1;

    private final String call;
    private final int errno;

    /**
     * A failed call.
     *
     * @param call what was called, with what matters of its arguments
     * @param errno the error number it left
     * @param hint what the user can do, or null
     */
    public NativeException(String call, int errno, String hint) {
        super(call + " failed: " + Errno.name(errno) + (hint == null ? "" : "; " + hint));
        this.call = call;
        this.errno = errno;
    }

    /** What was called. */
    public String call() {
        return call;
    }

    /** The error number, as Linux numbers them. */
    public int errno() {
        return errno;
    }

    /** The error's name: {@code "EPERM"}. */
    public String errnoName() {
        return Errno.name(errno);
    }
}
