import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostCall;
import dev.rivet.HostFunctions;
import dev.rivet.HostMethod;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.InstancePool;
import dev.rivet.Memory;
import dev.rivet.Outcome;
import dev.rivet.Program;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A small contract host, as a node has one: contracts written in C, storage, caller, value, log and calls between
 * contracts, run from many threads. Every call gets an instance as new from a pool; what lasts is the storage alone.
 */
public final class ContractHost implements AutoCloseable {
    /** One contract: its program and the instances at hand. */
    private record Contract(Program program, InstancePool pool) {
    }

    /** What one thread executes: the storage and the log. Threads share contracts, not worlds, so nothing is locked. */
    public static final class World {
        private final Map<String, Map<ByteBuffer, byte[]>> storage = new HashMap<>();
        private long logged;
    }

    /** One call under way: what its host functions work on. */
    public record Frame(ContractHost host, World world, String contract, byte[] caller, long value, byte[] input) {
    }

    /** What contracts can ask for; the numbers are those of contract.h. */
    public static final class Syscalls {
        private static final int ADDRESS = 20;
        private static final int WORD = 32;

        /** Reads a word of storage; words never written are zero. */
        @HostMethod(value = 1, gas = 200)
        public void load(Frame frame, Memory memory, long key, long value) {
            Map<ByteBuffer, byte[]> storage = frame.world.storage.get(frame.contract);
            byte[] found = storage == null ? null : storage.get(ByteBuffer.wrap(memory.read(key, WORD)));
            memory.write(value, found == null ? new byte[WORD] : found);
        }

        /** Writes a word of storage. */
        @HostMethod(value = 2, gas = 500)
        public void store(Frame frame, Memory memory, long key, long value) {
            frame.world.storage.computeIfAbsent(frame.contract, c -> new HashMap<>())
                    .put(ByteBuffer.wrap(memory.read(key, WORD)), memory.read(value, WORD));
        }

        /** Who calls. */
        @HostMethod(3)
        public void caller(Frame frame, Memory memory, long to) {
            memory.write(to, frame.caller);
        }

        /** What the caller pays. */
        @HostMethod(4)
        public long value(Frame frame) {
            return frame.value;
        }

        /** The call's input. */
        @HostMethod(5)
        public long input(Frame frame, Memory memory, long to, int size) {
            memory.write(to, frame.input, 0, Math.min(size, frame.input.length));
            return frame.input.length;
        }

        /** A log entry; its gas grows with its size. */
        @HostMethod(value = 6, gas = 300)
        public void log(HostCall call, Frame frame, Memory memory, long data, int size) {
            call.charge(8L * size);
            frame.world.logged += memory.read(data, size).length;
        }

        /** A call of another contract, with the gas that is left. */
        @HostMethod(value = 7, gas = 700)
        public long call(HostCall call, Frame frame, Memory memory, long which, long data, int size)
                throws InterruptedException {
            String callee = name(memory.read(which, ADDRESS));
            byte[] caller = address(frame.contract);
            Outcome outcome = frame.host.call(frame.world, callee, caller, 0, memory.read(data, size), call.limits());
            call.charge(outcome.gasUsed());
            return outcome instanceof Outcome.Finished f ? f.result() : -100;
        }
    }

    private static final CallOptions GAS = CallOptions.ofGas(1_000_000);
    private static final int MINT = 1, TRANSFER = 2, APPROVE = 3, TRANSFER_FROM = 4, BALANCE = 5, BUY = 6;
    private static final int MEMORY = 1 << 20;
    private static final int STACK = 64 << 10;

    private final Engine engine;
    private final Map<String, Contract> contracts = new HashMap<>();

    private ContractHost(Engine.Kind kind, int threads) throws IOException {
        engine = Engine.builder().kind(kind).spareWorkers(threads).build();
        InstanceOptions options = InstanceOptions.defaults().withMemoryLimit(MEMORY).withStackSize(STACK)
                .withHost(HostFunctions.of(new Syscalls()));
        for (String name : List.of("token", "shop")) {
            Program program = engine.load(Path.of("examples", name + ".elf"));
            contracts.put(name, new Contract(program,
                    InstancePool.builder(program).options(options).size(threads).build()));
        }
    }

    @Override
    public void close() {
        engine.close();
    }

    private static byte[] address(String name) {
        byte[] address = new byte[Syscalls.ADDRESS];
        for (int i = 0; i < name.length(); i++) {
            address[i] = (byte) name.charAt(i);
        }
        return address;
    }

    private static String name(byte[] address) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < address.length && address[i] != 0; i++) {
            name.append((char) address[i]);
        }
        return name.toString();
    }

    /** A {@code request} of contract.h. */
    private static byte[] request(int method, String from, String to, long amount) {
        return ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN).putInt(method).put(address(from)).put(address(to))
                .putInt(0).putLong(amount).array();
    }

    private Outcome call(World world, String contract, byte[] caller, long value, byte[] input, CallOptions limits)
            throws InterruptedException {
        Contract callee = contracts.get(contract);
        if (callee == null) {
            throw new IllegalArgumentException("no contract " + contract);
        }
        try (Instance instance = callee.pool.borrow()) {
            instance.attach(new Frame(this, world, contract, caller, value, input));
            return instance.call(limits, "entry");
        }
    }

    /** What one thread has done. */
    private record Work(long calls, long gas) {
    }

    private long expect(World world, String contract, String caller, long value, byte[] input, long result)
            throws InterruptedException {
        Outcome outcome = call(world, contract, address(caller), value, input, GAS);
        if (!(outcome instanceof Outcome.Finished f) || f.result() != result) {
            throw new IllegalStateException(contract + " answered " + outcome + " instead of " + result);
        }
        return outcome.gasUsed();
    }

    private Work work(int thread, int rounds) throws InterruptedException {
        World world = new World();
        String owner = "owner" + thread;
        long gas = expect(world, "token", owner, 0, request(MINT, "", "", 1_000_000), 0);
        gas += expect(world, "token", owner, 0, request(TRANSFER, "", "shop", 400_000), 0);
        gas += expect(world, "token", owner, 0, request(APPROVE, "", "friend", 300_000), 0);
        long calls = 3;
        for (int i = 0; i < rounds; i++) {
            gas += expect(world, "token", owner, 0, request(TRANSFER, "", "user" + i % 100, 2), 0);
            gas += expect(world, "token", "friend", 0, request(TRANSFER_FROM, owner, "friend", 1), 0);
            gas += expect(world, "shop", "customer", 3, request(BUY, "", "token", 0), 0);
            gas += expect(world, "token", "nobody", 0, request(TRANSFER, "", "friend", 1), -2); // has nothing
            calls += 4;
        }
        gas += expect(world, "token", owner, 0, request(BALANCE, "", owner, 0), 600_000 - 3L * rounds);
        gas += expect(world, "token", owner, 0, request(BALANCE, "", "friend", 0), rounds);
        gas += expect(world, "token", owner, 0, request(BALANCE, "", "customer", 0), 3L * rounds);
        gas += expect(world, "token", owner, 0, request(BALANCE, "", "shop", 0), 400_000 - 3L * rounds);
        if (world.logged != 48L * (3L * rounds + 1)) {
            throw new IllegalStateException("logged " + world.logged + " bytes");
        }
        return new Work(calls + 4, gas);
    }

    private static long run(Engine.Kind kind, int threads, int rounds)
            throws IOException, InterruptedException, ExecutionException {
        try (ContractHost host = new ContractHost(kind, threads);
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            long gas = 0;
            for (int pass = 0; pass < 2; pass++) { // the first one warms up
                long start = System.nanoTime();
                List<Future<Work>> all = new ArrayList<>();
                for (int t = 0; t < threads; t++) {
                    int thread = t;
                    all.add(pool.submit(() -> host.work(thread, rounds)));
                }
                long calls = 0;
                gas = 0;
                for (Future<Work> f : all) {
                    calls += f.get().calls;
                    gas += f.get().gas;
                }
                double seconds = (System.nanoTime() - start) / (double) TimeUnit.SECONDS.toNanos(1);
                if (pass == 1) {
                    System.out.printf("%-12s %d threads, %,d calls right: %,.0f calls/s, %,.0f gas/s%n",
                            host.engine.label(), threads, calls, calls / seconds, gas / seconds);
                }
            }
            return gas;
        }
    }

    /** Arguments: threads (4) and rounds of four calls for each (1000). */
    public static void main(String[] args) throws Exception {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 4;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 1000;
        long fast = run(Engine.Kind.AUTO, threads, rounds);
        long slow = run(Engine.Kind.INTERPRETER, threads, rounds);
        if (fast != slow) {
            throw new IllegalStateException("gas differs: " + fast + " and " + slow);
        }
        System.out.printf("both engines used %,d gas%n", fast);
    }
}
