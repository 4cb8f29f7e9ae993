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

    /**
     * Runs what does not transfer control in a block; the index of an instruction whose access is not allowed, or −1.
     *
     * <p>The commonest instructions, those that are the same for both widths of canonical registers, are done here, the
     * others in {@link Alu32} and {@link Alu64}.
     */
    private int straight(Code code, int from, int to) {
        long[] insts = code.insts;
        long[] x = this.x;
        for (int i = from; i <= to; i++) {
            long inst = insts[i];
            Op op = Inst.op(inst);
            switch (op) {
                case LUI -> x[Inst.rd(inst)] = Inst.imm(inst) & mask;
                case ADDI -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] + Inst.imm(inst) & mask;
                case ANDI -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] & Inst.imm(inst);
                case SLLI -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] << Inst.imm(inst) & mask;
                case SRLI -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] >>> Inst.imm(inst);
                case ADD -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] + x[Inst.rs2(inst)] & mask;
                case SUB -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] - x[Inst.rs2(inst)] & mask;
                case XOR -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] ^ x[Inst.rs2(inst)];
                case OR -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] | x[Inst.rs2(inst)];
                case AND -> x[Inst.rd(inst)] = x[Inst.rs1(inst)] & x[Inst.rs2(inst)];
                // @formatter:off
                case AUIPC, SLTI, SLTIU, XORI, ORI, SRAI, SLL, SLT, SLTU, SRL, SRA, ADDIW, SLLIW, SRLIW, SRAIW, ADDW, SUBW,
                     SLLW, SRLW, SRAW, MUL, MULH, MULHSU, MULHU, DIV, DIVU, REM, REMU, MULW, DIVW, DIVUW, REMW, REMUW,
                     ADD_UW, SH1ADD, SH2ADD, SH3ADD, SH1ADD_UW, SH2ADD_UW, SH3ADD_UW, SLLI_UW, ANDN, ORN, XNOR, CLZ, CLZW,
                     CTZ, CTZW, CPOP, CPOPW, MAX, MAXU, MIN, MINU, SEXT_B, SEXT_H, ZEXT_H, ROL, ROLW, ROR, RORW, RORI,
                     RORIW, ORC_B, REV8, BCLR, BCLRI, BEXT, BEXTI, BINV, BINVI, BSET, BSETI, CLMUL, CLMULH, CLMULR, PACK,
                     PACKH, PACKW, BREV8, ZIP, UNZIP, XPERM4, XPERM8, CZERO_EQZ, CZERO_NEZ -> {
                    // @formatter:on
                    long a = x[Inst.rs1(inst)];
                    long b = x[Inst.rs2(inst)];
                    int imm = Inst.imm(inst);
                    x[Inst.rd(inst)] = rv64
                            ? Alu64.eval(op, a, b, imm, code.pcs[i])
                            : Alu32.eval(op, a, b, imm, code.pcs[i]);
                }
                case LB, LBU -> {
                    int address = address(inst);
                    if (!ram.mayRead(address, 1)) {
                        return denied(i, address, false);
                    }
                    int value = ram.load8(address);
                    x[Inst.rd(inst)] = (op == Op.LB ? value : value & 0xff) & mask;
                }
                case LH, LHU -> {
                    int address = address(inst);
                    if (!ram.mayRead(address, 2)) {
                        return denied(i, address, false);
                    }
                    int value = ram.load16(address);
                    x[Inst.rd(inst)] = (op == Op.LH ? value : value & 0xffff) & mask;
                }
                case LW, LWU -> {
                    int address = address(inst);
                    if (!ram.mayRead(address, 4)) {
                        return denied(i, address, false);
                    }
                    long value = ram.load32(address);
                    x[Inst.rd(inst)] = (op == Op.LW ? value : value & 0xffff_ffffL) & mask;
                }
                case LD -> {
                    int address = address(inst);
                    if (!ram.mayRead(address, 8)) {
                        return denied(i, address, false);
                    }
                    x[Inst.rd(inst)] = ram.load64(address);
                }
                case SB -> {
                    int address = address(inst);
                    if (!ram.mayWrite(address, 1)) {
                        return denied(i, address, true);
                    }
                    ram.store8(address, x[Inst.rs2(inst)]);
                }
                case SH -> {
                    int address = address(inst);
                    if (!ram.mayWrite(address, 2)) {
                        return denied(i, address, true);
                    }
                    ram.store16(address, x[Inst.rs2(inst)]);
                }
                case SW -> {
                    int address = address(inst);
                    if (!ram.mayWrite(address, 4)) {
                        return denied(i, address, true);
                    }
                    ram.store32(address, x[Inst.rs2(inst)]);
                }
                case SD -> {
                    int address = address(inst);
                    if (!ram.mayWrite(address, 8)) {
                        return denied(i, address, true);
                    }
                    ram.store64(address, x[Inst.rs2(inst)]);
                }
                // @formatter:off
                case LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W, AMOMAX_W, AMOMINU_W, AMOMAXU_W,
                     LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D, AMOMIN_D, AMOMAX_D, AMOMINU_D,
                     AMOMAXU_D -> {
                    // @formatter:on
                    if (!atomics.run(op, inst)) {
                        return i;
                    }
                }
                case FENCE, FENCE_I -> {
                    // nothing to order on one hart, and text never changes
                }
                case JAL, JALR, BEQ, BNE, BLT, BGE, BLTU, BGEU, ECALL, EBREAK, ILLEGAL, END -> {
                    return -1; // a block's last instruction: leave() runs it
                }
            }
            x[0] = 0;
        }
        return -1;
    }

    /** Effective address: modulo 2³² on both widths. */
    private int address(long inst) {
        return (int) x[Inst.rs1(inst)] + Inst.imm(inst);
    }

    private int denied(int i, int address, boolean write) {
        hart.address = address;
        hart.write = write;
        return i;
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
                case END -> behind(code.pcs[i]);
                default -> throw new IllegalStateException(op + " is no way out of a block");
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
            case BGEU -> Long.compareUnsigned(a, b) >= 0;
            default -> throw new IllegalStateException(op + " is no branch");
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
