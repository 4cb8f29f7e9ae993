package dev.rivet.sandbox;

/** Strict mode refuses: a layer of protection cannot be had on this host. The message names it and the remedy. */
public final class HardeningException extends SandboxException {
    private static final long serialVersionUID = 1;

    private final String layer;

    /** A layer that is missing. */
    public HardeningException(String layer, String message) {
        super(message);
        this.layer = layer;
    }

    /** Name of the layer, as {@code doctor} prints it. */
    public String layer() {
        return layer;
    }
}
