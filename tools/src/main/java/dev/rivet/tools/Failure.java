package dev.rivet.tools;

/** Ends a command: one line for stderr (without the {@code rivet: } in front) and an exit status. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** What {@code rivet} exits with. */
    final int status;

    Failure(int status, String line) {
        this(status, line, null);
    }

    Failure(int status, String line, Throwable cause) {
        super(line, cause);
        this.status = status;
    }
}
