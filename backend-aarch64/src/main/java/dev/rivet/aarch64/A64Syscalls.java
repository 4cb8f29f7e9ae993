package dev.rivet.aarch64;

import dev.rivet.sandbox.SyscallTable;

/** Linux system call numbers of AArch64 (include/uapi/asm-generic/unistd.h): those the worker makes. */
final class A64Syscalls implements SyscallTable {
    @Override
    public int auditArch() {
        return 0xc000_00b7; // AUDIT_ARCH_AARCH64
    }

    @Override
    public int number(String name) {
        return switch (name) {
            case "dup3" -> 24;
            case "umount2" -> 39;
            case "mount" -> 40;
            case "pivot_root" -> 41;
            case "chdir" -> 49;
            case "chroot" -> 51;
            case "close" -> 57;
            case "capset" -> 91;
            case "exit_group" -> 94;
            case "unshare" -> 97;
            case "futex" -> 98;
            case "sigaltstack" -> 132;
            case "rt_sigaction" -> 134;
            case "rt_sigreturn" -> 139;
            case "prctl" -> 167;
            case "recvmsg" -> 212;
            case "munmap" -> 215;
            case "clone" -> 220;
            case "mmap" -> 222;
            case "prlimit64" -> 261;
            case "seccomp" -> 277;
            case "close_range" -> 436;
            default -> throw new IllegalArgumentException("no system call '" + name + "' in the aarch64 table");
        };
    }
}
