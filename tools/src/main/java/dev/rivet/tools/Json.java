package dev.rivet.tools;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes JSON (RFC 8259): maps, collections, strings, numbers, booleans and null. */
final class Json {
    private Json() {
    }

    /** A string with its quotes. Everything outside printable ASCII is escaped, so any encoding of the output will do. */
    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c >= ' ' && c <= '~') {
                out.append(c);
            } else {
                out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        return out.append('"').toString();
    }

    /** A value, a member a line, down to objects and arrays that hold no others. */
    static String text(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, "\n");
        return out.append('\n').toString();
    }

    private static void write(StringBuilder out, Object value, String line) {
        switch (value) {
            case null -> out.append("null");
            case String s -> out.append(quoted(s));
            case Number n -> out.append(number(n));
            case Boolean b -> out.append(b);
            case Map<?, ?> map -> {
                List<String> parts = new ArrayList<>();
                String inner = map.values().stream().anyMatch(Json::holds) ? line + "  " : line;
                map.forEach((name, member) -> parts.add(quoted((String) name) + ": " + text(member, inner)));
                out.append(joined('{', parts, '}', line, inner, true));
            }
            case Collection<?> list -> {
                String inner = list.stream().anyMatch(Json::holds) ? line + "  " : line;
                List<String> parts = list.stream().map(e -> text(e, inner)).toList();
                out.append(joined('[', parts, ']', line, inner, false));
            }
            default -> throw new IllegalArgumentException("no JSON for a " + value.getClass());
        }
    }

    private static String text(Object value, String line) {
        StringBuilder out = new StringBuilder();
        write(out, value, line);
        return out.toString();
    }

    private static String joined(char open, List<String> parts, char close, String line, String inner, boolean airy) {
        if (inner.equals(line)) {
            String air = airy ? " " : "";
            return open + air + String.join(", ", parts) + (parts.isEmpty() ? "" : air) + close;
        }
        return open + inner + String.join("," + inner, parts) + line + close;
    }

    private static boolean holds(Object value) {
        return value instanceof Map || value instanceof Collection;
    }

    /** Six digits behind the point are more than any measurement deserves. */
    private static String number(Number n) {
        if (n instanceof Double d) {
            if (!Double.isFinite(d)) {
                throw new IllegalArgumentException("no JSON for " + d);
            }
            return String.format(Locale.ROOT, "%.6f", d).replaceFirst("(\\.[0-9]+?)0+$", "$1");
        }
        return n.toString();
    }
}
