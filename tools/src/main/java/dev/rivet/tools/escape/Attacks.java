package dev.rivet.tools.escape;

import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.SyscallTable;
import dev.rivet.sandbox.WorkerProgram;
import dev.rivet.tools.escape.Arsenal.Instruction;
import dev.rivet.tools.escape.Attack.Group;
import dev.rivet.tools.escape.Ending.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** All attacks on a worker of one architecture, and how each may end. The list that command line and tests share. */
final class Attacks {
    private static final int SIGSYS = 31;
    private static final Set<Kind> DEATH = EnumSet.of(Kind.KILLED);
    private static final Set<Kind> FAULT = EnumSet.of(Kind.TRAPPED);
    private static final Set<Kind> FAULT_OR_ANSWER = EnumSet.of(Kind.TRAPPED, Kind.ANSWERED);
    /** Whatever the attacker's own worker can come to. */
    private static final Set<Kind> ANY = EnumSet.allOf(Kind.class);

    /** Numbers above every real one are tried up to here. */
    private static final int MOST_NUMBERS = 550;
    /** x86-64 kernels do not show these to filters; away from the kernel's own trampoline they are refused. */
    private static final Set<Long> PROBES = Set.of(335L, 336L);
    private static final int FUTEX_OPERATIONS = 16;
    private static final int[] FUTEX_FLAGS = {0, 128, 256, 384};
    private static final int FRAMES = 60;
    private static final long SPACE = 1L << 47;

    private final Arsenal arsenal;
    private final Cell cell;
    private final SyscallTable numbers;
    private final long guestBase;
    private final int textLength;
    private final boolean emulated;
    private final List<Attack> all = new ArrayList<>();

    private Attacks(Arsenal arsenal, Cell cell, WorkerProgram program, boolean emulated) {
        this.arsenal = arsenal;
        this.cell = cell;
        this.emulated = emulated;
        numbers = program.syscalls();
        guestBase = program.guestBase();
        textLength = program.elf().length - (int) (Layout.WORKER_PUBLISH - Layout.WORKER_BASE);
    }

    /**
     * All attacks; those in memory are about this process as it is now. An emulator's own memory lies somewhere among a
     * worker's, so under one they keep to the borders of the layout.
     */
    static List<Attack> all(Arsenal arsenal, Cell cell, WorkerProgram program, boolean emulated) {
        Attacks a = new Attacks(arsenal, cell, program, emulated);
        a.everyNumber();
        a.foreign();
        for (Calls.Call c : Calls.all(arsenal.numbers(), ProcessHandle.current().pid())) {
            a.add(Group.CALLS, c.name(), "call", DEATH, SIGSYS, c.slots());
        }
        a.futex();
        a.instructions(Group.PRIVILEGED, arsenal.privileged());
        a.instructions(Group.STATE, arsenal.state());
        a.memory();
        a.jumps();
        a.signals();
        a.ownText();
        a.protocol();
        return a.all;
    }

    private void add(Group group, String name, String weapon, Set<Kind> allowed, int signal, long... slots) {
        all.add(new Attack(group, name, weapon, slots, allowed, signal));
    }

    private void everyNumber() {
        long sigreturn = numbers.number("rt_sigreturn");
        long exit = numbers.number("exit_group");
        for (long n = 0; n <= MOST_NUMBERS; n++) {
            if (n == exit) {
                add(Group.NUMBERS, "exit_group", "call", EnumSet.of(Kind.LEFT), 0, n, 42);
            } else if (n == sigreturn) {
                add(Group.NUMBERS, "rt_sigreturn on no frame", "call", ANY, 0, n);
            } else if (arsenal.numbers() == 0 && PROBES.contains(n)) {
                add(Group.NUMBERS, "number " + n + ", for the kernel's own probes", "call",
                        EnumSet.of(Kind.KILLED, Kind.TRAPPED, Kind.ANSWERED), 0, n);
            } else {
                add(Group.NUMBERS, "number " + n, "call", DEATH, SIGSYS, n);
            }
        }
        long futex = numbers.number("futex");
        for (long n = 0; n <= MOST_NUMBERS; n++) { // arguments that are right, for the one number that is not
            if (n != exit && n != sigreturn && n != futex && !(arsenal.numbers() == 0 && PROBES.contains(n))) {
                add(Group.NUMBERS, "number " + n + " with futex's arguments", "call", DEATH, SIGSYS, n,
                        Layout.CONTROL_BASE + (n % 2 == 0 ? Control.COMMAND_SEQ : Control.DONE_SEQ), n % 2);
            }
        }
        for (long n : new long[]{-1, 1000, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 32 | 57, 1L << 63}) {
            add(Group.NUMBERS, "number 0x" + Long.toHexString(n), "call", DEATH, SIGSYS, n);
        }
    }

    private void foreign() {
        if (arsenal.numbers() == 0) {
            for (long n = 0; n <= MOST_NUMBERS; n++) {
                add(Group.FOREIGN, "x32 number " + n, "call", DEATH, SIGSYS, n | 0x4000_0000);
            }
        }
        arsenal.foreignCalls().forEach((weapon, what) -> {
            boolean calls = weapon.equals("int80");
            for (long n = 0; n <= (calls ? MOST_NUMBERS : 8); n++) {
                add(Group.FOREIGN, what + ": " + n, weapon, calls ? DEATH : EnumSet.of(Kind.KILLED, Kind.TRAPPED),
                        calls ? SIGSYS : 0, n);
            }
        });
    }

    private void futex() {
        long number = numbers.number("futex");
        long command = Layout.CONTROL_BASE + Control.COMMAND_SEQ;
        long done = Layout.CONTROL_BASE + Control.DONE_SEQ;
        long[] words = {0, command - 4, command + 4, done - 4, done + 4, Layout.CONTROL_BASE + Control.REGS,
                guestBase + Cell.DATA, command & 0xffff_ffffL, done & 0xffff_ffffL, command | 1L << 40};
        for (long word : words) {
            for (long op = 0; op <= 1; op++) {
                add(Group.FUTEX, (op == 0 ? "wait on 0x" : "wake of 0x") + Long.toHexString(word), "call", DEATH,
                        SIGSYS,
                        number, word, op, 0);
            }
        }
        for (int op = 0; op < FUTEX_OPERATIONS; op++) {
            for (int flags : FUTEX_FLAGS) {
                if ((op | flags) != 0) {
                    add(Group.FUTEX, "command word, operation " + (op | flags), "call", DEATH, SIGSYS, number, command,
                            op | flags, 1);
                }
                if ((op | flags) != 1) {
                    add(Group.FUTEX, "done word, operation " + (op | flags), "call", DEATH, SIGSYS, number, done,
                            op | flags, 1);
                }
            }
        }
        add(Group.FUTEX, "done word, waking as the worker does", "call", EnumSet.of(Kind.ANSWERED), 0, number, done, 1,
                1);
        add(Group.FUTEX, "command word, waiting for what it is not", "call", EnumSet.of(Kind.ANSWERED), 0, number,
                command, 0, -1);
    }

    private void instructions(Group group, List<Instruction> list) {
        for (Instruction i : list) {
            add(group, i.name(), i.weapon(), i.mayAnswer() ? FAULT_OR_ANSWER : FAULT, 0, guestBase + Cell.DATA);
        }
    }

    /** Start and end of a range of host addresses. */
    private record Range(long start, long end) {
    }

    /** What the worker has mapped itself. */
    private List<Range> own() {
        MemoryPlan plan = cell.memory().plan();
        List<Range> own = new ArrayList<>();
        own.add(new Range(guestBase + Cell.TEXT, guestBase + Cell.TEXT + MemoryPlan.PAGE));
        own.add(new Range(guestBase + Cell.DATA, guestBase + Cell.DATA_END));
        own.add(new Range(guestBase + plan.stackStart(), guestBase + plan.stackEnd()));
        own.add(new Range(Layout.CONTROL_BASE, Layout.CONTROL_BASE + Layout.CONTROL_SIZE));
        own.add(new Range(Layout.CODE_BASE, Layout.CODE_BASE + Layout.CODE_MAX));
        own.add(new Range(Layout.TABLE_BASE, Layout.TABLE_BASE + (Layout.TABLE_SCALE * (1L << 32))));
        own.add(new Range(Layout.RETURN_STACK_BASE, Layout.RETURN_STACK_BASE + Layout.RETURN_STACK_SIZE));
        own.add(new Range(Layout.WORKER_BASE, Layout.WORKER_END));
        return own;
    }

    private void probe(String what, long address) {
        Set<Kind> allowed = emulated ? EnumSet.of(Kind.TRAPPED, Kind.KILLED) : FAULT; // an emulator may die of it
        add(Group.MEMORY, "read of " + what + " at 0x" + Long.toHexString(address), "load", allowed, 0, address);
        add(Group.MEMORY, "write to " + what + " at 0x" + Long.toHexString(address), "store", allowed, 0, address);
    }

    private void memory() {
        if (!emulated) {
            foreignMemory(own());
        }
        borders();
    }

    private void foreignMemory(List<Range> own) {
        for (String[] m : mappings()) {
            long start = Long.parseUnsignedLong(m[0], 16);
            long last = Long.parseUnsignedLong(m[1], 16) - 8;
            if (start >= 0 && own.stream().noneMatch(r -> start < r.end && last >= r.start)) {
                probe("the JVM's " + m[2], start);
                probe("the JVM's " + m[2], last);
            }
        }
        for (long gib = 0; gib < SPACE; gib += 1L << 36) {
            long at = gib + (1 << 30) - 8;
            if (own.stream().noneMatch(r -> at >= r.start && at < r.end)) {
                probe("the space between", at);
            }
        }
    }

    private void borders() {
        MemoryPlan plan = cell.memory().plan();
        probe("the first page", guestBase);
        probe("the page below the text", guestBase + Cell.TEXT - 8);
        probe("the guest's heap beyond the break", guestBase + plan.heapStart());
        probe("the page below the stack", guestBase + plan.stackStart() - 8);
        probe("the page above the stack", guestBase + plan.stackEnd());
        probe("the page below the control page", Layout.CONTROL_BASE - 8);
        probe("the page above the control page", Layout.CONTROL_BASE + Layout.CONTROL_SIZE);
        probe("the page below the return stack", Layout.RETURN_STACK_BASE - 8);
        probe("the page above the return stack", Layout.RETURN_STACK_BASE + Layout.RETURN_STACK_SIZE);
        probe("the page below the signal stack", Layout.SIGNAL_STACK - 8);
        probe("the page above the signal stack", Layout.SIGNAL_STACK + Layout.SIGNAL_STACK_SIZE);
        probe("the worker's ELF header", Layout.WORKER_BASE);
        probe("the table where no text is", Layout.TABLE_BASE + 0x5000_0000L * Layout.TABLE_SCALE);
        probe("the kernel", 0xffff_8000_0000_0000L);
        probe("the kernel's text", 0xffff_ffff_8100_0000L);
        probe("an address that is none", 0xbad0_0000_0000_0000L);
        probe("the last word", -8);
        for (long[] readOnly : new long[][]{{guestBase + Cell.TEXT}, {Layout.CODE_BASE},
                {Layout.TABLE_BASE + Cell.TEXT * Layout.TABLE_SCALE}, {Layout.WORKER_PUBLISH}}) {
            add(Group.MEMORY, "write to what can only be read, 0x" + Long.toHexString(readOnly[0]), "store", FAULT, 0,
                    readOnly[0]);
        }
    }

    /** Start, end and name of this process's mappings. */
    private static List<String[]> mappings() {
        try {
            List<String[]> result = new ArrayList<>();
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                String[] f = line.split("\\s+", 6);
                String[] range = f[0].split("-");
                String name = f.length < 6 || f[5].isEmpty() ? "memory" : f[5].replaceAll(".*/", "");
                result.add(new String[]{range[0], range[1], name});
            }
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void jumps() {
        long[][] targets = {{0}, {guestBase + Cell.TEXT}, {guestBase + Cell.DATA}, {guestBase + 0xffff_0000L},
                {Layout.CONTROL_BASE + Control.REGS}, {Layout.CONTROL_BASE + Control.DATA},
                {Layout.TABLE_BASE + Cell.TEXT * Layout.TABLE_SCALE}, {Layout.RETURN_STACK_BASE},
                {Layout.SIGNAL_STACK + 64}, {Layout.CODE_BASE - 4}, {Layout.CODE_BASE + Layout.CODE_MAX},
                {0xffff_8000_0000_0000L}, {0xbad0_0000_0000_0000L}, {-4}};
        for (long[] t : targets) {
            add(Group.JUMPS, "to 0x" + Long.toHexString(t[0]), "jump", FAULT, 0, t[0], 0, 0, 0,
                    Layout.RETURN_STACK_TOP);
        }
        // The kernel answers for three old calls at fixed addresses; that is a system call to the filter.
        for (int call = 0; call < 3; call++) {
            add(Group.JUMPS, "to vsyscall " + call, "jump", EnumSet.of(Kind.TRAPPED, Kind.KILLED), 0,
                    0xffff_ffff_ff60_0000L + 1024 * call, 0, 0, 0, Layout.RETURN_STACK_TOP);
        }
        List<Range> own = own();
        for (String[] m : emulated ? List.<String[]>of() : mappings()) {
            long start = Long.parseUnsignedLong(m[0], 16);
            if (start >= 0 && own.stream().noneMatch(r -> start < r.end && start >= r.start)) {
                add(Group.JUMPS, "to the JVM's " + m[2] + " at 0x" + m[0], "jump", FAULT, 0, start, 0, 0, 0,
                        Layout.RETURN_STACK_TOP);
            }
        }
    }

    private void signals() {
        add(Group.SIGNALS, "no room for a frame", "smash", DEATH, 11);
        long[] places = {0, guestBase + Cell.DATA, Layout.SIGNAL_STACK,
                Layout.SIGNAL_STACK + Layout.SIGNAL_STACK_SIZE - 64,
                Layout.CONTROL_BASE + Control.DATA, Layout.CODE_BASE, 0xffff_8000_0000_0000L, -8};
        for (long at : places) {
            add(Group.SIGNALS, "going back from a frame at 0x" + Long.toHexString(at), "frame", ANY, 0, at);
        }
        for (int i = 0; i < FRAMES; i++) {
            add(Group.SIGNALS, "a forged frame, seed " + i, "frame", ANY, 0, guestBase + Cell.DATA + 0x2000, i);
        }
    }

    /** Puts what an attack needs into guest memory. */
    static void prepare(Attack attack, Cell cell) {
        if (attack.group() == Group.CALLS) {
            Calls.arm(cell);
        } else if (attack.group() == Group.SIGNALS && attack.slots().length > 1) {
            byte[] frame = new byte[1024];
            long seed = attack.slots()[1];
            Random random = new Random(seed);
            random.nextBytes(frame);
            if (seed % 2 == 1) { // plausible segments and flags, so that more of the frame is believed
                frame[0x90] = new byte[]{0x33, 0x23, 0x10, 0x08}[random.nextInt(4)];
                frame[0x91] = 0;
            }
            java.lang.foreign.MemorySegment.copy(frame, 0, cell.memory().view(),
                    java.lang.foreign.ValueLayout.JAVA_BYTE, Cell.DATA + 0x2000, frame.length);
        }
    }

    /** Every instruction of the worker's own code, and every byte where instructions have no size, as an entry. */
    private void ownText() {
        for (int offset = 0; offset < textLength; offset += arsenal.step()) {
            long[] slots = new long[17];
            slots[0] = Layout.WORKER_PUBLISH + offset;
            Random random = new Random(offset);
            for (int i = 1; i < slots.length; i++) {
                slots[i] = random.nextInt(3) == 0
                        ? Layout.CONTROL_BASE + Control.REGS
                        : random.nextBoolean() ? random.nextInt(512) : random.nextLong();
            }
            slots[4] = Layout.RETURN_STACK_TOP; // x86-64: the stack pointer
            add(Group.OWN_TEXT, "offset 0x" + Integer.toHexString(offset), "jump", ANY, 0, slots);
        }
    }

    private void protocol() {
        for (long exit = -1; exit <= 16; exit++) {
            boolean known = exit >= Control.EXIT_ECALL && exit <= Control.EXIT_SIGNAL;
            add(Group.PROTOCOL, "exit " + exit, "exit",
                    known ? EnumSet.of(Kind.ANSWERED, Kind.TRAPPED, Kind.STOPPED) : EnumSet.of(Kind.DISOWNED), 0, exit);
        }
        for (int exit : new int[]{Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 16}) {
            add(Group.PROTOCOL, "exit " + exit, "exit", EnumSet.of(Kind.DISOWNED), 0, exit);
        }
        add(Group.PROTOCOL, "a command finished that was never given", "poke", EnumSet.of(Kind.DISOWNED), 0,
                Control.DONE_SEQ, 12_345);
        for (int field : new int[]{Control.COMMAND_SEQ, Control.WORKER_SLEEPS, Control.WORKER_CPU, Control.JVM_SLEEPS,
                Control.JVM_CPU, Control.SPIN_TURNS, Control.COMMAND, Control.EXIT, Control.SIGNAL,
                Control.ENTER_ADDRESS, Control.SETUP_COUNT, Control.SETUP_DONE}) {
            for (long value : new long[]{0, 1, -1, 0x8000_0000L}) {
                add(Group.PROTOCOL,
                        "0x" + Long.toHexString(value & 0xffff_ffffL) + " at 0x" + Integer.toHexString(field),
                        "poke", EnumSet.of(Kind.STOPPED, Kind.TRAPPED, Kind.ANSWERED, Kind.DISOWNED), 0, field, value);
            }
        }
        add(Group.PROTOCOL, "running for ever", "endless", EnumSet.of(Kind.STOPPED), 0);
        add(Group.PROTOCOL, "taking requests back", "refuse", EnumSet.of(Kind.STOPPED, Kind.DISOWNED), 0);
        Random random = new Random(1);
        for (int i = 0; i < 100; i++) {
            long mask = (i % 2 == 0 ? 0x3fcL : 0xfffcL) & (i % 4 < 2 ? ~(long) Control.DONE_SEQ : -1);
            add(Group.PROTOCOL, "random words, mask 0x" + Long.toHexString(mask), "scribble", ANY, 0,
                    random.nextLong() | 1, mask);
        }
    }
}
