package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class FlameGraphTest {
    @Test
    void widthsAreSharesOfSamples() {
        FlameGraph graph = new FlameGraph();
        for (int i = 0; i < 3; i++) {
            graph.add(List.of("main", "hash"));
        }
        graph.add(List.of("main"));
        assertEquals(4, graph.samples());
        String html = graph.html("a run");
        assertTrue(html.contains("<title>main: 4 samples, 100.0 %</title><rect x=\"0.00\" y=\"18\" width=\"1200.00\""),
                html);
        assertTrue(html.contains("<title>hash: 3 samples, 75.0 %</title><rect x=\"0.00\" y=\"0\" width=\"900.00\""),
                html);
    }

    @Test
    void namesCannotBecomeMarkup() {
        FlameGraph graph = new FlameGraph();
        graph.add(List.of("<script>alert(1)</script>"));
        String html = graph.html("<b>");
        assertFalse(html.contains("<script>alert"), html);
        assertFalse(html.contains("<h1><b>"), html);
    }
}
