package dev.rivet.sandbox;

/** The machine code of the worker for one architecture, emitted by that architecture's assembler. A service. */
public interface WorkerProgram {
    /** Name of the architecture: {@code "x86-64"} or {@code "aarch64"}. */
    String target();

    /**
     * A complete static ELF file, linked at {@link Layout#WORKER_BASE}; see {@link StaticElf}. Its entry maps descriptor 0
     * as the control page and runs the set-up list; {@link Layout#WORKER_PUBLISH} is where its text begins.
     */
    byte[] elf();

    /** Host address of guest address 0. */
    long guestBase();

    /** Value of {@link Control#FP_CONTROL} to begin with: the architecture's default (no exception unmasked). */
    int floatingPointControl();

    /** End of the addresses a process may use: what is foreign is unmapped up to here. */
    long userEnd();

    /** Set-up rows that only this architecture needs, run once everything is mapped. */
    void addRows(SetupList list);

    /**
     * Whether instruction fetches may miss what was written to memory until the worker has been told
     * ({@link Worker#synchronizeCode}).
     */
    default boolean separateInstructionCache() {
        return false;
    }

    /** Whether the worker knows {@link Control#COMMAND_STEP}. */
    default boolean canStep() {
        return false;
    }

    /** Host address of the signal handler in {@link #elf}. */
    long handler();

    /** System call numbers and audit architecture of the target. */
    SyscallTable syscalls();
}
