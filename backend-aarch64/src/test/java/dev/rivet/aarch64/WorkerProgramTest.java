package dev.rivet.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.SyscallTable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be seen of the worker without running it; the engines' tests run it. */
class WorkerProgramTest {
    private static final A64Worker WORKER = new A64Worker();

    @Test
    void theFileIsAStaticElfForThisArchitecture() {
        ByteBuffer elf = ByteBuffer.wrap(WORKER.elf()).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(0x464c_457f, elf.getInt(0));
        assertEquals(183, elf.getShort(18));
        long entry = elf.getLong(24);
        long end = Layout.WORKER_BASE + elf.limit();
        assertTrue(entry > Layout.WORKER_PUBLISH && entry < end);
        assertTrue(WORKER.handler() > Layout.WORKER_PUBLISH && WORKER.handler() < entry);
        assertEquals(0, WORKER.handler() & 3);
        int words = (int) (end - Layout.WORKER_PUBLISH) / 4;
        assertTrue(words < 400, words + " instructions");
        // Nothing but set-up and the three calls that the filter lets through.
        int calls = 0;
        for (int at = (int) (Layout.WORKER_PUBLISH - Layout.WORKER_BASE); at < elf.limit(); at += 4) {
            calls += elf.getInt(at) == 0xd400_0001 ? 1 : 0; // svc #0
        }
        assertEquals(8, calls);
    }

    /** Numbers as in the kernel's include/uapi/asm-generic/unistd.h. */
    @ParameterizedTest
    @CsvSource({"dup3, 24", "umount2, 39", "mount, 40", "pivot_root, 41", "chdir, 49", "chroot, 51", "close, 57",
            "capset, 91",
            "exit_group, 94", "unshare, 97", "futex, 98", "sigaltstack, 132", "rt_sigaction, 134", "rt_sigreturn, 139",
            "prctl, 167", "recvmsg, 212", "munmap, 215", "clone, 220", "mmap, 222", "prlimit64, 261", "seccomp, 277",
            "close_range, 436"})
    void systemCalls(String name, int number) {
        assertEquals(number, WORKER.syscalls().number(name));
    }

    @Test
    void architecture() {
        SyscallTable table = WORKER.syscalls();
        assertEquals(0xc000_00b7, table.auditArch());
        assertThrows(IllegalArgumentException.class, () -> table.number("arch_prctl"));
        assertEquals("aarch64", WORKER.target());
        assertEquals(Layout.GUEST_BASE_AARCH64, WORKER.guestBase());
        assertTrue(WORKER.separateInstructionCache());
    }
}
