package dev.rivet.tools;

import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Call stacks counted and drawn: one self-contained HTML page, widest frames first seen, a click zooms, a search colours.
 * Knows nothing of guests; frames are names, outermost first.
 */
final class FlameGraph {
    private static final double WIDTH = 1200;
    private static final int ROW = 18;
    /** Frames narrower than this many pixels are left out; zooming does not bring them back. */
    private static final double NARROWEST = 0.3;

    private final Node root = new Node("all");

    /** One frame and what it called. */
    private static final class Node {
        final String name;
        final TreeMap<String, Node> callees = new TreeMap<>();
        long samples;

        Node(String name) {
            this.name = name;
        }

        int depth() {
            int deepest = 0;
            for (Node callee : callees.values()) {
                deepest = Math.max(deepest, callee.depth());
            }
            return deepest + 1;
        }
    }

    /** Counts one sample; {@code frames} run from the outermost function to the one that was running. */
    void add(List<String> frames) {
        root.samples++;
        Node at = root;
        for (String frame : frames) {
            at = at.callees.computeIfAbsent(frame, Node::new);
            at.samples++;
        }
    }

    /** Samples so far. */
    long samples() {
        return root.samples;
    }

    /** The page. */
    String html(String title) {
        int height = root.depth() * ROW;
        StringBuilder out = new StringBuilder(1 << 16);
        out.append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>").append(escape(title))
                .append("</title><style>").append(STYLE).append("</style><h1>").append(escape(title)).append("</h1><p>")
                .append(root.samples)
                .append(" samples. Click a frame to zoom, the lowest to go back. <input id=\"s\" placeholder=\"search\">")
                .append(" <span id=\"d\"></span></p><svg id=\"g\" viewBox=\"0 0 ").append((int) WIDTH).append(' ')
                .append(height).append("\" preserveAspectRatio=\"none\" height=\"").append(height).append("\">\n");
        draw(root, 0, 0, height, out);
        return out.append("</svg><script>").append(SCRIPT).append("</script></html>\n").toString();
    }

    private void draw(Node node, double x, int level, int height, StringBuilder out) {
        double width = node.samples * WIDTH / Math.max(root.samples, 1);
        if (width < NARROWEST) {
            return;
        }
        int y = height - (level + 1) * ROW;
        out.append(String.format(Locale.ROOT,
                "<g data-x=\"%.2f\" data-w=\"%.2f\" data-y=\"%d\"><title>%s: %d samples, %.1f %%</title>"
                        + "<rect x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\" fill=\"hsl(%d,70%%,62%%)\"/>"
                        + "<text x=\"%.2f\" y=\"%d\">%s</text></g>\n",
                x, width, y, escape(node.name), node.samples, 100.0 * node.samples / Math.max(root.samples, 1), x, y,
                width, ROW - 1, 10 + Math.floorMod(node.name.hashCode(), 45), x + 3, y + 13,
                escape(fitted(node.name, width))));
        double at = x;
        for (Node callee : node.callees.values()) {
            draw(callee, at, level + 1, height, out);
            at += callee.samples * WIDTH / Math.max(root.samples, 1);
        }
    }

    private static String fitted(String name, double width) {
        int letters = (int) (width / 7);
        return letters >= name.length() ? name : letters < 3 ? "" : name.substring(0, letters - 1) + "…";
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private static final String STYLE = "body{font:13px sans-serif;margin:1em}h1{font-size:16px}svg{width:100%}"
            + "text{font:11px monospace;pointer-events:none}rect{stroke:#fff;stroke-width:.5}g{cursor:pointer}"
            + ".hit rect{fill:#c39bf0}";

    private static final String SCRIPT = """
            const gs=[...document.querySelectorAll('#g g')],W=%d;
            function show(x0,w0,y0){for(const g of gs){const x=+g.dataset.x,w=+g.dataset.w,y=+g.dataset.y;
            const below=y>=y0&&x<=x0+1e-3&&x+w>=x0+w0-1e-3,inside=x>=x0-1e-3&&x+w<=x0+w0+1e-3;
            g.style.display=below||inside?'':'none';if(!(below||inside))continue;
            const nx=Math.max(0,(x-x0)*W/w0),nw=Math.min(W,below?W:w*W/w0),r=g.querySelector('rect'),t=g.querySelector('text');
            r.setAttribute('x',nx);r.setAttribute('width',nw);t.setAttribute('x',nx+3);
            const n=g.querySelector('title').textContent.split(': ')[0],k=Math.floor(nw/7);
            t.textContent=k>=n.length?n:k<3?'':n.slice(0,k-1)+'…'}}
            for(const g of gs){g.onclick=()=>show(+g.dataset.x,+g.dataset.w,+g.dataset.y);
            g.onmouseover=()=>document.getElementById('d').textContent=g.querySelector('title').textContent}
            document.getElementById('s').oninput=e=>{for(const g of gs)g.classList.toggle('hit',
            e.target.value!==''&&g.querySelector('title').textContent.includes(e.target.value))}
            """
            .formatted((int) WIDTH);
}
