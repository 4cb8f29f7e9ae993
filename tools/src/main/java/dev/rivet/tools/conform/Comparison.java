package dev.rivet.tools.conform;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Compares the results of one guest as two sides saw them. */
public final class Comparison {
    private static final int MAX_LINES = 5;

    private Comparison() {
    }

    /** Lines about the first differences; empty when there are none. */
    public static List<String> results(Guest guest, String left, byte[] a, String right, byte[] b) {
        List<String> lines = new ArrayList<>();
        if (a.length != b.length) {
            lines.add(guest.isa() + " " + guest.name() + ": " + left + " gave " + a.length + " bytes, " + right
                    + " " + b.length);
        }
        int cell = guest.isa().cell();
        for (int i = java.util.Arrays.mismatch(a, b); i >= 0 && i < Math.min(a.length, b.length)
                && lines.size() < MAX_LINES;) {
            int at = i / cell * cell;
            lines.add(guest.isa() + " " + guest.meaning().at(at) + " is " + hex(a, at, cell) + " on " + left + ", "
                    + hex(b, at, cell) + " on " + right);
            int from = at + cell;
            if (from >= Math.min(a.length, b.length)) {
                break;
            }
            int next = java.util.Arrays.mismatch(a, from, a.length, b, from, b.length);
            i = next < 0 ? -1 : from + next;
        }
        return lines;
    }

    /** Lines about results that are not what the manual says; empty when all are. Cells without an opinion are skipped. */
    public static List<String> manual(Guest guest, String side, byte[] found) {
        List<String> lines = new ArrayList<>();
        int cell = guest.isa().cell();
        for (int at = 0; at + cell <= found.length && lines.size() < MAX_LINES; at += cell) {
            Long expected = guest.meaning().expected(at);
            if (expected != null && value(found, at, cell) != expected) {
                lines.add(guest.isa() + " " + guest.meaning().at(at) + " is " + hex(found, at, cell) + " on " + side
                        + ", by the manual 0x" + Long.toHexString(expected));
            }
        }
        return lines;
    }

    private static long value(byte[] b, int at, int cell) {
        ByteBuffer view = ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN);
        return cell == 8 ? view.getLong(at) : view.getInt(at);
    }

    private static String hex(byte[] b, int at, int cell) {
        return at + cell > b.length ? "nothing" : "0x" + Long.toHexString(value(b, at, cell));
    }
}
