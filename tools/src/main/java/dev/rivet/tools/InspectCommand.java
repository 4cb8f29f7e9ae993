package dev.rivet.tools;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Segment;
import dev.rivet.frontend.Sweep;
import dev.rivet.frontend.Symbols;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rivet inspect}: what is in a program, as every engine will see it. Runs and translates nothing. */
@Command(name = "inspect", description = "Show what is in a program: segments, code, blocks, instructions, symbols.")
final class InspectCommand implements Callable<Integer> {
    /** Lines of the histogram without {@code --all}. */
    private static final int COMMONEST = 16;

    @Option(names = "--all", description = "List every operation and every symbol.")
    private boolean all;
    @Mixin
    private CostOption costs;
    @Parameters(index = "0", paramLabel = "FILE", description = "A static RISC-V ELF file.")
    private Path file;

    private final StringBuilder out = new StringBuilder();

    @Override
    public Integer call() {
        CostModel model = costs.model();
        ElfFile elf = Input.elf(file);
        Code code = Sweep.of(elf);
        line("%s: RV%d%s, %s", file, elf.xlen(), elf.embedded() ? "E (x0 to x15)" : "I (x0 to x31)",
                elf.compressed() ? "with compressed instructions" : "every instruction has four bytes");
        line("entry     0x%08x%s", elf.entry(), named(elf.symbols(), elf.entry()));
        for (Segment s : elf.segments()) {
            line("segment   0x%08x-0x%08x %s%s%s %,d bytes, %,d of them in the file", s.start(), s.end(),
                    (s.flags() & Segment.R) != 0 ? "r" : "-", s.writable() ? "w" : "-", s.executable() ? "x" : "-",
                    s.end() - s.start(), Math.min(s.length(), s.end() - s.start()));
        }
        line("memory    %,d KiB in pages of 4 KiB; the heap starts at 0x%08x", elf.mappedBytes() >> 10, elf.imageEnd());
        code(code, model);
        symbols(elf.symbols());
        System.out.print(out);
        return Status.OK;
    }

    private void code(Code code, CostModel model) {
        int[] counts = new int[Op.count()];
        int instructions = 0;
        int small = 0;
        int leaders = 0;
        int longest = 0;
        int dearest = 0;
        long gas = 0;
        for (int i = 0; i < code.count; i++) {
            Op op = Inst.op(code.insts[i]);
            if (op == Op.END) {
                continue;
            }
            counts[op.ordinal()]++;
            instructions++;
            small += Inst.size(code.insts[i]) == 2 ? 1 : 0;
            if (code.isLeader(i)) {
                leaders++;
                longest = Math.max(longest, code.blockCost(i, CostModel.UNIT));
                dearest = Math.max(dearest, code.blockCost(i, model));
                gas += code.blockCost(i, model);
            }
        }
        line("code      %,d instructions, %,d of them compressed; %,d are no supported instruction", instructions,
                small,
                counts[Op.ILLEGAL.ordinal()]);
        line("blocks    %,d, of %.1f instructions in the mean, at most %,d", leaders,
                instructions / (double) Math.max(1, leaders), longest);
        boolean unit = model == CostModel.UNIT;
        if (!unit) {
            line("gas       %.1f a block in the mean, at most %,d (cost model %s, version %d)",
                    gas / (double) Math.max(1, leaders), dearest, model.name(), model.version());
        }
        List<Integer> order = IntStream.range(0, counts.length).filter(i -> counts[i] > 0).boxed()
                .sorted(Comparator.comparing((Integer i) -> -counts[i])).toList();
        int shown = all ? order.size() : Math.min(COMMONEST, order.size());
        for (int i = 0; i < shown; i++) {
            int ordinal = order.get(i);
            line("%s%-10s %,9d  %4.1f %%%s", i == 0 ? "operation " : "          ", CostModel.mnemonic(Op.of(ordinal)),
                    counts[ordinal], 100.0 * counts[ordinal] / instructions,
                    unit ? "" : "  costs %d".formatted(model.cost(ordinal)));
        }
        if (shown < order.size()) {
            int rest = Arrays.stream(counts).sum() - order.stream().limit(shown).mapToInt(i -> counts[i]).sum();
            line("          %d more %,9d  %4.1f %%  (--all lists them)", order.size() - shown, rest,
                    100.0 * rest / instructions);
        }
    }

    private void symbols(Symbols symbols) {
        int functions = 0;
        for (int i = 0; i < symbols.count(); i++) {
            functions += symbols.get(i).function() ? 1 : 0;
        }
        line("symbols   %,d functions, %,d objects%s", functions, symbols.count() - functions,
                symbols.count() == 0 ? " (the file is stripped)" : all ? "" : " (--all lists them)");
        for (int i = 0; all && i < symbols.count(); i++) {
            Symbols.Symbol s = symbols.get(i);
            line("          0x%08x %,9d %s %s", s.address(), s.size(), s.function() ? "function" : "object  ",
                    s.name());
        }
    }

    private static String named(Symbols symbols, long address) {
        String name = symbols.describe(address);
        return name == null ? "" : " (" + name + ")";
    }

    private void line(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
