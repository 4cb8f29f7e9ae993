package dev.rivet.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels this host does not run, played by a predicate; and the one it does. */
class AddressSpaceTest {
    @ParameterizedTest
    @ValueSource(ints = {39, 42, 47, 48})
    void everyWidthIsFound(int bits) {
        assertEquals(1L << bits, AddressSpace.end(address -> address < 1L << bits));
    }

    /** 52 bits: what is mapped without asking for more lies below 2⁴⁸. */
    @Test
    void widerOnesAreTakenFor48() {
        assertEquals(1L << 48, AddressSpace.end(address -> address < 1L << 52));
    }

    @Test
    void tooNarrowIsRefused() {
        SandboxException e = assertThrows(SandboxException.class,
                () -> AddressSpace.end(address -> address < 1L << 36));
        assertTrue(e.getMessage().startsWith("this kernel gives a process 36 bits of addresses"), e.getMessage());
        assertThrows(SandboxException.class, () -> AddressSpace.end(address -> false));
    }

    @Test
    void thisHost() {
        boolean x64 = System.getProperty("os.arch").equals("amd64");
        long end = AddressSpace.end();
        assertTrue(x64 ? end == 1L << 47 : end >= 1L << 39, Long.toHexString(end));
        AddressSpace.requireGuestPages();
    }

    @Test
    void onlyPagesOf4KiB() {
        assertNull(AddressSpace.refusal(4096));
        assertTrue(AddressSpace.refusal(16384).startsWith("this kernel has pages of 16384 bytes; "));
        assertTrue(AddressSpace.refusal(65536).contains("CONFIG_ARM64_4K_PAGES"));
    }
}
