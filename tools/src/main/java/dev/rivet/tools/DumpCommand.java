package dev.rivet.tools;

import dev.rivet.frontend.Disassembler;
import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Sweep;
import dev.rivet.frontend.Symbols;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.ir.Target;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code rivet dump}: every guest instruction beside the host instructions it became, with the blocks and what entering
 * each costs. Works for every target on every host, since nothing is run.
 */
@Command(name = "dump", description = "Show guest and host code side by side, with blocks and gas.")
final class DumpCommand implements Callable<Integer> {
    @Option(names = "--target", paramLabel = "x86-64|aarch64", description = "Architecture (default: this host's).")
    private String target;
    @Option(names = "--metering", paramLabel = "none|sync|fpu|async", defaultValue = "sync", //
            description = "How gas is counted (default: ${DEFAULT-VALUE}).")
    private String metering;
    @Mixin
    private CostOption costs;
    @Option(names = "--function", paramLabel = "NAME", description = "Only the function of this name.")
    private String function;
    @Option(names = "--hex", description = "Host code as bytes only, without LLVM's disassembler.")
    private boolean hex;
    @Parameters(index = "0", paramLabel = "FILE", description = "A static RISC-V ELF file.")
    private Path file;

    private final StringBuilder out = new StringBuilder();

    @Override
    public Integer call() {
        Target to = target == null ? Target.host() : Choice.target(target);
        Backend.Options options = new Backend.Options(Choice.metering(metering), costs.model());
        ElfFile elf = Input.elf(file);
        long from = 0;
        long end = 1L << 32;
        if (function != null) {
            Symbols.Symbol symbol = elf.symbols().named(function);
            if (symbol == null || symbol.size() == 0) {
                throw new Failure(Status.USAGE,
                        file + ": no function '" + function + "' of known size ('rivet inspect --all " + file
                                + "' lists all)");
            }
            from = symbol.address();
            end = from + symbol.size();
        }
        HostCode host = translate(to, Sweep.of(elf), options);
        HostText text = hex ? HostText.bytes(host) : HostText.of(host);
        show(elf, host, text, options, from, end);
        return Status.OK;
    }

    private static HostCode translate(Target to, Code code, Backend.Options options) {
        for (Backend backend : ServiceLoader.load(Backend.class)) {
            if (backend.target() == to) {
                try {
                    return backend.translate(code, options);
                } catch (UnsupportedOperationException e) {
                    throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
                }
            }
        }
        throw new Failure(Status.HOST_LACKS, "there is no backend for " + (to == null ? "this host" : to.label()));
    }

    private void show(ElfFile elf, HostCode host, HostText text, Backend.Options options, long from, long end) {
        Code code = host.code;
        for (int i = 0; i < code.count; i++) {
            long pc = code.pcs[i] & 0xffff_ffffL;
            if (pc < from || pc >= end) {
                continue;
            }
            Op op = Inst.op(code.insts[i]);
            if (code.isLeader(i) && op != Op.END) {
                header(elf.symbols(), code, i, pc, options);
            }
            String guest = op == Op.END
                    ? "%08x            (end of segment)".formatted(pc)
                    : "%08x %s  %s".formatted(pc, encoded(elf, pc, Inst.size(code.insts[i])),
                            Disassembler.textAt(code.insts[i], code.xlen, code.pcs[i]));
            List<String> lines = text.lines(host.offsets[i], host.offsets[i + 1]);
            if (lines.isEmpty()) {
                out.append(guest).append('\n');
            }
            for (int k = 0; k < lines.size(); k++) {
                out.append(String.format(Locale.ROOT, "%-52s | %s%n", k == 0 ? guest : "", lines.get(k)));
            }
            flush();
        }
        if (function == null) {
            out.append("\ncold paths and stubs\n");
            for (String line : text.lines(host.offsets[code.count], host.length)) {
                out.append(String.format(Locale.ROOT, "%-52s | %s%n", "", line));
            }
        }
        flush();
    }

    private void flush() {
        System.out.print(out);
        out.setLength(0);
    }

    private void header(Symbols symbols, Code code, int i, long pc, Backend.Options options) {
        String name = symbols.describe(pc);
        out.append(
                String.format(Locale.ROOT, "%nblock %08x%s: %d instructions", pc, name == null ? "" : " <" + name + ">",
                        code.blockEnd(i) - i + 1));
        if (options.metering() != Metering.NONE) {
            out.append(", gas ").append(code.blockCost(i, options.costs()));
        }
        out.append('\n');
    }

    /** The instruction's bytes as one number, padded to eight digits. */
    private static String encoded(ElfFile elf, long pc, int size) {
        var segment = elf.segmentOf(pc);
        int at = segment.offset() + (int) (pc - segment.start());
        int word = 0;
        for (int k = size - 1; k >= 0; k--) {
            word = word << 8 | segment.image()[at + k] & 0xff;
        }
        return size == 2 ? "    %04x".formatted(word) : "%08x".formatted(word);
    }
}
