package dev.rivet;

import static dev.rivet.Guest.A0;
import static dev.rivet.Guest.ZERO;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Calls on virtual threads, asynchronous ones, and interrupts. */
class ThreadsTest {
    private static final CallOptions MUCH = CallOptions.ofGas(1L << 60);

    private static byte[] guest() {
        Guest g = Guest.rv64();
        g.label("loop").ecall(1).label("on").i(Op.ADDI, A0, A0, 1).jal(ZERO, "on");
        g.label("id").ret();
        g.label("host").ecall(2).ret();
        return g.elf();
    }

    /** A host that says when the guest has started. */
    private static HostFunctions starting(CountDownLatch started) {
        return HostFunctions.none().with(1, call -> started.countDown()).with(2,
                call -> call.setResult(Thread.currentThread().isVirtual() ? 1 : 0));
    }

    @Test
    void callsOnVirtualThreadsHoldNoCarrier() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            if (!machine.engine().isNative()) {
                return; // the interpreter computes on the carrier; it yields now and then, which promises nothing
            }
            int count = Runtime.getRuntime().availableProcessors() + 2; // more than there are carriers
            CountDownLatch started = new CountDownLatch(count);
            try (Program p = machine.load(elf)) {
                List<Thread> threads = new ArrayList<>();
                List<AtomicReference<Outcome>> ends = new ArrayList<>();
                for (int n = 0; n < count; n++) {
                    Instance i = p.instantiate(machine.options().withHost(starting(started)));
                    AtomicReference<Outcome> end = new AtomicReference<>();
                    ends.add(end);
                    threads.add(Thread.ofVirtual().start(() -> end.set(i.call(MUCH, "loop"))));
                }
                assertTrue(started.await(1, TimeUnit.MINUTES), "virtual threads wait for one another");
                CompletableFuture<Boolean> another = new CompletableFuture<>();
                Thread.ofVirtual().start(() -> another.complete(true));
                assertTrue(another.get(1, TimeUnit.MINUTES));
                threads.forEach(Thread::interrupt);
                for (int n = 0; n < count; n++) {
                    assertTrue(threads.get(n).join(java.time.Duration.ofMinutes(1)));
                    assertInstanceOf(Outcome.Interrupted.class, ends.get(n).get());
                }
            }
        });
    }

    @Test
    void anInterruptEndsACallAndStaysVisible() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            for (Thread.Builder builder : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
                CountDownLatch started = new CountDownLatch(1);
                AtomicReference<Outcome> end = new AtomicReference<>();
                AtomicReference<Outcome> next = new AtomicReference<>();
                boolean[] flag = new boolean[1];
                try (Program p = machine.load(elf);
                        Instance i = p.instantiate(machine.options().withHost(starting(started)))) {
                    Thread t = builder.start(() -> {
                        end.set(i.call(MUCH, "loop"));
                        flag[0] = Thread.interrupted();
                        next.set(i.call(MUCH, "id", 5));
                    });
                    started.await();
                    t.interrupt();
                    t.join();
                    assertInstanceOf(Outcome.Interrupted.class, end.get());
                    assertTrue(flag[0], "the interrupt status is kept");
                    assertEquals(5, assertInstanceOf(Outcome.Finished.class, next.get()).result());
                }
            }
        });
    }

    @Test
    void asynchronousCalls() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            Semaphore started = new Semaphore(0);
            InstanceOptions options = machine.options()
                    .withHost(starting(new CountDownLatch(1)).with(1, call -> started.release()));
            try (Program p = machine.load(elf); Instance i = p.instantiate(options)) {
                long[] arguments = {7};
                CompletableFuture<Outcome> chain = i.callAsync(MUCH, "id", arguments)
                        .thenCompose(o -> i.callAsync(MUCH, "host"));
                arguments[0] = 8;
                assertEquals(1, assertInstanceOf(Outcome.Finished.class, chain.get()).result(), "a virtual thread");
                assertEquals(7, assertInstanceOf(Outcome.Finished.class, i.callAsync(MUCH, "id", 7).get()).result());
                CompletionException e = assertThrows(CompletionException.class,
                        () -> i.callAsync(MUCH, "nothing").join());
                assertInstanceOf(IllegalArgumentException.class, e.getCause());

                List<Consumer<CompletableFuture<Outcome>>> ends = List.of(f -> assertTrue(f.cancel(true)),
                        f -> f.orTimeout(1, TimeUnit.MILLISECONDS),
                        f -> assertTrue(f.completeExceptionally(new TimeoutException())),
                        f -> f.completeOnTimeout(null, 1, TimeUnit.MILLISECONDS));
                for (int end = 0; end < ends.size(); end++) {
                    CompletableFuture<Outcome> endless = i.callAsync(MUCH, "loop");
                    started.acquire(); // else the next call could be before this one
                    ends.get(end).accept(endless);
                    switch (end) {
                        case 0 -> assertThrows(CancellationException.class, endless::join);
                        case 3 -> assertNull(endless.join());
                        default -> assertInstanceOf(TimeoutException.class,
                                assertThrows(CompletionException.class, endless::join).getCause());
                    }
                    Outcome after = null;
                    while (after == null) { // in use until the interrupt has arrived
                        try {
                            after = i.call(MUCH, "id", 9);
                        } catch (IllegalStateException busy) {
                            Thread.sleep(1);
                        }
                    }
                    assertEquals(9, assertInstanceOf(Outcome.Finished.class, after).result());
                }
            }
        });
    }

    @Test
    void asynchronousCallsFromAPool() throws Exception {
        byte[] elf = guest();
        Engines.each(machine -> {
            CountDownLatch started = new CountDownLatch(1);
            try (Program p = machine.load(elf);
                    InstancePool pool = InstancePool.builder(p).options(machine.options().withHost(starting(started)))
                            .size(2).maxWait(java.time.Duration.ofMinutes(1)).build()) {
                List<CompletableFuture<Outcome>> all = new ArrayList<>();
                for (int n = 0; n < 40; n++) {
                    all.add(pool.callAsync(MUCH, "id", n));
                }
                for (int n = 0; n < 40; n++) {
                    assertEquals(n, assertInstanceOf(Outcome.Finished.class, all.get(n).get()).result());
                }
                CompletableFuture<Outcome> endless = pool.callAsync(MUCH, "loop");
                started.await();
                endless.cancel(true);
                try (Instance one = pool.borrow(); Instance two = pool.borrow()) { // it comes back
                    assertInstanceOf(Outcome.Finished.class, one.call(MUCH, "id"));
                    assertInstanceOf(Outcome.Finished.class, two.call(MUCH, "id"));
                }
            }
        });
    }
}
