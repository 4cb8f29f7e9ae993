package dev.rivet;

import org.jspecify.annotations.Nullable;

/** Something other than the guest went wrong. The message is one line: what, where, what to do. */
public class RivetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /**
     * With a message only.
     *
     * @param message one line: what, where, what to do
     */
    public RivetException(String message) {
        super(message);
    }

    /**
     * With a message and what led to it.
     *
     * @param message one line: what, where, what to do
     * @param cause what led to it
     */
    public RivetException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
