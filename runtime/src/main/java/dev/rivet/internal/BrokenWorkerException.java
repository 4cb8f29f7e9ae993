package dev.rivet.internal;

/** What a worker reported cannot be true. It is not used any more. */
final class BrokenWorkerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BrokenWorkerException(String message) {
        super("the worker broke the protocol: " + message);
    }
}
