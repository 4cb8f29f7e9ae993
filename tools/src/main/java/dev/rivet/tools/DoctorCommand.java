package dev.rivet.tools;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Hardening;
import dev.rivet.sandbox.SandboxException;
import dev.rivet.sandbox.WorkerProgram;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.StringJoiner;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code rivet doctor}: what this host can run and enforce, and what to do about the rest. */
@Command(name = "doctor", description = "Say what this host can run and enforce, and what to do about the rest.")
final class DoctorCommand implements Callable<Integer> {
    /** Before the name of each layer of the sandbox. */
    private static final String LAYER = "sandbox ";

    /** How one thing stands. */
    enum State {
        /** As it should be. */
        OK("ok"),
        /** Less than the best, and Rivet works. */
        WEAK("weak"),
        /** Native engine or sandbox cannot work. */
        MISSING("MISSING");

        private final String label;

        State(String label) {
            this.label = label;
        }
    }

    /**
     * One line of the report.
     *
     * @param name what was looked at
     * @param state how it stands
     * @param found what was found
     * @param remedy what to do, or empty
     */
    record Check(String name, State state, String found, String remedy) {
    }

    @Override
    public Integer call() {
        List<Check> checks = new ArrayList<>();
        checks.add(java());
        checks.add(system());
        checks.addAll(engines());
        checks.addAll(sandbox());
        checks.add(qemu());
        StringBuilder out = new StringBuilder();
        boolean missing = false;
        boolean weak = false;
        for (Check c : checks) {
            missing |= c.state == State.MISSING;
            weak |= c.state == State.WEAK && c.name.startsWith(LAYER);
            out.append(String.format("%-8s %-28s %s%n", c.state.label, c.name, c.found));
            if (!c.remedy.isEmpty()) {
                out.append(String.format("%-8s %-28s -> %s%n", "", "", c.remedy));
            }
        }
        out.append('\n').append(missing
                ? "Native execution is not possible here; '--engine interpreter' is."
                : weak
                        ? "This host runs guests natively, with a weaker sandbox; '--sandbox strict' refuses to."
                        : "This host runs guests natively in the full sandbox.")
                .append('\n');
        System.out.print(out);
        return missing ? Status.HOST_LACKS : Status.OK;
    }

    private static Check java() {
        int feature = Runtime.version().feature();
        String found = Runtime.version() + " in " + System.getProperty("java.home");
        return feature >= 25
                ? new Check("Java", State.OK, found, "")
                : new Check("Java", State.MISSING, found, "install a JDK 25");
    }

    private static Check system() {
        String name = System.getProperty("os.name");
        String found = name + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors" + cpu();
        return name.equals("Linux")
                ? new Check("system", State.OK, found, "")
                : new Check("system", State.MISSING, found, "the sandbox needs Linux");
    }

    private static String cpu() {
        String name = HostFacts.cpuName();
        return name.isEmpty() ? "" : ", " + name;
    }

    private static List<Check> engines() {
        List<Check> checks = new ArrayList<>();
        Target host = Target.host();
        boolean found = false;
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            String name = "engine " + backend.target().label();
            if (backend.target() != host) {
                checks.add(foreign(name, backend.target()));
                continue;
            }
            found = true;
            String missing = backend.missing();
            checks.add(missing == null
                    ? new Check(name, State.OK, "runs here", "")
                    : new Check(name, State.MISSING, missing, "run guests with --engine interpreter"));
        }
        if (!found) {
            checks.add(new Check("native engine", State.MISSING, "none for " + System.getProperty("os.arch"),
                    "run guests with --engine interpreter"));
        }
        checks.add(new Check("engine interpreter", State.OK, "runs everywhere", ""));
        return checks;
    }

    /** An architecture that is not this host's: what runs it, and which layers of the sandbox its worker has then. */
    private static Check foreign(String name, Target target) {
        String dump = "translates ('rivet dump --target " + target.label() + "')";
        WorkerProgram program = SandboxProbe.program(target);
        try {
            List<Hardening.Status> layers = SandboxProbe.layers(program);
            StringJoiner has = new StringJoiner(", ");
            layers.stream().filter(Hardening.Status::granted).forEach(s -> has.add(s.layer().label()));
            return new Check(name, State.OK, dump + "; runs under an emulator, for tests: with --sandbox relaxed and "
                    + "of its layers only " + has, "");
        } catch (SandboxException e) {
            return new Check(name, State.OK, dump + "; " + e.getMessage(), "");
        }
    }

    /** One line when every layer is granted; else one for each that is not. */
    private static List<Check> sandbox() {
        WorkerProgram program = SandboxProbe.program();
        if (program == null) {
            return List.of(new Check("sandbox", State.MISSING, "no worker for " + System.getProperty("os.arch"), ""));
        }
        List<Hardening.Status> layers;
        try {
            layers = SandboxProbe.layers(program);
        } catch (SandboxException e) {
            return List.of(new Check("sandbox", State.MISSING, "no worker can be started", e.getMessage()));
        }
        List<Check> checks = new ArrayList<>();
        for (Hardening.Status s : layers) {
            checks.add(s.granted()
                    ? new Check(LAYER + s.layer().label(), State.OK, s.layer().reason(), "")
                    : new Check(LAYER + s.layer().label(), State.WEAK, s.detail() + "; without it not: "
                            + s.layer().reason(), s.layer().remedy()));
        }
        return checks;
    }

    private static Check qemu() {
        List<String> found = new ArrayList<>();
        for (String name : new String[]{"qemu-riscv64", "qemu-riscv32", "qemu-aarch64"}) {
            if (onPath(name)) {
                found.add(name);
            }
        }
        return found.isEmpty()
                ? new Check("qemu-user", State.WEAK, "not found; only tests use it",
                        "install it (Debian: apt-get install qemu-user)")
                : new Check("qemu-user", State.OK, String.join(", ", found) + " (only tests use it)", "");
    }

    /** Whether PATH has an executable of this name. */
    private static boolean onPath(String name) {
        String path = System.getenv("PATH");
        for (String dir : path == null ? new String[0] : path.split(":")) {
            if (!dir.isEmpty() && Files.isExecutable(Path.of(dir, name))) {
                return true;
            }
        }
        return false;
    }
}
