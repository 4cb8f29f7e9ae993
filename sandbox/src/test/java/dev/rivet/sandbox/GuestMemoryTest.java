package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.ProgramImage.Region;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestMemoryTest {
    private static final long PAGE = MemoryPlan.PAGE;
    private static final long MIB = 1 << 20;

    /** Text at 0x10000 (2 pages), constants right behind (1 page), data at 0x20000 (4 MiB), the first page with contents. */
    private static ProgramImage image() {
        ProgramImage image = new ProgramImage(List.of(new Region(0x10000, 0x12000, false),
                new Region(0x12000, 0x13000, true), new Region(0x20000, 0x20000 + 4 * MIB, true)));
        byte[] text = new byte[0x2000];
        java.util.Arrays.fill(text, (byte) 0x13);
        image.put(0x10000, text, 0, text.length);
        image.put(0x12ffe, new byte[]{1, 2}, 0, 2);
        image.put(0x20100, new byte[]{7, 8, 9}, 1, 2);
        image.put(0x20000 + 3 * MIB + 5, new byte[]{42}, 0, 1);
        image.seal();
        return image;
    }

    private static void assertFirstState(GuestMemory memory) {
        MemorySegment expected = MemorySegment.ofArray(new byte[(int) (4 * MIB)]);
        expected.set(JAVA_BYTE, 0x100, (byte) 8);
        expected.set(JAVA_BYTE, 0x101, (byte) 9);
        expected.set(JAVA_BYTE, 3 * MIB + 5, (byte) 42);
        assertEquals(-1, expected.mismatch(memory.view().asSlice(0x20000, 4 * MIB)));
        assertEquals(0x13, memory.view().get(JAVA_BYTE, 0x11fff));
        assertEquals(1, memory.view().get(JAVA_BYTE, 0x12ffe));
        assertEquals(0, memory.view().get(JAVA_BYTE, 0x12000));
        MemorySegment stack = memory.view().asSlice(memory.plan().stackStart(),
                memory.plan().stackEnd() - memory.plan().stackStart());
        assertEquals(-1, MemorySegment.ofArray(new byte[(int) stack.byteSize()]).mismatch(stack));
        assertEquals(memory.plan().heapStart(), memory.brk());
        assertEquals(memory.plan().heapStart(), memory.heapEnd());
    }

    @Test
    void planCountsEverythingMapped() {
        try (ProgramImage image = image()) {
            MemoryPlan plan = MemoryPlan.of(image, 100_000, 64 * MIB);
            assertEquals(0x20000 + 4 * MIB, plan.heapStart());
            assertEquals(Layout.GUEST_HIGH, plan.stackEnd());
            assertEquals(25 * PAGE, plan.stackEnd() - plan.stackStart());
            assertEquals(64 * MIB, 3 * PAGE + 4 * MIB + 25 * PAGE + plan.heapLimit() - plan.heapStart());
            assertEquals(plan.stackStart() - MemoryPlan.GUARD, MemoryPlan.of(image, 100_000, 1L << 40).heapLimit());
            assertTrue(assertThrows(SandboxException.class, () -> MemoryPlan.of(image, MIB, 5 * MIB)).getMessage()
                    .contains("memory limit"));
            assertTrue(assertThrows(SandboxException.class, () -> MemoryPlan.of(image, 1L << 32, 1L << 40)).getMessage()
                    .contains("smaller stack"));
            assertThrows(SandboxException.class, () -> MemoryPlan.of(image, -1, 64 * MIB));
        }
    }

    @Test
    void rights() {
        try (ProgramImage image = image(); GuestMemory m = new GuestMemory(MemoryPlan.of(image, MIB, 64 * MIB))) {
            assertTrue(m.readable(0x10000, 1));
            assertFalse(m.readable(0xffff, 1));
            assertFalse(m.readable(0xffff, 2));
            assertFalse(m.writable(0x10000, 1));
            assertTrue(m.writable(0x12000, PAGE));
            assertFalse(m.writable(0x11fff, 2));
            assertTrue(m.readable(0x11fff, 2));
            assertTrue(m.readable(0x10000, 3 * PAGE));
            assertFalse(m.readable(0x10000, 3 * PAGE + 1));
            assertTrue(m.readable(0x12345, 0));
            assertTrue(m.readable(0, 0));
            assertFalse(m.readable(0x10000, -1));
            assertFalse(m.readable(-1, 1));
            assertFalse(m.readable(1L << 32, 1));
            assertFalse(m.readable(0x10000, Long.MAX_VALUE));
            assertTrue(m.writable(0xfffe_ffffL, 1));
            assertFalse(m.writable(0xfffe_ffffL, 2));
            assertTrue(m.writable(m.plan().stackStart(), MIB));
            assertFalse(m.readable(m.plan().stackStart() - 1, 1));
            long heap = m.plan().heapStart();
            assertTrue(m.readable(heap - 1, 1));
            assertFalse(m.readable(heap, 1));
            m.brk(heap + 1);
            assertTrue(m.writable(heap, PAGE));
            assertTrue(m.writable(heap - 8, 16));
            assertFalse(m.writable(heap, PAGE + 1));
        }
    }

    @Test
    void breakMovesWithinItsLimits() {
        try (ProgramImage image = image(); GuestMemory m = new GuestMemory(MemoryPlan.of(image, MIB, 16 * MIB))) {
            long start = m.plan().heapStart();
            long limit = m.plan().heapLimit();
            assertEquals(start, m.brk(0));
            assertEquals(start, m.brk(start - 1));
            assertEquals(start, m.brk(limit + 1));
            assertEquals(limit, m.brk(limit));
            m.view().asSlice(start, limit - start).fill((byte) 5);
            assertEquals(start + 10, m.brk(start + 10));
            assertEquals(limit, m.heapEnd());
            assertEquals(5, m.view().get(JAVA_BYTE, start + 9));
            assertEquals(-1, MemorySegment.ofArray(new byte[(int) (limit - start - 10)])
                    .mismatch(m.view().asSlice(start + 10, limit - start - 10)));
            assertTrue(m.writable(limit - 1, 1), "stays mapped");
            m.view().set(JAVA_BYTE, start + 5000, (byte) 3);
            m.brk(start + 6000);
            assertEquals(3, m.view().get(JAVA_BYTE, start + 5000), "growing does not clear");
            m.brk(start + 4999);
            assertEquals(0, m.view().get(JAVA_BYTE, start + 5000));
        }
    }

    @Test
    void resetBringsBackTheFirstState() {
        try (ProgramImage image = image(); GuestMemory m = new GuestMemory(MemoryPlan.of(image, 4 * MIB, 64 * MIB))) {
            assertFirstState(m);
            for (int round = 0; round < 3; round++) {
                // Small extents, then everything, then next to nothing.
                long step = round == 0 ? 16 * PAGE : round == 1 ? 8 : MIB;
                for (Region r : image.regions()) {
                    if (r.writable()) {
                        for (long at = r.start(); at < r.end(); at += step) {
                            m.view().set(JAVA_LONG, at, -1);
                        }
                    }
                }
                for (long at = m.plan().stackStart(); at < m.plan().stackEnd(); at += step) {
                    m.view().set(JAVA_LONG, at, -1);
                }
                m.brk(m.plan().heapStart() + 5 * MIB);
                m.view().asSlice(m.plan().heapStart(), 5 * MIB).fill((byte) -1);
                m.reset();
                assertFirstState(m);
                m.brk(m.plan().heapStart() + 5 * MIB);
                assertEquals(0, m.view().get(JAVA_BYTE, m.plan().heapStart() + MIB));
                m.reset();
            }
        }
    }

    @Test
    void instancesShareOnlyTheImage() {
        try (ProgramImage image = image();
                GuestMemory a = new GuestMemory(MemoryPlan.of(image, MIB, 64 * MIB));
                GuestMemory b = new GuestMemory(MemoryPlan.of(image, MIB, 64 * MIB))) {
            a.view().set(JAVA_LONG, 0x20000, 77);
            a.view().set(JAVA_LONG, a.plan().stackStart(), 78);
            assertFirstState(b);
            assertEquals(a.view().get(JAVA_BYTE, 0x10000), b.view().get(JAVA_BYTE, 0x10000));
        }
    }

    @Test
    void closedMemoryThrowsAndNothingLeaks() {
        Census before = Census.take();
        GuestMemory m;
        try (ProgramImage image = image()) {
            m = new GuestMemory(MemoryPlan.of(image, MIB, 64 * MIB));
            m.close();
            m.close();
        }
        assertThrows(IllegalStateException.class, () -> m.view().get(JAVA_BYTE, 0x20000));
        before.assertSame("closing a memory");
    }

    @Test
    void imageIsFinalOnceSealed() {
        try (ProgramImage image = image()) {
            assertThrows(IllegalStateException.class, () -> image.put(0x12000, new byte[1], 0, 1));
            assertThrows(NativeException.class, () -> image.memory().resize(0));
            assertThrows(NativeException.class,
                    () -> Native.mmap(0, PAGE, Native.PROT_WRITE, Native.MAP_SHARED, image.memory().fd(), 0));
        }
        try (ProgramImage open = new ProgramImage(List.of(new Region(0x10000, 0x11000, false)))) {
            assertThrows(IllegalArgumentException.class, () -> open.put(0x10fff, new byte[2], 0, 2));
            assertThrows(IllegalArgumentException.class, () -> open.put(0xffff, new byte[2], 0, 2));
            assertThrows(IllegalStateException.class, () -> MemoryPlan.of(open, MIB, 64 * MIB).image().memory());
        }
    }

    @Test
    void changedPagesAreThoseThatDifferFromTheFirstState() {
        try (ProgramImage image = image(); GuestMemory m = new GuestMemory(MemoryPlan.of(image, MIB, 64 * MIB))) {
            assertEquals(List.of(), java.util.Arrays.stream(m.changedPages()).boxed().toList());
            long heap = m.plan().heapStart();
            long stack = m.plan().stackEnd() - PAGE;
            m.brk(heap + 3 * PAGE);
            m.view().set(JAVA_BYTE, 0x12001, (byte) 1); // data, before what the image put there
            m.view().set(JAVA_BYTE, 0x20100, (byte) 9); // over the image's contents
            m.view().set(JAVA_BYTE, 0x20101, (byte) 9); // as it was
            m.view().set(JAVA_BYTE, heap + 2 * PAGE + 7, (byte) 3);
            m.view().set(JAVA_BYTE, heap, (byte) 0); // touched, still zero
            m.view().set(JAVA_LONG, stack + 8, 5);
            assertEquals(List.of(0x12000L, 0x20000L, heap + 2 * PAGE, stack),
                    java.util.Arrays.stream(m.changedPages()).boxed().toList());
            m.reset();
            assertEquals(0, m.changedPages().length);
        }
    }
}
