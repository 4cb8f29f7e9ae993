package dev.rivet.frontend;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The executable part of a file. Where its texts lie and what one address holds is known at once; the {@link Sweep}, which
 * takes time by the length of the program, is made when somebody first asks for it. Whoever has a translation already needs
 * none until something goes wrong. Safe for several threads.
 */
public final class ProgramText {
    /**
     * One text: what {@link Code.Text} says of it before the sweep.
     *
     * @param start first address an instruction can have
     * @param end address behind the last byte; unsigned like the start
     */
    public record Range(int start, int end) {
        /** Whether an address lies in this text. */
        public boolean contains(int pc) {
            return Integer.compareUnsigned(pc - start, end - start) < 0;
        }
    }

    private final ElfFile file;
    private final Decoder decoder;
    private final List<Range> texts;
    private final Function<OutOfMemoryError, ? extends RuntimeException> tooLarge;
    private volatile Code code;

    /**
     * Looks at nothing but the segments.
     *
     * @param file the program
     * @param tooLarge what to throw where the heap is too small for the sweep
     */
    public ProgramText(ElfFile file, Function<OutOfMemoryError, ? extends RuntimeException> tooLarge) {
        this.file = file;
        this.tooLarge = tooLarge;
        decoder = Decoder.of(file.xlen(), file.embedded());
        texts = new ArrayList<>();
        for (Segment s : file.segments()) {
            int start = (int) Sweep.textStart(s, file.compressed());
            if (s.executable() && Sweep.textStart(s, file.compressed()) < s.end()) {
                texts.add(new Range(start, (int) s.end()));
            }
        }
    }

    /** {@return 32 or 64} */
    public int xlen() {
        return file.xlen();
    }

    /** {@return whether x16–x31 do not exist} */
    public boolean embedded() {
        return file.embedded();
    }

    /** {@return whether two-byte instructions exist} */
    public boolean compressed() {
        return file.compressed();
    }

    /** {@return the texts by ascending address, as many as the code's and in the same order} */
    public List<Range> texts() {
        return texts;
    }

    /** Same as {@link Code#isJumpTarget}. */
    public boolean isJumpTarget(int pc) {
        if ((pc & (file.compressed() ? 1 : 3)) == 0) {
            for (Range t : texts) {
                if (t.contains(pc)) {
                    return true;
                }
            }
        }
        return false;
    }

    /**
     * The instruction at an address, whether it lies on the sweep's own boundaries or not.
     *
     * @param pc where {@link #isJumpTarget} holds
     * @return the packed instruction; an END where no whole instruction lies
     */
    public long instAt(int pc) {
        Segment s = file.segmentOf(pc & 0xffff_ffffL);
        return s == null
                ? Inst.pack(Op.END, 0, 0, 0, 0, 0)
                : Sweep.fetch(file, decoder, s, pc);
    }

    /** {@return the swept code, always the same object; the first to ask has it made while others wait} */
    public Code code() {
        Code known = code;
        return known == null ? sweep() : known;
    }

    private synchronized Code sweep() {
        if (code == null) {
            try {
                code = Sweep.of(file);
            } catch (OutOfMemoryError e) {
                throw tooLarge.apply(e);
            }
        }
        return code;
    }

    /** Whether the sweep has been made; for tests. */
    public boolean isSwept() {
        return code != null;
    }

    /** Same as {@link SideSweep#at}. */
    public Code side(int pc, int maxInsts) {
        return SideSweep.at(code(), file, pc, maxInsts);
    }
}
