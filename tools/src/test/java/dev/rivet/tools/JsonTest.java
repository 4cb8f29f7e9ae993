package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JsonTest {
    @Test
    void everyCharacterThatNeedsItIsEscaped() {
        assertEquals("\"a \\\"b\\\" \\\\ \\u000a\\u0007\\u00e9\\u007f~\"",
                Json.quoted("a \"b\" \\ \n\u0007\u00e9\u007f~"));
    }

    @Test
    void objectsThatHoldNoOthersAreOneLine() {
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("n", 1L);
        inner.put("r", 1.25);
        inner.put("whole", 2.0);
        inner.put("none", null);
        inner.put("yes", true);
        Map<String, Object> outer = new LinkedHashMap<>();
        outer.put("list", List.of(inner, Map.of()));
        outer.put("flat", Arrays.asList(1, "x"));
        assertEquals("""
                {
                  "list": [
                    { "n": 1, "r": 1.25, "whole": 2.0, "none": null, "yes": true },
                    { }
                  ],
                  "flat": [1, "x"]
                }
                """, Json.text(outer));
    }

    @Test
    void whatIsNoJson() {
        assertThrows(IllegalArgumentException.class, () -> Json.text(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> Json.text(new Object()));
    }
}
