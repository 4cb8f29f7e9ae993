package dev.rivet.tools;

import dev.rivet.UnsupportedHostException;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.tools.llvm.LlvmException;
import java.io.IOException;

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

    /** What to throw for what building and running workloads may throw: a failure where it is the host's. */
    static RuntimeException ofWorkloads(Throwable e) {
        return switch (e) {
            case UnsupportedHostException h -> new Failure(Status.HOST_LACKS, h.getMessage(), h);
            case SandboxException s -> new Failure(Status.HOST_LACKS, s.getMessage(), s);
            case LlvmException l -> new Failure(Status.HOST_LACKS, l.getMessage(), l);
            case ExceptionInInitializerError i when i.getCause() instanceof LlvmException l ->
                new Failure(Status.HOST_LACKS, l.getMessage(), i);
            case IOException io ->
                new Failure(Status.CANNOT_READ, "cannot read a workload's program: " + io.getMessage(), io);
            case Error error -> throw error;
            case RuntimeException other -> other;
            default -> new IllegalStateException(e);
        };
    }
}
