import dev.rivet.*;
import java.nio.file.Path;
import java.util.List;

/** The least it takes: load a program, run it with limits, look how it ended. */
public class Embed {
    public static void main(String[] args) throws Exception {
        try (Engine engine = Engine.create();
                Program program = engine.load(Path.of("examples/primes.elf"));
                Instance instance = program.instantiate(InstanceOptions.defaults()
                        .withHost(LinuxHost.functions(System.in, System.out, System.err)))) {
            Outcome outcome = instance.run(CallOptions.ofGas(100_000_000), List.of("primes", "1000"), List.of());
            System.out.println(outcome.message() + ", gas used: " + outcome.gasUsed());
        }
    }
}
