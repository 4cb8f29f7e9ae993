package dev.rivet;

/** This host lacks what was asked for: a native engine, a layer of the sandbox, a resource. One line says which. */
public final class UnsupportedHostException extends RivetException {
    private static final long serialVersionUID = 1;

    /**
     * With what is missing.
     *
     * @param message one line: what, where, what to do
     */
    public UnsupportedHostException(String message) {
        super(message);
    }

    /**
     * With what is missing and what led to it.
     *
     * @param message one line: what, where, what to do
     * @param cause what led to it
     */
    public UnsupportedHostException(String message, Throwable cause) {
        super(message, cause);
    }
}
