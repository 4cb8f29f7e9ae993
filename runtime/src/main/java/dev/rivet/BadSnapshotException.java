package dev.rivet;

/** A snapshot that cannot be read, or that does not belong to the program it is to be restored with. */
public final class BadSnapshotException extends RivetException {
    private static final long serialVersionUID = 1;

    BadSnapshotException(String message) {
        super(message);
    }

    BadSnapshotException(String message, Throwable cause) {
        super(message, cause);
    }
}
