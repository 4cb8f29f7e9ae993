package dev.rivet.frontend;

import dev.rivet.ir.Code;
import dev.rivet.ir.Code.Text;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From executable bytes to {@link Code}: decoding and block finding by the rule of DESIGN 1.6. Decode each executable
 * segment, 64 instructions at a time, marking the instructions behind transfers and noting the targets of direct branches
 * and jumps as bits by <em>address</em>; then take those bits over, where the sweep's own boundaries are. So a target inside
 * an instruction never becomes a leader. Linear in the number of bytes; a function of the executable bytes, {@code e_flags}
 * and the entry alone.
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
    private static final int TARGET_BIT = 1;
    /** By operation ordinal: what the block finder needs to know of it. */
    private static final byte[] FLOW = new byte[256];

    static {
        for (int i = 0; i < Op.count(); i++) {
            Op op = Op.of(i);
            FLOW[i] = (byte) ((op.endsBlock() ? ENDS : 0)
                    | (op.kind == Op.Kind.BRANCH || op == Op.JAL ? TARGET : 0));
        }
    }

    private final ElfFile file;
    private final Decoder decoder;
    private final boolean compressed;
    private final List<Segment> segments = new ArrayList<>();
    /** By segment: a bit for each possible instruction address, set where a direct target or the entry is. */
    private final List<long[]> targets = new ArrayList<>();
    private long[] insts;
    private int[] pcs;
    private int count;
    /** Position in the segment's image up to which it is decoded. */
    private int end;
    /** Bits by instruction. */
    private final long[] leaders;
    /** What the two loops of decoding leave besides instructions: a word of leaders, how many transfers there were. */
    private long bits;
    private int used;

    private Sweep(ElfFile file) {
        this.file = file;
        compressed = file.compressed();
        decoder = Decoder.of(file.xlen(), file.embedded());
        long most = 0;
        for (Segment s : file.segments()) {
            if (s.executable() && textStart(s, compressed) < s.end()) {
                segments.add(s);
                long addresses = (s.end() - textStart(s, compressed) >>> shift()) + 1;
                targets.add(new long[(int) (addresses >>> 6) + 1]);
                most += addresses + 1;
            }
        }
        // Compressed programs have about three bytes an instruction; the arrays grow where that is too few.
        int expected = (int) (compressed ? most * 2 / 3 : most) + 72; // decoding wants room for 66
        insts = new long[expected];
        pcs = new int[expected];
        leaders = new long[(int) (most >>> 6) + 1];
    }

    /** Instruction addresses are multiples of 1 « this. */
    private int shift() {
        return compressed ? 1 : 2;
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
        return new Code.Builder(file.xlen(), file.embedded(), compressed, 0).adopt(insts, pcs, count, leaders)
                .texts(texts)
                .entry((int) file.entry()).build();
    }

    /** First pass: instructions, leaders that follow a transfer, direct targets by address. */
    private Text decode(Segment s, long[] own) {
        int start = (int) textStart(s, compressed);
        int size = (int) s.end() - start;
        int from = s.offset() + start - (int) s.start();
        int stop = s.offset() + s.length();
        int first = count;
        int leads = ENDS; // the segment's start
        int[] transfers = new int[64];
        end = from;
        int pc = start;
        while (stop - end >= 4) {
            if (insts.length - count < 64 + 2) { // a whole word of leaders, a last instruction and the END mark
                grow();
            }
            int word = count >>> 6;
            leads = compressed
                    ? decodeMixed(s.image(), stop, pc, leads, transfers)
                    : decodeWords(s.image(), stop, pc, leads, transfers);
            leaders[word] |= bits;
            follow(transfers, used, own, start, size);
            pc = start + end - from;
        }
        if (compressed && stop - end >= 2) {
            int half = (short) SHORT.get(s.image(), end);
            if ((half & 3) != 3) {
                insts[count] = decoder.decode16(half);
                pcs[count] = pc;
                int flow = flow(insts[count]);
                leaders[count >>> 6] |= (long) leads << count;
                leads = flow & ENDS;
                transfers[0] = pc + Inst.imm(insts[count]);
                follow(transfers, flow >>> TARGET_BIT, own, start, size);
                count++;
                end += 2;
                pc += 2;
            }
        }
        leaders[count >>> 6] |= 1L << count;
        insts[count] = Inst.pack(Op.END, 0, 0, 0, 0, 0);
        pcs[count] = pc;
        return new Text(start, (int) s.end(), first, count++);
    }

    private void grow() {
        insts = Arrays.copyOf(insts, insts.length * 2);
        pcs = Arrays.copyOf(pcs, pcs.length * 2);
    }

    // The two below decode up to where the next word of leaders begins. They leave this word in bits and the targets of its
    // used direct transfers in an array, and return whether what follows is a leader. What an instruction is decides no
    // branch: one wrong guess costs as much as decoding does.

    /** Decodes words from image[end] on; {@code pc} is the first one's. */
    private int decodeWords(byte[] image, int stop, int pc, int leads, int[] transfers) {
        Decoder decoder = this.decoder;
        long[] insts = this.insts;
        int[] pcs = this.pcs;
        int first = count;
        int at = end;
        int n = Math.min(stop - at >>> 2, 64 - (first & 63));
        long word = 0;
        int used = 0;
        for (int i = 0; i < n; i++) {
            long inst = decoder.decode((int) INT.get(image, at + 4 * i));
            int flow = FLOW[Inst.ordinal(inst)];
            insts[first + i] = inst;
            pcs[first + i] = pc + 4 * i;
            word |= (long) leads << first + i;
            leads = flow & ENDS;
            transfers[used & 63] = pc + 4 * i + Inst.imm(inst);
            used += flow >>> TARGET_BIT;
        }
        count = first + n;
        end = at + 4 * n;
        bits = word;
        this.used = used;
        return leads;
    }

    /** The same with two-byte instructions among them. */
    private int decodeMixed(byte[] image, int stop, int pc, int leads, int[] transfers) {
        Decoder decoder = this.decoder;
        long[] insts = this.insts;
        int[] pcs = this.pcs;
        int n = count;
        int to = (n | 63) + 1;
        int at = end;
        int base = pc - at;
        long bits = 0;
        int used = 0;
        for (; n < to && stop - at >= 4; n++) {
            int word = (int) INT.get(image, at);
            boolean whole = (word & 3) == 3;
            long inst = whole ? decoder.decode(word) : decoder.decode16(word);
            int flow = FLOW[Inst.ordinal(inst)];
            insts[n] = inst;
            pcs[n] = base + at;
            bits |= (long) leads << n;
            leads = flow & ENDS;
            transfers[used & 63] = base + at + Inst.imm(inst);
            used += flow >>> TARGET_BIT;
            at += whole ? 4 : 2;
        }
        count = n;
        end = at;
        this.bits = bits;
        this.used = used;
        return leads;
    }

    /** Sets the bits of {@code n} targets of a segment that begins at {@code start}. */
    private void follow(int[] transfers, int n, long[] own, int start, int size) {
        int shift = shift();
        for (int i = 0; i < n; i++) {
            int offset = transfers[i] - start;
            if (Integer.compareUnsigned(offset, size) >= 0) {
                note(offset + start);
            } else if ((offset & (1 << shift) - 1) == 0) {
                own[offset >>> shift + 6] |= 1L << (offset >>> shift);
            }
        }
    }

    /** Notes a target in whichever segment it lies. */
    private void note(int target) {
        long address = target & 0xffff_ffffL;
        for (int t = 0; t < segments.size(); t++) {
            long start = textStart(segments.get(t), compressed);
            if (start <= address && address < segments.get(t).end()) {
                int offset = (int) (address - start);
                if ((offset & (1 << shift()) - 1) == 0) {
                    targets.get(t)[offset >>> shift() + 6] |= 1L << (offset >>> shift());
                }
                return;
            }
        }
    }

    /** Second pass: targets that lie on the sweep's own boundaries. */
    private void mark(Text text, long[] bits) {
        int first = text.first();
        if (!compressed) { // every address is a boundary
            for (int w = 0; w < bits.length; w++) {
                int i = first + (w << 6);
                leaders[i >>> 6] |= bits[w] << i;
                if ((i & 63) != 0 && (i >>> 6) + 1 < leaders.length) {
                    leaders[(i >>> 6) + 1] |= bits[w] >>> -i;
                }
            }
            return;
        }
        int[] at = pcs;
        for (int i = first; i <= text.last(); i++) {
            int offset = at[i] - text.start();
            leaders[i >>> 6] |= (bits[offset >>> 7] >>> (offset >>> 1) & 1) << i;
        }
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
