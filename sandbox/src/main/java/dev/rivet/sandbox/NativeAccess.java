package dev.rivet.sandbox;

/** Whether this JVM can call Linux at all: the first thing to find out, so that the answer is a line and not a stack trace. */
public final class NativeAccess {
    private NativeAccess() {
    }

    /**
     * Does nothing where it can.
     *
     * @throws SandboxException if native access is denied or the C library lacks a function
     */
    public static void require() {
        try {
            Native.init();
        } catch (ExceptionInInitializerError | NoClassDefFoundError e) { // the latter from the second time on
            Throwable why = e;
            while (why.getCause() != null) {
                why = why.getCause();
            }
            boolean denied = why instanceof IllegalCallerException || why.toString().contains("IllegalCallerException");
            throw new SandboxException(denied
                    ? "this JVM denies native access; start it with --enable-native-access="
                            + (Native.class.getModule().isNamed() ? Native.class.getModule().getName() : "ALL-UNNAMED")
                    : "the C library of this system lacks what Rivet calls: " + why.getMessage(), e);
        }
    }
}
