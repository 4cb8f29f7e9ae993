package dev.rivet.tools.escape;

import dev.rivet.sandbox.Layout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * System calls as somebody makes them who means it: with arguments that would work. One row a call: what it would do, its
 * number on x86-64 and on AArch64 ('-' where there is none), its arguments. Words are addresses in guest memory ({@code
 * path}, {@code shell}, {@code buffer}), the JVM's process id ({@code parent}), or places of the layout.
 */
final class Calls {
    private static final long PATH = Cell.DATA;
    private static final long SHELL = Cell.DATA + 0x100;
    private static final long BUFFER = Cell.DATA + 0x1000;

    // @formatter:off
    private static final String[] ROWS = {
        "fork|57|-|",
        "vfork|58|-|",
        "clone of a process|56|220|17 0 0 0 0",
        "clone of a thread|56|220|0x3d0f00 buffer 0 0 0",
        "clone3|435|435|buffer 88",
        "execve|59|221|shell 0 0",
        "execveat|322|281|-100 shell 0 0 0",
        "open|2|-|path 0 0",
        "openat|257|56|-100 path 0 0",
        "openat2|437|437|-100 path buffer 24",
        "open_by_handle_at|304|265|-100 buffer 0",
        "creat|85|-|path 0x1ff",
        "unlinkat|263|35|-100 path 0",
        "mkdirat|258|34|-100 path 0x1ff",
        "renameat2|316|276|-100 path -100 shell 0",
        "symlinkat|266|36|path -100 shell",
        "getdents64|217|61|0 buffer 4096",
        "readlinkat|267|78|-100 path buffer 64",
        "read|0|63|0 buffer 64",
        "write|1|64|1 buffer 64",
        "pread64|17|67|0 buffer 64 0",
        "sendfile|40|71|1 0 0 64",
        "splice|275|76|0 0 1 0 64 0",
        "dup3|292|24|0 1 0",
        "fcntl, new seals|72|25|0 1033 0",
        "ioctl, a character into the terminal|16|29|0 0x5412 buffer",
        "socket, internet|41|198|2 1 0",
        "socket, packets|41|198|17 3 0",
        "socket, kernel messages|41|198|16 3 0",
        "socket, virtual machine's host|41|198|40 1 0",
        "socketpair|53|199|1 1 0 buffer",
        "connect|42|203|0 buffer 16",
        "bind|49|200|0 buffer 16",
        "sendmsg|46|211|0 buffer 0",
        "recvmsg|47|212|0 buffer 0",
        "ptrace, attach to the parent|101|117|16 parent 0 0",
        "ptrace, trace me|101|117|0 0 0 0",
        "process_vm_readv of the parent|310|270|parent buffer 1 buffer 1 0",
        "process_vm_writev of the parent|311|271|parent buffer 1 buffer 1 0",
        "process_madvise|440|440|0 buffer 1 21 0",
        "kcmp|312|272|parent 1 0 0 0",
        "kill of the parent|62|129|parent 9",
        "kill of everybody|62|129|-1 9",
        "kill of the group|62|129|0 9",
        "tkill|200|130|parent 9",
        "tgkill|234|131|parent parent 9",
        "rt_sigqueueinfo|129|138|parent 9 buffer",
        "pidfd_open of the parent|434|434|parent 0",
        "pidfd_getfd|438|438|0 0 0",
        "pidfd_send_signal|424|424|0 9 0 0",
        "mmap, writable and executable|9|222|0 4096 7 0x22 -1 0",
        "mmap over the code|9|222|code 4096 7 0x32 -1 0",
        "mmap over the first page|9|222|0 4096 3 0x32 -1 0",
        "mprotect, writable code|10|226|code 4096 7",
        "mprotect, executable memory|10|226|buffer 4096 7",
        "mprotect, writable table|10|226|table 4096 3",
        "pkey_mprotect|329|288|code 4096 7 -1",
        "mremap|25|216|code 4096 8192 1 0",
        "munmap|11|215|code 4096",
        "remap_file_pages|216|234|code 4096 0 0 0",
        "mseal|462|462|code 4096 0",
        "madvise, remove|28|233|buffer 4096 9",
        "mlockall|151|230|3",
        "memfd_create|319|279|path 0",
        "memfd_secret|447|447|0",
        "ftruncate, more memory|77|46|0 0x100000000",
        "fallocate|285|47|0 0 0 0x100000000",
        "shmget|29|194|0 0x100000 0x3ff",
        "shmat|30|196|0 0 0",
        "msgget|68|186|0 0x3ff",
        "mq_open|240|180|path 0x42 0x1ff 0",
        "userfaultfd|323|282|1",
        "io_uring_setup|425|425|8 buffer",
        "io_setup|206|0|8 buffer",
        "bpf|321|280|0 buffer 64",
        "perf_event_open|298|241|buffer 0 -1 -1 0",
        "keyctl|250|219|0 -3 1 0 0",
        "add_key|248|217|path path buffer 8 -3",
        "unshare, a user namespace|272|97|0x10000000",
        "setns|308|268|0 0",
        "mount|165|40|path path path 0 0",
        "fsopen|430|430|path 0",
        "move_mount|429|429|-100 path -100 path 0",
        "pivot_root|155|41|path path",
        "chroot|161|51|path",
        "chdir|80|49|path",
        "capset|126|91|buffer buffer",
        "setuid|105|146|0",
        "setgroups|116|159|0 0",
        "setsid|112|157|",
        "prctl, dumpable|157|167|4 1 0 0 0",
        "prctl, no death signal|157|167|1 0 0 0 0",
        "prctl, subreaper|157|167|36 1 0 0 0",
        "prctl, time-stamp counter|157|167|26 2 0 0 0",
        "seccomp, another filter|317|277|1 0 buffer",
        "landlock_restrict_self|446|446|0 0",
        "prlimit64, raise|302|261|0 7 buffer 0",
        "prlimit64, the parent's|302|261|parent 7 buffer 0",
        "setpriority|141|140|0 0 -20",
        "sched_setaffinity|203|122|0 8 buffer",
        "sched_setscheduler|144|119|0 1 buffer",
        "rt_sigaction|13|134|10 buffer 0 8",
        "sigaltstack|131|132|buffer 0",
        "rt_sigprocmask|14|135|0 buffer 0 8",
        "setitimer|38|103|0 buffer 0",
        "timer_create|222|107|0 buffer buffer",
        "timerfd_create|283|85|0 0",
        "eventfd2|290|19|0 0",
        "signalfd4|289|74|-1 buffer 8 0",
        "epoll_create1|291|20|0",
        "inotify_init1|294|26|0",
        "fanotify_init|300|262|0 0",
        "getpid|39|172|",
        "uname|63|160|buffer",
        "sysinfo|99|179|buffer",
        "syslog|103|116|3 buffer 4096",
        "getrandom|318|278|buffer 16 0",
        "clock_gettime|228|113|0 buffer",
        "clock_settime|227|112|0 buffer",
        "nanosleep|35|101|buffer 0",
        "sched_yield|24|124|",
        "pause|34|-|",
        "exit of the thread alone|60|93|0",
        "reboot|169|142|0xfee1dead 672274793 0x4321fedc 0",
        "kexec_load|246|104|0 0 0 0",
        "init_module|175|105|buffer 64 path",
        "delete_module|176|106|path 0",
        "acct|163|89|path",
        "swapon|167|224|path 0",
        "quotactl|179|60|0 path 0 buffer",
        "sethostname|170|161|path 4",
        "iopl|172|-|3",
        "ioperm|173|-|0 1024 1",
        "modify_ldt|154|-|1 buffer 16",
        "arch_prctl, gs base|158|-|0x1001 0",
        "arch_prctl, no cpuid|158|-|0x1012 0",
        "set_thread_area|205|-|buffer",
        "set_tid_address|218|96|buffer",
        "set_robust_list|273|99|buffer 24",
        "rseq|334|293|buffer 32 0 0",
        "membarrier|324|283|8 0 0",
        "restart_syscall|219|128|",
        "process_mrelease|448|448|0 0",
    };
    // @formatter:on

    private Calls() {
    }

    /** What the arguments point to. */
    static void arm(Cell cell) {
        byte[] path = "/etc/passwd\0".getBytes(StandardCharsets.US_ASCII);
        byte[] shell = "/bin/sh\0".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < path.length; i++) {
            cell.memory().view().set(java.lang.foreign.ValueLayout.JAVA_BYTE, PATH + i, path[i]);
        }
        for (int i = 0; i < shell.length; i++) {
            cell.memory().view().set(java.lang.foreign.ValueLayout.JAVA_BYTE, SHELL + i, shell[i]);
        }
    }

    /** A row's name and slots: number, then arguments. */
    record Call(String name, long[] slots) {
    }

    /** All that an architecture has. */
    static List<Call> all(int column, long parent) {
        List<Call> calls = new ArrayList<>();
        for (String row : ROWS) {
            String[] f = row.split("\\|", -1);
            if (f[1 + column].equals("-")) {
                continue;
            }
            String[] words = f[3].isEmpty() ? new String[0] : f[3].split(" ");
            long[] slots = new long[1 + words.length];
            slots[0] = Long.parseLong(f[1 + column]);
            for (int i = 0; i < words.length; i++) {
                slots[1 + i] = switch (words[i]) {
                    case "path" -> PATH;
                    case "shell" -> SHELL;
                    case "buffer" -> BUFFER;
                    case "parent" -> parent;
                    case "code" -> Layout.CODE_BASE;
                    case "table" -> Layout.TABLE_BASE + Cell.TEXT * Layout.TABLE_SCALE;
                    default -> Long.decode(words[i]);
                };
            }
            calls.add(new Call(f[0], slots));
        }
        return calls;
    }
}
