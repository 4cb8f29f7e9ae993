package dev.rivet.tools;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Layout;
import dev.rivet.tools.llvm.CTarget;
import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.GuestBuild;
import dev.rivet.tools.llvm.Guests;
import dev.rivet.tools.llvm.InstructionCounter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code rivet bench code}: how many host instructions are executed for one guest instruction, counted exactly under QEMU
 * (so on any host, for every target, without noise), and how many bytes of host code there are for one guest instruction;
 * beside the same figures of clang's -O3 build of the same C for the same host architecture.
 */
@Command(name = "code", description = "Executed host instructions and code size for a guest instruction, counted under QEMU.")
final class CodeBench implements Callable<Integer> {
    /** Segments of the native builds that hold code, read from their program headers. */
    private static final int PT_LOAD = 1;
    private static final int PF_X = 1;

    @Option(names = "--target", paramLabel = "x86-64|aarch64", split = ",", //
            description = "Architectures (default: this host's).")
    private List<String> targets;
    @Option(names = "--metering", paramLabel = "MODE", split = ",", defaultValue = "none,sync", //
            description = "Ways of counting gas (default: ${DEFAULT-VALUE}).")
    private List<String> metering;
    @Option(names = "--isa", paramLabel = "NAME", defaultValue = "rv64e", //
            description = "Guest variant: rv64e, rv64ec, rv32e, rv64i, rv32i (default: ${DEFAULT-VALUE}).")
    private String isa;
    @Option(names = "--workloads", paramLabel = "NAME", split = ",", //
            description = "Only these (default: the twelve small ones; 'large' means the six large ones).")
    private List<String> names;
    @Option(names = "--json", description = "One JSON object a line instead of a table.")
    private boolean json;

    /** What is known of one program for one target: the guest's figures, one of each for a metering mode, clang's. */
    private record Row(long guest, int guestBytes, int guestInstructions, long[] executed, int[] bytes, long clang,
            int clangBytes) {
    }

    @Override
    public Integer call() {
        List<Metering> modes = metering.stream().map(Choice::metering).toList();
        CTarget guest = CTarget.GUESTS
                .get(Choice.of("--isa", isa, CTarget.GUESTS.stream().map(CTarget::label).toArray(String[]::new)));
        List<Target> on = targets == null ? List.of(Target.host()) : targets.stream().map(Choice::target).toList();
        try {
            for (Target target : on) {
                measure(target, workloads(), guest, modes);
            }
            return Status.OK;
        } catch (RuntimeException | Error | IOException e) {
            throw Failure.ofWorkloads(e);
        }
    }

    private List<Guest> workloads() {
        if (names == null) {
            return Guests.WORKLOADS;
        }
        if (names.equals(List.of("large"))) {
            return Guests.LARGE;
        }
        List<Guest> all = new ArrayList<>(Guests.WORKLOADS);
        all.addAll(Guests.LARGE);
        String[] known = all.stream().map(Guest::name).toArray(String[]::new);
        return names.stream().map(n -> all.get(Choice.of("workload", n, known))).toList();
    }

    private void measure(Target target, List<Guest> workloads, CTarget guest, List<Metering> modes)
            throws IOException {
        CTarget host = target == Target.AARCH64 ? CTarget.AARCH64 : CTarget.X86_64;
        GuestBuild build = GuestBuild.cached();
        build.buildAll(workloads, List.of(guest, host));
        Guest probe = workloads.getFirst();
        if (!json) {
            head(target, guest, modes);
        }
        double[] logs = new double[2 * modes.size() + 2];
        try (InstructionCounter counter = new InstructionCounter(target.label(), build.build(probe, host),
                probe.args());
                Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED)
                        .spareWorkers(0).target(target)
                        .emulator(counter.emulator(Layout.CODE_BASE, Layout.CODE_BASE + Layout.CODE_MAX)).build()) {
            for (Guest workload : workloads) {
                Path file = build.build(workload, host);
                Row row;
                try (Program program = engine.load(build.build(workload, guest))) {
                    row = row(program, workload, modes, counter, file);
                }
                double[] figures = figures(row);
                for (int i = 0; i < figures.length; i++) {
                    logs[i] += Math.log(figures[i]);
                }
                if (json) {
                    jsonLine(target, guest, workload, modes, row);
                } else {
                    line(workload.name(), String.format(Locale.ROOT, "%.3f", row.guest / 1e6), figures);
                }
            }
        }
        if (!json) {
            line("geometric mean", "", Arrays.stream(logs).map(l -> Math.exp(l / workloads.size())).toArray());
        }
    }

    private static Row row(Program program, Guest workload, List<Metering> modes, InstructionCounter counter, Path file)
            throws IOException {
        long[] executed = new long[modes.size()];
        int[] bytes = new int[modes.size()];
        long guest = run(program, workload, Metering.SYNC, counter, null)[0];
        int instructions = 0;
        for (int m = 0; m < executed.length; m++) {
            int[] size = new int[2];
            executed[m] = run(program, workload, modes.get(m), counter, size)[1];
            instructions = size[0];
            bytes[m] = size[1];
        }
        return new Row(guest, textBytes(Files.readAllBytes(Path.of(program.name()))), instructions, executed, bytes,
                counter.of(file, workload.args()), textBytes(Files.readAllBytes(file)));
    }

    /** Gas used at a unit an instruction, and host instructions executed in translated code. */
    private static long[] run(Program program, Guest workload, Metering mode, InstructionCounter counter, int[] size)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        List<String> args = new ArrayList<>(List.of(workload.name()));
        args.addAll(workload.args());
        long before = counter.read();
        try (Instance instance = program.instantiate(InstanceOptions.defaults().withMetering(mode)
                .withHost(LinuxHost.functions(InputStream.nullInputStream(), out, out)))) {
            Outcome outcome = instance.run(CallOptions.unlimited(), args, List.of());
            if (!(outcome instanceof Outcome.Exited)) {
                throw new Failure(Status.INTERNAL, workload.name() + " (" + mode.label() + "): " + outcome.message());
            }
            if (size != null) {
                size[0] = instance.statistics().guestInstructions();
                size[1] = instance.statistics().hostBytes();
            }
            return new long[]{outcome.gasUsed(), counter.read() - before};
        }
    }

    /** Bytes of the executable segments of a 64-bit ELF file. */
    private static int textBytes(byte[] elf) {
        ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        boolean wide = elf[4] == 2;
        int at = wide ? (int) b.getLong(32) : b.getInt(28);
        int step = b.getShort(wide ? 54 : 42);
        int count = b.getShort(wide ? 56 : 44);
        int sum = 0;
        for (int i = 0; i < count; i++, at += step) {
            int flags = b.getInt(at + (wide ? 4 : 24));
            if (b.getInt(at) == PT_LOAD && (flags & PF_X) != 0) {
                sum += wide ? (int) b.getLong(at + 32) : b.getInt(at + 16);
            }
        }
        return sum;
    }

    /** For one guest instruction: executed in each mode, by clang; then bytes in each mode, of clang. */
    private static double[] figures(Row row) {
        int modes = row.executed.length;
        double[] f = new double[2 * modes + 2];
        for (int m = 0; m < modes; m++) {
            f[m] = row.executed[m] / (double) row.guest;
            f[modes + 1 + m] = row.bytes[m] / (double) row.guestInstructions;
        }
        f[modes] = row.clang / (double) row.guest;
        f[2 * modes + 1] = row.clangBytes / (double) row.guestInstructions;
        return f;
    }

    private static void head(Target target, CTarget guest, List<Metering> modes) {
        int width = 9 * (modes.size() + 1);
        System.out.printf(Locale.ROOT, "%s on %s, for one guest instruction:%n%14s %8s  %-" + width + "s  %s%n",
                guest.label(),
                target.label(), "", "guest", "instructions executed", "bytes of code");
        StringBuilder labels = new StringBuilder();
        for (int i = 0; i < 2; i++) {
            modes.forEach(m -> labels.append(String.format(Locale.ROOT, " %8s", m.label())));
            labels.append(String.format(Locale.ROOT, " %8s", "clang")).append(i == 0 ? " " : "");
        }
        System.out.printf(Locale.ROOT, "%14s %8s%s%n", "", "million", labels);
    }

    private static void line(String name, String millions, double[] figures) {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%-14s %8s", name, millions));
        for (int i = 0; i < figures.length; i++) {
            text.append(i == figures.length / 2 ? " " : "").append(String.format(Locale.ROOT, " %8.3f", figures[i]));
        }
        System.out.println(text);
    }

    private static void jsonLine(Target target, CTarget guest, Guest workload, List<Metering> modes, Row row) {
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT,
                "{\"target\":\"%s\",\"isa\":\"%s\",\"workload\":\"%s\",\"guestExecuted\":%d,\"guestInstructions\":%d,"
                        + "\"guestBytes\":%d,\"clangExecuted\":%d,\"clangBytes\":%d",
                target.label(), guest.label(), workload.name(), row.guest, row.guestInstructions, row.guestBytes,
                row.clang, row.clangBytes));
        for (int m = 0; m < modes.size(); m++) {
            String label = modes.get(m).label();
            out.append(String.format(Locale.ROOT, ",\"%sExecuted\":%d,\"%sBytes\":%d", label, row.executed[m], label,
                    row.bytes[m]));
        }
        System.out.println(out.append('}'));
    }
}
