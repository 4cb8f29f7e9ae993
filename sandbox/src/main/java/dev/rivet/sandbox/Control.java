package dev.rivet.sandbox;

/**
 * Offsets in the control page, which the JVM and one worker share, and the values that go there. All fields are
 * little-endian. <strong>The worker may write anything here at any time</strong>: the JVM reads each field once and
 * checks it.
 */
public final class Control {
    private Control() {
    }

    // @formatter:off
    /** u32. The JVM adds one and wakes it (futex) to give a command. */
    public static final int COMMAND_SEQ = 0x000;
    /** u32. The worker sets it to the command's number and wakes it when the command is over. */
    public static final int DONE_SEQ = 0x040;
    /** u32. 1 while the worker sleeps on {@link #COMMAND_SEQ} and needs a futex wake. */
    public static final int WORKER_SLEEPS = 0x080;
    /** u32. CPU the worker last waited on. */
    public static final int WORKER_CPU = 0x084;
    /** u32. 1 while the JVM sleeps on {@link #DONE_SEQ} and needs a futex wake. */
    public static final int JVM_SLEEPS = 0x0c0;
    /** u32. CPU the JVM gave its last command on. */
    public static final int JVM_CPU = 0x0c4;
    /** u32. Turns the worker spins before it sleeps. */
    public static final int SPIN_TURNS = 0x0c8;
    /** u32. One of the COMMAND_ values. */
    public static final int COMMAND = 0x100;
    /** u32. One of the REQUEST_ values: what a signal from the JVM asks of running guest code. */
    public static final int REQUEST = 0x104;
    /** u32. Why the last command ended: one of the EXIT_ values. */
    public static final int EXIT = 0x140;
    /** u32. Signal number when EXIT is {@link #EXIT_SIGNAL}. */
    public static final int SIGNAL = 0x144;
    /** u32. si_code of the signal. */
    public static final int SIGNAL_CODE = 0x148;
    /** u64. si_addr of the signal. */
    public static final int SIGNAL_ADDRESS = 0x150;
    /** u64. Host pc at the signal. */
    public static final int HOST_PC = 0x158;
    /**
     * u32. EXIT as a signal found it, which COMMAND_CONTINUE puts back: the signal can have hit the instructions between
     * an exit's EXIT and the worker.
     */
    public static final int SAVED_EXIT = 0x160;

    /** u64 × 32. Guest registers x0–x31: what the JVM gives on entry, and what it finds at an exit other than a signal. */
    public static final int REGS = 0x200;
    /** u64. Guest pc (zero-extended): where to enter; at an exit, the instruction that made it. */
    public static final int PC = 0x300;
    /** u64. Gas left, in and out. For FPU metering the bit pattern of the double. */
    public static final int GAS = 0x308;
    /** u64. Host return stack pointer, in and out; {@link Layout#RETURN_STACK_TOP} to begin with. */
    public static final int RETURN_SP = 0x310;
    /** u64. Target of a jump for EXIT_MISS and EXIT_BAD_JUMP. */
    public static final int TARGET = 0x318;
    /** u64. Value rd had before the last indirect jump that links. */
    public static final int OLD_LINK = 0x320;
    /** u64. Address reserved by lr, with bit 0 set for .w and bit 1 for .d; 0 for none. */
    public static final int RESERVATION = 0x328;
    /** u64 × 8. Scratch for translated code. */
    public static final int SCRATCH = 0x340;
    /** u32. MXCSR or FPCR to run translated code with. */
    public static final int FP_CONTROL = 0x380;

    /** u64. Host address the worker jumps to for COMMAND_ENTER: the program's enter stub. */
    public static final int ENTER_ADDRESS = 0x388;

    /** u64. First byte of code that {@link #COMMAND_SYNC} is about, an absolute address. */
    public static final int SYNC_START = 0x390;
    /** u64. The byte behind the last one. */
    public static final int SYNC_END = 0x398;

    /** u64 × 32. Host general registers at a signal, by their architectural number. */
    public static final int HOST_REGS = 0x400;
    /** u64 × 32. Low halves of the host vector registers at a signal. */
    public static final int HOST_VECTORS = 0x500;

    /** u64. Number of rows of the set-up list to run for COMMAND_SETUP. */
    public static final int SETUP_COUNT = 0x7f0;
    /** u64. Rows done. */
    public static final int SETUP_DONE = 0x7f8;
    /**
     * Set-up rows, {@link #SETUP_ROW} bytes each: system call number (u32), how to judge the result (u32, a SETUP_ value), six
     * arguments (u64), and a u64 that holds the expected result before and the real one after.
     */
    public static final int SETUP_ROWS = 0x800;
    /** Bytes of a set-up row. */
    public static final int SETUP_ROW = 64;
    /** The process exits with status 1 when the result is not the expected one. */
    public static final int SETUP_EXACT = 0;
    /** The call makes a child: where it returns 0 set-up goes on; the other process reports the result and exits. */
    public static final int SETUP_FORK = 1;
    /** Most rows a list may have. */
    public static final int SETUP_MAX = 224;
    /** Data that set-up rows point to (filter program, structures): from here to the end of the control area. */
    public static final int DATA = 0x4000;

    /** Run the set-up list; the worker does that by itself when it starts, once. */
    public static final int COMMAND_SETUP = 1;
    /** Enter the guest at PC. */
    public static final int COMMAND_ENTER = 2;
    /** Go back to what a signal interrupted, as if nothing had happened. */
    public static final int COMMAND_CONTINUE = 3;
    /** As COMMAND_CONTINUE, but for one host instruction; SIGTRAP follows. Only where {@link WorkerProgram#canStep}. */
    public static final int COMMAND_STEP = 5;
    /** Make code that was written meanwhile visible to instruction fetches; see {@link WorkerProgram#separateInstructionCache}. */
    public static final int COMMAND_SYNC = 4;

    /** A signal finds nothing to do and returns. */
    public static final int REQUEST_TICK = 0;
    /** Stop and report; the guest is not resumed. */
    public static final int REQUEST_STOP = 1;
    /** Stop and report; COMMAND_CONTINUE may follow. */
    public static final int REQUEST_PAUSE = 2;

    /** The set-up list is done, or a row's result was not the expected one. */
    public static final int EXIT_SETUP = 1;
    /** ECALL at PC; its block is charged. */
    public static final int EXIT_ECALL = 2;
    /** Not enough gas for the block at PC; nothing of it is charged. */
    public static final int EXIT_OUT_OF_GAS = 3;
    /** Illegal instruction at PC. */
    public static final int EXIT_ILLEGAL = 4;
    /** EBREAK at PC. */
    public static final int EXIT_BREAKPOINT = 5;
    /** The direct jump, branch or segment end at PC leads to TARGET, which no jump may reach. */
    public static final int EXIT_BAD_JUMP = 6;
    /** A jump (already made) leads to TARGET, a valid address that has no translation yet. */
    public static final int EXIT_MISS = 7;
    /** Control reached the return-to-host address. */
    public static final int EXIT_FINISHED = 8;
    /** A misaligned atomic at PC; its address is in TARGET. */
    public static final int EXIT_MISALIGNED = 9;
    /** A signal hit translated code; HOST_PC, HOST_REGS and SIGNAL say where and what. */
    public static final int EXIT_SIGNAL = 10;
    /** COMMAND_SYNC is done. */
    public static final int EXIT_SYNCED = 11;
    // @formatter:on
}
