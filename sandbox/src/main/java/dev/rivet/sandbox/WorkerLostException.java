package dev.rivet.sandbox;

/** The worker process died, was killed by us because it broke the protocol, or does not answer. It cannot be used again. */
public final class WorkerLostException extends SandboxException {
    private static final long serialVersionUID = 1;

    private final int signal;
    private final int exitStatus;

    /**
     * A lost worker.
     *
     * @param message what happened
     * @param signal the signal that ended the process, 0 when none did or it is not known
     * @param exitStatus the status the process exited with, −1 when it did not exit
     */
    public WorkerLostException(String message, int signal, int exitStatus) {
        super(message);
        this.signal = signal;
        this.exitStatus = exitStatus;
    }

    /** The signal that ended the process; 0 when none did or it is not known. */
    public int signal() {
        return signal;
    }

    /** The status the process exited with; −1 when it did not exit. */
    public int exitStatus() {
        return exitStatus;
    }
}
