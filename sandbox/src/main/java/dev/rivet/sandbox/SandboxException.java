package dev.rivet.sandbox;

/** Something the sandbox needs failed or was refused. The message is one line: what, where, what to do. */
public class SandboxException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** With a message only. */
    public SandboxException(String message) {
        super(message);
    }

    /** With a message and what led to it. */
    public SandboxException(String message, Throwable cause) {
        super(message, cause);
    }
}
