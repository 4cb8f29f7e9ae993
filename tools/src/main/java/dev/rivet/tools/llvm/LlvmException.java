package dev.rivet.tools.llvm;

/** LLVM, or getting at it, failed. The message says what, where and what to do. */
public final class LlvmException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** A failure with no other exception behind it. */
    public LlvmException(String message) {
        super(message);
    }

    /** A failure with its reason. */
    public LlvmException(String message, Throwable cause) {
        super(message, cause);
    }
}
