package dev.rivet.tools.escape;

import dev.rivet.aarch64.A64Assembler;
import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.Jump;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.Plain;
import dev.rivet.aarch64.A64Assembler.Shift;
import dev.rivet.aarch64.A64Assembler.TestBit;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** An attacker's native code on AArch64. */
final class A64Arsenal extends Arsenal {
    private static final int CTL = 19;
    private static final int SP = 31;
    private static final int RT_SIGRETURN = 139;

    // @formatter:off
    private static final String[] PRIVILEGED = {
        "hvc d4000002", "smc d4000003", "eret d69f03e0", "wfi+ d503207f", "wfe+ d503205f", "hlt d4400000", "brk d4200000",
        "udf 00000000", "dcps1 d4a00001", "msr daifset d50342df", "mrs sctlr_el1 d5381000", "msr sctlr_el1 d5181000",
        "mrs ttbr0_el1 d5382000", "msr ttbr0_el1 d5182000", "msr vbar_el1 d518c000", "mrs vbar_el1 d538c000",
        "msr elr_el1 d5184020", "msr spsr_el1 d5184000", "mrs currentel d5384240", "tlbi vmalle1 d508871f",
        "ic iallu d508751f", "dc isw d5087640", "at s1e1r d5087800", "msr mdscr_el1 d5100240", "mrs tpidr_el1 d538d080",
        "mrs pmccntr_el0+ d53b9d00", "mrs cntpct_el0+ d53be020", "dc zva+ d50b7420",
        "mrs midr_el1+ d5380000",
        // What a side channel is measured with works, see SECURITY.md.
        "mrs cntvct_el0+ d53be040", "dc civac+ d50b7e20",
    };
    private static final String[] STATE = {
        "thread pointer+ d51bd040", "rounding and exceptions+ d51b4400", "floating-point status+ d51b4420",
        "flags+ d51b4200", "stack pointer not aligned+ 910007ff f94003e0",
    };
    // @formatter:on

    private record Piece(String name, int at) {
    }

    private final A64Assembler a = A64Assembler.create("direct", Layout.CODE_BASE, 1 << 14);
    private final List<Piece> pieces = new ArrayList<>();
    private final List<Instruction> privileged = new ArrayList<>();
    private final List<Instruction> state = new ArrayList<>();

    A64Arsenal() {
        piece("answer");
        slot(0, 0);
        a.aluImm(AluImm.ADD, 8, 0, 0, 1, false);
        a.mem(Mem.STRX, 0, CTL, Control.REGS);
        exit(Control.EXIT_ECALL);
        piece("call");
        slot(8, 0);
        for (int i = 0; i < 6; i++) {
            slot(i, 1 + i);
        }
        a.plain(Plain.SVC);
        a.movImm(8, CTL, Layout.CONTROL_BASE);
        a.mem(Mem.STRX, 0, CTL, Control.REGS);
        exit(Control.EXIT_ECALL);
        memory();
        protocol();
        signals();
        instructions("instruction ", PRIVILEGED, privileged);
        instructions("state ", STATE, state);
        a.finish();
        pieces.forEach(p -> put(p.name, p.at));
    }

    private void piece(String name) {
        pieces.add(new Piece(name, a.position()));
        a.movImm(8, CTL, Layout.CONTROL_BASE);
    }

    private void slot(int register, int slot) {
        a.mem(Mem.LDRX, register, CTL, Control.REGS + 8 * slot);
    }

    private void exit(int exit) {
        a.movImm(8, CTL, Layout.CONTROL_BASE);
        a.movImm(4, 0, exit);
        a.mem(Mem.STRW, 0, CTL, Control.EXIT);
        publish();
    }

    private void publish() {
        a.movImm(8, 0, Layout.WORKER_PUBLISH);
        a.jumpReg(JumpReg.BR, 0);
    }

    private void memory() {
        piece("load");
        slot(0, 0);
        a.mem(Mem.LDRX, 0, 0, 0);
        exit(Control.EXIT_ECALL);
        piece("store");
        slot(0, 0);
        slot(1, 1);
        a.mem(Mem.STRX, 1, 0, 0);
        exit(Control.EXIT_ECALL);
        piece("jump");
        slot(16, 0);
        for (int i = 0; i < 15; i++) {
            slot(i, 1 + i);
        }
        a.jumpReg(JumpReg.BR, 16);
    }

    private void protocol() {
        piece("exit");
        slot(0, 0);
        a.mem(Mem.STRW, 0, CTL, Control.EXIT);
        publish();
        piece("poke");
        slot(0, 0);
        slot(1, 1);
        a.alu(Alu.ADD, 8, 2, CTL, 0, Shift.LSL, 0);
        a.mem(Mem.STRW, 1, 2, 0);
        endless();
        piece("endless");
        endless();
        piece("refuse");
        int refuse = a.newLabel();
        a.bind(refuse);
        for (int i = 0; i < 64; i++) { // so that the request is gone before the signal arrives
            a.mem(Mem.STRW, A64Assembler.ZR, CTL, Control.REQUEST);
        }
        a.jump(Jump.B, refuse);
        scribble();
    }

    private void endless() {
        int loop = a.newLabel();
        a.bind(loop);
        a.aluImm(AluImm.ADD, 8, 3, 3, 1, false);
        a.jump(Jump.B, loop);
    }

    private void scribble() {
        piece("scribble");
        int loop = a.newLabel();
        int large = a.newLabel();
        slot(15, 0);
        slot(13, 1);
        a.bind(loop);
        random();
        a.mov(8, 14, 15);
        random();
        a.alu(Alu.AND, 8, 12, 15, 13, Shift.LSL, 0);
        a.testBit(TestBit.TBNZ, 15, 16, large);
        a.logicImm(A64Assembler.LogicImm.AND, 4, 14, 14, 15);
        a.bind(large);
        a.alu(Alu.ADD, 8, 12, CTL, 12, Shift.LSL, 0);
        a.mem(Mem.STRW, 14, 12, 0);
        a.logicImm(A64Assembler.LogicImm.AND, 4, 12, 15, 0x0f00_0000L);
        a.zero(A64Assembler.Zero.CBNZ, 4, 12, loop);
        publish();
    }

    /** One step of xorshift64 on x15. */
    private void random() {
        a.alu(Alu.EOR, 8, 15, 15, 15, Shift.LSL, 13);
        a.alu(Alu.EOR, 8, 15, 15, 15, Shift.LSR, 7);
        a.alu(Alu.EOR, 8, 15, 15, 15, Shift.LSL, 17);
    }

    private void signals() {
        piece("smash");
        a.movImm(8, 0, Layout.SIGNAL_STACK + 512); // the next frame does not fit
        a.aluImm(AluImm.ADD, 8, SP, 0, 0, false);
        a.plain(Plain.BRK);
        piece("frame");
        slot(0, 0);
        a.aluImm(AluImm.ADD, 8, SP, 0, 0, false);
        a.movImm(4, 8, RT_SIGRETURN);
        a.plain(Plain.SVC);
        a.plain(Plain.BRK);
    }

    private void instructions(String kind, String[] table, List<Instruction> to) {
        for (String row : table) {
            List<String> words = new ArrayList<>(List.of(row.split(" ")));
            List<Integer> code = new ArrayList<>();
            while (words.getLast().matches("[0-9a-f]{8}")) {
                code.addFirst(Integer.parseUnsignedInt(words.removeLast(), 16));
            }
            String name = String.join(" ", words);
            boolean mayAnswer = name.endsWith("+");
            String plain = mayAnswer ? name.substring(0, name.length() - 1) : name;
            piece(kind + plain);
            slot(0, 0);
            code.forEach(a::word);
            exit(Control.EXIT_ECALL);
            to.add(new Instruction(plain, kind + plain, mayAnswer));
        }
    }

    @Override
    byte[] bytes() {
        return Arrays.copyOf(a.bytes(), a.position());
    }

    @Override
    Map<String, String> foreignCalls() {
        return Map.of();
    }

    @Override
    List<Instruction> privileged() {
        return privileged;
    }

    @Override
    List<Instruction> state() {
        return state;
    }

    @Override
    int numbers() {
        return 1;
    }

    @Override
    int step() {
        return 4;
    }
}
