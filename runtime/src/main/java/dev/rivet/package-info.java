/**
 * Runs untrusted RISC-V programs at near-native speed from Java, sandboxed and metered.
 *
 * <p>An {@link dev.rivet.Engine} loads a static ELF file into a {@link dev.rivet.Program}; a program makes any number of
 * {@link dev.rivet.Instance}s, each with memory and a worker process of its own. All of them are closed like files; closing
 * an engine closes everything it made. What is forgotten without being closed stays until then, process and memory: the
 * garbage collector ends none of it.
 *
 * <h2>Run a program</h2>
 *
 * {@link dev.rivet.LinuxHost} serves the few Linux calls that a plain C program needs. Every call has a limit: gas, a
 * deadline, or both.
 *
 * {@snippet :
 * try (Engine engine = Engine.create();
 *         Program program = engine.load(Path.of("examples/hello.elf"));
 *         Instance instance = program.instantiate(InstanceOptions.defaults()
 *                 .withHost(LinuxHost.functions(System.in, System.out, System.err)))) {
 *     Outcome outcome = instance.run(CallOptions.ofGas(1_000_000), List.of("hello", "Ada"), List.of());
 *     System.out.println(outcome.message() + ", " + outcome.gasUsed() + " gas");
 * }
 * }
 *
 * <h2>Look at what happened</h2>
 *
 * Whatever a guest does ends in an {@link dev.rivet.Outcome}; exceptions are for mistakes of the host program
 * ({@link java.lang.IllegalArgumentException}, {@link java.lang.IllegalStateException}), for files that are no programs
 * ({@link dev.rivet.BadProgramException}) and for hosts that lack something ({@link dev.rivet.UnsupportedHostException}).
 *
 * {@snippet :
 * String text = switch (outcome) {
 *     case Outcome.Finished f -> "returned " + f.result();
 *     case Outcome.Exited e -> "exit status " + e.status();
 *     case Outcome.Trapped t -> t.trap().kind() + " at " + t.trap().at();
 *     case Outcome.OutOfGas o -> "used " + o.gasUsed() + " gas, needs more at " + o.usage().at();
 *     default -> outcome.message();
 * };
 * }
 *
 * <h2>Call a function, serve its calls</h2>
 *
 * A guest reaches the host by {@code ecall}; a {@link dev.rivet.HostFunction} gets the arguments, the guest's memory
 * without copies, and may charge gas. Functions of the guest are called by symbol or address, with up to six arguments.
 *
 * {@snippet :
 * HostFunctions host = HostFunctions.none().with(1, call -> {
 *     call.charge(100 + call.argument(1));
 *     MemorySegment input = call.memory().slice(call.argument(0), call.argument(1));
 *     long sum = 0;
 *     for (long i = 0; i < input.byteSize(); i++) {
 *         sum += input.get(ValueLayout.JAVA_BYTE, i) & 0xff;
 *     }
 *     call.setResult(sum);
 * });
 * try (Instance instance = program.instantiate(InstanceOptions.defaults().withHost(host))) {
 *     Outcome outcome = instance.call(CallOptions.ofGas(10_000).withDeadline(Duration.ofSeconds(1)), "main", 0, 0);
 *     while (outcome instanceof Outcome.OutOfGas) {
 *         outcome = instance.resume(CallOptions.ofGas(10_000)); // goes on where it stopped
 *     }
 *     instance.reset(); // memory and registers as in a new instance
 * }
 * }
 *
 * <h2>Host functions as methods</h2>
 *
 * An object's {@link dev.rivet.HostMethod} methods become host functions, bound once. What belongs to one call only (who
 * calls, on what storage) is {@linkplain dev.rivet.Instance#attach attached} to the instance; a parameter of its type gets
 * it.
 *
 * {@snippet :
 * record Account(String owner, long[] balance) {
 * }
 * class Bank {
 *     @HostMethod(value = 1, gas = 50)
 *     long deposit(Account account, long amount) {
 *         return account.balance()[0] += amount;
 *     }
 * }
 * HostFunctions bank = HostFunctions.of(MethodHandles.lookup(), new Bank());
 * try (Instance instance = program.instantiate(InstanceOptions.defaults().withHost(bank))) {
 *     instance.attach(new Account("Ada", new long[1]));
 *     instance.call(CallOptions.ofGas(10_000), "main");
 * }
 * }
 *
 * <h2>Many calls, each with an instance as new</h2>
 *
 * An {@link dev.rivet.InstancePool} lends instances in microseconds; closing one gives it back, with nothing of its tenant
 * left. When all are in use borrowers wait in line, and not for ever.
 *
 * {@snippet :
 * try (InstancePool pool = InstancePool.builder(program).size(4).maxWait(Duration.ofMillis(500)).build()) {
 *     try (Instance instance = pool.borrow()) {
 *         instance.call(CallOptions.ofGas(10_000), "main");
 *     }
 *     CompletableFuture<Outcome> later = pool.callAsync(CallOptions.ofGas(10_000), "main");
 *     System.out.println(later.get().message());
 * } catch (CapacityException busy) {
 *     System.out.println("try again later: " + busy.getMessage());
 * }
 * }
 *
 * <h2>Stop, keep, go on elsewhere</h2>
 *
 * A {@link dev.rivet.Snapshot} is a whole guest in a file: one that ran out of gas or was paused goes on in another
 * process or on another architecture; one that waits between calls is a prepared guest, to be cloned as often as you like.
 *
 * {@snippet :
 * Snapshot prepared;
 * try (Instance instance = program.instantiate()) {
 *     instance.call(CallOptions.ofGas(1_000_000), "prepare");
 *     prepared = instance.snapshot();
 * }
 * try (InstancePool pool = InstancePool.builder(program).from(prepared).build()) {
 *     pool.call(CallOptions.ofGas(10_000), "main"); // on a clone; what it changes is gone afterwards
 * }
 * }
 *
 * <h2>Start fast, and see what goes on</h2>
 *
 * With a {@link dev.rivet.CodeCache} a program is translated once, not once a process: what lies in the directory is
 * verified each time, and ready in less than a millisecond for 100 KB of code. {@link dev.rivet.Engine#counters} are for any
 * metrics library; flight recorder events say more.
 *
 * {@snippet :
 * CodeCache cache = CodeCache.open(directory, 1L << 30);
 * try (Engine node = Engine.builder().codeCache(cache).maxWorkers(64).maxMemory(4L << 30).build();
 *         Program contract = node.load(Path.of("examples/hello.elf"))) {
 *     contract.compile(InstanceOptions.defaults()); // now, not at the first call
 *     Counters counters = node.counters();
 *     System.out.println(counters.cacheHits() + " found, " + counters.translations() + " translated");
 * }
 * }
 *
 * <h2>Threads and null</h2>
 *
 * {@link dev.rivet.Engine}, {@link dev.rivet.Program} and {@link dev.rivet.InstancePool} are for any number of threads, an
 * instance is for one at a time. Virtual threads park while their guest computes natively; the interpreter computes on the
 * carrier. Nothing takes null and nothing returns null unless it is marked so (the package is
 * {@code @NullMarked}; the annotations are JSpecify's and need not be there to compile or to run).
 */
@NullMarked
package dev.rivet;

import org.jspecify.annotations.NullMarked;
