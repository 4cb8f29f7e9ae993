package dev.rivet.tools.conform;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.HostCall;
import dev.rivet.HostFunctions;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.Trap;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * One program on one engine, through the public API alone. Serves exit (93), write (64, kept in a buffer) and one call
 * ({@link #OBSERVE}) that hashes all registers.
 */
public final class Machine implements AutoCloseable {
    /** Number of the call that looks at all registers; it returns a hash of them in a0. */
    public static final int OBSERVE = 1000;
    private static final InstanceOptions OPTIONS = InstanceOptions.defaults().withStackSize(8 << 20)
            .withMemoryLimit(512L << 20);

    private final Program program;
    private final Instance instance;
    private final boolean metered;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private long calls;
    private boolean gasUnseen;

    /** Loads and instantiates a program. */
    public Machine(Engine engine, byte[] elf, String name, Metering metering, CostModel costs) {
        metered = metering != Metering.NONE;
        program = engine.load(elf, name);
        HostFunctions host = HostFunctions.none().with(93, c -> c.exit((int) c.argument(0))).with(64, this::write)
                .with(OBSERVE, this::observe);
        try {
            instance = program.instantiate(OPTIONS.withMetering(metering).withCosts(costs).withHost(host));
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
    }

    private void write(HostCall call) {
        int length = (int) call.argument(2);
        written.writeBytes(call.memory().read(call.argument(1), length));
        call.setResult(length);
    }

    private void observe(HostCall call) {
        long hash = 0;
        for (int r = 0; r < 32; r++) {
            hash = Long.rotateLeft(hash, 7) * 0x9e3779b97f4a7c15L + call.register(r);
        }
        calls = (calls * 31 + hash) * 31 + (gasUnseen ? 0 : call.gasLeft());
        call.setResult(hash ^ hash >>> 32);
    }

    /** Leaves gas out of what {@link #OBSERVE} sees, for comparing runs that count differently. */
    public Machine withGasUnseen() {
        gasUnseen = true;
        return this;
    }

    private CallOptions options(long gas) {
        return metered ? CallOptions.ofGas(gas) : CallOptions.unlimited();
    }

    /** Runs from the entry point. */
    public Stop run(long gas) {
        calls = 0;
        return stop(instance.run(options(gas), List.of("guest"), List.of()));
    }

    /** Calls an address. */
    public Stop call(long gas, int address, long... arguments) {
        calls = 0;
        return stop(instance.call(options(gas), address & 0xffffffffL, arguments));
    }

    /** Goes on after {@link Stop#OUT_OF_GAS} with this much gas. */
    public Stop resume(long gas) {
        calls = 0;
        return stop(instance.resume(options(gas)));
    }

    /** Memory and registers as in the beginning. */
    public void reset() {
        instance.reset();
        written.reset();
    }

    private Stop stop(Outcome outcome) {
        String kind;
        long address = 0;
        boolean write = false;
        long[] registers = null;
        switch (outcome) {
            case Outcome.Finished _ -> kind = "FINISHED";
            case Outcome.Exited e -> {
                kind = "EXITED";
                address = e.status();
            }
            case Outcome.Trapped t -> {
                Trap trap = t.trap();
                kind = trap.kind() == Trap.Kind.HOST_ERROR ? "HOST_ERROR " + trap.cause() : trap.kind().name();
                address = trap.address();
                write = trap.write();
                registers = trap.registers();
            }
            case Outcome.OutOfGas _ -> kind = Stop.OUT_OF_GAS;
            case Outcome.TimedOut _ -> kind = "TIMED_OUT";
            case Outcome.Interrupted _ -> kind = "INTERRUPTED";
            case Outcome.Paused _ -> kind = "PAUSED";
            case Outcome.WorkerLost w -> kind = "WORKER_LOST " + w.reason();
        }
        if (registers == null) {
            registers = new long[32];
            if (!kind.startsWith("WORKER")) {
                for (int r = 0; r < 32; r++) {
                    registers[r] = instance.register(r);
                }
            }
        }
        return new Stop(kind, outcome.pc(), address, write, registers, outcome.gasUsed(), outcome.gasLeft(), calls);
    }

    /** The program's code. */
    Code code() {
        return program.code();
    }

    /** A range of guest memory, not copied. */
    public MemorySegment memory(int address, int length) {
        return instance.memory().slice(address & 0xffffffffL, length);
    }

    /** A copy of a range of guest memory. */
    public byte[] read(int address, int length) {
        return instance.memory().read(address & 0xffffffffL, length);
    }

    /** What the guest wrote with call 64 since the last reset. */
    public byte[] written() {
        return written.toByteArray();
    }

    @Override
    public void close() {
        instance.close();
        program.close();
    }
}
