package dev.rivet.sandbox;

/**
 * Where everything lies in a worker's address space. Translated code and the worker's own machine code are made for these
 * addresses; nothing else is mapped there once set-up is over.
 *
 * <pre>
 * 0x00_0001_0000 … 0x00_ffff_0000  guest memory, host address = guest address            (x86-64)
 * 0x01_0000_0000 … 0x02_0000_0000  guest memory, host address = base + guest address     (AArch64)
 * 0x10_7ff0_0000                   control page and set-up list (JVM and worker write)   64 KiB
 * 0x10_8000_0000 … 0x10_c000_0000  translated code (read and execute)                    up to 1 GiB
 * 0x20_0000_0000 … 0x24_0000_0000  dispatch table, 8 bytes for each 2 of the guest       16 GiB, mapped where text is
 * 0x30_0000_0000                   guard, host return stack, guard
 * 0x40_0000_0000                   the worker's own ELF: text, data, signal stack
 * </pre>
 *
 * The low 32 bits of every code address lie in [0x8000_0000, 0xc000_0000): a table read that straddles two entries (a jump
 * to 2 mod 4 in a program without RVC would make one) is then never a canonical address and never equal to a return
 * address.
 */
public final class Layout {
    /** Lowest guest address that may be mapped. */
    public static final long GUEST_LOW = 0x1_0000L;
    /** End of guest addresses that may be mapped. */
    public static final long GUEST_HIGH = 0xffff_0000L;
    /** Host address of guest address 0 on x86-64. */
    public static final long GUEST_BASE_X64 = 0;
    /** Host address of guest address 0 on AArch64. */
    public static final long GUEST_BASE_AARCH64 = 0x1_0000_0000L;
    /** The control page; see {@link Control}. */
    public static final long CONTROL_BASE = 0x10_7ff0_0000L;
    /** Bytes of the control page, set-up list and data. */
    public static final long CONTROL_SIZE = 0x1_0000L;
    /** Translated code. */
    public static final long CODE_BASE = 0x10_8000_0000L;
    /** Largest translated program, side entries included. */
    public static final long CODE_MAX = 0x4000_0000L;
    /** Dispatch table: the entry of pc is at {@code TABLE_BASE + pc * 4}. */
    public static final long TABLE_BASE = 0x20_0000_0000L;
    /** Bytes of table for each byte of guest address space. */
    public static final int TABLE_SCALE = 4;
    /** Lowest address of the host return stack; the page below and the page above are never mapped. */
    public static final long RETURN_STACK_BASE = 0x30_0000_0000L;
    /** Bytes of host return stack. */
    public static final long RETURN_STACK_SIZE = 0x10_0000L;
    /** Initial stack pointer of translated code: the slot there holds the finish stub's address. */
    public static final long RETURN_STACK_TOP = RETURN_STACK_BASE + RETURN_STACK_SIZE - 64;
    /** The worker's own ELF. */
    public static final long WORKER_BASE = 0x40_0000_0000L;
    /**
     * Where translated code jumps to when it is done. Everything is in the control page by then (REGS, PC, GAS, RETURN_SP,
     * EXIT, and TARGET or OLD_LINK where the exit has one); every register may be clobbered, the stack pointer included.
     */
    public static final long WORKER_PUBLISH = WORKER_BASE + 0x1000;
    /** Stack for signal handlers; nothing is mapped below and above it. */
    public static final long SIGNAL_STACK = WORKER_BASE + 0x4_0000;
    /** Bytes of it. */
    public static final long SIGNAL_STACK_SIZE = 0x2_0000;
    /** End of the worker's own ELF, its data and signal stack included. */
    public static final long WORKER_END = 0x40_0010_0000L;
    /**
     * Guest address that a function called by the host returns to. Never mapped as memory; its table entry is the finish
     * stub.
     */
    public static final int RETURN_TO_HOST = 0xffff_0000;

    private Layout() {
    }
}
