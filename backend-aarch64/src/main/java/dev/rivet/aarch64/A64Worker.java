package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Field;
import dev.rivet.aarch64.A64Assembler.Jump;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.aarch64.A64Assembler.Ordered;
import dev.rivet.aarch64.A64Assembler.Plain;
import dev.rivet.aarch64.A64Assembler.Shift;
import dev.rivet.aarch64.A64Assembler.Sys;
import dev.rivet.aarch64.A64Assembler.Two;
import dev.rivet.aarch64.A64Assembler.Zero;
import dev.rivet.sandbox.AddressSpace;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.SetupList;
import dev.rivet.sandbox.StaticElf;
import dev.rivet.sandbox.SyscallTable;
import dev.rivet.sandbox.Worker;
import dev.rivet.sandbox.WorkerProgram;

/**
 * The worker's machine code on AArch64: run the set-up list, wait for commands, enter the guest, report signals. It has no
 * data, uses no stack of its own, and keeps no state but what the control page holds. Knows nothing of policy.
 *
 * <p>x19 is the control page throughout. In the waiting loop sp stays what the last exit or signal left, because
 * {@link Control#COMMAND_CONTINUE} needs the frame there.
 *
 * <p>There is no way to ask for the CPU's number without a system call, so the worker reports none and both sides spin.
 */
public final class A64Worker implements WorkerProgram {
    private static final int CTL = 19;
    private static final int NUMBER = 8; // of the system call
    private static final int ZR = A64Assembler.ZR;

    // struct rt_sigframe: siginfo_t at sp, struct ucontext behind it (arch/arm64/include/uapi/asm/sigcontext.h)
    private static final int UC_MCONTEXT = 176;
    private static final int UC_REGS = UC_MCONTEXT + 8;
    private static final int UC_PC = UC_REGS + 32 * 8;
    /** The first record behind the registers, always the vector registers if its magic says so. */
    private static final int UC_RECORDS = UC_MCONTEXT + 288;
    private static final int FPSIMD_MAGIC = 0x4650_8001;
    private static final int FPSIMD_VREGS = 16;
    private static final int SI_CODE = 8;
    private static final int SI_ADDR = 16;

    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED_FIXED_NOREPLACE = 0x10_0001;
    private static final int FUTEX_WAIT = 0;
    private static final int FUTEX_WAKE = 1;

    private final SyscallTable syscalls = new A64Syscalls();
    private final A64Assembler a = A64Assembler.create("direct", Layout.WORKER_PUBLISH, 2048);
    private final byte[] elf;
    private final long handler;

    /** Assembles the worker. */
    public A64Worker() {
        int wait = a.newLabel();
        int publish = a.newLabel();
        int die = a.newLabel();
        a.bind(publish);
        publish(wait);
        waitForCommand(wait, publish, die);
        int handlerAt = a.position();
        handleSignal(publish);
        int start = a.position();
        runSetup(publish, die);
        a.bind(die);
        exit(1);
        a.finish();
        handler = Layout.WORKER_PUBLISH + handlerAt;
        elf = StaticElf.of(StaticElf.AARCH64, a.bytes(), a.position(), start);
    }

    private void call(String name) {
        a.movImm(4, NUMBER, syscalls.number(name));
        a.plain(Plain.SVC);
    }

    private void exit(int status) {
        a.movImm(4, 0, status);
        call("exit_group");
        a.plain(Plain.BRK);
    }

    private void load(int t, int field) {
        a.mem(Mem.LDRW, t, CTL, field);
    }

    private void store(int t, int field) {
        a.mem(Mem.STRW, t, CTL, field);
    }

    private void address(int d, int field) {
        a.aluImm(AluImm.ADD, 8, d, CTL, field, false);
    }

    /** Futex on a word of the control page; the value is in w2 already. */
    private void futex(int word, int operation) {
        address(0, word);
        a.movImm(4, 1, operation);
        a.movImm(4, 3, 0); // no timeout
        a.movImm(4, 4, 0);
        a.movImm(4, 5, 0);
        call("futex");
    }

    /** Nothing may be assumed here: a guest with full control can jump to any of these instructions. */
    private void publish(int wait) {
        a.movImm(8, CTL, Layout.CONTROL_BASE);
        load(9, Control.COMMAND_SEQ);
        address(10, Control.DONE_SEQ);
        a.ordered(Ordered.STLR, 4, 9, 10); // releases all that was stored before
        a.plain(Plain.DMB_ISH); // and is seen before JVM_SLEEPS is read
        load(9, Control.JVM_SLEEPS);
        a.zero(Zero.CBZ, 4, 9, wait);
        a.movImm(4, 2, 1);
        futex(Control.DONE_SEQ, FUTEX_WAKE);
        // falls through to wait
    }

    private void waitForCommand(int wait, int publish, int die) {
        int spin = a.newLabel();
        int sleep = a.newLabel();
        int awake = a.newLabel();
        int got = a.newLabel();
        int notEnter = a.newLabel();
        int notSync = a.newLabel();
        a.bind(wait);
        a.movImm(4, 9, -1); // no CPU
        store(9, Control.WORKER_CPU);
        load(11, Control.SPIN_TURNS);
        address(12, Control.COMMAND_SEQ);
        a.bind(spin);
        a.ordered(Ordered.LDAR, 4, 9, 12);
        load(10, Control.DONE_SEQ);
        a.cmp(4, 9, 10);
        a.branch(Cond.NE, got);
        a.aluImm(AluImm.SUBS, 4, 11, 11, 1, false);
        a.branch(Cond.MI, sleep);
        a.plain(Plain.ISB); // yield does nothing on most processors; this takes some ten nanoseconds
        a.jump(Jump.B, spin);
        a.bind(sleep);
        a.movImm(4, 9, 1);
        store(9, Control.WORKER_SLEEPS);
        a.plain(Plain.DMB_ISH); // before COMMAND_SEQ is read
        load(2, Control.DONE_SEQ);
        load(9, Control.COMMAND_SEQ);
        a.cmp(4, 2, 9);
        a.branch(Cond.NE, awake);
        futex(Control.COMMAND_SEQ, FUTEX_WAIT);
        a.bind(awake);
        store(ZR, Control.WORKER_SLEEPS);
        a.jump(Jump.B, wait);
        a.bind(got);
        load(9, Control.COMMAND);
        a.aluImm(AluImm.SUBS, 4, ZR, 9, Control.COMMAND_ENTER, false);
        a.branch(Cond.NE, notEnter);
        a.plain(Plain.ISB); // instructions fetched from here on are those that were made visible before the command
        load(9, Control.FP_CONTROL);
        a.sys(Sys.MSR_FPCR, 9);
        a.mem(Mem.LDRX, 9, CTL, Control.ENTER_ADDRESS);
        a.jumpReg(JumpReg.BR, 9);
        a.bind(notEnter);
        a.aluImm(AluImm.SUBS, 4, ZR, 9, Control.COMMAND_SYNC, false);
        a.branch(Cond.NE, notSync);
        synchronizeCode();
        a.movImm(4, 9, Control.EXIT_SYNCED);
        store(9, Control.EXIT);
        a.jump(Jump.B, publish);
        a.bind(notSync);
        a.aluImm(AluImm.SUBS, 4, ZR, 9, Control.COMMAND_CONTINUE, false);
        a.branch(Cond.NE, die);
        load(9, Control.SAVED_EXIT);
        store(9, Control.EXIT);
        call("rt_sigreturn");
        a.plain(Plain.BRK);
    }

    /**
     * Makes code that the JVM has written visible to instruction fetches of all processors: its data cache lines are
     * cleaned to where instruction fetches look, then the instruction cache lines are dropped (Arm manual, "Synchronization
     * and coherency issues between data and instruction accesses"). By the worker, because only it has the addresses that
     * are executed.
     */
    private void synchronizeCode() {
        a.mem(Mem.LDRX, 9, CTL, Control.SYNC_START);
        a.mem(Mem.LDRX, 10, CTL, Control.SYNC_END);
        a.sys(Sys.MRS_CTR, 11);
        a.movImm(4, 12, 4);
        a.field(Field.UBFM, 8, 13, 11, 16, 19); // DminLine: log2 of words
        lines(Sys.DC_CVAU);
        a.plain(Plain.DSB_ISH);
        a.field(Field.UBFM, 8, 13, 11, 0, 3); // IminLine
        lines(Sys.IC_IVAU);
        a.plain(Plain.DSB_ISH);
        a.plain(Plain.ISB);
    }

    /** One operation for each line of [x9, x10); x12 is 4 and x13 the logarithm of the line's words. */
    private void lines(Sys operation) {
        int again = a.newLabel();
        int over = a.newLabel();
        a.two(Two.LSLV, 8, 14, 12, 13);
        a.aluImm(AluImm.SUB, 8, 15, 14, 1, false);
        a.alu(Alu.BIC, 8, 15, 9, 15);
        a.bind(again);
        a.cmp(8, 15, 10);
        a.branch(Cond.HS, over);
        a.sys(operation, 15);
        a.alu(Alu.ADD, 8, 15, 15, 14);
        a.jump(Jump.B, again);
        a.bind(over);
    }

    /** x0 = signal, x1 = siginfo = sp, x2 = ucontext; sp stays, rt_sigreturn wants it there. */
    private void handleSignal(int publish) {
        int report = a.newLabel();
        int back = a.newLabel();
        int vectorsDone = a.newLabel();
        a.movImm(8, CTL, Layout.CONTROL_BASE);
        a.mem(Mem.LDRX, 9, 2, UC_PC);
        a.aluImm(AluImm.SUBS, 4, ZR, 0, Worker.REQUEST_SIGNAL, false);
        a.branch(Cond.NE, report);
        // A request concerns translated code only; anywhere else the JVM sends it again.
        a.movImm(8, 10, Layout.CODE_BASE);
        a.alu(Alu.SUB, 8, 10, 9, 10);
        a.movImm(8, 11, Layout.CODE_MAX);
        a.cmp(8, 10, 11);
        a.branch(Cond.HS, back);
        load(10, Control.REQUEST);
        a.aluImm(AluImm.SUBS, 4, ZR, 10, Control.REQUEST_TICK, false);
        a.branch(Cond.EQ, back);
        a.bind(report);
        for (int r = 0; r < 32; r++) { // the last one is sp
            a.mem(Mem.LDRX, 10, 2, UC_REGS + 8 * r);
            a.mem(Mem.STRX, 10, CTL, Control.HOST_REGS + 8 * r);
        }
        a.mem(Mem.STRX, 9, CTL, Control.HOST_PC);
        store(0, Control.SIGNAL);
        a.mem(Mem.LDRW, 10, 1, SI_CODE);
        store(10, Control.SIGNAL_CODE);
        a.mem(Mem.LDRX, 10, 1, SI_ADDR);
        a.mem(Mem.STRX, 10, CTL, Control.SIGNAL_ADDRESS);
        a.mem(Mem.LDRW, 10, 2, UC_RECORDS);
        a.movImm(4, 11, FPSIMD_MAGIC);
        a.cmp(4, 10, 11);
        a.branch(Cond.NE, vectorsDone);
        for (int v = 0; v < 32; v++) {
            a.mem(Mem.LDRX, 10, 2, UC_RECORDS + FPSIMD_VREGS + 16 * v);
            a.mem(Mem.STRX, 10, CTL, Control.HOST_VECTORS + 8 * v);
        }
        a.bind(vectorsDone);
        load(10, Control.EXIT); // translated code may be on its way out with it
        store(10, Control.SAVED_EXIT);
        a.movImm(4, 10, Control.EXIT_SIGNAL);
        store(10, Control.EXIT);
        a.jump(Jump.B, publish);
        a.bind(back);
        call("rt_sigreturn");
        a.plain(Plain.BRK);
    }

    private void runSetup(int publish, int die) {
        int next = a.newLabel();
        int fork = a.newLabel();
        int stepDone = a.newLabel();
        int done = a.newLabel();
        // The control page is descriptor 0.
        a.movImm(8, 0, Layout.CONTROL_BASE);
        a.mov(8, CTL, 0);
        a.movImm(4, 1, Layout.CONTROL_SIZE);
        a.movImm(4, 2, PROT_READ_WRITE);
        a.movImm(4, 3, MAP_SHARED_FIXED_NOREPLACE);
        a.movImm(4, 4, 0);
        a.movImm(4, 5, 0);
        call("mmap");
        a.cmp(8, 0, CTL);
        a.branch(Cond.NE, die);
        a.movImm(4, 20, 0);
        a.bind(next);
        a.mem(Mem.LDRX, 9, CTL, Control.SETUP_COUNT); // grows while recvmsg waits
        a.cmp(8, 20, 9);
        a.branch(Cond.HS, done);
        a.alu(Alu.ADD, 8, 21, CTL, 20, Shift.LSL, 6); // SETUP_ROW bytes
        a.aluImm(AluImm.ADD, 8, 21, 21, Control.SETUP_ROWS, false);
        a.mem(Mem.LDRW, NUMBER, 21, 0);
        for (int i = 0; i < 6; i++) {
            a.mem(Mem.LDRX, i, 21, 8 + 8 * i);
        }
        a.plain(Plain.SVC);
        a.mem(Mem.LDRW, 9, 21, 4);
        a.aluImm(AluImm.SUBS, 4, ZR, 9, Control.SETUP_FORK, false);
        a.branch(Cond.EQ, fork);
        a.mem(Mem.LDRX, 10, 21, 56); // the expected result comes out, the real one goes in
        a.mem(Mem.STRX, 0, 21, 56);
        a.cmp(8, 0, 10);
        a.branch(Cond.NE, die);
        a.bind(stepDone);
        a.aluImm(AluImm.ADD, 8, 20, 20, 1, false);
        a.mem(Mem.STRX, 20, CTL, Control.SETUP_DONE);
        a.jump(Jump.B, next);
        a.bind(fork);
        a.zero(Zero.CBZ, 8, 0, stepDone); // the child goes on
        a.mem(Mem.STRX, 0, 21, 56);
        a.cmp(8, 0, ZR);
        a.branch(Cond.LT, die);
        exit(0);
        a.bind(done);
        a.movImm(4, 9, Control.EXIT_SETUP);
        store(9, Control.EXIT);
        a.jump(Jump.B, publish);
    }

    @Override
    public String target() {
        return "aarch64";
    }

    @Override
    public byte[] elf() {
        return elf.clone();
    }

    @Override
    public long guestBase() {
        return Layout.GUEST_BASE_AARCH64;
    }

    @Override
    public int floatingPointControl() {
        return 0; // FPCR: round to nearest, nothing trapped
    }

    @Override
    public long userEnd() {
        return AddressSpace.end();
    }

    @Override
    public void addRows(SetupList list) {
        // Everything this architecture needs is in the common list.
    }

    @Override
    public boolean separateInstructionCache() {
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
