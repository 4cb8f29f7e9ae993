package dev.rivet.internal;

import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;

/**
 * Runs lifted code over guest memory, one instruction after the other. It is the oracle that translators are compared
 * with, so it is written from the manual and knows nothing of them: no host registers, no table, no worker.
 *
 * <p>An object belongs to one {@link Hart}; it is not thread-safe. It does not perform host calls: it stops at them.
 */
final class Interpreter {
    /** Says from time to time whether to stop. */
    interface Alarm {
        /** Whether the run should end now. Called about every {@value Interpreter#ALARM_INSTRUCTIONS} instructions. */
        boolean due();
    }

    /** Instructions between two looks at the alarm. */
    static final int ALARM_INSTRUCTIONS = 1 << 16;

    private final Blocks main;
    private final Code program;
    private final boolean metered;
    private final boolean rv64;
    private final long mask;
    private final Hart hart;
    /** The register that calls leave their link in. */
    private static final int RA = 1;

    private final long[] x;
    private final Ram ram;
    private final Atomics atomics;

    private Blocks blocks; // of the block being run: main or a side entry
    private int next; // index in blocks of the next block's entry

    Interpreter(Blocks main, boolean metered, Hart hart, Ram ram) {
        this.main = main;
        this.metered = metered;
        this.hart = hart;
        this.ram = ram;
        program = main.code;
        rv64 = program.xlen == 64;
        mask = rv64 ? -1 : 0xffff_ffffL;
        x = hart.regs;
        atomics = new Atomics(hart, ram, mask);
    }

    /** The value an instruction that only touches registers gives rd, in canonical form. */
    static long eval(int xlen, long inst, int pc, long[] regs) {
        long a = regs[Inst.rs1(inst)];
        long b = regs[Inst.rs2(inst)];
        return xlen == 64
                ? Alu64.eval(Inst.op(inst), a, b, Inst.imm(inst), pc)
                : Alu32.eval(Inst.op(inst), a, b, Inst.imm(inst), pc);
    }

    /** Guest address of the block about to be run; for the alarm. */
    int here() {
        return blocks.code.pcs[next];
    }

    /**
     * Goes on at the hart's pc until something stops it. A host call is gone on from by setting pc behind the ecall.
     *
     * @param maxBlocks blocks to enter at most
     * @param toLeader whether to stop before entering a block at a leader of the program's sweep
     */
    Stop run(long maxBlocks, boolean toLeader, Alarm alarm) {
        hart.address = hart.pc;
        if (!program.isJumpTarget(hart.pc)) {
            return Stop.BAD_JUMP;
        }
        enter(hart.pc);
        int untilAlarm = ALARM_INSTRUCTIONS;
        for (long left = maxBlocks;; left--) {
            int i = next;
            if (left <= 0 || toLeader && blocks == main && program.isLeader(i)) {
                return stop(Stop.LIMIT, i);
            }
            int end = blocks.end(i);
            untilAlarm -= end - i + 1;
            if (untilAlarm < 0) {
                untilAlarm = ALARM_INSTRUCTIONS;
                if (alarm.due()) {
                    return stop(Stop.INTERRUPTED, i);
                }
            }
            if (metered) {
                int cost = blocks.cost(i);
                if (hart.gas < cost) {
                    return stop(Stop.OUT_OF_GAS, i);
                }
                hart.gas -= cost;
            }
            int fault = straight(blocks.code, i, end);
            if (fault >= 0) {
                return stop(Stop.MEMORY_ACCESS, fault);
            }
            Stop stop = leave(end);
            if (stop != null) {
                return stop;
            }
        }
    }

    /** The instruction at a valid jump target, on the sweep's boundaries or not. */
    long instAt(int pc) {
        int i = program.indexOf(pc);
        return i >= 0 ? program.insts[i] : main.side(pc).code.insts[0];
    }

    /** The operation at a valid jump target. */
    Op opAt(int pc) {
        return Inst.op(instAt(pc));
    }

    private Stop stop(Stop stop, int i) {
        hart.pc = blocks.code.pcs[i];
        return stop;
    }

    /** Makes a valid jump target the next block's entry. */
    private void enter(int pc) {
        int i = program.indexOf(pc);
        if (i >= 0) {
            blocks = main;
            next = i;
        } else {
            blocks = main.side(pc);
            next = 0;
        }
    }

    /** Runs what does not transfer control in a block; the index of an instruction whose access is not allowed, or −1. */
    private int straight(Code code, int from, int to) {
        long[] insts = code.insts;
        long[] x = this.x;
        for (int i = from; i <= to; i++) {
            long inst = insts[i];
            Op op = Inst.op(inst);
            switch (op.kind) {
                case ALU -> {
                    long a = x[Inst.rs1(inst)];
                    long b = x[Inst.rs2(inst)];
                    x[Inst.rd(inst)] = rv64
                            ? Alu64.eval(op, a, b, Inst.imm(inst), code.pcs[i])
                            : Alu32.eval(op, a, b, Inst.imm(inst), code.pcs[i]);
                    x[0] = 0;
                }
                case LOAD -> {
                    if (!load(op, inst)) {
                        return i;
                    }
                }
                case STORE -> {
                    if (!store(op, inst)) {
                        return i;
                    }
                }
                case ATOMIC -> {
                    if (!atomics.run(op, inst)) {
                        return i;
                    }
                }
                case NONE, BRANCH, JUMP, TRAP -> {
                    // a fence does nothing on one hart; the others are a block's last instruction and leave() runs them
                }
            }
        }
        return -1;
    }

    /** Effective address: modulo 2³² on both widths. */
    private int address(long inst) {
        return (int) x[Inst.rs1(inst)] + Inst.imm(inst);
    }

    private boolean denied(int address, boolean write) {
        hart.address = address;
        hart.write = write;
        return false;
    }

    /** Unpriv 2.6, 4.3. */
    private boolean load(Op op, long inst) {
        int address = address(inst);
        int size = switch (op) {
            case LB, LBU -> 1;
            case LH, LHU -> 2;
            case LW, LWU -> 4;
            default -> 8; // LD
        };
        if (!ram.mayRead(address, size)) {
            return denied(address, false);
        }
        long value = switch (op) {
            case LB -> ram.load8(address);
            case LBU -> ram.load8(address) & 0xff;
            case LH -> ram.load16(address);
            case LHU -> ram.load16(address) & 0xffff;
            case LW -> ram.load32(address);
            case LWU -> ram.load32(address) & 0xffff_ffffL;
            default -> ram.load64(address); // LD
        };
        x[Inst.rd(inst)] = value & mask;
        x[0] = 0;
        return true;
    }

    private boolean store(Op op, long inst) {
        int address = address(inst);
        long value = x[Inst.rs2(inst)];
        int size = switch (op) {
            case SB -> 1;
            case SH -> 2;
            case SW -> 4;
            default -> 8; // SD
        };
        if (!ram.mayWrite(address, size)) {
            return denied(address, true);
        }
        switch (op) {
            case SB -> ram.store8(address, value);
            case SH -> ram.store16(address, value);
            case SW -> ram.store32(address, value);
            default -> ram.store64(address, value); // SD
        }
        return true;
    }

    /** Runs the last instruction of a block as far as it transfers control, and finds the next block. */
    private Stop leave(int i) {
        Code code = blocks.code;
        long inst = code.insts[i];
        Op op = Inst.op(inst);
        return switch (op.kind) {
            case ALU, LOAD, STORE, ATOMIC, NONE -> fallThrough(i);
            case BRANCH -> taken(op, x[Inst.rs1(inst)], x[Inst.rs2(inst)]) ? direct(i, 0, 0) : fallThrough(i);
            case JUMP -> {
                long link = Integer.toUnsignedLong(code.pcs[i]) + Inst.size(inst);
                if (Inst.rd(inst) == RA) {
                    hart.calls.push(code.pcs[i]);
                } else if (op == Op.JALR && Inst.rs1(inst) == RA && Inst.rd(inst) == 0) {
                    hart.calls.pop();
                }
                yield op == Op.JAL ? direct(i, Inst.rd(inst), link) : indirect(i, inst, link);
            }
            case TRAP -> switch (op) {
                case ECALL -> stop(Stop.ECALL, i);
                case EBREAK -> stop(Stop.BREAKPOINT, i);
                case ILLEGAL -> stop(Stop.ILLEGAL, i);
                default -> behind(code.pcs[i]); // END
            };
        };
    }

    private Stop fallThrough(int i) {
        next = i + 1; // the end mark at the latest
        return null;
    }

    /** Unpriv 2.5.2. Canonical RV32 values compare as they are when unsigned, and sign-extended otherwise. */
    private boolean taken(Op op, long a, long b) {
        return switch (op) {
            case BEQ -> a == b;
            case BNE -> a != b;
            case BLT -> signed(a) < signed(b);
            case BGE -> signed(a) >= signed(b);
            case BLTU -> Long.compareUnsigned(a, b) < 0;
            default -> Long.compareUnsigned(a, b) >= 0; // BGEU
        };
    }

    private long signed(long value) {
        return rv64 ? value : (int) value;
    }

    private Stop direct(int i, int rd, long link) {
        int target = blocks.target(program, i);
        if (target >= 0) {
            blocks = main;
            next = target;
        } else {
            int pc = blocks.code.pcs[i] + Inst.imm(blocks.code.insts[i]);
            if (!program.isJumpTarget(pc)) {
                hart.address = pc;
                return stop(Stop.BAD_JUMP, i);
            }
            enter(pc);
        }
        x[rd] = link;
        x[0] = 0;
        return null;
    }

    /** Unpriv 2.5.1: the target is computed before rd is written. */
    private Stop indirect(int i, long inst, long link) {
        int pc = address(inst) & ~1;
        boolean finished = pc == Layout.RETURN_TO_HOST;
        if (!finished && !program.isJumpTarget(pc)) {
            hart.address = pc;
            return stop(Stop.BAD_JUMP, i);
        }
        x[Inst.rd(inst)] = link;
        x[0] = 0;
        if (finished) {
            hart.pc = pc;
            return Stop.FINISHED;
        }
        enter(pc);
        return null;
    }

    /**
     * Control met an end mark: it goes on at the mark's own pc as if it had jumped there, if an instruction lies there.
     * None does where a segment ends, at the program's own mark inside a segment (its last bytes are no whole
     * instruction), and where a side entry is a mark and nothing else (for the same reason).
     */
    private Stop behind(int pc) {
        boolean nothing = blocks != main && blocks.code.count == 1 || !program.isJumpTarget(pc);
        if (!nothing) {
            int i = program.indexOf(pc);
            nothing = i >= 0 && Inst.op(program.insts[i]) == Op.END;
        }
        if (nothing) {
            hart.pc = pc;
            hart.address = pc;
            return Stop.BAD_JUMP;
        }
        enter(pc);
        return null;
    }
}
