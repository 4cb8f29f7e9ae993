package dev.rivet.tools.escape;

import static dev.rivet.x64.Reg.R10;
import static dev.rivet.x64.Reg.R11;
import static dev.rivet.x64.Reg.R12;
import static dev.rivet.x64.Reg.R13;
import static dev.rivet.x64.Reg.R14;
import static dev.rivet.x64.Reg.R15;
import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.R9;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBP;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RCX;
import static dev.rivet.x64.Reg.RDI;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.RSI;
import static dev.rivet.x64.Reg.RSP;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.x64.Mem;
import dev.rivet.x64.X64Assembler;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Plain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An attacker's native code on x86-64. */
final class X64Arsenal extends Arsenal {
    private static final int RT_SIGRETURN = 15;

    // @formatter:off
    /** Instructions that the processor keeps for the kernel, or that do not exist. A '+' may also simply be done. */
    private static final String[] PRIVILEGED = {
        "hlt f4", "cli fa", "sti fb", "in al,dx ec", "in eax,imm8 e580", "out dx,al ee", "insb 6c", "outsb 6e",
        "lgdt 0f0110", "lidt 0f0118", "lldt 0f00d0", "ltr 0f00d8", "mov cr0,rax 0f22c0", "mov rax,cr0 0f20c0",
        "mov cr3,rax 0f22d8", "mov cr4,rax 0f22e0", "mov cr8,rax 440f22c0", "mov dr7,rax 0f23f8", "mov rax,dr7 0f21f8",
        "rdmsr 0f32", "wrmsr 0f30", "invd 0f08", "wbinvd 0f09", "invlpg 0f0138", "invpcid 660f388201", "clts 0f06",
        "lmsw 0f01f0", "swapgs 0f01f8", "sysret 480f07", "sysexit 0f35", "monitor 0f01c8", "mwait 0f01c9",
        "vmcall+ 0f01c1", "vmmcall+ 0f01d9", "vmrun 0f01d8", "vmxon f30fc730", "xsetbv 0f01d1", "rdpmc 0f33",
        "rsm 0faa", "encls 0f01cf", "clac 0f01ca", "stac 0f01cb", "ud0 0fffc0", "ud1 0fb9c0", "ud2 0f0b", "icebp f1",
        "int3 cc", "division by zero 31c9f7f1", "sgdt+ 0f0100", "sidt+ 0f0108", "sldt+ 0f00c0", "str+ 0f00c8", "smsw+ 0f01e0", "lar+ 0f02c0",
        "iret with nothing on the stack 48cf", "far return with nothing on the stack 48cb",
        // What a side channel is measured with works, see SECURITY.md.
        "rdtsc+ 0f31", "rdtscp+ 0f01f9", "clflush+ 0fae3b", "cpuid+ 0fa2", "rdrand+ 480fc7f0",
    };
    private static final String[] STATE = {
        "direction flag+ fd", "alignment check+ 9c48810c24000004009d", "trap flag 9c48810c24000100009d9090",
        "nested task+ 9c48810c24004000009d", "resume flag+ 9c48810c24000001009d", "cpuid flag+ 9c48810c24000020009d",
        "i/o privilege+ 9c48810c24003000009d", "virtual 8086+ 9c48810c24000002009d",
        "fs base+ f3480faed0", "gs base+ f3480faed8", "protection keys+ 0f01ef",
        "ds := selector+ 8ed8", "es := selector+ 8ec0", "fs := selector+ 8ee0", "gs := selector+ 8ee8", "ss := selector+ 8ed0",
        "x87 stack full+ d9e8d9e8d9e8d9e8d9e8d9e8d9e8d9e8d9e8", "x87 exceptions open+ 9bdbe3d96b40d9e8d9eedef99b",
        "mmx state left+ 0f6ec0", "upper vector halves+ c5fd6fc0",
    };
    // @formatter:on

    private final X64Assembler a = X64Assembler.create("direct", Layout.CODE_BASE, 1 << 16);
    private final List<Map.Entry<String, Integer>> pieces = new ArrayList<>();
    private final Map<String, String> foreign = new LinkedHashMap<>();
    private final List<Instruction> privileged = new ArrayList<>();
    private final List<Instruction> state = new ArrayList<>();

    X64Arsenal() {
        piece("answer");
        slot(RAX, 0);
        a.aluImm(Alu.ADD, 8, RAX, 1);
        a.store(8, Mem.at(RBX, Control.REGS), RAX);
        exit(Control.EXIT_ECALL);
        caller("call", "syscall", "0f05");
        caller("int80", "int 0x80, the 32-bit numbers", "cd80");
        caller("sysenter", "sysenter", "0f34");
        caller("far", "far call through a call gate", "48ff5b10");
        memory();
        protocol();
        signals();
        instructions("instruction ", PRIVILEGED, privileged);
        for (int n = 0; n < 256; n++) {
            if (n != 0x80 && n != 3) {
                instruction("instruction ", "int 0x%02x".formatted(n), "cd%02x".formatted(n), false, privileged);
            }
        }
        instructions("state ", STATE, state);
        compatibilityMode();
        a.finish();
        pieces.forEach(p -> put(p.getKey(), a.offset(p.getValue())));
    }

    private void piece(String name) {
        a.align(16);
        pieces.add(Map.entry(name, a.here()));
        a.movImm(8, RBX, Layout.CONTROL_BASE);
    }

    private void slot(int register, int slot) {
        a.load(8, register, Mem.at(RBX, Control.REGS + 8 * slot));
    }

    /** Ends a piece; nothing is assumed of the registers. */
    private void exit(int exit) {
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.storeImm(4, Mem.at(RBX, Control.EXIT), exit);
        publish();
    }

    private void publish() {
        a.movImm(8, RAX, Layout.WORKER_PUBLISH);
        a.jmpReg(RAX);
    }

    private void caller(String name, String what, String hex) {
        piece(name);
        int[] order = {RAX, RDI, RSI, RDX, R10, R8, R9};
        for (int i = 0; i < order.length; i++) {
            slot(order[i], i);
        }
        a.data(HexFormat.of().parseHex(hex));
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.store(8, Mem.at(RBX, Control.REGS), RAX);
        exit(Control.EXIT_ECALL);
        if (!name.equals("call")) {
            foreign.put(name, what);
        }
    }

    private void memory() {
        piece("load");
        slot(RAX, 0);
        a.load(8, RAX, Mem.at(RAX, 0));
        exit(Control.EXIT_ECALL);
        piece("store");
        slot(RAX, 0);
        slot(RCX, 1);
        a.store(8, Mem.at(RAX, 0), RCX);
        exit(Control.EXIT_ECALL);
        piece("jump");
        int[] order = {RAX, RCX, RDX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15};
        for (int i = 0; i < order.length; i++) {
            slot(order[i], 1 + i);
        }
        a.jmpMem(Mem.at(RBX, Control.REGS)); // rbx stays the control page, the most useful value it can have
    }

    private void protocol() {
        piece("exit");
        slot(RCX, 0);
        a.store(4, Mem.at(RBX, Control.EXIT), RCX);
        publish();
        piece("poke");
        slot(RCX, 0);
        slot(RDX, 1);
        a.store(4, Mem.at(RBX, RCX, 0, 0), RDX);
        int loop = a.newLabel();
        a.bind(loop);
        a.aluImm(Alu.ADD, 8, R15, 1);
        a.jmp(loop);
        piece("endless");
        int endless = a.newLabel();
        a.bind(endless);
        a.jmp(endless);
        piece("refuse");
        int refuse = a.newLabel();
        a.bind(refuse);
        for (int i = 0; i < 64; i++) { // so that the request is gone before the signal arrives
            a.storeImm(4, Mem.at(RBX, Control.REQUEST), Control.REQUEST_TICK);
        }
        a.jmp(refuse);
        scribble();
    }

    private void scribble() {
        piece("scribble");
        int loop = a.newLabel();
        slot(R15, 0);
        slot(R13, 1);
        a.bind(loop);
        X64Noise.store(a, 4, RBX, () -> a.alu(Alu.AND, 8, R12, R13), 15);
        a.testImm(4, R15, 0x0f00_0000);
        a.jcc(Cond.NE, loop);
        publish();
    }

    private void signals() {
        piece("smash");
        a.movImm(8, RSP, Layout.SIGNAL_STACK + 512); // the next frame does not fit
        a.plain(Plain.UD2);
        piece("frame");
        slot(RSP, 0);
        a.movImm(4, RAX, RT_SIGRETURN);
        a.plain(Plain.SYSCALL);
        a.plain(Plain.UD2);
    }

    /** A far return to the 32-bit code segment, whose system calls have other numbers. */
    private void compatibilityMode() {
        piece("compat");
        slot(RAX, 0);
        a.pushImm(0x23);
        a.push(RAX);
        a.data(HexFormat.of().parseHex("48cb"));
        exit(Control.EXIT_ECALL);
        state.add(new Instruction("32-bit code segment", "compat", false));
    }

    private void instructions(String kind, String[] table, List<Instruction> to) {
        for (String row : table) {
            int space = row.lastIndexOf(' ');
            String name = row.substring(0, space);
            boolean mayAnswer = name.endsWith("+");
            instruction(kind, mayAnswer ? name.substring(0, name.length() - 1) : name, row.substring(space + 1),
                    mayAnswer,
                    to);
        }
    }

    private void instruction(String kind, String name, String hex, boolean mayAnswer, List<Instruction> to) {
        piece(kind + name);
        slot(RAX, 0);
        slot(RCX, 1);
        slot(RDX, 2);
        a.mov(8, RSI, RBX);
        a.mov(8, RDI, RBX);
        a.data(HexFormat.of().parseHex(hex));
        exit(Control.EXIT_ECALL);
        to.add(new Instruction(name, kind + name, mayAnswer));
    }

    @Override
    byte[] bytes() {
        return Arrays.copyOf(a.bytes(), a.length());
    }

    @Override
    Map<String, String> foreignCalls() {
        return foreign;
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
        return 0;
    }

    @Override
    int step() {
        return 1;
    }
}
