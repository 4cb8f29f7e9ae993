package dev.rivet.x64;

import dev.rivet.sandbox.SyscallTable;

/** Linux system call numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl): those the worker makes. */
final class X64Syscalls implements SyscallTable {
    @Override
    public int auditArch() {
        return 0xc000_003e; // AUDIT_ARCH_X86_64
    }

    @Override
    public int number(String name) {
        return switch (name) {
            case "close" -> 3; // this and dup3 only under an emulator
            case "mmap" -> 9;
            case "munmap" -> 11;
            case "rt_sigaction" -> 13;
            case "rt_sigreturn" -> 15;
            case "recvmsg" -> 47;
            case "clone" -> 56;
            case "chdir" -> 80;
            case "capset" -> 126;
            case "sigaltstack" -> 131;
            case "pivot_root" -> 155;
            case "prctl" -> 157;
            case "arch_prctl" -> 158;
            case "chroot" -> 161;
            case "mount" -> 165;
            case "umount2" -> 166;
            case "futex" -> 202;
            case "exit_group" -> 231;
            case "unshare" -> 272;
            case "dup3" -> 292;
            case "prlimit64" -> 302;
            case "seccomp" -> 317;
            case "close_range" -> 436;
            default -> throw new IllegalArgumentException("no system call '" + name + "' in the x86-64 table");
        };
    }
}
