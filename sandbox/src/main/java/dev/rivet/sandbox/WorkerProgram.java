package dev.rivet.sandbox;

/** The machine code of the worker for one architecture, emitted by that architecture's assembler. A service. */
public interface WorkerProgram {
    /** Name of the architecture: {@code "x86-64"} or {@code "aarch64"}. */
    String target();

    /** A complete static ELF file, linked at {@link Layout#WORKER_BASE}. */
    byte[] elf();

    /** Host address of guest address 0. */
    long guestBase();

    /** Host address of the signal handler in {@link #elf}. */
    long handler();

    /** System call numbers and audit architecture of the target. */
    SyscallTable syscalls();
}
