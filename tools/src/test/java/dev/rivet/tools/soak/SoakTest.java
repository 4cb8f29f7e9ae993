package dev.rivet.tools.soak;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The soak's short form; {@code rivet soak} runs the long one. */
class SoakTest {
    @Test
    @Timeout(120)
    void nothingWrongNothingLeaks() throws InterruptedException {
        List<String> lines = new ArrayList<>();
        Soak.Result r = new Soak(1, lines::add).run(8_000_000_000L);
        System.out.println("soak: " + r.line());
        assertEquals(List.of(), lines);
        assertEquals(0, r.wrong());
        assertEquals(0, r.leaked(), r.line());
        assertTrue(r.calls() > 100 && r.faults() > 10 && r.kills() > 5, r.line());
    }

    /** What a leak would be is seen. */
    @Test
    void whatIsHeldIsCounted() throws Exception {
        Held before = Held.now();
        Process child = new ProcessBuilder("sleep", "30").start();
        try {
            assertTrue(Held.now().beyond(before) >= 1);
        } finally {
            child.destroyForcibly().waitFor();
        }
    }
}
