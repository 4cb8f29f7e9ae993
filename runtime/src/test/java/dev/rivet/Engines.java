package dev.rivet;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.util.ArrayList;
import java.util.List;

/** The engines of this host. A scenario is one method that runs against each of them. */
final class Engines {
    private static final List<Machine> ALL = all();

    private Engines() {
    }

    /** One way to run a program that stops exactly where DESIGN 1.6 says. */
    record Machine(Engine engine, Metering metering) {
        InstanceOptions options() {
            return InstanceOptions.defaults().withMetering(metering);
        }

        Program load(byte[] elf) {
            return engine.load(elf, "test");
        }

        Instance instance(byte[] elf) {
            return load(elf).instantiate(options());
        }
    }

    private static List<Machine> all() {
        List<Machine> machines = new ArrayList<>();
        machines.add(new Machine(Engine.builder().kind(Engine.Kind.INTERPRETER).build(), Metering.SYNC));
        if (Target.host() == Target.X86_64) {
            Engine x64 = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build();
            machines.add(new Machine(x64, Metering.SYNC));
            machines.add(new Machine(x64, Metering.FPU));
        }
        return List.copyOf(machines);
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
                        "on " + machine.engine().label() + ", " + machine.metering().label() + ": " + e.getMessage(),
                        e);
            }
        }
    }
}
