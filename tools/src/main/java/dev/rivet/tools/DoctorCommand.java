package dev.rivet.tools;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code rivet doctor}: what this host can run and enforce, and what to do about the rest. */
@Command(name = "doctor", description = "Say what this host can run and enforce, and what to do about the rest.")
final class DoctorCommand implements Callable<Integer> {
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
        checks.add(qemu());
        StringBuilder out = new StringBuilder();
        boolean missing = false;
        for (Check c : checks) {
            missing |= c.state == State.MISSING;
            out.append(String.format("%-8s %-22s %s%n", c.state.label, c.name, c.found));
            if (!c.remedy.isEmpty()) {
                out.append(String.format("%-8s %-22s -> %s%n", "", "", c.remedy));
            }
        }
        out.append(missing
                ? "\nNative execution is not possible here; '--engine interpreter' is.\n"
                : "\nThis host runs guests natively.\n");
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
        try {
            for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
                if (line.startsWith("model name")) {
                    return ", " + line.substring(line.indexOf(':') + 1).strip();
                }
            }
        } catch (IOException unreadable) {
            // The name is a courtesy; what counts is asked of the backend.
        }
        return "";
    }

    private static List<Check> engines() {
        List<Check> checks = new ArrayList<>();
        Target host = Target.host();
        boolean found = false;
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            String name = "engine " + backend.target().label();
            if (backend.target() != host) {
                checks.add(new Check(name, State.OK, "translates ('rivet dump'); runs on " + backend.target().label()
                        + " hosts or under qemu-user", ""));
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
