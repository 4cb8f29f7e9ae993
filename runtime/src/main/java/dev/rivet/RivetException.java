package dev.rivet;

/** Something other than the guest went wrong. The message is one line: what, where, what to do. */
public class RivetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a message only. */
    public RivetException(String message) {
        super(message);
    }

    /** With a message and what led to it. */
    public RivetException(String message, Throwable cause) {
        super(message, cause);
    }
}
