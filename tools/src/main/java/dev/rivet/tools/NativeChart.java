package dev.rivet.tools;

import dev.rivet.tools.NativeReport.Row;
import dev.rivet.tools.NativeReport.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * The ratios of {@code rivet bench native} as a picture: SVG, PNG, or a page of HTML with the picture and the figures. Which
 * of them, the file's name says. The drawing itself is {@link BarDrawing}'s, whose libraries are loaded only when a chart is
 * made.
 */
final class NativeChart {
    private static final String INTERPRETER = "interpreter";

    private NativeChart() {
    }

    /** Fails if this cannot become a chart, before anything is measured. */
    static void check(Path file) {
        format(file);
        Output.check(file);
    }

    private static String format(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        for (String format : new String[]{"svg", "html", "png"}) {
            if (name.endsWith("." + format)) {
                return format;
            }
        }
        throw new Failure(Status.USAGE, file + ": a chart is a file called NAME.svg, NAME.html or NAME.png");
    }

    static void write(NativeReport report, Path file) {
        Output.write(file, switch (format(file)) {
            case "png" -> drawing(report).png();
            case "svg" -> drawing(report).svg();
            default -> page(report).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        });
    }

    private static BarDrawing drawing(NativeReport report) {
        try {
            BarDrawing drawing = new BarDrawing();
            report.tables().forEach(t -> add(drawing, report, t));
            return drawing;
        } catch (LinkageError | RuntimeException e) {
            // Without any font of the system's, AWT fails in one of several ways, none of which says so.
            throw new Failure(Status.HOST_LACKS, "cannot draw a chart: this Java finds no fonts (" + e
                    + "); install some (Debian: apt-get install fontconfig fonts-dejavu-core)", e);
        }
    }

    private static void add(BarDrawing drawing, NativeReport report, Table table) {
        List<String> columns = table.columns();
        BarDrawing.Bars translated = new BarDrawing.Bars("CPU time, native = 1 (shorter is faster)");
        BarDrawing.Bars interpreted = new BarDrawing.Bars("interpreter, native = 1");
        for (int c = 0; c < columns.size(); c++) {
            BarDrawing.Bars bars = columns.get(c).equals(INTERPRETER) ? interpreted : translated;
            String name = bars == interpreted
                    ? INTERPRETER
                    : columns.get(c).equals("none") ? "no metering" : columns.get(c);
            bars.add(name, "geometric mean", table.mean(c, report.statistic()));
            for (Row row : table.rows()) {
                bars.add(name, row.workload(), row.cells().get(c).ratio(report.statistic()));
            }
        }
        String date = report.date().substring(0, 10);
        drawing.add("Rivet beside native code: " + table.isa() + " guests", List.of(
                "CPU time over that of the same C compiled for this host (" + report.compiler() + " both); "
                        + report.statistic().label() + " of " + report.runs() + " interleaved rounds; gas costs: "
                        + report.costModel(),
                report.host().line() + "; " + date), translated, interpreted);
    }

    private static String page(NativeReport report) {
        StringBuilder out = new StringBuilder(
                """
                        <!DOCTYPE html>
                        <html lang="en">
                        <head>
                        <meta charset="utf-8">
                        <title>Rivet beside native code</title>
                        <style>
                        body { font: 15px/1.45 system-ui, sans-serif; color: #1c2833; max-width: 1000px; margin: 2em auto; padding: 0 1em; }
                        svg { width: 100%; height: auto; }
                        table { border-collapse: collapse; margin: 1.5em 0; font-variant-numeric: tabular-nums; }
                        td, th { padding: .2em .9em; text-align: right; border-bottom: 1px solid #d5dbdf; }
                        td:first-child, th:first-child { text-align: left; }
                        tr.mean { font-weight: bold; }
                        </style>
                        </head>
                        <body>
                        """);
        String svg = new String(drawing(report).svg(), java.nio.charset.StandardCharsets.UTF_8);
        out.append(svg, svg.indexOf("<svg"), svg.length()).append('\n');
        for (Table table : report.tables()) {
            out.append("<table>\n<tr><th>").append(table.isa()).append("</th><th>native, ms</th>");
            table.columns().forEach(c -> out.append("<th>").append(c).append("</th>"));
            out.append("</tr>\n");
            for (Row row : table.rows()) {
                out.append("<tr><td>").append(row.workload()).append("</td><td>")
                        .append(String.format(Locale.ROOT, "%.1f",
                                report.statistic().of(row.cells().getFirst().nativeNanos()) / 1e6))
                        .append("</td>");
                row.cells().forEach(c -> cell(out, c.ratio(report.statistic())));
                out.append("</tr>\n");
            }
            out.append("<tr class=\"mean\"><td>geometric mean</td><td></td>");
            for (int c = 0; c < table.columns().size(); c++) {
                cell(out, table.mean(c, report.statistic()));
            }
            out.append("</tr>\n</table>\n");
        }
        return out.append("</body>\n</html>\n").toString();
    }

    private static void cell(StringBuilder out, double ratio) {
        out.append(String.format(Locale.ROOT, ratio < 10 ? "<td>%.3f</td>" : "<td>%.1f</td>", ratio));
    }
}
