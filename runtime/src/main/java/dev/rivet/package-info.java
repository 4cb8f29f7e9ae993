/**
 * Runs untrusted RISC-V programs at near-native speed from Java, sandboxed and metered.
 *
 * <p>An {@link dev.rivet.Engine} loads a static ELF file into a {@link dev.rivet.Program}; a program makes any number of
 * {@link dev.rivet.Instance}s, each with memory and a worker process of its own. All of them are closed like files; closing
 * an engine closes everything it made.
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
 */
package dev.rivet;
