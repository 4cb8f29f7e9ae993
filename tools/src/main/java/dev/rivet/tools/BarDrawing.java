package dev.rivet.tools;

import de.erichseifert.vectorgraphics2d.Processors;
import de.erichseifert.vectorgraphics2d.VectorGraphics2D;
import de.erichseifert.vectorgraphics2d.util.PageSize;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.LegendItem;
import org.jfree.chart.LegendItemCollection;
import org.jfree.chart.axis.AxisLocation;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnit;
import org.jfree.chart.labels.ItemLabelAnchor;
import org.jfree.chart.labels.ItemLabelPosition;
import org.jfree.chart.labels.StandardCategoryItemLabelGenerator;
import org.jfree.chart.plot.CategoryMarker;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.CombinedDomainCategoryPlot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.title.LegendTitle;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.HorizontalAlignment;
import org.jfree.chart.ui.Layer;
import org.jfree.chart.ui.RectangleEdge;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.chart.ui.TextAnchor;
import org.jfree.data.category.DefaultCategoryDataset;

/**
 * Horizontal bars in groups, drawn by JFreeChart without a display, as SVG or PNG. Each chart may have a second, narrow
 * column of bars for what is of another order of magnitude. Knows nothing of what is drawn.
 */
final class BarDrawing {
    private static final int WIDTH = 1000;
    private static final int BAR = 11;
    private static final int GAP = 15;
    /** Titles, axis and legend. */
    private static final int FRAME = 190;
    private static final Color INK = new Color(0x1c2833);
    private static final Color BAND = new Color(0xeef2f4);
    private static final Color FAINT = new Color(0xd5dbdf);
    /** Told apart by everybody: the palette of Okabe and Ito. */
    private static final Color[] COLORS = {new Color(0x0072b2), new Color(0xe69f00), new Color(0x009e73),
            new Color(0xcc79a7), new Color(0x56b4e9)};
    private static final Color OTHER = new Color(0x8a949c);
    private static final String FONT = Font.SANS_SERIF;

    static {
        System.setProperty("java.awt.headless", "true");
    }

    /** Values of several series for the same categories. */
    static final class Bars {
        private final String axis;
        private final DefaultCategoryDataset values = new DefaultCategoryDataset();

        /** With the text below its axis. */
        Bars(String axis) {
            this.axis = axis;
        }

        void add(String series, String category, double value) {
            values.addValue(value, series, category);
        }

        boolean isEmpty() {
            return values.getRowCount() == 0;
        }
    }

    private record Drawn(JFreeChart chart, int height) {
    }

    private final List<Drawn> charts = new ArrayList<>();

    /** Adds a chart below the others; either of the two may be empty. The first category is set off. */
    void add(String title, List<String> subtitles, Bars main, Bars other) {
        Bars categories = main.isEmpty() ? other : main;
        CategoryAxis axis = new CategoryAxis();
        axis.setTickLabelFont(new Font(FONT, Font.PLAIN, 13));
        axis.setTickLabelPaint(INK);
        axis.setTickLabelFont(categories.values.getColumnKey(0), new Font(FONT, Font.BOLD, 13));
        axis.setAxisLineVisible(false);
        axis.setTickMarksVisible(false);
        axis.setLowerMargin(0.01);
        axis.setUpperMargin(0.01);
        int bars = Math.max(main.values.getRowCount(), other.values.getRowCount());
        axis.setCategoryMargin(GAP / (double) (bars * BAR + GAP));
        CombinedDomainCategoryPlot plot = new CombinedDomainCategoryPlot(axis);
        plot.setOrientation(PlotOrientation.HORIZONTAL);
        plot.setGap(18);
        LegendItemCollection legend = new LegendItemCollection();
        if (!main.isEmpty()) {
            plot.add(bars(main, COLORS, legend), 4);
        }
        if (!other.isEmpty()) {
            plot.add(bars(other, new Color[]{OTHER}, new LegendItemCollection()), 1);
        }
        plot.setFixedLegendItems(legend);
        JFreeChart chart = new JFreeChart(title, new Font(FONT, Font.BOLD, 20), plot, false);
        chart.setBackgroundPaint(Color.WHITE);
        chart.setPadding(new RectangleInsets(12, 14, 10, 22));
        chart.getTitle().setHorizontalAlignment(HorizontalAlignment.LEFT);
        chart.getTitle().setPaint(INK);
        chart.getTitle().setPosition(RectangleEdge.TOP);
        for (String line : subtitles) {
            TextTitle subtitle = new TextTitle(line, new Font(FONT, Font.PLAIN, 12));
            subtitle.setHorizontalAlignment(HorizontalAlignment.LEFT);
            subtitle.setPaint(INK);
            chart.addSubtitle(subtitle);
        }
        if (legend.getItemCount() > 0) {
            LegendTitle key = new LegendTitle(plot);
            key.setPosition(RectangleEdge.TOP);
            key.setHorizontalAlignment(HorizontalAlignment.LEFT);
            key.setItemFont(new Font(FONT, Font.PLAIN, 13));
            key.setItemPaint(INK);
            key.setPadding(6, 0, 6, 0);
            chart.addSubtitle(key);
        }
        charts.add(new Drawn(chart, FRAME + categories.values.getColumnCount() * (bars * BAR + GAP)));
    }

    private static CategoryPlot bars(Bars bars, Color[] colors, LegendItemCollection legend) {
        NumberAxis axis = new NumberAxis(bars.axis);
        axis.setLabelFont(new Font(FONT, Font.PLAIN, 12));
        axis.setTickLabelFont(new Font(FONT, Font.PLAIN, 12));
        axis.setLabelPaint(INK);
        axis.setTickLabelPaint(INK);
        axis.setAxisLineVisible(false);
        axis.setTickMarksVisible(false);
        double most = 1;
        for (Object row : bars.values.getRowKeys()) {
            for (Object column : bars.values.getColumnKeys()) {
                most = Math.max(most, bars.values.getValue((Comparable<?>) row, (Comparable<?>) column).doubleValue());
            }
        }
        boolean small = most < 10;
        axis.setRange(0, most * (small ? 1.09 : 1.3));
        axis.setTickUnit(new NumberTickUnit(step(most)));
        DecimalFormat format = new DecimalFormat(small ? "0.00" : "0", DecimalFormatSymbols.getInstance(Locale.ROOT));
        axis.setNumberFormatOverride(
                new DecimalFormat(small ? "0.0" : "0", DecimalFormatSymbols.getInstance(Locale.ROOT)));
        BarRenderer renderer = new BarRenderer();
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setItemMargin(0.08);
        renderer.setDrawBarOutline(false);
        renderer.setDefaultItemLabelGenerator(new StandardCategoryItemLabelGenerator("{2}", format));
        renderer.setDefaultItemLabelsVisible(true);
        renderer.setDefaultItemLabelFont(new Font(FONT, Font.PLAIN, 10));
        renderer.setDefaultPositiveItemLabelPosition(
                new ItemLabelPosition(ItemLabelAnchor.OUTSIDE3, TextAnchor.CENTER_LEFT));
        renderer.setItemLabelInsets(new RectangleInsets(0, 3, 0, 3));
        renderer.setMaximumBarWidth(0.025);
        renderer.setDefaultItemLabelPaint(INK);
        for (int i = 0; i < bars.values.getRowCount(); i++) {
            Color color = colors[i % colors.length];
            renderer.setSeriesPaint(i, color);
            legend.add(new LegendItem(bars.values.getRowKey(i).toString(), null, null, null,
                    new Rectangle2D.Double(-6, -6, 12, 12), color));
        }
        CategoryPlot plot = new CategoryPlot(bars.values, null, axis, renderer);
        plot.setRangeAxisLocation(AxisLocation.BOTTOM_OR_LEFT);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setOutlineVisible(false);
        plot.setRangeGridlinePaint(FAINT);
        plot.setRangeGridlineStroke(new BasicStroke(1));
        plot.addDomainMarker(new CategoryMarker(bars.values.getColumnKey(0), BAND, new BasicStroke(0)),
                Layer.BACKGROUND);
        if (small) {
            plot.addRangeMarker(new ValueMarker(1, INK, new BasicStroke(1.5f)), Layer.FOREGROUND);
            legend.add(new LegendItem("native", null, null, null, new Rectangle2D.Double(-1, -7, 2, 14), INK));
        }
        return plot;
    }

    /** A round number that divides the axis into about ten. */
    private static double step(double most) {
        double power = Math.pow(10, Math.floor(Math.log10(most / 5)));
        double digit = most / 5 / power;
        return power * (digit < 2 ? 1 : digit < 5 ? 2 : 5);
    }

    private int height() {
        return charts.stream().mapToInt(Drawn::height).sum();
    }

    private void draw(Graphics2D to) {
        int y = 0;
        for (Drawn d : charts) {
            d.chart.draw(to, new Rectangle2D.Double(0, y, WIDTH, d.height));
            y += d.height;
        }
    }

    /** A PNG file of twice the nominal size. */
    byte[] png() {
        BufferedImage image = new BufferedImage(2 * WIDTH, 2 * height(), BufferedImage.TYPE_INT_RGB);
        Graphics2D g = image.createGraphics();
        g.setRenderingHints(Map.of(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON,
                RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON));
        g.scale(2, 2);
        draw(g);
        g.dispose();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** An SVG file. */
    byte[] svg() {
        VectorGraphics2D g = new VectorGraphics2D();
        draw(g);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            Processors.get("svg").getDocument(g.getCommands(), new PageSize(0, 0, WIDTH, height())).writeTo(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // What renders it may lack the very font that was measured here.
        return out.toString(StandardCharsets.UTF_8)
                .replaceAll("font-family:(&quot;[^&]*&quot;)",
                        "font-family:$1,&quot;DejaVu Sans&quot;,Verdana,sans-serif")
                .getBytes(StandardCharsets.UTF_8);
    }
}
