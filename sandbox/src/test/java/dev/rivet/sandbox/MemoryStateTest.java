package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.ProgramImage.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A memory goes back to any state it, or another one of the same plan, has had: every byte, the break, the end of the heap. */
class MemoryStateTest {
    private static final int PAGE = MemoryPlan.PAGE;
    private static final long MIB = 1 << 20;
    private static final long DATA = 0x20000;

    /** Text, and 3 MiB of data of which some has contents. */
    private static ProgramImage image() {
        ProgramImage image = new ProgramImage(
                List.of(new Region(0x10000, 0x12000, false), new Region(DATA, DATA + 3 * MIB, true)));
        byte[] contents = new byte[3 * PAGE];
        new SplittableRandom(1).nextBytes(contents);
        image.put(0x10000, contents, 0, PAGE);
        image.put(DATA + 100, contents, 0, contents.length);
        image.put(DATA + 2 * MIB, contents, 0, 10);
        image.seal();
        return image;
    }

    /** All the guest can read. */
    private static byte[] everything(GuestMemory m) {
        long heap = m.heapEnd() - DATA;
        long stack = m.plan().stackEnd() - m.plan().stackStart();
        byte[] all = new byte[(int) (heap + stack)];
        java.lang.foreign.MemorySegment.copy(m.view(), JAVA_BYTE, DATA, all, 0, (int) heap);
        java.lang.foreign.MemorySegment.copy(m.view(), JAVA_BYTE, m.plan().stackStart(), all, (int) heap, (int) stack);
        return all;
    }

    /** A tenant: moves the break, fills stretches of data, heap and stack, some of them large, some with zeroes. */
    private static void scribble(GuestMemory m, SplittableRandom random) {
        for (int i = 0; i < 6; i++) {
            m.brk(m.plan().heapStart() + random.nextLong(2 * MIB));
        }
        for (int i = 0; i < 12; i++) {
            long start;
            long end;
            switch (random.nextInt(3)) {
                case 0 -> {
                    start = DATA;
                    end = DATA + 3 * MIB;
                }
                case 1 -> {
                    start = m.plan().stackStart();
                    end = m.plan().stackEnd();
                }
                default -> {
                    start = m.plan().heapStart();
                    end = m.brk();
                }
            }
            if (end > start) {
                long from = start + random.nextLong(end - start);
                long most = random.nextInt(4) == 0 ? 2 * MIB : 3 * PAGE;
                long size = Math.min(end - from, 1 + random.nextLong(most));
                m.view().asSlice(from, size).fill((byte) (random.nextInt(4) == 0 ? 0 : random.nextInt()));
            }
        }
    }

    @Test
    void anyStateFromAnyOther() {
        try (ProgramImage image = image();
                GuestMemory one = new GuestMemory(MemoryPlan.of(image, MIB, 8 * MIB));
                GuestMemory other = new GuestMemory(MemoryPlan.of(image, MIB, 8 * MIB))) {
            byte[] first = everything(one);
            List<MemoryState> states = new ArrayList<>();
            List<byte[]> contents = new ArrayList<>();
            SplittableRandom random = new SplittableRandom(2);
            for (int i = 0; i < 12; i++) {
                states.add(one.state(Integer.MAX_VALUE >> 12));
                contents.add(everything(one));
                scribble(one, random);
            }
            assertEquals(0, states.getFirst().pages().length);
            for (int i = 0; i < 150; i++) {
                int n = random.nextInt(states.size());
                GuestMemory m = random.nextBoolean() ? one : other;
                m.reset(states.get(n));
                assertArrayEquals(contents.get(n), everything(m), "state " + n + " in round " + i);
                assertEquals(states.get(n).brk(), m.brk());
                assertArrayEquals(states.get(n).pages(), m.changedPages());
                scribble(m, random);
                if (i % 10 == 0) {
                    m.reset();
                    assertArrayEquals(first, everything(m));
                }
            }
        }
    }

    @Test
    void aStateThatDoesNotFitChangesNothing() {
        try (ProgramImage image = image(); GuestMemory m = new GuestMemory(MemoryPlan.of(image, MIB, 8 * MIB))) {
            m.brk(m.plan().heapStart() + 5);
            m.view().set(JAVA_BYTE, DATA, (byte) 99);
            long start = m.plan().heapStart();
            byte[] before = everything(m);
            byte[] page = new byte[PAGE];
            byte[] two = new byte[2 * PAGE];
            List<MemoryState> bad = List.of(new MemoryState(start - PAGE, start - PAGE, new long[0], new byte[0]),
                    new MemoryState(m.plan().heapLimit() + PAGE, start, new long[0], new byte[0]),
                    new MemoryState(start + 1, start, new long[0], new byte[0]),
                    new MemoryState(start, start + 1, new long[0], new byte[0]),
                    new MemoryState(start, start - 1, new long[0], new byte[0]),
                    new MemoryState(start, start, new long[]{start}, page),
                    new MemoryState(start, start, new long[]{0x10000}, page), // text
                    new MemoryState(start, start, new long[]{0}, page),
                    new MemoryState(start, start, new long[]{DATA + 1}, page),
                    new MemoryState(start, start, new long[]{m.plan().stackEnd()}, page),
                    new MemoryState(start, start, new long[]{DATA, DATA}, two),
                    new MemoryState(start, start, new long[]{DATA + PAGE, DATA}, two));
            for (MemoryState state : bad) {
                assertThrows(IllegalArgumentException.class, () -> m.reset(state), state::toString);
                assertArrayEquals(before, everything(m));
                assertEquals(start + 5, m.brk());
            }
            assertThrows(IllegalArgumentException.class, () -> new MemoryState(start, start, new long[1], new byte[1]));
            assertNull(m.state(0));
            assertTrue(m.state(1).pages().length == 1);
        }
    }
}
