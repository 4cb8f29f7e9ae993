package dev.rivet.tests.security;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Target;
import dev.rivet.tools.escape.Escape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/** The attacks of {@code rivet conform --suite escape}: native code in a worker, as if an attacker had broken out. */
@Timeout(600)
@Isolated("counts what this JVM holds")
class EscapeTest {
    private static List<String> attack(Target target, long least) {
        List<String> lines = new ArrayList<>();
        Escape escape = new Escape(target, lines::add);
        assertEquals(0, escape.run(), () -> String.join("\n", lines));
        assertTrue(escape.attacks() > least, escape.attacks() + " attacks");
        return lines;
    }

    @Test
    void nobodyGetsOutOnX64() {
        List<String> lines = attack(Target.X86_64, 5_000);
        assertTrue(lines.stream().noneMatch(l -> l.contains("not made")), () -> String.join("\n", lines));
    }

    /** Under an emulator, which has no system call filter: memory, jumps, signals and lies. */
    @Test
    void nobodyGetsOutOnAarch64() {
        List<String> lines = attack(Target.AARCH64, 300);
        assertEquals(4, lines.stream().filter(l -> l.contains("not made")).count(), () -> String.join("\n", lines));
    }
}
