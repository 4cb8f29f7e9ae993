import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.Outcome;
import dev.rivet.Program;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** A host for plug-ins: one long-lived instance that keeps its state, each call with a deadline, failures survived. */
public final class PluginHost {
    private static final CallOptions LIMIT = CallOptions.ofDeadline(Duration.ofMillis(200));

    private PluginHost() {
    }

    /** Filters some lines, then provokes each failure. */
    public static void main(String[] args) throws Exception {
        String[] lines = {"disk ok", "access denied for guest", "request took 3 ms", "timeout after 30 s"};
        try (Engine engine = Engine.create();
                Program program = engine.load(Path.of("examples", "plugin.elf"));
                Instance plugin = program.instantiate()) {
            long buffer = program.symbol("line").orElseThrow();
            for (String line : lines) {
                byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
                plugin.memory().write(buffer, bytes); // the plug-in's own memory, no copy behind it
                if (plugin.call(LIMIT, "accept", bytes.length) instanceof Outcome.Finished f && f.result() == 1) {
                    System.out.println("accepted: " + line);
                }
            }
            for (int how = 0; how < 3; how++) {
                System.out.println("survived: " + plugin.call(LIMIT, "crash", how).message());
            }
            if (plugin.call(LIMIT, "count") instanceof Outcome.Finished f) {
                System.out.println("the plug-in has accepted " + f.result() + " lines and is as well as before");
            }
        }
    }
}
