package dev.rivet;

/** There is no room for another guest: workers, memory or a pool's places are all in use. The message says which. */
public final class CapacityException extends RivetException {
    private static final long serialVersionUID = 1;

    CapacityException(String message) {
        super(message);
    }
}
