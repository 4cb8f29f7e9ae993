package dev.rivet.frontend;

import dev.rivet.ir.Code;
import dev.rivet.ir.Code.Text;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;

/**
 * Side entries: what runs when a jump lands on a valid address that is no leader (the middle of a block, or the middle of an
 * instruction). Decoding goes on from there to the next leader of the main program that it meets on its own boundaries, or
 * through a control transfer, or to the end of the segment; that is one block, and {@code blockCost(0)} of the result is
 * the charge of DESIGN 1.6.
 *
 * <p>How an engine goes on behind the last instruction (branch not taken, ecall, no control transfer at all): at the END
 * mark's pc, <em>as if jumped there</em>: where {@code main.isLeader(main.indexOf(pc))}, control is in the main program
 * again and is charged there; otherwise that address is the next side entry (or, outside all segments, a BAD_JUMP). A side
 * entry that consists of the END mark alone ({@code count == 1}) says that no whole instruction lies at its pc: it
 * costs nothing and is a BAD_JUMP with pc = target = that pc.
 */
public final class SideSweep {
    /** A bound for {@code maxInsts} that no compiled program needs. */
    public static final int USUAL_BOUND = 4096;

    private SideSweep() {
    }

    /**
     * Decodes a side entry.
     *
     * @param main the whole program
     * @param file what {@code main} was swept from
     * @param pc where {@link Code#isJumpTarget} holds and no leader is
     * @param maxInsts most instructions of the result, the END mark not counted
     * @return the instructions from pc on, with one text and leaders at its first instruction and its END mark; null when
     *         there are more than {@code maxInsts}
     * @throws IllegalArgumentException when no jump may reach {@code pc}
     */
    public static Code at(Code main, ElfFile file, int pc, int maxInsts) {
        Segment s = file.segmentOf(pc & 0xffff_ffffL);
        if (!main.isJumpTarget(pc) || s == null) {
            throw new IllegalArgumentException("no jump may reach 0x" + Integer.toHexString(pc));
        }
        Decoder decoder = Decoder.of(main.xlen, main.embedded);
        Code.Builder builder = new Code.Builder(main.xlen, main.embedded, main.compressed, 16);
        int at = pc;
        while (true) {
            long inst = s.contains(at & 0xffff_ffffL)
                    ? Sweep.fetch(file, decoder, s, at)
                    : Inst.pack(Op.END, 0, 0, 0, 0, 0);
            if (Inst.op(inst) == Op.END) {
                break;
            }
            if (builder.count() == maxInsts) {
                return null;
            }
            builder.add(at, inst);
            at += Inst.size(inst);
            if ((Sweep.flow(inst) & Sweep.ENDS) != 0) {
                break;
            }
            int index = main.indexOf(at);
            if (index >= 0 && main.isLeader(index)) {
                break;
            }
        }
        int last = builder.add(at, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        builder.leader(0);
        return builder.texts(new Text(pc, at, 0, last)).entry(pc).build();
    }
}
