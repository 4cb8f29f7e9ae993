package dev.rivet;

/** Calls nest deeper than {@link Engine.Builder#maxCallDepth} allows: a host function called an instance, and so on. */
public final class CallDepthException extends RivetException {
    private static final long serialVersionUID = 1;

    CallDepthException(int most) {
        super("instances call one another more than " + most
                + " deep; raise the engine's maxCallDepth if that is meant");
    }
}
