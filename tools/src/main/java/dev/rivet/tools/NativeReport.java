package dev.rivet.tools;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code rivet bench native} found: all times, and the figures made of them. Knows how to say it as a table and as
 * JSON (docs/bench.md describes the members); {@link NativeChart} draws it.
 *
 * @param host the machine
 * @param date when measuring began, ISO 8601
 * @param size {@code full} or {@code quick}
 * @param runs rounds
 * @param statistic what is compared of each column's times
 * @param costModel name of the cost model
 * @param costModelVersion its version
 * @param compiler what compiled both sides
 * @param tables one for each guest variant
 */
record NativeReport(HostFacts host, String date, String size, int runs, Statistic statistic, String costModel,
        int costModelVersion, String compiler, List<Table> tables) {
    /** Shape of the JSON; another number when a member changes its meaning or goes. */
    private static final int VERSION = 1;

    /** What stands for many times. */
    enum Statistic {
        /** The middle one. */
        MEDIAN,
        /** The least: what the machine does when nothing else disturbs it. */
        MIN;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        long of(long[] times) {
            long[] sorted = times.clone();
            Arrays.sort(sorted);
            return sorted[this == MIN ? 0 : sorted.length / 2];
        }
    }

    /**
     * One column of one workload.
     *
     * @param column metering mode, or {@code interpreter}
     * @param argument the program's argument
     * @param nativeNanos CPU times of the native build with this argument, a round each
     * @param nanos CPU times of the guest
     * @param hostBytes size of the machine code; 0 for the interpreter
     */
    record Cell(String column, String argument, long[] nativeNanos, long[] nanos, long hostBytes) {
        double ratio(Statistic statistic) {
            return statistic.of(nanos) / (double) statistic.of(nativeNanos);
        }
    }

    /**
     * One workload.
     *
     * @param guestInstructions instructions in its text
     * @param guestBytes bytes of its text
     */
    record Row(String workload, int guestInstructions, long guestBytes, List<Cell> cells) {
    }

    /** All workloads of one guest variant. */
    record Table(String isa, List<Row> rows) {
        List<String> columns() {
            return rows.getFirst().cells.stream().map(Cell::column).toList();
        }

        /** Geometric mean of a column's ratios. */
        double mean(int column, Statistic statistic) {
            double sum = 0;
            for (Row row : rows) {
                sum += Math.log(row.cells.get(column).ratio(statistic));
            }
            return Math.exp(sum / rows.size());
        }

        /** Bytes of machine code for a byte of guest code, over all workloads; 0 for the interpreter. */
        double growth(int column) {
            long host = rows.stream().mapToLong(r -> r.cells.get(column).hostBytes).sum();
            return host / (double) rows.stream().mapToLong(Row::guestBytes).sum();
        }
    }

    /** The ratios of one variant, for a terminal. */
    String text(Table table) {
        StringBuilder out = new StringBuilder(String.format(Locale.ROOT, "%-15s %9s", table.isa, "native ms"));
        table.columns().forEach(c -> out.append(String.format(Locale.ROOT, " %11s", c)));
        out.append('\n');
        for (Row row : table.rows) {
            Cell first = row.cells.getFirst();
            out.append(String.format(Locale.ROOT, "%-15s %9.1f", row.workload, statistic.of(first.nativeNanos) / 1e6));
            row.cells.forEach(c -> out.append(figure(c.ratio(statistic))));
            out.append('\n');
        }
        out.append(String.format(Locale.ROOT, "%-15s %9s", "geometric mean", ""));
        for (int c = 0; c < table.columns().size(); c++) {
            out.append(figure(table.mean(c, statistic)));
        }
        out.append(String.format(Locale.ROOT, "%n%-25s", "code, host/guest bytes"));
        for (int c = 0; c < table.columns().size(); c++) {
            out.append(table.growth(c) == 0 ? String.format(Locale.ROOT, " %11s", "-") : figure(table.growth(c)));
        }
        return out.append('\n').toString();
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, value < 10 ? " %11.3f" : " %11.1f", value);
    }

    /** What the figures are, in two lines. */
    String legend() {
        return String.format(Locale.ROOT, "CPU time over that of the native build (%s); %s of %d interleaved rounds; "
                + "costs: %s%n%s%n", compiler, statistic.label(), runs, costModel, host.line());
    }

    /** Everything, down to single times. */
    Map<String, Object> json() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("kind", "rivet bench native");
        map.put("version", VERSION);
        map.put("date", date);
        map.put("host", host.json());
        map.put("size", size);
        map.put("runs", runs);
        map.put("statistic", statistic.label());
        map.put("compiler", compiler);
        map.put("costModel", costModel);
        map.put("costModelVersion", costModelVersion);
        map.put("tables", tables.stream().map(this::json).toList());
        return map;
    }

    private Map<String, Object> json(Table table) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("isa", table.isa);
        map.put("workloads", table.rows.stream().map(this::json).toList());
        Map<String, Object> means = new LinkedHashMap<>();
        Map<String, Object> growth = new LinkedHashMap<>();
        for (int c = 0; c < table.columns().size(); c++) {
            means.put(table.columns().get(c), table.mean(c, statistic));
            growth.put(table.columns().get(c), table.growth(c));
        }
        map.put("geometricMean", means);
        map.put("hostBytesPerGuestByte", growth);
        return map;
    }

    private Map<String, Object> json(Row row) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("name", row.workload);
        map.put("guestInstructions", row.guestInstructions);
        map.put("guestBytes", row.guestBytes);
        List<Object> cells = new ArrayList<>();
        for (Cell cell : row.cells) {
            Map<String, Object> c = new LinkedHashMap<>();
            c.put("column", cell.column);
            c.put("argument", cell.argument);
            c.put("ratio", cell.ratio(statistic));
            c.put("nativeNanos", Arrays.stream(cell.nativeNanos).boxed().toList());
            c.put("nanos", Arrays.stream(cell.nanos).boxed().toList());
            c.put("hostBytes", cell.hostBytes);
            cells.add(c);
        }
        map.put("columns", cells);
        return map;
    }
}
