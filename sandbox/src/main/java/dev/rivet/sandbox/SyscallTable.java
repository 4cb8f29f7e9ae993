package dev.rivet.sandbox;

/**
 * What differs between architectures in the worker's set-up list: numbers of system calls and the audit architecture that
 * seccomp checks.
 */
public interface SyscallTable {
    /** AUDIT_ARCH_ value. */
    int auditArch();

    /** Number of the call with this Linux name ({@code "mmap"}); throws IllegalArgumentException for an unknown one. */
    int number(String name);
}
