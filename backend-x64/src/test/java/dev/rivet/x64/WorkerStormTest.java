package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLostException;
import dev.rivet.x64.X64Assembler.Alu;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Workers killed at random moments and closed by other threads, several at once. {@code -Drivet.storm=N} sets how many
 * (default 200).
 */
class WorkerStormTest {
    private static final int COUNT = Integer.getInteger("rivet.storm", 200);

    @Test
    @Timeout(300)
    void killsAtRandomMoments() throws Exception {
        try (WorkerFactory factory = new WorkerFactory(new X64Worker(), WorkerFactory.Mode.STRICT, 0)) {
            new WorkerRig(a -> WorkerRig.exit(a, Control.EXIT_ECALL), factory).close();
            Leaks before = Leaks.count();
            AtomicInteger lost = new AtomicInteger();
            AtomicInteger calls = new AtomicInteger();
            Random seeds = new Random(42);
            long[] seed = seeds.longs(COUNT).toArray();
            // Pools of their own: in a common one, callers could keep the killers from ever running.
            try (ScheduledExecutorService killers = Executors.newScheduledThreadPool(2);
                    ExecutorService callers = Executors.newFixedThreadPool(4)) {
                List<Future<?>> all = new ArrayList<>();
                for (long s : seed) {
                    all.add(callers.submit(() -> one(factory, killers, s, lost, calls)));
                }
                for (Future<?> f : all) {
                    f.get();
                }
            }
            assertEquals(COUNT, lost.get());
            assertTrue(calls.get() > COUNT);
            before.assertSame(COUNT + " kills");
        }
    }

    /** Calls until the worker is lost; then it must stay lost, and be so within a second of the kill. */
    private static void one(WorkerFactory factory, ScheduledExecutorService killers, long seed, AtomicInteger lost,
            AtomicInteger calls) {
        Random random = new Random(seed);
        boolean endless = random.nextInt(4) == 0;
        try (WorkerRig rig = new WorkerRig(a -> {
            if (endless) {
                int loop = a.newLabel();
                a.bind(loop);
                a.aluImm(Alu.ADD, 8, Reg.RAX, 1);
                a.jmp(loop);
            } else {
                WorkerRig.exit(a, Control.EXIT_ECALL);
            }
        }, factory)) {
            int pid = rig.worker.pid();
            boolean close = random.nextInt(4) == 0;
            Future<Long> killed = killers.schedule(() -> {
                if (close) {
                    rig.worker.close();
                } else {
                    Libc.kill(pid, 9);
                }
                return System.nanoTime();
            }, random.nextInt(3000), TimeUnit.MICROSECONDS);
            try {
                while (true) {
                    int exit = rig.worker.enter(System.nanoTime() + 500_000);
                    if (exit == Worker.STILL_RUNNING) {
                        exit = rig.worker.interrupt(Control.REQUEST_STOP);
                    }
                    calls.incrementAndGet();
                }
            } catch (WorkerLostException e) {
                lost.incrementAndGet();
            } catch (IllegalStateException e) {
                assertTrue(close, e.toString());
                lost.incrementAndGet();
            }
            assertTrue(System.nanoTime() - killed.get() < 1_000_000_000L);
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }
}
