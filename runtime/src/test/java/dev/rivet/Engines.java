package dev.rivet;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The engines of this host. A scenario is one method that runs against each of them. */
final class Engines {
    private static final List<Machine> ALL = all();

    private Engines() {
    }

    /**
     * One way to run a program that stops exactly where DESIGN 1.6 says.
     *
     * @param warm translations come from the code cache, so programs are decoded when something first asks for it
     */
    record Machine(Engine engine, Metering metering, boolean warm) {
        InstanceOptions options() {
            return InstanceOptions.defaults().withMetering(metering);
        }

        Program load(byte[] elf) {
            if (warm) {
                try (Program cold = engine.load(elf, "test")) {
                    cold.compile(options());
                }
            }
            return engine.load(elf, "test");
        }

        Instance instance(byte[] elf) {
            return load(elf).instantiate(options());
        }
    }

    private static List<Machine> all() {
        List<Machine> machines = new ArrayList<>();
        machines.add(new Machine(Engine.builder().kind(Engine.Kind.INTERPRETER).build(), Metering.SYNC, false));
        if (Target.host() == Target.X86_64) {
            Engine x64 = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build();
            machines.add(new Machine(x64, Metering.SYNC, false));
            machines.add(new Machine(x64, Metering.FPU, false));
            machines.add(new Machine(Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED)
                    .codeCache(cache()).build(), Metering.SYNC, true));
        }
        return List.copyOf(machines);
    }

    private static CodeCache cache() {
        try {
            Path directory = Files.createTempDirectory("rivet-test");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
            return CodeCache.open(directory, 1 << 24);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A scenario's body. */
    interface Body {
        void run(Machine machine) throws Exception;
    }

    /** Runs a scenario on every engine; a failure says on which. */
    static void each(Body body) {
        for (Machine machine : ALL) {
            try {
                body.run(machine);
            } catch (Throwable e) {
                throw new AssertionError(
                        "on " + machine.engine().label() + ", " + machine.metering().label()
                                + (machine.warm() ? ", warm: " : ": ") + e.getMessage(),
                        e);
            }
        }
    }
}
