package dev.rivet.x64;

import static dev.rivet.x64.Reg.R10;
import static dev.rivet.x64.Reg.R12;
import static dev.rivet.x64.Reg.R13;
import static dev.rivet.x64.Reg.R8;
import static dev.rivet.x64.Reg.R9;
import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RBX;
import static dev.rivet.x64.Reg.RCX;
import static dev.rivet.x64.Reg.RDI;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.RSI;
import static dev.rivet.x64.Reg.RSP;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.SetupList;
import dev.rivet.sandbox.StaticElf;
import dev.rivet.sandbox.SyscallTable;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerProgram;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Plain;
import dev.rivet.x64.X64Assembler.Shift;

/**
 * The worker's machine code on x86-64: run the set-up list, wait for commands, enter the guest, report signals. It has no
 * data, uses no stack of its own, and keeps no state but what the control page holds, since a guest that has broken out of
 * translated code could change it anyway. Knows nothing of policy: what is called at set-up is the list's business.
 *
 * <p>rbx is the control page throughout. In the waiting loop rsp stays what the last exit or signal left, because
 * {@link Control#COMMAND_CONTINUE} needs the frame there.
 */
public final class X64Worker implements WorkerProgram {
    private static final int ARCH_SET_GS = 0x1001;
    /** User-visible selector whose limit holds the CPU number in its low 12 bits (Linux' __CPUNODE_SEG). */
    private static final int CPU_SELECTOR = 0x7b;
    /** {@code lsl ecx, eax}: works where rdpid does not exist and with the time-stamp counter switched off. */
    private static final byte[] LSL_ECX_EAX = {0x0f, 0x03, (byte) 0xc8};
    private static final int DEFAULT_MXCSR = 0x1f80;

    // struct ucontext and siginfo_t as the kernel lays them (arch/x86/include/uapi/asm/sigcontext.h)
    private static final int UC_GREGS = 40;
    private static final int UC_RIP = UC_GREGS + 16 * 8;
    private static final int UC_EFLAGS = UC_RIP + 8;
    /** EFLAGS.TF: an exception after the next instruction. */
    private static final int TRAP_FLAG = 0x100;
    private static final int UC_FPSTATE = UC_GREGS + 23 * 8;
    /** Position in the saved registers of rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 … r15. */
    private static final int[] UC_ORDER = {13, 14, 12, 11, 15, 10, 9, 8, 0, 1, 2, 3, 4, 5, 6, 7};
    private static final int FPSTATE_XMM = 160;
    private static final int SI_CODE = 8;
    private static final int SI_ADDR = 16;

    private static final long USER_END = 0x7fff_ffff_f000L;

    private final SyscallTable syscalls = new X64Syscalls();
    private final X64Assembler a = X64Assembler.create("direct", Layout.WORKER_PUBLISH, 1024);
    private final byte[] elf;
    private final long handler;

    /** Assembles the worker. */
    public X64Worker() {
        int wait = a.newLabel();
        int publish = a.newLabel();
        int die = a.newLabel();
        a.bind(publish);
        publish(wait);
        waitForCommand(wait, die);
        a.align(16);
        int handlerAt = a.newLabel();
        a.bind(handlerAt);
        handleSignal(publish);
        a.align(16);
        int start = a.newLabel();
        a.bind(start);
        runSetup(publish, die);
        a.bind(die);
        exit(1);
        a.finish();
        handler = Layout.WORKER_PUBLISH + a.labelOffset(handlerAt);
        elf = StaticElf.of(StaticElf.X86_64, a.bytes(), a.length(), a.labelOffset(start));
    }

    private static long control(int field) {
        return Mem.at(RBX, field);
    }

    private void call(String name) {
        a.movImm(4, RAX, syscalls.number(name));
        a.plain(Plain.SYSCALL);
    }

    private void exit(int status) {
        a.movImm(4, RDI, status);
        call("exit_group");
        a.plain(Plain.UD2);
    }

    /** Futex on a word of the control page; the value is in rdx already. */
    private void futex(int word, int operation) {
        a.lea(8, RDI, control(word));
        a.movImm(4, RSI, operation);
        a.movImm(4, R10, 0); // no timeout
        a.movImm(4, R8, 0);
        a.movImm(4, R9, 0);
        call("futex");
    }

    /** Nothing may be assumed here: a guest with full control can jump to any of these instructions. */
    private void publish(int wait) {
        a.plain(Plain.CLD);
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.load(4, RAX, control(Control.COMMAND_SEQ));
        a.xchgMem(4, control(Control.DONE_SEQ), RAX); // a full barrier before JVM_SLEEPS is read
        a.aluStoreImm(Alu.CMP, 4, control(Control.JVM_SLEEPS), 0);
        a.jcc(Cond.E, wait);
        a.movImm(4, RDX, 1);
        futex(Control.DONE_SEQ, 1);
        // falls through to wait
    }

    private void waitForCommand(int wait, int die) {
        int spin = a.newLabel();
        int sleep = a.newLabel();
        int awake = a.newLabel();
        int got = a.newLabel();
        int notEnter = a.newLabel();
        int step = a.newLabel();
        int resume = a.newLabel();
        a.bind(wait);
        a.movImm(4, RAX, CPU_SELECTOR);
        a.movImm(4, RCX, -1); // stays when the selector is of no use; equals no CPU then
        a.data(LSL_ECX_EAX);
        a.aluImm(Alu.AND, 4, RCX, 0xfff);
        a.store(4, control(Control.WORKER_CPU), RCX);
        a.load(4, RDX, control(Control.SPIN_TURNS));
        a.movImm(4, RSI, 0);
        a.aluLoad(Alu.CMP, 4, RCX, control(Control.JVM_CPU));
        a.cmov(Cond.E, 4, RDX, RSI); // the JVM cannot run while this CPU spins
        a.bind(spin);
        a.load(4, RAX, control(Control.COMMAND_SEQ));
        a.aluLoad(Alu.CMP, 4, RAX, control(Control.DONE_SEQ));
        a.jcc(Cond.NE, got);
        a.aluImm(Alu.SUB, 4, RDX, 1);
        a.jcc(Cond.S, sleep);
        a.plain(Plain.PAUSE);
        a.jmp(spin);
        a.bind(sleep);
        a.movImm(4, RCX, 1);
        a.xchgMem(4, control(Control.WORKER_SLEEPS), RCX); // a full barrier before COMMAND_SEQ is read
        a.load(4, RDX, control(Control.DONE_SEQ));
        a.aluLoad(Alu.CMP, 4, RDX, control(Control.COMMAND_SEQ));
        a.jcc(Cond.NE, awake);
        futex(Control.COMMAND_SEQ, 0);
        a.bind(awake);
        a.storeImm(4, control(Control.WORKER_SLEEPS), 0);
        a.jmp(wait);
        a.bind(got);
        a.load(4, RAX, control(Control.COMMAND));
        a.aluImm(Alu.CMP, 4, RAX, Control.COMMAND_ENTER);
        a.jcc(Cond.NE, notEnter);
        a.ldmxcsr(control(Control.FP_CONTROL));
        // Off the signal stack, where the last exit may have left it, or the next signal's frame would go below that one's.
        a.load(8, RSP, control(Control.RETURN_SP));
        a.jmpMem(control(Control.ENTER_ADDRESS));
        a.bind(notEnter);
        a.aluImm(Alu.CMP, 4, RAX, Control.COMMAND_STEP);
        a.jcc(Cond.E, step);
        a.aluImm(Alu.CMP, 4, RAX, Control.COMMAND_CONTINUE);
        a.jcc(Cond.NE, die);
        a.aluStoreImm(Alu.AND, 4, Mem.at(RSP, UC_EFLAGS), ~TRAP_FLAG); // a step may have left it there
        a.jmp(resume);
        a.bind(step);
        a.aluStoreImm(Alu.OR, 4, Mem.at(RSP, UC_EFLAGS), TRAP_FLAG);
        a.bind(resume);
        a.load(4, RAX, control(Control.SAVED_EXIT));
        a.store(4, control(Control.EXIT), RAX);
        call("rt_sigreturn");
        a.plain(Plain.UD2);
    }

    /** rdi = signal, rsi = siginfo, rdx = ucontext, which is also where rsp must point for rt_sigreturn. */
    private void handleSignal(int publish) {
        int report = a.newLabel();
        int back = a.newLabel();
        int vectorsDone = a.newLabel();
        a.movImm(8, RBX, Layout.CONTROL_BASE);
        a.aluImm(Alu.CMP, 4, RDI, Worker.REQUEST_SIGNAL);
        a.jcc(Cond.NE, report);
        // A request concerns translated code only; anywhere else the JVM sends it again.
        a.load(8, RAX, Mem.at(RDX, UC_RIP));
        a.movImm(8, RCX, Layout.CODE_BASE);
        a.alu(Alu.SUB, 8, RAX, RCX);
        a.aluImm(Alu.CMP, 8, RAX, (int) Layout.CODE_MAX);
        a.jcc(Cond.AE, back);
        a.aluStoreImm(Alu.CMP, 4, control(Control.REQUEST), Control.REQUEST_TICK);
        a.jcc(Cond.E, back);
        a.bind(report);
        for (int r = 0; r < 16; r++) {
            a.load(8, RAX, Mem.at(RDX, UC_GREGS + 8 * UC_ORDER[r]));
            a.store(8, control(Control.HOST_REGS + 8 * r), RAX);
        }
        a.load(8, RAX, Mem.at(RDX, UC_RIP));
        a.store(8, control(Control.HOST_PC), RAX);
        a.store(4, control(Control.SIGNAL), RDI);
        a.load(4, RAX, Mem.at(RSI, SI_CODE));
        a.store(4, control(Control.SIGNAL_CODE), RAX);
        a.load(8, RAX, Mem.at(RSI, SI_ADDR));
        a.store(8, control(Control.SIGNAL_ADDRESS), RAX);
        a.load(8, RCX, Mem.at(RDX, UC_FPSTATE));
        a.test(8, RCX, RCX);
        a.jcc(Cond.E, vectorsDone);
        for (int v = 0; v < 16; v++) {
            a.load(8, RAX, Mem.at(RCX, FPSTATE_XMM + 16 * v));
            a.store(8, control(Control.HOST_VECTORS + 8 * v), RAX);
        }
        a.bind(vectorsDone);
        a.load(4, RAX, control(Control.EXIT)); // translated code may be on its way out with it
        a.store(4, control(Control.SAVED_EXIT), RAX);
        a.storeImm(4, control(Control.EXIT), Control.EXIT_SIGNAL);
        a.mov(8, RSP, RDX);
        a.jmp(publish);
        a.bind(back);
        a.mov(8, RSP, RDX);
        call("rt_sigreturn");
        a.plain(Plain.UD2);
    }

    private void runSetup(int publish, int die) {
        int next = a.newLabel();
        int fork = a.newLabel();
        int stepDone = a.newLabel();
        int done = a.newLabel();
        // The control page is descriptor 0: PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE
        a.movImm(8, RDI, Layout.CONTROL_BASE);
        a.mov(8, RBX, RDI);
        a.movImm(4, RSI, (int) Layout.CONTROL_SIZE);
        a.movImm(4, RDX, 3);
        a.movImm(4, R10, 0x10_0001);
        a.movImm(4, R8, 0);
        a.movImm(4, R9, 0);
        call("mmap");
        a.alu(Alu.CMP, 8, RAX, RBX);
        a.jcc(Cond.NE, die);
        a.movImm(4, R12, 0);
        a.bind(next);
        a.aluLoad(Alu.CMP, 8, R12, control(Control.SETUP_COUNT)); // grows while recvmsg waits
        a.jcc(Cond.AE, done);
        a.mov(8, R13, R12);
        a.shiftImm(Shift.SHL, 8, R13, 6); // SETUP_ROW bytes
        a.lea(8, R13, Mem.at(RBX, R13, 0, Control.SETUP_ROWS));
        a.load(4, RAX, Mem.at(R13, 0));
        a.load(8, RDI, Mem.at(R13, 8));
        a.load(8, RSI, Mem.at(R13, 16));
        a.load(8, RDX, Mem.at(R13, 24));
        a.load(8, R10, Mem.at(R13, 32));
        a.load(8, R8, Mem.at(R13, 40));
        a.load(8, R9, Mem.at(R13, 48));
        a.plain(Plain.SYSCALL);
        a.aluStoreImm(Alu.CMP, 4, Mem.at(R13, 4), Control.SETUP_FORK);
        a.jcc(Cond.E, fork);
        a.xchgMem(8, Mem.at(R13, 56), RAX); // the expected result comes out, the real one goes in
        a.aluLoad(Alu.CMP, 8, RAX, Mem.at(R13, 56));
        a.jcc(Cond.NE, die);
        a.bind(stepDone);
        a.aluImm(Alu.ADD, 8, R12, 1);
        a.store(8, control(Control.SETUP_DONE), R12);
        a.jmp(next);
        a.bind(fork);
        a.test(8, RAX, RAX);
        a.jcc(Cond.E, stepDone); // the child goes on
        a.store(8, Mem.at(R13, 56), RAX);
        a.jcc(Cond.S, die);
        exit(0);
        a.bind(done);
        a.storeImm(4, control(Control.EXIT), Control.EXIT_SETUP);
        a.jmp(publish);
    }

    @Override
    public String target() {
        return "x86-64";
    }

    @Override
    public byte[] elf() {
        return elf.clone();
    }

    @Override
    public long guestBase() {
        return Layout.GUEST_BASE_X64;
    }

    @Override
    public int floatingPointControl() {
        return DEFAULT_MXCSR;
    }

    @Override
    public long userEnd() {
        return USER_END;
    }

    @Override
    public void addRows(SetupList list) {
        list.add("arch_prctl", 0, ARCH_SET_GS, Layout.TABLE_BASE);
    }

    @Override
    public boolean canStep() {
        return true;
    }

    @Override
    public long handler() {
        return handler;
    }

    @Override
    public SyscallTable syscalls() {
        return syscalls;
    }
}
