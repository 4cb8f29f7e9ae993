package dev.rivet.tools;

import dev.rivet.BadProgramException;
import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Location;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.UnsupportedHostException;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/**
 * {@code rivet run}: one program from its entry to its end. Owns the meaning of the options and of the exit status; how
 * the guest's output gets out is {@link GuestOutput}'s.
 */
@Command(name = "run", description = "Run a static RISC-V program.", //
        exitCodeListHeading = "Exit status:%n", //
        exitCodeList = {"0-255:the program's own", "64:usage", "65:the file is no program Rivet runs",
                "66:cannot read a file", "69:the host lacks something",
                "70:Rivet's own fault, or its worker process was lost", "101:the program trapped", "102:out of gas",
                "103:timeout"})
final class RunCommand implements Callable<Integer> {
    private static final Duration SAMPLE = Duration.ofMillis(1);
    /** Calls that a backtrace shows. */
    private static final int MOST_CALLS = 50;
    private static final String MEMORY = "256m";
    private static final String STACK = "8m";
    private static final String OUTPUT = "1g";
    private static final String ENGINE = "native";
    private static final String ASSEMBLER = "direct";
    private static final String SANDBOX = "relaxed";

    @Option(names = "--gas", paramLabel = "N", converter = Units.Gas.class, //
            description = "Stop when the program has used N gas.")
    private Long gas;
    @Option(names = "--metering", paramLabel = "none|sync|fpu|async", //
            description = "How gas is counted (default: sync with --gas, else none).")
    private String metering;
    @Mixin
    private CostOption costs;
    @Option(names = "--timeout", paramLabel = "TIME", converter = Units.Time.class, //
            description = "Stop after this long, as in 5s or 500ms.")
    private Duration timeout;
    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = MEMORY, converter = Units.Size.class, //
            description = "Limit of guest memory, stack included (default: ${DEFAULT-VALUE}).")
    private long memory;
    @Option(names = "--stack", paramLabel = "SIZE", defaultValue = STACK, converter = Units.Size.class, //
            description = "Size of the guest's stack (default: ${DEFAULT-VALUE}).")
    private long stack;
    @Option(names = "--output", paramLabel = "SIZE", defaultValue = OUTPUT, converter = Units.Size.class, //
            description = "Limit of what the program may write (default: ${DEFAULT-VALUE}).")
    private long output;
    @Option(names = "--engine", paramLabel = "native|interpreter", defaultValue = ENGINE, //
            description = "Who runs the program (default: ${DEFAULT-VALUE}).")
    private String engine;
    @Option(names = "--target", paramLabel = "x86-64|aarch64", //
            description = "Architecture to translate to (default: this host's).")
    private String target;
    @Option(names = "--assembler", paramLabel = "direct|llvm-mc", defaultValue = ASSEMBLER, //
            description = "Who makes the machine code's bytes (default: ${DEFAULT-VALUE}).")
    private String assembler;
    @Option(names = "--sandbox", paramLabel = "strict|relaxed", defaultValue = SANDBOX, //
            description = "What to do when the host cannot grant a layer of the sandbox: refuse, or go on "
                    + "(default: ${DEFAULT-VALUE}).")
    private String sandbox;
    @Option(names = "--stats", //
            description = "End stderr with one line of JSON: what was run, what it used, what took how long.")
    private boolean stats;
    @Option(names = "--backtrace", //
            description = "After a trap, out of gas or a timeout, say through which calls the program got there.")
    private boolean backtrace;
    @Option(names = "--profile", paramLabel = "FILE", //
            description = "Look each millisecond where the program is, and write a flame graph (HTML) to FILE.")
    private Path profile;
    @Option(names = "--perf", paramLabel = "DIR", //
            description = "Write into DIR what 'perf inject --jit' needs to name guest functions.")
    private Path perf;
    @Option(names = "--no-cache", //
            description = "Translate, even if 'rivet compile' or an earlier run of a large program has.")
    private boolean noCache;
    @Parameters(index = "0", paramLabel = "FILE", description = "A static RISC-V ELF file.")
    private Path file;
    @Parameters(index = "1..*", paramLabel = "ARGS", description = "Arguments of the program.")
    private List<String> arguments = List.of();

    /**
     * The command that picocli makes of these words, the first of which is {@code run}; null if it would have anything to
     * say, or if they are written in a way not known here. A start is short, and picocli takes 60 ms of it to look at its
     * annotations, so it is asked only where it is needed.
     */
    static RunCommand plain(String... words) {
        RunCommand c = new RunCommand();
        c.costs = CostOption.of(CostOption.DEFAULT);
        c.memory = Units.SIZE.convert(MEMORY);
        c.stack = Units.SIZE.convert(STACK);
        c.output = Units.SIZE.convert(OUTPUT);
        c.engine = ENGINE;
        c.assembler = ASSEMBLER;
        c.sandbox = SANDBOX;
        Set<String> seen = new HashSet<>();
        int i = 1;
        for (; i < words.length && words[i].startsWith("-"); i++) {
            int equals = words[i].indexOf('=');
            String name = equals < 0 ? words[i] : words[i].substring(0, equals);
            if (!seen.add(name)) {
                return null;
            }
            if (equals < 0 && c.flag(name)) {
                continue;
            }
            String value = equals >= 0 ? words[i].substring(equals + 1) : ++i < words.length ? words[i] : "";
            if (value.isEmpty() || value.startsWith("-") || !c.set(name, value)) {
                return null;
            }
        }
        if (i == words.length) {
            return null;
        }
        c.file = Path.of(words[i]);
        c.arguments = List.of(Arrays.copyOfRange(words, i + 1, words.length));
        return c;
    }

    /** Whether there is an option of this name that takes no value; it is set. */
    private boolean flag(String name) {
        switch (name) {
            case "--stats" -> stats = true;
            case "--backtrace" -> backtrace = true;
            case "--no-cache" -> noCache = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Whether there is an option of this name and the value is one of its; it is set. */
    private boolean set(String name, String value) {
        try {
            switch (name) {
                case "--gas" -> gas = Units.GAS.convert(value);
                case "--metering" -> metering = value;
                case "--cost-model" -> costs = CostOption.of(value);
                case "--timeout" -> timeout = Units.TIME.convert(value);
                case "--memory" -> memory = Units.SIZE.convert(value);
                case "--stack" -> stack = Units.SIZE.convert(value);
                case "--output" -> output = Units.SIZE.convert(value);
                case "--engine" -> engine = value;
                case "--target" -> target = value;
                case "--assembler" -> assembler = value;
                case "--sandbox" -> sandbox = value;
                case "--profile" -> profile = Path.of(value);
                case "--perf" -> perf = Path.of(value);
                default -> {
                    return false;
                }
            }
            return true;
        } catch (TypeConversionException e) {
            return false;
        }
    }

    @Override
    public Integer call() {
        // Mistakes in the command line are told before any file is read.
        InstanceOptions options = options();
        CallOptions limits = limits();
        Engine.Builder builder = engine();
        byte[] elf = Input.read(file);
        if (profile != null) {
            Output.check(profile);
        }
        builder.codeCache(noCache ? null : UserCache.forFileOf(elf.length));
        try (Engine machine = builder.build(); Program program = machine.load(elf, file.toString())) {
            return run(program, options, limits);
        } catch (BadProgramException e) {
            throw new Failure(Status.BAD_INPUT, e.getMessage(), e);
        } catch (UnsupportedHostException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }

    private int run(Program program, InstanceOptions options, CallOptions limits) {
        GuestOutput.Allowance allowance = new GuestOutput.Allowance(output);
        GuestOutput out = GuestOutput.stdout(allowance, timeout != null);
        GuestOutput err = GuestOutput.stderr(allowance, timeout != null);
        InputStream in = timeout == null
                ? System.in
                : Channels.newInputStream(new FileInputStream(FileDescriptor.in).getChannel());
        InstanceOptions withHost = options.withHost(LinuxHost.functions(in, out, err));
        try (Instance instance = program.instantiate(withHost)) {
            List<String> argv = new ArrayList<>();
            argv.add(file.toString());
            argv.addAll(arguments);
            FlameGraph graph = profile == null ? null : profiling(instance);
            long start = System.nanoTime();
            Watchdog watchdog = timeout == null ? null : new Watchdog(timeout);
            Outcome outcome;
            try {
                outcome = instance.run(limits, argv, List.of());
            } finally {
                if (watchdog != null) {
                    watchdog.close();
                }
            }
            long nanos = System.nanoTime() - start;
            int status = report(outcome);
            if (backtrace && hasTrace(outcome)) {
                printTrace(instance.stackTrace());
            }
            if (graph != null) {
                write(graph);
            }
            if (stats) {
                System.err.println(Stats.line(status, outcome, options, instance.statistics(), nanos));
            }
            return status;
        } catch (IllegalArgumentException e) {
            throw new Failure(Status.USAGE, e.getMessage(), e);
        }
    }

    /** Says on stderr what is to be said and returns the exit status. */
    private static int report(Outcome outcome) {
        if (outcome instanceof Outcome.Exited exited) { // the usual end; linking the switch takes milliseconds
            return exited.status();
        }
        int status = switch (outcome) {
            case Outcome.Exited exited -> exited.status();
            case Outcome.Finished finished -> (int) finished.result() & 0xff;
            case Outcome.Trapped trapped -> Status.TRAP;
            case Outcome.OutOfGas outOfGas -> Status.OUT_OF_GAS;
            case Outcome.TimedOut timedOut -> Status.TIMEOUT;
            case Outcome.Interrupted interrupted -> Status.INTERNAL;
            case Outcome.Paused paused -> Status.INTERNAL;
            case Outcome.WorkerLost lost -> Status.INTERNAL;
        };
        if (!(outcome instanceof Outcome.Exited) && !(outcome instanceof Outcome.Finished)) {
            System.err.println("rivet: " + outcome.message());
        }
        return status;
    }

    private static boolean hasTrace(Outcome outcome) {
        return outcome instanceof Outcome.Trapped || outcome instanceof Outcome.OutOfGas
                || outcome instanceof Outcome.TimedOut;
    }

    /** The place itself is in the line above. */
    private static void printTrace(List<Location> trace) {
        int last = Math.min(trace.size(), MOST_CALLS);
        for (int i = 0; i < last; i++) {
            Location at = trace.get(i);
            System.err.println((i == 0 ? "rivet:   in " : "rivet:   called from ") + place(at));
        }
        if (trace.size() > last) {
            System.err.println("rivet:   and " + (trace.size() - last) + " more");
        }
    }

    private static String place(Location at) {
        String name = at.symbol() == null
                ? "0x%08x".formatted(at.pc())
                : at.symbol() + "+0x" + Long.toHexString(at.offset());
        return at.source() == null ? name : name + " (" + at.source() + ")";
    }

    private static FlameGraph profiling(Instance instance) {
        FlameGraph graph = new FlameGraph();
        instance.profile(SAMPLE, stack -> graph.add(stack.reversed().stream()
                .map(at -> at.symbol() == null ? "0x%08x".formatted(at.pc()) : at.symbol()).toList()));
        return graph;
    }

    private void write(FlameGraph graph) {
        Output.write(profile, graph.html(file.getFileName() + ", each " + SAMPLE.toMillis() + " ms"));
        System.err.println("rivet: " + graph.samples() + " samples in " + profile);
    }

    private Engine.Builder engine() {
        boolean nativeEngine = Choice.of("--engine", engine, "native", "interpreter") == 0;
        boolean strict = Choice.of("--sandbox", sandbox, "strict", "relaxed") == 0;
        Choice.of("--assembler", assembler, "direct", "llvm-mc");
        Target wanted = target == null ? Target.host() : Choice.target(target);
        Engine.Builder builder = Engine.builder();
        if (wanted != null) {
            builder.target(wanted);
        }
        if (perf != null && !Files.isDirectory(perf)) {
            throw new Failure(Status.USAGE, "--perf: there is no directory " + perf + "; make it first");
        }
        return builder.perf(perf).kind(nativeEngine ? Engine.Kind.NATIVE : Engine.Kind.INTERPRETER)
                .sandbox(strict ? Engine.Sandbox.STRICT : Engine.Sandbox.RELAXED).assembler(assembler).spareWorkers(0);
    }

    private InstanceOptions options() {
        Metering mode = metering == null
                ? gas == null ? Metering.NONE : Metering.SYNC
                : Choice.metering(metering);
        if (mode == Metering.NONE && gas != null) {
            throw new Failure(Status.USAGE, "--gas needs metering; leave out '--metering none' or '--gas'");
        }
        return InstanceOptions.defaults().withMetering(mode).withCosts(costs.model()).withMemoryLimit(memory)
                .withStackSize(stack);
    }

    private CallOptions limits() {
        CallOptions limits = CallOptions.unlimited();
        if (gas != null) {
            limits = limits.withGas(gas);
        }
        return timeout == null ? limits : limits.withDeadline(timeout);
    }
}
