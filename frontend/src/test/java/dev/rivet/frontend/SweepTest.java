package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The block rule of DESIGN 1.6, one test a clause; and the whole rule once more, written naively, against random bytes. */
class SweepTest {
    private static final int BASE = 0x10000;
    private static final int NOP = 0x00000013;
    private static final int C_NOP = 0x0001;

    /** Words of four bytes where the low two bits are 11, else two bytes. */
    private static byte[] bytes(int... items) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int item : items) {
            for (int i = 0; i < ((item & 3) == 3 ? 4 : 2); i++) {
                out.write(item >>> 8 * i);
            }
        }
        return out.toByteArray();
    }

    private static Code sweep(boolean compressed, byte[] text) {
        return Sweep.of(ElfFile.flat(64, false, compressed, BASE, text));
    }

    /** Offsets of leaders from BASE, in hex. */
    private static String leaders(Code code) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < code.count; i++) {
            if (code.isLeader(i)) {
                text.append(text.isEmpty() ? "" : " ").append(Integer.toHexString(code.pcs[i] - BASE));
            }
        }
        return text.toString();
    }

    private static String ops(Code code) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < code.count; i++) {
            text.append(i == 0 ? "" : " ").append(Inst.op(code.insts[i]));
        }
        return text.toString();
    }

    private static int jal(int rd, int distance) {
        return Rv.JAL.encode(rd, 0, 0, distance);
    }

    private static int beq(int distance) {
        return Rv.BEQ.encode(0, 10, 11, distance);
    }

    @Test
    void startAndEnd() {
        Code code = sweep(false, bytes(NOP, NOP, NOP));
        assertEquals("ADDI ADDI ADDI END", ops(code));
        assertEquals("0 c", leaders(code));
        assertEquals(BASE + 12, code.pcs[3]);
        assertEquals(new Code.Text(BASE, BASE + 12, 0, 3), code.texts[0]);
        assertEquals(3, code.blockCost(0, CostModel.UNIT));
        assertEquals(1, code.blockCost(2, CostModel.UNIT));
        assertEquals(0, code.blockCost(3, CostModel.UNIT));
    }

    @Test
    void whatFollowsATransferLeads() {
        int[] transfers = {beq(64), jal(0, 64), jal(1, -64), Rv.JALR.encode(1, 5, 0, 0), Rv.ECALL.encode(0, 0, 0, 0),
                Rv.EBREAK.encode(0, 0, 0, 0), -1};
        for (int transfer : transfers) {
            Code code = sweep(false, bytes(NOP, transfer, NOP, NOP));
            assertEquals("0 8 10", leaders(code));
            assertEquals(2, code.blockCost(0, CostModel.UNIT));
            assertEquals(1, code.blockEnd(0));
        }
        for (int other : new int[]{Rv.LW.encode(1, 2, 0, 0), Rv.SW.encode(0, 2, 1, 0), Rv.FENCE.encode(0, 0, 0, 0),
                Rv.FENCE_I.encode(0, 0, 0, 0), Rv.DIV.encode(1, 2, 3, 0), Rv.AMOADD_W.encode(1, 2, 3, 0),
                Rv.AUIPC.encode(1, 0, 0, 0x1000)}) {
            assertEquals("0 10", leaders(sweep(false, bytes(NOP, other, NOP, NOP))));
        }
    }

    @Test
    void directTargetsLead() {
        assertEquals("0 4 c 14", leaders(sweep(false, bytes(NOP, NOP, beq(-4), NOP, jal(0, -4)))));
        assertEquals("0 4 8 10", leaders(sweep(false, bytes(beq(8), NOP, NOP, NOP)))); // forward
        assertEquals("0 4 8", leaders(sweep(false, bytes(jal(0, 0), NOP)))); // itself
    }

    @Test
    void indirectTargetsDoNotLead() {
        // auipc t0, 0; jalr zero, 16(t0); then four instructions of which the second is where it goes.
        Code code = sweep(false,
                bytes(Rv.AUIPC.encode(5, 0, 0, 0), Rv.JALR.encode(0, 5, 0, 12), NOP, NOP, NOP));
        assertEquals("0 8 14", leaders(code));
    }

    @Test
    void entryLeads() {
        ElfFile flat = ElfFile.flat(64, false, false, BASE, bytes(NOP, NOP, NOP));
        ElfFile file = new ElfFile(64, false, false, BASE + 8, flat.segments(), Symbols.NONE, null);
        assertEquals("0 8 c", leaders(Sweep.of(file)));
        assertEquals(BASE + 8, Sweep.of(file).entry);
        // inside an instruction: no leader
        flat = ElfFile.flat(64, false, true, BASE, bytes(NOP, NOP));
        assertEquals("0 8",
                leaders(Sweep.of(new ElfFile(64, false, true, BASE + 2, flat.segments(), Symbols.NONE, null))));
    }

    @Test
    void targetsInsideInstructionsDoNotLead() {
        assertEquals("0 8 c", leaders(sweep(true, bytes(NOP, jal(0, -2), NOP))));
        // without C a target at 2 mod 4 is no boundary either
        assertEquals("0 8 c", leaders(sweep(false, bytes(NOP, jal(0, -2), NOP))));
    }

    @Test
    void targetsOutsideMeanNothing() {
        assertEquals("0 4 8", leaders(sweep(false, bytes(jal(0, 0x1000), NOP))));
        assertEquals("0 4 8", leaders(sweep(false, bytes(jal(0, -0x1000), NOP))));
        assertEquals("0 4 8", leaders(sweep(false, bytes(jal(0, 8), NOP)))); // the very end
    }

    /** Words that are no instruction: four bytes if the low two bits are 11 or C is off, else two. */
    @Test
    void tablesInText() {
        Code off = sweep(false, bytes(NOP, 0, 0, 0x0002, 0x1234, NOP)); // the halves make whole words
        assertEquals("ADDI ILLEGAL ILLEGAL ADDI END", ops(off));
        assertEquals("0 8 c 10", leaders(off));
        assertEquals(0x1234_0002, Inst.imm(off.insts[2]));
        assertEquals(4, Inst.size(off.insts[2]));
        Code on = sweep(true, bytes(NOP, 0, 0, -1, NOP));
        assertEquals("ADDI ILLEGAL ILLEGAL ILLEGAL ADDI END", ops(on));
        assertEquals("0 6 8 c 10", leaders(on));
        assertEquals(2, Inst.size(on.insts[1]));
        assertEquals(4, Inst.size(on.insts[3]));
        assertEquals(2, on.blockCost(0, CostModel.UNIT)); // the illegal word costs and ends the block
    }

    @Test
    void endInsideTheSegment() {
        Code off = sweep(false, new byte[]{0x13, 0, 0, 0, 0x13, 0, 0});
        assertEquals("ADDI END", ops(off));
        assertEquals("0 4", leaders(off));
        assertEquals(1, off.indexOf(BASE + 4));
        Code on = sweep(true, bytes(NOP, C_NOP, 3)); // four bytes of which…
        assertEquals("ADDI ADDI LB END", ops(on));
        byte[] cut = java.util.Arrays.copyOf(bytes(NOP, C_NOP, 3), 8); // … two are missing
        on = sweep(true, cut);
        assertEquals("ADDI ADDI END", ops(on));
        assertEquals(BASE + 6, on.pcs[2]);
        assertEquals(2, on.indexOf(BASE + 6));
        on = sweep(true, new byte[]{1, 0, 1});
        assertEquals("ADDI END", ops(on));
        assertEquals(BASE + 2, on.pcs[1]);
    }

    /** Zeros behind the file's bytes are instructions (illegal ones) too. */
    @Test
    void memoryBeyondTheFile() {
        ElfFile file = ElfReader.read(new ElfWriter(64, 1, BASE).load(5, BASE, bytes(NOP), 8).write(), 1 << 20);
        assertEquals("ADDI ILLEGAL ILLEGAL END", ops(Sweep.of(file)));
    }

    @Test
    void severalSegments() {
        // The second follows the first without a gap, the third is apart; the data segment between is not swept.
        ElfFile file = ElfReader.read(new ElfWriter(64, 0, BASE).load(5, BASE, bytes(NOP, jal(0, 0x100c)), 8)
                .load(5, BASE + 8, bytes(NOP, NOP), 8).load(6, BASE + 0x800, bytes(NOP), 4)
                .load(5, BASE + 0x1000, bytes(NOP, NOP, NOP, NOP, NOP, NOP, jal(0, -0x100c)), 28).write(), 1 << 20);
        Code code = Sweep.of(file);
        assertEquals("ADDI JAL END ADDI ADDI END ADDI ADDI ADDI ADDI ADDI ADDI JAL END", ops(code));
        assertEquals(3, code.texts.length);
        // 0x1010 is jal's target; the jump back to 0xc makes that a leader of the second segment.
        assertEquals("0 8 8 c 10 1000 1010 101c", leaders(code));
        assertEquals(3, code.indexOf(BASE + 8)); // the instruction, not the END mark of the segment before
        assertEquals(-1, code.indexOf(BASE + 0x800));
        assertFalse(code.isJumpTarget(BASE + 0x800));
        assertTrue(code.isJumpTarget(BASE + 0x1000));
    }

    /** More instructions than were expected, at every distance from the end of the sweep's arrays. */
    @Test
    void manySmallInstructions() {
        for (int n = 1; n < 200; n++) {
            int[] halves = new int[n];
            java.util.Arrays.fill(halves, C_NOP);
            ElfWriter writer = new ElfWriter(64, 1, BASE).load(5, BASE, bytes(halves), 2 * n);
            for (int s = 1; s <= 8; s++) {
                writer.load(5, BASE + 0x1000 * s, bytes(C_NOP), 2 + s % 3);
            }
            Code code = Sweep.of(ElfReader.read(writer.write(), 1 << 20));
            assertEquals(n, code.texts[0].last());
            for (int i = 0; i < n; i++) {
                assertEquals(Op.ADDI, Inst.op(code.insts[i]));
                assertEquals(i == 0, code.isLeader(i));
            }
            assertEquals(9, code.texts.length);
            for (int s = 1; s <= 8; s++) {
                Code.Text t = code.texts[s];
                assertEquals(s % 3 == 2 ? 2 : 1, t.last() - t.first());
                assertTrue(code.isLeader(t.first()) && code.isLeader(t.last()));
                assertEquals(Op.END, Inst.op(code.insts[t.last()]));
                assertEquals(BASE + 0x1000 * s + (s % 3 == 2 ? 4 : 2), code.pcs[t.last()]);
            }
        }
    }

    /** A segment may begin at an odd address; no instruction can. */
    @Test
    void misalignedSegments() {
        for (int shift = 0; shift < 4; shift++) {
            byte[] text = new byte[12];
            for (int i = 0; i < 2; i++) {
                text[(4 - shift & 3) + 4 * i] = 0x13;
            }
            ElfFile file = new ElfFile(64, false, false, BASE + 4,
                    ElfFile.flat(64, false, false, BASE + shift, text).segments(),
                    Symbols.NONE, null);
            Code code = Sweep.of(file);
            assertEquals(BASE + (shift == 0 ? 0 : 4), code.texts[0].start());
            assertEquals("ADDI ADDI " + (shift == 0 ? "ILLEGAL END" : "END"), ops(code), "shift " + shift);
            for (int i = 0; i < code.count - 1; i++) {
                assertEquals(i, code.indexOf(code.pcs[i]));
            }
        }
        Code odd = Sweep
                .of(new ElfFile(64, false, true, BASE + 2, ElfFile.flat(64, false, true, BASE + 1, new byte[]{9, 1, 0})
                        .segments(), Symbols.NONE, null));
        assertEquals("ADDI END", ops(odd));
        assertEquals(BASE + 2, odd.texts[0].start());
    }

    @Test
    void sideEntryOnTheSweepsBoundaries() {
        byte[] text = bytes(NOP, NOP, NOP, beq(64), NOP);
        ElfFile file = ElfFile.flat(64, false, false, BASE, text);
        Code main = Sweep.of(file);
        Code side = SideSweep.at(main, file, BASE + 4, 100);
        assertEquals("ADDI ADDI BEQ END", ops(side));
        assertEquals("4 10", leaders(side));
        assertEquals(3, side.blockCost(0, CostModel.UNIT));
        assertEquals(main.blockCost(1, CostModel.UNIT), side.blockCost(0, CostModel.UNIT));
        assertEquals(new Code.Text(BASE + 4, BASE + 16, 0, 3), side.texts[0]);
        assertEquals(0, side.indexOf(BASE + 4));
        assertTrue(main.isLeader(main.indexOf(side.pcs[3])));
        assertNull(SideSweep.at(main, file, BASE + 4, 2));
        assertEquals(4, SideSweep.at(main, file, BASE + 4, 3).count);
    }

    @Test
    void sideEntryInsideAnInstruction() {
        // lui a0, 0x10001: its upper half is 0x1000, c.slli; then it goes on at the next boundary, a leader or not.
        int lui = 0x0001_0537;
        ElfFile file = ElfFile.flat(64, false, true, BASE, bytes(lui, C_NOP, jal(0, -2), NOP));
        Code main = Sweep.of(file);
        assertEquals("0 4 a e", leaders(main));
        Code side = SideSweep.at(main, file, BASE + 2, 100);
        assertEquals("ADDI END", ops(side));
        assertEquals("2 4", leaders(side)); // meets the leader at 4
        assertEquals(1, side.blockCost(0, CostModel.UNIT));
        // No leader at 4: decoding runs on through the jump.
        file = ElfFile.flat(64, false, true, BASE, bytes(lui, C_NOP, jal(0, 8), NOP));
        side = SideSweep.at(Sweep.of(file), file, BASE + 2, 100);
        assertEquals("ADDI ADDI JAL END", ops(side));
        assertEquals(3, side.blockCost(0, CostModel.UNIT));
    }

    /** Behind a branch that lies off the sweep's boundaries the END mark's pc is no leader: the next side entry. */
    @Test
    void sideEntryAfterSideEntry() {
        int hidden = Rv.BEQ.encode(0, 8, 9, 16);
        byte[] text = bytes(0x0037 | hidden << 16, (hidden >>> 16 & 0xffff) << 16 | 0x0037, NOP);
        ElfFile file = ElfFile.flat(64, false, true, BASE, text);
        Code main = Sweep.of(file);
        Code side = SideSweep.at(main, file, BASE + 2, 100);
        assertEquals("BEQ END", ops(side));
        assertEquals(BASE + 6, side.pcs[1]);
        assertEquals(-1, main.indexOf(BASE + 6));
        assertTrue(main.isJumpTarget(BASE + 6));
    }

    @Test
    void sideEntryThatFallsOff() {
        // The upper half of the last instruction begins a four-byte word that is not there.
        ElfFile file = ElfFile.flat(64, false, true, BASE, bytes(NOP, 0x0003_0013));
        Code main = Sweep.of(file);
        Code side = SideSweep.at(main, file, BASE + 6, 100);
        assertEquals("END", ops(side));
        assertEquals(BASE + 6, side.pcs[0]);
        assertEquals(0, side.blockCost(0, CostModel.UNIT));
        // …and one that runs to the end of the segment.
        file = ElfFile.flat(64, false, true, BASE, bytes(NOP, 0x0001_0013));
        side = SideSweep.at(Sweep.of(file), file, BASE + 6, 100);
        assertEquals("ADDI END", ops(side));
        assertEquals(BASE + 8, side.pcs[1]);
    }

    @Test
    void sideEntriesAreJumpTargets() {
        ElfFile file = ElfFile.flat(64, false, false, BASE, bytes(NOP, NOP));
        Code main = Sweep.of(file);
        for (int bad : new int[]{BASE + 1, BASE + 2, BASE + 8, BASE - 4, 0, -4}) {
            assertThrows(IllegalArgumentException.class, () -> SideSweep.at(main, file, bad, 10));
        }
    }

    /** The rule of DESIGN 1.6 once more, by the book. */
    private static void compareWithTheRule(ElfFile file, Code code) {
        Decoder decoder = Decoder.of(file.xlen(), file.embedded());
        List<Integer> pcs = new ArrayList<>();
        TreeSet<Integer> boundaries = new TreeSet<>();
        TreeSet<Integer> wanted = new TreeSet<>();
        Segment s = file.segments().getFirst();
        int end = (int) s.end();
        int pc = (int) s.start();
        wanted.add(pc);
        wanted.add((int) file.entry());
        while (true) {
            pcs.add(pc);
            boundaries.add(pc);
            long inst = Sweep.fetch(file, decoder, s, pc);
            if (Inst.op(inst) == Op.END) {
                wanted.add(pc);
                break;
            }
            assertEquals(inst, code.insts[pcs.size() - 1]);
            Op op = Inst.op(inst);
            int next = pc + Inst.size(inst);
            switch (op) {
                case BEQ, BNE, BLT, BGE, BLTU, BGEU, JAL -> {
                    wanted.add(pc + Inst.imm(inst));
                    wanted.add(next);
                }
                case JALR, ECALL, EBREAK, ILLEGAL -> wanted.add(next);
                default -> {
                }
            }
            pc = next;
            if (pc == end) {
                pcs.add(pc);
                boundaries.add(pc);
                wanted.add(pc);
                break;
            }
        }
        assertEquals(pcs.size(), code.count);
        for (int i = 0; i < code.count; i++) {
            assertEquals(pcs.get(i), code.pcs[i]);
            assertEquals(wanted.contains(code.pcs[i]), code.isLeader(i),
                    "leader at 0x" + Integer.toHexString(code.pcs[i]));
        }
        for (int at = (int) s.start(); at < end; at++) {
            assertEquals(boundaries.contains(at) ? pcs.indexOf(at) : -1, code.indexOf(at));
        }
    }

    @Test
    void randomBytesFollowTheRule() {
        SplittableRandom random = new SplittableRandom(6);
        int sides = 0;
        for (int round = 0; round < 600; round++) {
            boolean compressed = (round & 1) != 0;
            byte[] text = new byte[random.nextInt(4, 700)];
            random.nextBytes(text);
            for (int i = 0; i + 4 <= text.length && round % 3 != 0; i += 4) { // mostly near branches
                int word = random.nextInt(3) == 0
                        ? beq(random.nextInt(-40, 40) * 2)
                        : random.nextInt(2) == 0 ? NOP : 0x90029002;
                for (int k = 0; k < 4; k++) {
                    text[i + k] = (byte) (word >>> 8 * k);
                }
            }
            ElfFile flat = ElfFile.flat((round & 2) == 0 ? 32 : 64, (round & 4) == 0, compressed, BASE, text);
            int entry = BASE + (random.nextInt(text.length) & (compressed ? -2 : -4));
            ElfFile file = new ElfFile(flat.xlen(), flat.embedded(), compressed, entry, flat.segments(), Symbols.NONE,
                    null);
            Code code = Sweep.of(file);
            compareWithTheRule(file, code);
            for (int pc = BASE; pc < BASE + text.length; pc++) {
                int index = code.indexOf(pc);
                if (code.isJumpTarget(pc) && index >= 0) {
                    Code side = SideSweep.at(code, file, pc, 1000);
                    assertEquals(code.blockCost(index, CostModel.UNIT), side.blockCost(0, CostModel.UNIT));
                    assertEquals(code.pcs[code.blockEnd(index)] + Inst.size(code.insts[code.blockEnd(index)]),
                            side.pcs[side.count - 1]);
                    sides++;
                }
            }
        }
        assertTrue(sides > 10_000, "sides " + sides);
    }
}
