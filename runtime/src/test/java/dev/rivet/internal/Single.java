package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.GuestMemory;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import java.util.List;

/** Runs one instruction in the interpreter, over one writable page at {@link #PAGE} and no stack. */
final class Single {
    static final int PAGE = 0x20000;

    static final GuestMemory MEMORY = memory();

    private Single() {
    }

    private static GuestMemory memory() {
        ProgramImage image = new ProgramImage(List.of(new ProgramImage.Region(PAGE, PAGE + 4096, true)));
        image.seal();
        return new GuestMemory(MemoryPlan.of(image, 0, 1 << 20));
    }

    /** The hart after the instruction at {@code pc} and the ebreak behind it. */
    static Hart run(int xlen, long inst, int pc, long[] regs) {
        Hart hart = new Hart();
        assertEquals(Stop.BREAKPOINT, run(hart, xlen, inst, pc, regs));
        return hart;
    }

    /** Runs the instruction; an ebreak is behind it and at pc + 8. */
    static Stop run(Hart hart, int xlen, long inst, int pc, long[] regs) {
        Code.Builder b = new Code.Builder(xlen, false, false, 4);
        b.add(pc, inst);
        b.add(pc + 4, Inst.pack(Op.EBREAK, 0, 0, 0, 0, 4));
        b.add(pc + 8, Inst.pack(Op.EBREAK, 0, 0, 0, 0, 4));
        int end = b.add(pc + 12, Inst.pack(Op.END, 0, 0, 0, 0, 0));
        b.texts(new Code.Text(pc, pc + 12, 0, end)).leader(0);
        b.leader(2);
        if (Inst.op(inst).endsBlock()) {
            b.leader(1);
        }
        System.arraycopy(regs, 0, hart.regs, 0, 32);
        hart.pc = pc;
        Blocks blocks = new Blocks(b.build(), CostModel.UNIT, null);
        return new Interpreter(blocks, false, hart, new Ram(MEMORY)).run(Long.MAX_VALUE, false, () -> false);
    }
}
