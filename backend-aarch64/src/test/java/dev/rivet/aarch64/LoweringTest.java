package dev.rivet.aarch64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What can be seen of translated code without running it: bounds, maps, distances. */
class LoweringTest {
    private static final Backend BACKEND = new A64Backend();
    private static final CostModel COSTS = CostModel.UNIT;

    private static HostCode translate(Code code, Metering metering) {
        return BACKEND.translate(code, new Backend.Options(metering, COSTS));
    }

    private static int word(HostCode host, int offset) {
        return ByteBuffer.wrap(host.bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(offset);
    }

    /** Registers of each class: x0, pinned, in memory (31-register files have some), and twice the same. */
    private static int[][] registers(boolean embedded) {
        int a = embedded ? 15 : 30;
        int b = embedded ? 14 : 31;
        return new int[][]{{0, 0, 0}, {1, 2, 3}, {5, 5, 5}, {5, 5, 6}, {5, 6, 5}, {a, b, a}, {a, a, b}, {b, 0, a},
                {a, b, 0}, {0, a, b}, {a, 8, 9}, {8, a, 9}, {8, 9, a}};
    }

    /** Bytes of each instruction, hot and cold, fall within the bound, with every kind of register and metering. */
    @Test
    void everyOperationKeepsToTheBound() {
        int most = 0;
        int count = 0;
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            for (boolean embedded : new boolean[]{true, false}) {
                for (Metering metering : new Metering[]{Metering.NONE, Metering.SYNC, Metering.ASYNC}) {
                    for (Op op : Op.values()) {
                        if (!Programs.exists(op, xlen)) {
                            continue;
                        }
                        for (int imm : Programs.immediates(op, xlen)) {
                            for (int[] r : registers(embedded)) {
                                most = Math.max(most, bytes(xlen, embedded, metering, op, r, imm));
                                count++;
                            }
                        }
                    }
                }
            }
        }
        assertTrue(count > 30_000, "only " + count);
        // The bound is no looser than it need be.
        assertTrue(most > A64Lowering.MAX_BYTES / 2, "at most " + most);
    }

    private static int bytes(int xlen, boolean embedded, Metering metering, Op op, int[] r, int imm) {
        // A costly block before it, so that its own charge is the longest there is; hot registers leave 30 and 31 cold.
        long[] insts = new long[40];
        Arrays.fill(insts, Programs.inst(Op.ADD, 5, 6, 8, 0));
        for (int k = 20; k < 30; k++) {
            insts[k] = Programs.inst(Op.XOR, 1 + k % 15, 2, 3, 0);
        }
        insts[19] = Programs.inst(Op.EBREAK, 0, 0, 0, 0);
        insts[20] = Programs.inst(op, r[0], r[1], r[2], imm);
        insts[39] = Programs.inst(Op.EBREAK, 0, 0, 0, 0);
        HostCode host = translate(Programs.of(xlen, embedded, insts), metering);
        int hot = host.offsets[21] - host.offsets[20];
        int cold = 0;
        for (int c = 0; c < host.coldOffsets.length; c++) {
            int end = c + 1 < host.coldOffsets.length ? host.coldOffsets[c + 1] : host.length;
            cold += host.coldIndexes[c] == 20 ? end - host.coldOffsets[c] : 0;
        }
        assertTrue(hot + cold <= BACKEND.maxBytesPerInst(),
                op + " " + Arrays.toString(r) + " " + imm + ": " + hot + " + "
                        + cold);
        return hot + cold;
    }

    @Test
    void floatingPointMeteringIsRefusedInOneLine() {
        Code code = Programs.of(64, true, Programs.inst(Op.EBREAK, 0, 0, 0, 0));
        String message = assertThrows(UnsupportedOperationException.class, () -> translate(code, Metering.FPU))
                .getMessage();
        assertTrue(message.contains("fpu") && message.contains("sync") && !message.contains("\n"), message);
    }

    @Test
    void registerMapsHaveNoTwoGuestsInOneHost() {
        for (boolean embedded : new boolean[]{true, false}) {
            for (Metering metering : new Metering[]{Metering.NONE, Metering.SYNC}) {
                Code code = Programs.of(64, embedded, Programs.inst(Op.ADD, 5, 6, 7, 0),
                        Programs.inst(Op.EBREAK, 0, 0, 0, 0));
                A64Registers map = A64Registers.of(code, new Backend.Options(metering, COSTS));
                List<Integer> used = new ArrayList<>(List.of(16, 17, A64Registers.BASE, A64Registers.LINK));
                if (metering != Metering.NONE) {
                    used.add(map.gas);
                }
                if (map.table != A64Registers.NONE) {
                    used.add(map.table);
                }
                for (int c : map.caches) {
                    if (c != A64Registers.LINK) {
                        used.add(c);
                    }
                }
                int homes = 0;
                for (int r = 1; r < (embedded ? 16 : 32); r++) {
                    if (map.homeOf[r] != HostCode.IN_MEMORY) {
                        used.add(map.homeOf[r]);
                        homes++;
                    }
                }
                assertEquals(used.size(), used.stream().distinct().count(), used.toString());
                assertTrue(used.stream().allMatch(r -> r >= 0 && r <= 30));
                assertEquals(embedded ? 15 : metering == Metering.NONE ? 27 : 26, homes);
                assertEquals(HostCode.IN_MEMORY, map.homeOf[0]);
            }
        }
    }

    /** The registers a loop uses get homes before those that straight code uses more often. */
    @Test
    void loopsDecideWhoStaysInMemory() {
        List<Long> insts = new ArrayList<>();
        for (int r = 1; r < 27; r++) {
            for (int k = 0; k < 3; k++) {
                insts.add(Programs.inst(Op.ADDI, r, r, 0, 1));
            }
        }
        int loop = insts.size();
        for (int r = 27; r < 32; r++) {
            insts.add(Programs.inst(Op.ADDI, r, r, 0, 1));
        }
        insts.add(Programs.inst(Op.BNE, 0, 27, 28, (loop - insts.size()) * 4));
        Code code = Programs.of(64, false, insts.stream().mapToLong(v -> v).toArray());
        A64Registers map = A64Registers.of(code, new Backend.Options(Metering.SYNC, COSTS));
        for (int r = 27; r < 32; r++) {
            assertTrue(map.homeOf[r] != HostCode.IN_MEMORY, "x" + r);
        }
    }

    /** A program of some MiB: cold paths lie in islands, no branch is out of reach, every offset finds its instruction. */
    @Test
    void islandsKeepColdPathsInReach() {
        int n = 200_000;
        long[] insts = new long[n];
        for (int i = 0; i < n; i++) {
            insts[i] = switch (i % 5) {
                case 0 -> Programs.inst(Op.BNE, 0, 5, 6, i < 3000 || i > n - 3000 ? 8 : i % 2 == 0 ? 4000 : -4000);
                case 1 -> Programs.inst(Op.AMOADD_W, 7, 8, 9, 0);
                case 2 -> Programs.inst(Op.JALR, 0, 5, 0, 0);
                case 3 -> Programs.inst(Op.BLT, 0, 10, 0, i % 3 == 0 ? -8 : 12);
                default -> Programs.inst(Op.SD, 0, 2, 1, 40);
            };
        }
        HostCode host = translate(Programs.of(64, false, insts), Metering.SYNC);
        assertTrue(host.length > 3 << 20, host.length + " bytes");
        int islands = 0;
        for (int c = 0; c < host.coldOffsets.length; c++) {
            islands += host.coldIndexes[c] == HostCode.HOT ? 1 : 0;
            assertTrue(c == 0 || host.coldOffsets[c] >= host.coldOffsets[c - 1]);
            if (host.coldIndexes[c] >= 0) {
                assertEquals(host.coldIndexes[c], host.indexAt(host.coldOffsets[c]), "cold " + c);
            }
        }
        assertTrue(islands >= 5, islands + " islands");
        for (int i = 0; i < n; i++) {
            assertEquals(i, host.indexAt(host.offsets[i]));
        }
        assertEquals(HostCode.NO_INSTRUCTION, host.indexAt(host.enterStub));
        assertEquals(HostCode.NO_INSTRUCTION, host.indexAt(host.length));
    }

    /** A block of a MiB without a leader still has its out-of-gas path in reach. */
    @Test
    void anIslandMayLieWithinABlock() {
        long[] insts = new long[300_000];
        Arrays.fill(insts, Programs.inst(Op.XPERM4, 5, 6, 7, 0));
        insts[insts.length - 1] = Programs.inst(Op.EBREAK, 0, 0, 0, 0);
        HostCode host = translate(Programs.of(32, true, insts), Metering.SYNC);
        assertTrue(host.length > 4 * insts.length);
        assertEquals(1, Arrays.stream(host.coldIndexes).filter(c -> c == HostCode.HOT).count());
        assertEquals(0, host.indexAt(host.coldOffsets[1]));
    }

    /** What a side entry far behind the main program does is reach it all the same. */
    @Test
    void sideEntriesReachTheMainProgramFromAfar() {
        Code code = Programs.of(64, true, Programs.inst(Op.ADDI, 5, 5, 0, 1), Programs.inst(Op.EBREAK, 0, 0, 0, 0),
                Programs.inst(Op.ADDI, 6, 6, 0, 1), Programs.inst(Op.ECALL, 0, 0, 0, 0));
        HostCode main = translate(code, Metering.SYNC);
        Code side = Programs.of(Programs.TEXT + 2, 64, true, Programs.inst(Op.BEQ, 0, 5, 6, 6),
                Programs.inst(Op.JAL, 1, 0, 0, 2), Programs.inst(Op.CLMUL, 5, 6, 7, 0),
                Programs.inst(Op.EBREAK, 0, 0, 0, 0));
        for (int offset : new int[]{main.length + 63 & -64, 0x7e0_0000, 0x8000_000,
                (int) Layout.CODE_MAX - 4096}) {
            HostCode host = BACKEND.translateSide(main, side, offset);
            assertEquals(offset, host.origin);
            assertEquals(main.homeOf, host.homeOf);
            assertTrue(host.length <= side.count * BACKEND.maxBytesPerInst());
            assertEquals(0, host.entries[0]);
            assertEquals(-1, host.enterStub);
            assertEquals(0, host.indexAt(0));
        }
    }

    /** Stubs, entries and table values that the runtime relies on. */
    @Test
    void theRuntimesOffsets() {
        Code code = Programs.of(32, false, Programs.inst(Op.BEQ, 0, 5, 6, 8), Programs.inst(Op.ADDI, 5, 0, 0, 1),
                Programs.inst(Op.ADDI, 5, 0, 0, 1), Programs.inst(Op.ECALL, 0, 0, 0, 0));
        HostCode host = translate(code, Metering.SYNC);
        assertEquals(0, host.badEntry);
        assertEquals(A64Registers.GAS, host.gasHome);
        assertEquals(HostCode.IN_MEMORY, translate(code, Metering.NONE).gasHome);
        assertEquals(0, host.enterStub);
        assertTrue(host.missStub > 0 && host.finishStub > host.missStub && host.finishStub < host.offsets[0]);
        int[] leaders = {0, 1, 2, 4};
        for (int i = 0; i < code.count; i++) {
            boolean leader = Arrays.binarySearch(leaders, i) >= 0;
            boolean owes = i == 1 || i == 2;
            assertEquals(!leader ? -1 : owes ? host.entries[i] : host.offsets[i], host.entries[i], "instruction " + i);
            if (owes) { // from the table with no debt: add x29, x29, #debt, and a jump to the block
                assertTrue(host.entries[i] >= host.offsets[code.count], "instruction " + i);
                assertEquals(0x910007bd, word(host, host.entries[i]));
            }
        }
        // The first block owes its one gas and begins with its comparison; the third one, which ends in an ecall, pays
        // its own two and that one.
        assertEquals(0x6b0600bf, word(host, host.entries[0]));
        assertEquals(0xd1000fbd, word(host, host.offsets[2]));
        // The pc follows the call of the exit stub.
        assertEquals(code.pcs[3], word(host, host.offsets[4] - 4));
        assertEquals(Control.EXIT_ECALL, 2);
    }

    /** Both renderings agree on every position, whatever is translated. */
    @Test
    void textAndBytesHaveTheSamePositions() {
        long[] insts = new long[Op.count() * 2];
        int n = 0;
        for (Op op : Op.values()) {
            if (Programs.exists(op, 64)) {
                insts[n++] = Programs.inst(op, 5, 6, 7, Programs.immediates(op, 64)[0]);
            }
        }
        Code code = Programs.of(64, true, Arrays.copyOf(insts, n));
        HostCode a = translate(code, Metering.SYNC);
        HostCode b = translate(code, Metering.SYNC);
        assertArrayEquals(Arrays.copyOf(a.bytes, a.length), Arrays.copyOf(b.bytes, b.length));
    }

    /** Fused pairs are one or two host instructions, and the first of a pair keeps no code of its own. */
    @Test
    void pairsFuse() {
        fused(1, 64, Programs.inst(Op.SLLI, 5, 6, 0, 32), Programs.inst(Op.SRLI, 5, 5, 0, 32));
        fused(1, 64, Programs.inst(Op.SLLI, 5, 6, 0, 48), Programs.inst(Op.SRAI, 5, 5, 0, 56));
        fused(1, 32, Programs.inst(Op.SLLI, 5, 6, 0, 24), Programs.inst(Op.SRLI, 5, 5, 0, 20));
        fused(1, 64, Programs.inst(Op.SLLI, 5, 6, 0, 3), Programs.inst(Op.ADD, 5, 5, 7, 0));
        fused(1, 64, Programs.inst(Op.SLLI, 5, 6, 0, 3), Programs.inst(Op.ADD, 5, 7, 5, 0));
        fused(2, 64, Programs.inst(Op.LUI, 5, 0, 0, 0x12345000), Programs.inst(Op.ADDIW, 5, 5, 0, 0x678));
        fused(2, 64, Programs.inst(Op.AUIPC, 5, 0, 0, 0x12345000), Programs.inst(Op.ADDI, 5, 5, 0, 0x678));
        // link (two) and bl
        fused(3, 64, Programs.inst(Op.AUIPC, 1, 0, 0, 0), Programs.inst(Op.JALR, 1, 1, 0, -4));
    }

    private static void fused(int words, int xlen, long first, long second) {
        long nop = Programs.inst(Op.FENCE, 0, 0, 0, 0);
        HostCode host = translate(Programs.of(xlen, true, nop, first, second, nop), Metering.NONE);
        assertEquals(words * 4, host.offsets[3] - host.offsets[1], Inst.op(first) + " " + Inst.op(second));
        assertEquals(host.offsets[2] == host.offsets[3] ? 1 : 2, host.indexAt(host.offsets[1]));
    }
}
