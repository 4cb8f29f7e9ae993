package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;
import dev.rivet.Program;
import dev.rivet.ir.Metering;
import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * An independent witness: looks at a worker that runs a guest through libc calls of JNA's, with none of Rivet's own native
 * code, and fails when a layer of the sandbox is missing.
 */
@Isolated("counts what this JVM holds")
@Timeout(60)
class OutsideWitnessTest {
    private static final int ESRCH = 3;
    private static final int TEXT = 0x10000;
    private static final int DATA = 0x20000;

    private static Engine engine;
    private static Instance instance;
    private static CompletableFuture<Outcome> call;
    private static int pid;

    @BeforeAll
    static void start() throws InterruptedException {
        Asm a = new Asm(64, TEXT);
        int loop = a.label();
        a.li(Asm.T0, DATA).place(loop).sx(Asm.A0, 0, Asm.T0).addi(Asm.A0, Asm.A0, 1).j(loop);
        byte[] elf = new Image(64, 0).entry(TEXT).add(a, Image.R | Image.X)
                .add(DATA, new byte[0], 4096, Image.R | Image.W).bytes();
        List<Long> before = children();
        engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.STRICT).spareWorkers(0).build();
        Program program = engine.load(elf, "witness");
        instance = program.instantiate(InstanceOptions.defaults().withMetering(Metering.NONE));
        List<Long> after = new ArrayList<>(children());
        after.removeAll(before);
        assertEquals(1, after.size(), "workers");
        pid = (int) (long) after.getFirst();
        call = CompletableFuture.supplyAsync(() -> instance.call(CallOptions.unlimited(), (long) TEXT));
        while (instance.memory().readLong(DATA) == 0) {
            Thread.sleep(1);
        }
    }

    @AfterAll
    static void end() {
        engine.close();
    }

    private static List<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    }

    /** Descriptors, mappings, status, limits, namespaces, mounts: all of it is what it has to be, and nothing else is there. */
    @Test
    void nothingButWhatHasToBe() {
        assertEquals(List.of(), Witness.findings(pid));
    }

    /** The witness is no fool: this JVM does not pass for a worker. */
    @Test
    void theWitnessSeesTheDifference() {
        List<String> findings = Witness.findings((int) ProcessHandle.current().pid());
        for (String what : new String[]{"open descriptors", "mapping ", "CapEff", "NoNewPrivs", "Seccomp ", "Threads",
                "NSpid", "SigCgt", "SigBlk", "Max file size", "Max address space", "user namespace", "pid namespace",
                "uid_map", "mounts", "files in the root"}) {
            boolean capable = !what.equals("CapEff") || Witness.fields(Witness.read("/proc/self/status")).get(what)
                    .contains("f");
            assertTrue(!capable || findings.stream().anyMatch(f -> f.startsWith(what)), what + " in " + findings);
        }
    }

    /** What this process finds by these paths, the worker does not. */
    @Test
    void rootHoldsNothing() {
        assertNotEquals(0, Witness.errno(() -> Witness.read("/proc/" + pid + "/root/etc/passwd")), "/etc/passwd");
        assertNotEquals(0, Witness.errno(() -> Witness.read("/proc/" + pid + "/root/proc/self/status")), "/proc");
        assertNotEquals(0, Witness.errno(() -> Witness.read("/proc/" + pid + "/cwd/etc/passwd")), "cwd");
    }

    /** A closed instance's worker is gone, not a zombie, when close returns; the one that runs is still there. */
    @Test
    void closedWorkersAreGone() throws Exception {
        int[] other = new int[1];
        List<Long> before = children();
        try (Instance _ = instance.program().instantiate(InstanceOptions.defaults())) {
            List<Long> after = new ArrayList<>(children());
            after.removeAll(before);
            other[0] = (int) (long) after.getFirst();
            assertEquals(0, Witness.errno(() -> Witness.LIBC.kill(other[0], 0)));
        }
        assertEquals(ESRCH, Witness.errno(() -> Witness.LIBC.kill(other[0], 0)));
        assertFalse(call.isDone());
        assertEquals(0, Witness.errno(() -> Witness.LIBC.kill(pid, 0)));
    }
}
