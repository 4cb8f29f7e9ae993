package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Backend.Options;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How loops of one block lie in the lines of the instruction cache. (What they compute: LoopsTest in module tests.) */
class X64LoopsTest {
    private static final int BEFORE = 40;
    private static final int A0 = 10, A1 = 11, A2 = 12, A3 = 13;

    private static Code code(int before, long... loop) {
        Code.Builder b = new Code.Builder(64, true, false, before + loop.length + 2);
        int start = 0x10000;
        int pc = start;
        for (int i = 0; i < before; i++, pc += 4) {
            b.add(pc, Inst.pack(Op.XOR, A2, A2, A3, 0, 4));
        }
        for (long inst : loop) {
            b.add(pc, inst);
            pc += 4;
        }
        b.add(pc, Inst.pack(Op.BGEU, 0, A1, A0, -4 * loop.length, 4));
        b.add(pc + 4, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(start, pc + 4, 0, before + loop.length + 1)).entry(start);
        b.leader(0);
        b.leader(before);
        b.leader(before + loop.length + 1);
        return b.build();
    }

    private static void inOneLine(Metering metering, boolean sums, long... loop) {
        for (int before = 1; before < BEFORE; before++) {
            Code code = code(before, loop);
            X64Direct a = new X64Direct(Layout.CODE_BASE, 64, X64Backend.most(code.count));
            HostCode host = new X64Lowering(code, null, new Options(metering, CostModel.UNIT), X64Registers.map(code),
                    a,
                    null).run(0);
            int head = host.entries[before];
            int end = host.offsets[code.count - 1];
            assertTrue(end - head <= X64Assembler.LINE, "too long for this test: " + (end - head));
            assertEquals(head / X64Assembler.LINE, (end - 1) / X64Assembler.LINE, before + " before");
            boolean copied = host.bytes[head] == (byte) 0x89 && host.bytes[head + 1] == (byte) 0xf8; // mov eax, edi
            assertEquals(sums, copied);
        }
    }

    @ParameterizedTest
    @EnumSource
    void shortLoopsLieInOneLine(Metering metering) {
        long load = Inst.pack(Op.LBU, A2, A1, 0, 1, 4);
        inOneLine(metering, false, load);
        inOneLine(metering, false, load, Inst.pack(Op.ADDI, A1, A1, 0, 1, 4), Inst.pack(Op.XOR, A0, A0, A2, 0, 4));
        inOneLine(metering, true, load, Inst.pack(Op.ADDI, A1, A1, 0, 1, 4), Inst.pack(Op.ADDW, A0, A0, A2, 0, 4));
    }
}
