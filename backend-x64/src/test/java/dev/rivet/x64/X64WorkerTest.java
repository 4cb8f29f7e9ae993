package dev.rivet.x64;

import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RSP;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.x64.X64Assembler.Alu;
import org.junit.jupiter.api.Test;

/** The worker's machine code, driven by code made by hand. */
class X64WorkerTest {
    @Test
    void runsCodeAndSharesMemory() {
        try (WorkerRig rig = new WorkerRig(a -> {
            a.movImm(8, RBX, Layout.CONTROL_BASE);
            a.load(8, RAX, Mem.at(RBX, Control.REGS + 80));
            a.aluImm(Alu.ADD, 8, RAX, 1);
            a.store(8, Mem.at(RBX, Control.REGS + 80), RAX);
            a.load(8, R15, Mem.wrap(Reg.NONE, 0x20008));
            a.store(8, Mem.wrap(Reg.NONE, 0x20010), R15);
            WorkerRig.exit(a, Control.EXIT_ECALL);
        })) {
            rig.memory.view().set(JAVA_LONG, 0x20008, 77);
            for (int i = 0; i < 1000; i++) {
                rig.set(Control.REGS + 80, i);
                assertEquals(Control.EXIT_ECALL, rig.run());
                assertEquals(i + 1, rig.wide(Control.REGS + 80));
            }
            assertEquals(77, rig.memory.view().get(JAVA_LONG, 0x20010));
            assertEquals(RSP, 4);
        }
    }
}
