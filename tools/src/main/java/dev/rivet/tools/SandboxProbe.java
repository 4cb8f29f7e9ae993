package dev.rivet.tools;

import dev.rivet.ir.Target;
import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.Hardening;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerFactory;
import dev.rivet.sandbox.WorkerLauncher;
import dev.rivet.sandbox.WorkerProgram;
import java.util.List;
import java.util.ServiceLoader;

/** Starts one real worker without a guest, to learn which layers of the sandbox this host grants. */
final class SandboxProbe {
    private static final long TEXT = 0x1_0000;

    private SandboxProbe() {
    }

    /** The worker program of this host's architecture, or null. */
    static WorkerProgram program() {
        return program(Target.host());
    }

    /** The worker program of an architecture, or null. */
    static WorkerProgram program(Target target) {
        for (WorkerProgram program : ServiceLoader.load(WorkerProgram.class)) {
            if (target != null && program.target().equals(target.label())) {
                return program;
            }
        }
        return null;
    }

    /**
     * Every layer and whether a worker has it.
     *
     * @throws dev.rivet.sandbox.SandboxException if no worker can be started at all
     */
    static List<Hardening.Status> layers(WorkerProgram program) {
        return layers(program, WorkerLauncher.forTarget(program.target()));
    }

    private static List<Hardening.Status> layers(WorkerProgram program, WorkerLauncher launcher) {
        try (ProgramImage image = new ProgramImage(
                List.of(new ProgramImage.Region(TEXT, TEXT + MemoryPlan.PAGE, false)))) {
            image.seal();
            try (GuestMemory memory = new GuestMemory(MemoryPlan.of(image, MemoryPlan.PAGE, 4L * MemoryPlan.PAGE));
                    CodeSpace code = new CodeSpace(new byte[0], 0, 0, 0,
                            CodeSpace.Table.of(List.of(), true, 0, 0));
                    WorkerFactory factory = new WorkerFactory(program, launcher, WorkerFactory.Mode.RELAXED, 0)) {
                try (Worker _ = factory.start(code, memory)) {
                    return factory.report();
                }
            }
        }
    }
}
