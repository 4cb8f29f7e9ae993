package dev.rivet.tools;

import dev.rivet.BadProgramException;
import dev.rivet.CodeCache;
import dev.rivet.Engine;
import dev.rivet.InstanceOptions;
import dev.rivet.Program;
import dev.rivet.UnsupportedHostException;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rivet compile}: translates programs into the cache that {@code rivet run} looks into. */
@Command(name = "compile", description = {
        "Translate programs ahead, into the cache that 'rivet run' looks into.",
        "It looks for files of 256 KiB and more; smaller ones it translates as fast."})
final class CompileCommand implements Callable<Integer> {
    @Option(names = "--metering", paramLabel = "none|sync|fpu|async", split = ",", defaultValue = "none,sync", //
            description = "Ways of counting gas to translate for (default: ${DEFAULT-VALUE}).")
    private List<String> meterings;
    @Mixin
    private CostOption costs;
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Static RISC-V ELF files.")
    private List<Path> files;

    @Override
    public Integer call() {
        List<Metering> modes = meterings.stream().map(Choice::metering).toList();
        CostModel model = costs.model();
        CodeCache cache = UserCache.open();
        try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).spareWorkers(0)
                .codeCache(cache).build()) {
            for (Path file : files) {
                byte[] elf = Input.read(file);
                try (Program program = engine.load(elf, file.toString())) {
                    for (Metering mode : modes) {
                        compile(engine, program, InstanceOptions.defaults().withMetering(mode).withCosts(model), cache);
                    }
                }
            }
            if (cache.lost() > 0) {
                throw new Failure(Status.HOST_LACKS, cache.directory() + ": " + cache.lost()
                        + " of these translations cannot be kept; make room there or set XDG_CACHE_HOME to another directory");
            }
            System.out.println("kept in " + cache.directory());
            return Status.OK;
        } catch (BadProgramException e) {
            throw new Failure(Status.BAD_INPUT, e.getMessage(), e);
        } catch (UnsupportedHostException e) {
            throw new Failure(Status.HOST_LACKS, e.getMessage(), e);
        }
    }

    private static void compile(Engine engine, Program program, InstanceOptions options, CodeCache cache) {
        long hits = cache.hits();
        long start = System.nanoTime();
        int bytes = program.compile(options);
        long micros = (System.nanoTime() - start) / 1000;
        System.out.printf("%s: %s, metering %s: %d bytes of machine code, %s in %d.%d ms%n", program.name(),
                engine.label(), options.metering().label(), bytes, cache.hits() > hits ? "found" : "translated",
                micros / 1000, micros / 100 % 10);
    }
}
