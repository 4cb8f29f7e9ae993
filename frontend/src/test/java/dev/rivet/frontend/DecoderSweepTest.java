package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** All 2³⁰ four-byte words: each is of exactly one row or of none, and the fast decoder says the same. */
@Tag("exhaustive")
class DecoderSweepTest {
    private static final long ILLEGAL = Inst.pack(Op.ILLEGAL, 0, 0, 0, 0, 4);

    private final LongAdder legal = new LongAdder();
    private final AtomicReference<String> wrong = new AtomicReference<>();

    @Test
    void everyWord() {
        int share = Integer.getInteger("rivet.sweep.share", 1); // one of so many parts, for a quick look
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            legal.reset();
            int width = xlen;
            IntStream.range(0, 1 << 15).parallel().filter(high -> high % share == 0)
                    .forEach(high -> words(width, high << 17));
            assertEquals(null, wrong.get());
            System.out.printf("RV%d: %,d of %,d words are instructions%n", xlen, legal.sum(), (1L << 30) / share);
        }
    }

    private void words(int xlen, int high) {
        Decoder all = Decoder.of(xlen, false);
        Decoder embedded = Decoder.of(xlen, true);
        long found = 0;
        for (int opcode = 3; opcode < 128; opcode += 4) {
            int low = opcode;
            Rv[] rows = Arrays.stream(Rv.values()).filter(r -> r.in(xlen) && (r.encoding.match & 0x7f) == low)
                    .toArray(Rv[]::new);
            for (int middle = 0; middle < 1 << 10; middle++) {
                int word = high | middle << 7 | opcode;
                Rv row = null;
                for (Rv r : rows) {
                    if ((word & r.encoding.mask) == r.encoding.match && r.encoding.matches(word)) {
                        if (row != null) {
                            wrong.compareAndSet(null, "0x%08x is %s and %s".formatted(word, row, r));
                        }
                        row = r;
                    }
                }
                long illegal = ILLEGAL | (long) word << 32;
                long inst = row == null ? illegal : row.decode(word);
                boolean high16 = row != null && (Inst.rd(inst) | Inst.rs1(inst) | Inst.rs2(inst)) > 15;
                if (all.decode(word) != inst || embedded.decode(word) != (high16 ? illegal : inst)) {
                    wrong.compareAndSet(null, "0x%08x is %s".formatted(word, row));
                }
                found += row == null ? 0 : 1;
            }
        }
        legal.add(found);
    }
}
