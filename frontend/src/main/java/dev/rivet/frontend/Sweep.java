package dev.rivet.frontend;

import dev.rivet.ir.Code;
import dev.rivet.ir.Code.Text;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * From executable bytes to {@link Code}: decoding and block finding by the rule of DESIGN 1.6. Two passes over each
 * executable segment. The first decodes and notes the targets of direct branches and jumps as bits by address; the second
 * walks the sweep's own boundaries and marks leaders. So a target inside an instruction never becomes a leader, whatever
 * the order. Linear in the number of bytes; a function of the executable bytes and {@code e_flags} (and the entry) alone.
 *
 * <p>{@link SideSweep} decodes the few instructions behind a jump to an address that is no leader.
 */
public final class Sweep {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    /** In {@link #FLOW}: ends its block. */
    static final int ENDS = 1;
    /** In {@link #FLOW}: has a direct target at pc + imm. */
    static final int TARGET = 2;
    /** By operation ordinal: what the block finder needs to know of it. */
    private static final byte[] FLOW = new byte[Op.count()];

    static {
        for (int i = 0; i < FLOW.length; i++) {
            Op op = Op.of(i);
            FLOW[i] = (byte) ((op.endsBlock() ? ENDS : 0)
                    | (op.kind == Op.Kind.BRANCH || op == Op.JAL ? TARGET : 0));
        }
    }

    private final ElfFile file;
    private final Decoder decoder;
    private final boolean compressed;
    private final List<Segment> segments = new ArrayList<>();
    /** By segment: a bit for each two bytes, set where a direct target or the entry is. */
    private final List<long[]> targets = new ArrayList<>();
    private final Code.Builder builder;

    private Sweep(ElfFile file) {
        this.file = file;
        compressed = file.compressed();
        decoder = Decoder.of(file.xlen(), file.embedded());
        for (Segment s : file.segments()) {
            if (s.executable() && textStart(s, compressed) < s.end()) {
                segments.add(s);
                targets.add(new long[(int) (s.end() - s.start() >>> 7) + 2]);
            }
        }
        // Compressed programs have about three bytes an instruction; the builder grows where that is too few.
        builder = new Code.Builder(file.xlen(), file.embedded(), compressed,
                (int) (file.executableBytes() / (compressed ? 3 : 4)) + segments.size());
    }

    /** Sweeps the executable segments of a file. */
    public static Code of(ElfFile file) {
        return new Sweep(file).run();
    }

    /**
     * Where the sweep of a segment starts: its first address that an instruction can have. (A jump cannot reach the bytes
     * before it, they are misaligned.)
     */
    static long textStart(Segment s, boolean compressed) {
        int align = compressed ? 2 : 4;
        return s.start() + align - 1 & -align;
    }

    /** What follows from an instruction, as {@link #ENDS} and {@link #TARGET}. */
    static int flow(long inst) {
        return FLOW[Inst.ordinal(inst)];
    }

    private Code run() {
        Text[] texts = new Text[segments.size()];
        note((int) file.entry());
        for (int t = 0; t < texts.length; t++) {
            texts[t] = decode(segments.get(t), targets.get(t));
        }
        for (int t = 0; t < texts.length; t++) {
            mark(texts[t], targets.get(t));
        }
        return builder.texts(texts).entry((int) file.entry()).build();
    }

    private Text decode(Segment s, long[] own) {
        int start = (int) textStart(s, compressed);
        int end = (int) s.end();
        int first = builder.count();
        byte[] image = s.image();
        int at = s.offset() + start - (int) s.start();
        int stop = s.offset() + s.length();
        int base = at - start; // so that pc + base is the position in the image
        while (stop - at >= (compressed ? 2 : 4)) {
            int pc = at - base;
            long inst;
            int low = compressed ? (short) SHORT.get(image, at) : 3;
            if ((low & 3) == 3) {
                if (stop - at < 4) {
                    break;
                }
                inst = decoder.decode((int) INT.get(image, at));
                at += 4;
            } else {
                inst = decoder.decode16(low);
                at += 2;
            }
            builder.add(pc, inst);
            if ((flow(inst) & TARGET) != 0) {
                int target = pc + Inst.imm(inst);
                if (Integer.compareUnsigned(target - start, end - start) < 0) {
                    set(own, target - start);
                } else {
                    note(target);
                }
            }
        }
        int last = builder.add(at - base, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        return new Text(start, end, first, last);
    }

    /** Notes a target in whichever segment it lies. */
    private void note(int target) {
        long address = target & 0xffff_ffffL;
        for (int t = 0; t < segments.size(); t++) {
            long start = textStart(segments.get(t), compressed);
            if (start <= address && address < segments.get(t).end()) {
                set(targets.get(t), (int) (address - start));
            }
        }
    }

    /** Odd offsets cannot come from direct targets, and an odd entry is refused. */
    private static void set(long[] bits, int offset) {
        bits[offset >>> 7] |= 1L << (offset >>> 1);
    }

    private void mark(Text text, long[] bits) {
        // No branch in the loop depends on the code: one that did would be mispredicted at every third instruction.
        int leads = 1; // the segment's start
        long word = 0;
        int i = text.first();
        while (true) {
            int offset = builder.pc(i) - text.start();
            word |= (bits[offset >>> 7] >>> (offset >>> 1) & 1 | leads) << i;
            leads = flow(builder.inst(i)) & ENDS;
            if (i == text.last()) {
                break;
            }
            if ((++i & 63) == 0) {
                builder.leaders((i >>> 6) - 1, word);
                word = 0;
            }
        }
        builder.leaders(i >>> 6, word);
    }

    /**
     * Decodes one instruction of a file.
     *
     * @return the packed instruction, or an END when no whole instruction lies at {@code pc} in an executable segment
     */
    static long fetch(ElfFile file, Decoder decoder, Segment s, int pc) {
        long address = pc & 0xffff_ffffL;
        long left = s.end() - address;
        int at = s.offset() + (int) (address - s.start());
        if (file.compressed()) {
            if (left < 2) {
                return Inst.pack(Op.END, 0, 0, 0, 0, 0);
            }
            int low = (short) SHORT.get(s.image(), at);
            if ((low & 3) != 3) {
                return decoder.decode16(low);
            }
        }
        return left < 4 ? Inst.pack(Op.END, 0, 0, 0, 0, 0) : decoder.decode((int) INT.get(s.image(), at));
    }
}
