package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "4096, 4096", "8k, 8192", "64m, 67108864", "64M, 67108864", "1g, 1073741824",
            "9223372036854775807, 9223372036854775807", "8589934591g, 9223372035781033984"})
    void sizes(String text, long bytes) {
        assertEquals(bytes, new Units.Size().convert(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "0m", "-1", "m", "1.5m", "64mb", "64 m", "+1", "0x10", "9223372036854775808",
            "8589934592g", "1t", "١"})
    void noSizes(String text) {
        assertSpoken(assertThrows(TypeConversionException.class, () -> new Units.Size().convert(text)), text);
    }

    @ParameterizedTest
    @CsvSource({"1ns, 1", "7us, 7000", "500ms, 500000000", "5s, 5000000000", "2m, 120000000000", "1h, 3600000000000"})
    void durations(String text, long nanos) {
        assertEquals(Duration.ofNanos(nanos), new Units.Time().convert(text));
        assertEquals(text, Units.show(Duration.ofNanos(nanos)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "0s", "-5s", "s", "5 s", "1.5s", "5sec", "2562048h"})
    void noDurations(String text) {
        assertSpoken(assertThrows(TypeConversionException.class, () -> new Units.Time().convert(text)), text);
    }

    @Test
    void gas() {
        assertEquals(0, new Units.Gas().convert("0"));
        assertEquals(Long.MAX_VALUE, new Units.Gas().convert("9223372036854775807"));
        for (String text : new String[]{"", "-1", "9223372036854775808", "1e6", "10k"}) {
            assertSpoken(assertThrows(TypeConversionException.class, () -> new Units.Gas().convert(text)), text);
        }
    }

    /** The message names what was written. */
    private static void assertSpoken(TypeConversionException e, String text) {
        assertTrue(e.getMessage().startsWith("'" + text + "' is not"), e.getMessage());
    }
}
