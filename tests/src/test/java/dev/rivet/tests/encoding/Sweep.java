package dev.rivet.tests.encoding;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Compares two assemblers byte for byte over many cases, some thousand a text. A case is whatever the assembly behind it
 * emits for a row of operands; where the bytes differ, the case is named.
 */
final class Sweep {
    /** One assembler at work on one text. */
    interface Assembly {
        /** Emits a case. */
        void emit(int form, long[] operands);

        /** A token for the current position. */
        int mark();

        /** Ends the text and gives its bytes. */
        byte[] finish();

        /** Offset of a token; after {@link #finish}. */
        int offset(int mark);
    }

    /** What is compared: how to start a text, and what a case is called. */
    interface Assemblers {
        /** A fresh text of the assembler under test. */
        Assembly direct();

        /** A fresh text of the judge. */
        Assembly judge();

        /** Name of a case for a message. */
        String describe(int form, long[] operands);
    }

    private static final int CHUNK = 16_384;
    private static final int SHOWN = 10;

    private final Assemblers assemblers;
    private final List<long[]> operands = new ArrayList<>(CHUNK);
    private final int[] forms = new int[CHUNK];
    private final List<String> differences = new ArrayList<>();
    private long count;
    private long differing;

    Sweep(Assemblers assemblers) {
        this.assemblers = assemblers;
    }

    /** Adds a case; the operands are kept. */
    void add(int form, long... values) {
        forms[operands.size()] = form;
        operands.add(values);
        if (operands.size() == CHUNK) {
            compare();
        }
    }

    /** Cases compared so far. */
    long count() {
        return count;
    }

    /** Cases that differ. */
    long differing() {
        return differing;
    }

    /** The first cases that differ, with both encodings. */
    List<String> differences() {
        return differences;
    }

    private int[] run(Assembly a, byte[][] bytes) {
        int n = operands.size();
        int[] marks = new int[n + 1];
        for (int i = 0; i < n; i++) {
            marks[i] = a.mark();
            a.emit(forms[i], operands.get(i));
        }
        marks[n] = a.mark();
        bytes[0] = a.finish();
        int[] offsets = new int[n + 1];
        for (int i = 0; i <= n; i++) {
            offsets[i] = a.offset(marks[i]);
        }
        return offsets;
    }

    /** Compares what has been added since the last time. */
    void compare() {
        byte[][] direct = new byte[1][];
        byte[][] judge = new byte[1][];
        int[] directAt = run(assemblers.direct(), direct);
        int[] judgeAt = run(assemblers.judge(), judge);
        for (int i = 0; i < operands.size(); i++) {
            if (!Arrays.equals(direct[0], directAt[i], directAt[i + 1], judge[0], judgeAt[i], judgeAt[i + 1])) {
                differing++;
                if (differences.size() < SHOWN) {
                    HexFormat hex = HexFormat.of();
                    differences.add(assemblers.describe(forms[i], operands.get(i)) + ": direct "
                            + hex.formatHex(direct[0], directAt[i], directAt[i + 1]) + ", LLVM "
                            + hex.formatHex(judge[0], judgeAt[i], judgeAt[i + 1]));
                }
            }
        }
        count += operands.size();
        operands.clear();
    }
}
