package dev.rivet.sandbox;

/** A layer of protection cannot be had on this host. The message names it, the call that failed, and the remedy. */
public final class HardeningException extends SandboxException {
    private static final long serialVersionUID = 1;

    private final transient Hardening.Layer layer;
    private final String detail;

    /**
     * A layer that is missing.
     *
     * @param detail the call that failed and its error
     */
    HardeningException(Hardening.Layer layer, String detail) {
        super("this host does not grant the sandbox layer '" + layer.label() + "' (" + detail + "); " + layer.remedy()
                + "; or run with the relaxed sandbox");
        this.layer = layer;
        this.detail = detail;
    }

    /** The layer. */
    public Hardening.Layer layer() {
        return layer;
    }

    /** The call that failed and its error. */
    public String detail() {
        return detail;
    }
}
