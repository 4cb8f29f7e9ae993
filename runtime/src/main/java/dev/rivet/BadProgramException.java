package dev.rivet;

/** A file is no program that Rivet runs, or asks for more than the limits allow. One line says what, where, what to do. */
public final class BadProgramException extends RivetException {
    private static final long serialVersionUID = 1;

    /**
     * With what is wrong.
     *
     * @param message one line: what, where, what to do
     */
    public BadProgramException(String message) {
        super(message);
    }

    /**
     * With what is wrong and what led to it.
     *
     * @param message one line: what, where, what to do
     * @param cause what led to it
     */
    public BadProgramException(String message, Throwable cause) {
        super(message, cause);
    }
}
