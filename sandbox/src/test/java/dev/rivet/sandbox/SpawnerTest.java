package dev.rivet.sandbox;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SpawnerTest {
    private static final long PATIENCE_SECONDS = 60;

    /** Makes an event on a descriptor that the spawner watches; whether it told of it. */
    private static boolean notices(Spawner spawner) throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        int fd = Native.eventFd();
        long id = spawner.watch(fd, told::countDown);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocate(8, 8);
            one.set(ValueLayout.JAVA_LONG, 0, 1);
            assertEquals(8, Native.tryWrite(fd, one, 8));
            return told.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } finally {
            spawner.forget(fd, id);
            Native.close(fd);
        }
    }

    /** Leaving for good in this JVM: nobody else's business, since everything goes on as before. */
    @Test
    void whileTheJvmEndsItSleepsInJavaAndWorksOn() throws InterruptedException {
        Spawner spawner = Spawner.get();
        assertTrue(notices(spawner));
        spawner.leave();
        for (long end = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000L; !spawner.sleepsInJava();) {
            assertTrue(System.nanoTime() < end, "still in native code");
            Thread.sleep(1);
        }
        assertEquals("rivet-spawner", spawner.call(() -> Thread.currentThread().getName()));
        assertTrue(notices(spawner));
    }
}
