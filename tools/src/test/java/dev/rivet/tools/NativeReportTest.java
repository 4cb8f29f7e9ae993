package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.NativeReport.Cell;
import dev.rivet.tools.NativeReport.Row;
import dev.rivet.tools.NativeReport.Statistic;
import dev.rivet.tools.NativeReport.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NativeReportTest {
    private static final HostFacts HOST = new HostFacts("A \"fast\" one", 2, "Linux 6", "25", 1.5);

    @TempDir
    Path dir;

    /** Medians of three: 1.5 and 6 times native; minima: 1 and 2 times. */
    private static NativeReport report(Statistic statistic) {
        long[] natives = {4_000_000, 1_000_000, 2_000_000};
        Row a = new Row("a", 10, 40,
                List.of(new Cell("sync", "7", natives, new long[]{1_000_000, 3_000_000, 9_000_000}, 120),
                        new Cell("interpreter", "1", natives, new long[]{2_000_000, 12_000_000, 14_000_000}, 0)));
        Row b = new Row("b", 20, 80,
                List.of(new Cell("sync", "7", natives, new long[]{4_000_000, 12_000_000, 36_000_000}, 120),
                        new Cell("interpreter", "1", natives, new long[]{200_000_000, 48_000_000, 8_000_000}, 0)));
        return new NativeReport(HOST, "2026-01-02T03:04:05Z", "full", 3, statistic, "unit", 1, "clang 20.1 -O3",
                List.of(new Table("rv64e", List.of(a, b))));
    }

    @Test
    void medians() {
        NativeReport r = report(Statistic.MEDIAN);
        assertEquals("""
                rv64e           native ms        sync interpreter
                a                     2.0       1.500       6.000
                b                     2.0       6.000        24.0
                geometric mean                  3.000        12.0
                code, host/guest bytes          2.000           -
                """, r.text(r.tables().getFirst()));
        assertEquals("""
                CPU time over that of the native build (clang 20.1 -O3); median of 3 interleaved rounds; costs: unit
                A "fast" one, 2 processors, load 1.5; Linux 6; Java 25
                """, r.legend());
    }

    @Test
    void minima() {
        NativeReport r = report(Statistic.MIN);
        assertEquals("""
                rv64e           native ms        sync interpreter
                a                     1.0       1.000       2.000
                b                     1.0       4.000       8.000
                geometric mean                  2.000       4.000
                code, host/guest bytes          2.000           -
                """, r.text(r.tables().getFirst()));
    }

    /** docs/bench.md promises this shape. */
    @Test
    void json() throws IOException {
        String text = Json.text(report(Statistic.MEDIAN).json());
        assertEquals(
                """
                        {
                          "kind": "rivet bench native",
                          "version": 1,
                          "date": "2026-01-02T03:04:05Z",
                          "host": { "cpu": "A \\"fast\\" one", "processors": 2, "kernel": "Linux 6", "java": "25", "load": 1.5 },
                          "size": "full",
                          "runs": 3,
                          "statistic": "median",
                          "compiler": "clang 20.1 -O3",
                          "costModel": "unit",
                          "costModelVersion": 1,
                          "tables": [
                            {
                              "isa": "rv64e",
                              "workloads": [
                                {
                                  "name": "a",
                                  "guestInstructions": 10,
                                  "guestBytes": 40,
                                  "columns": [
                                    {
                                      "column": "sync",
                                      "argument": "7",
                                      "ratio": 1.5,
                                      "nativeNanos": [4000000, 1000000, 2000000],
                                      "nanos": [1000000, 3000000, 9000000],
                                      "hostBytes": 120
                                    },
                        """,
                text.substring(0, text.indexOf("            {\n              \"column\": \"interpreter\""))
                        .replaceAll("(?m)^                            ", "                            "));
        assertTrue(text.endsWith("""
                      "geometricMean": { "sync": 3.0, "interpreter": 12.0 },
                      "hostBytesPerGuestByte": { "sync": 2.0, "interpreter": 0.0 }
                    }
                  ]
                }
                """), text);
        String docs = Files.readString(Path.of("..", "docs", "bench.md"));
        for (String line : text.split("\n")) {
            if (line.contains("\":")) {
                String member = line.strip().replaceAll("(\"[A-Za-z]+\").*", "$1");
                assertTrue(docs.contains("`" + member.replace("\"", "") + "`"), member + " is not in docs/bench.md");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.svg", "x.SVG", "x.html", "x.png"})
    void charts(String name) throws IOException {
        Path file = dir.resolve(name);
        NativeChart.write(report(Statistic.MEDIAN), file);
        byte[] bytes = Files.readAllBytes(file);
        if (name.endsWith("png")) {
            assertArrayEquals(new byte[]{(byte) 0x89, 'P', 'N', 'G'}, Arrays.copyOf(bytes, 4));
            return;
        }
        String text = new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
        for (String word : List.of(">Rivet beside native code: rv64e guests<", ">geometric mean<", ">a<", ">b<",
                ">sync<",
                ">native<", ">6.00<", ">3.00<", ">24<",
                ">A \"fast\" one, 2 processors, load 1.5; Linux 6; Java 25; 2026-01-02<",
                "sans-serif")) {
            assertTrue(text.contains(word) || text.contains(word.replace("\"", "&quot;")),
                    word + " is missing in " + text);
        }
    }

    @Test
    void whatIsNoChart() {
        assertEquals(Status.USAGE, assertThrows(Failure.class, () -> NativeChart.check(dir.resolve("x.gif"))).status);
    }

    /** Each workload has three sizes, in this order, and each guest that is measured has an argument. */
    @ParameterizedTest
    @EnumSource(Statistic.class)
    void workloads(Statistic statistic) {
        Set<String> names = new HashSet<>();
        for (List<Workload> list : List.of(Workload.SMALL, Workload.LARGE)) {
            for (Workload w : list) {
                assertTrue(names.add(w.name()));
                int brief = Integer.parseInt(w.brief());
                int quick = Integer.parseInt(w.quick());
                assertTrue(brief > 0 && quick >= brief && Integer.parseInt(w.full()) > quick, w.name());
            }
        }
        assertEquals(18, names.size());
        assertEquals(statistic == Statistic.MIN ? 1 : 3, statistic.of(new long[]{5, 1, 3}));
    }
}
