package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@link HostCode} promises about translated code; what the code does is tested by running it (module tests). */
class X64LoweringTest {
    /** x0, two pinned registers, ra, sp and two that live in memory: every class twice. */
    private static final int[] REGISTERS = {0, 1, 2, 3, 4, 10, 11};

    private final X64Backend backend = new X64Backend();

    private HostCode translate(Code code, Metering metering) {
        return backend.translate(code, new Options(metering, CostModel.UNIT));
    }

    @ParameterizedTest
    @EnumSource(Metering.class)
    void everyOperationTranslatesWithinTheBoundForEveryClassOfRegisters(Metering metering) {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            int fixed = translate(Guests.code(xlen, true), metering).length;
            for (Op op : Op.values()) {
                if (op == Op.END || !Guests.exists(op, xlen)) {
                    continue;
                }
                for (int rd : REGISTERS) {
                    for (int rs1 : REGISTERS) {
                        for (int rs2 : REGISTERS) {
                            long inst = Inst.pack(op, rd, rs1, rs2, Guests.immediate(op, xlen), 4);
                            HostCode host = translate(Guests.code(xlen, true, inst), metering);
                            int bytes = host.length - fixed;
                            assertTrue(bytes <= backend.maxBytesPerInst(),
                                    op + " " + rd + " " + rs1 + " " + rs2);
                            assertShape(host);
                        }
                    }
                }
            }
        }
    }

    /**
     * A loop; behind it nothing is paid ahead, so the block there has one entry, in the hot code. It branches over a block that
     * it has paid for as far as the two are alike, so who comes there by a jump pays in the cold code.
     */
    @ParameterizedTest
    @EnumSource(value = Metering.class, names = {"SYNC", "ASYNC", "FPU"})
    void onlyWhereSomethingIsPaidAheadIsAnEntryOutOfLine(Metering metering) {
        long addi = Inst.pack(Op.ADDI, 10, 10, 0, -1, 4);
        Code.Builder b = new Code.Builder(64, true, false, 8);
        long[] insts = {addi, Inst.pack(Op.BNE, 0, 10, 0, -4, 4), addi, Inst.pack(Op.BEQ, 0, 10, 0, 8, 4), addi,
                Inst.pack(Op.JALR, 0, 11, 0, 0, 4), Inst.pack(Op.END, 0, 0, 0, 0, 0)};
        for (int i = 0; i < insts.length; i++) {
            b.add(0x10000 + 4 * i, insts[i]);
        }
        b.texts(new Code.Text(0x10000, 0x10018, 0, 6)).entry(0x10000);
        for (int leader : new int[]{0, 2, 4, 5}) {
            b.leader(leader);
        }
        HostCode host = translate(b.build(), metering);
        int end = host.offsets[host.code.count];
        for (int leader : new int[]{0, 2}) {
            assertEquals(host.offsets[leader], host.entries[leader], "leader " + leader);
        }
        for (int leader : new int[]{4, 5}) {
            assertTrue(host.entries[leader] >= end, "leader " + leader);
        }
    }

    private static void assertShape(HostCode host) {
        int count = host.code.count;
        assertEquals(count + 1, host.offsets.length);
        assertEquals(0, host.enterStub);
        int before = -1;
        for (int i = 0; i < count; i++) {
            assertTrue(host.offsets[i] >= before);
            before = host.offsets[i];
            boolean leader = host.code.isLeader(i) || i == 0;
            assertEquals(leader ? host.offsets[i] : -1, host.entries[i]);
        }
        assertTrue(host.length <= host.bytes.length);
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void everyOffsetBelongsToItsInstruction(int xlen) {
        long[] insts = {Inst.pack(Op.ADD, 10, 11, 12, 0, 4), Inst.pack(Op.FENCE, 0, 0, 0, 0, 4),
                Inst.pack(Op.LW, 10, 11, 0, 8, 4), Inst.pack(Op.DIV, 10, 11, 12, 0, 4),
                Inst.pack(Op.LR_W, 3, 4, 0, 0, 4), Inst.pack(Op.SC_W, 10, 11, 3, 0, 4),
                Inst.pack(Op.JALR, 0, 1, 0, 0, 4), Inst.pack(Op.BEQ, 0, 10, 11, -4 * 7, 4),
                Inst.pack(Op.JAL, 0, 0, 0, 2, 4)};
        HostCode host = translate(Guests.code(xlen, true, insts), Metering.SYNC);
        assertEquals(-1, host.indexAt(-1));
        assertEquals(-1, host.indexAt(host.offsets[0] - 1));
        Set<Integer> cold = new HashSet<>();
        for (int at = host.offsets[0]; at < host.length; at++) {
            int index = host.indexAt(at);
            if (at < host.offsets[host.code.count]) {
                assertTrue(host.offsets[index] <= at && at < host.offsets[index + 1]);
            } else {
                cold.add(index);
            }
        }
        assertEquals(-1, host.indexAt(host.length));
        // charges of three blocks, division, misaligned lr and sc, failing sc, unexpected return, jump to 2 mod 4
        assertEquals(Set.of(-1, 0, 3, 4, 5, 6, 7, 8), withStub(cold));
    }

    private static Set<Integer> withStub(Set<Integer> indexes) {
        Set<Integer> all = new HashSet<>(indexes);
        all.add(-1);
        return all;
    }

    @Test
    void registersOfRveFilesAreAllButGpAndTp() {
        int[] home = translate(Guests.code(64, true, Inst.pack(Op.ADD, 3, 4, 0, 0, 4)), Metering.NONE).homeOf;
        Set<Integer> hosts = new HashSet<>();
        for (int r = 1; r < 16; r++) {
            assertEquals(r == 3 || r == 4, home[r] == HostCode.IN_MEMORY, "x" + r);
            hosts.add(home[r]);
        }
        assertEquals(13 + 1, hosts.size(), "no host register twice");
        for (int taken : new int[]{Reg.RAX, Reg.RDX, Reg.RSP}) {
            assertTrue(!hosts.contains(taken), "host register " + taken + " is not for guests");
        }
    }

    @Test
    void otherFilesPinTheRegistersUsedMostInLoops() {
        long[] insts = new long[40];
        for (int i = 0; i < 30; i++) {
            insts[i] = Inst.pack(Op.ADDI, 5 + i % 5, 5 + i % 5, 0, 1, 4); // t0–s1: often, but outside loops
        }
        for (int i = 30; i < 39; i++) {
            insts[i] = Inst.pack(Op.ADD, 23 + i - 30, 23 + i - 30, 2, 0, 4); // s7–t6 and sp: in a loop
        }
        insts[39] = Inst.pack(Op.BNE, 0, 23, 24, -4 * 9, 4);
        int[] home = translate(Guests.code(64, false, insts), Metering.SYNC).homeOf;
        for (int r : new int[]{2, 23, 24, 25, 26, 27, 28, 29, 30, 31}) {
            assertTrue(home[r] >= 0, "x" + r + " is hot");
        }
        assertEquals(13, java.util.Arrays.stream(home).filter(h -> h >= 0).count());
        assertEquals(HostCode.IN_MEMORY, home[0]);
    }

    @Test
    void gasIsWhereTheModeSays() {
        Code code = Guests.code(64, true, Inst.pack(Op.ADD, 10, 10, 10, 0, 4));
        assertEquals(HostCode.IN_MEMORY, translate(code, Metering.NONE).gasHome);
        assertEquals(Reg.RDX, translate(code, Metering.SYNC).gasHome);
        assertEquals(Reg.RDX, translate(code, Metering.ASYNC).gasHome);
        assertEquals(HostCode.VECTOR + 15, translate(code, Metering.FPU).gasHome);
    }

    @Test
    void sideEntriesHaveNoStubsOfTheirOwnAndReachTheProgram() {
        Code code = Guests.code(64, true, Inst.pack(Op.ADDI, 10, 10, 0, 1, 4), Inst.pack(Op.ADDI, 11, 11, 0, 1, 4),
                Inst.pack(Op.BEQ, 0, 10, 11, -8, 4), Inst.pack(Op.ECALL, 0, 0, 0, 0, 4));
        HostCode main = translate(code, Metering.SYNC);
        Code.Builder b = new Code.Builder(64, true, false, 4);
        b.add(Guests.START + 4, code.insts[1]);
        b.add(Guests.START + 8, code.insts[2]);
        b.add(Guests.START + 12, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(Guests.START + 4, Guests.START + 12, 0, 2));
        b.leader(0);
        HostCode side = backend.translateSide(main, b.build(), 0x1000);
        assertEquals(0x1000, side.origin);
        assertEquals(-1, side.missStub);
        assertEquals(-1, side.finishStub);
        assertEquals(-1, side.enterStub);
        assertEquals(main.homeOf, side.homeOf);
        assertTrue(side.entries[0] > 0);
        // the branch and the fall-through end in jumps to the program's leaders 0 and 3
        assertEquals(main.entries[0], jumpTarget(side, side.offsets[2] - 4));
        assertEquals(main.entries[3], jumpTarget(side, side.offsets[3] - 4));
    }

    private static int jumpTarget(HostCode host, int displacement) {
        int d = 0;
        for (int i = 3; i >= 0; i--) {
            d = d << 8 | host.bytes[displacement + i] & 0xff;
        }
        return host.origin + displacement + 4 + d;
    }

    @Test
    void codeAddressesNeverLookLikeHalvesOfTableEntries() {
        // Layout says why: a table read that straddles entries must not give an address of code.
        assertTrue((int) Layout.CODE_BASE < 0 && (int) (Layout.CODE_BASE + Layout.CODE_MAX - 1) < 0);
        long bad = X64Lowering.BAD_ENTRY;
        assertTrue(bad >> 47 != 0 && bad >> 47 != -1, "not canonical");
        long straddling = bad >>> 32 | Layout.CODE_BASE << 32;
        assertTrue(straddling >> 47 != 0 && straddling >> 47 != -1, "not canonical either");
        assertTrue((bad << 32 | Layout.CODE_BASE >>> 32) >> 47 != 0);
    }

    @Test
    void missingNamesWhatTheProcessorLacks() {
        assertNull(X64Backend.missing(
                List.of("processor : 0", "flags\t\t: fpu bmi1 bmi2 abm popcnt ssse3 sse4_1 pclmulqdq avx2")));
        assertEquals("the processor lacks bmi2, abm; translated code needs x86-64-v3 (2013 or later)",
                X64Backend.missing(List.of("flags : bmi1 popcnt ssse3 sse4_1 pclmulqdq")));
        assertNotNull(X64Backend.missing(List.of("model name : ?")));
    }
}
