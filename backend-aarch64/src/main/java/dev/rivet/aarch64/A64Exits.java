package dev.rivet.aarch64;

import dev.rivet.aarch64.A64Assembler.Alu;
import dev.rivet.aarch64.A64Assembler.AluImm;
import dev.rivet.aarch64.A64Assembler.Cond;
import dev.rivet.aarch64.A64Assembler.Jump;
import dev.rivet.aarch64.A64Assembler.JumpReg;
import dev.rivet.aarch64.A64Assembler.Mem;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.sandbox.Control;
import dev.rivet.sandbox.Layout;
import java.util.Arrays;

/**
 * Ways out of hot code: calls of the stubs, and the cold pieces that conditional branches lead to. Conditional branches
 * reach 1 MiB only, so cold pieces are laid down in islands between the hot code wherever the first of them has become
 * {@link #ISLAND_DISTANCE} old; the rest follow at the end.
 */
class A64Exits extends A64Integer {
    /** Hot bytes after which an island is due; with its own bytes and an instruction's this stays far below 1 MiB. */
    static final int ISLAND_DISTANCE = 0x4_0000;
    /** Bytes that b and bl are used for; the manual's reach is 128 MiB. */
    static final long NEAR = 0x7f0_0000;

    /** Kinds of cold pieces; the argument follows. */
    private static final int OUT_OF_GAS = 0; // cost
    private static final int BAD_INDIRECT = 1; // none; half the target is in x16
    private static final int MISALIGNED = 2; // register of the address, and 32 times the state of gas
    private static final int TARGET = 3; // guest pc of a taken branch
    private static final int ENTRY = 4; // none
    private static final int LATE = 5; // state of gas, condition and registers of a branch

    private static final int[] NONE = new int[0];

    final Code code;
    final HostCode main;
    A64Stubs stubs;

    private int[] cold = new int[256]; // label, kind, argument, instruction
    private int coldSize;
    private int firstCold = -1;
    private int[] coldOffsets = NONE;
    private int[] coldIndexes = NONE;
    private int coldRanges;

    /** {@code main} is null for a whole program. */
    A64Exits(A64Assembler a, A64Registers registers, Code code, HostCode main) {
        super(a, registers, code.xlen);
        this.code = code;
        this.main = main;
    }

    // Gas

    /** Takes an amount, which may be 0 or negative, from the gas register; clobbers x16 where it is large. */
    final void gas(int amount, boolean flags) {
        int gas = registers.gas;
        if (amount >= -4095 && amount <= 4095) {
            if (amount != 0 || flags) {
                AluImm op = amount >= 0 ? flags ? AluImm.SUBS : AluImm.SUB : flags ? AluImm.ADDS : AluImm.ADD;
                a.aluImm(op, 8, gas, gas, Math.abs(amount), false);
            }
        } else {
            a.movImm(8, T0, amount);
            a.alu(flags ? Alu.SUBS : Alu.SUB, 8, gas, gas, T0);
        }
    }

    // Near and far

    /** Host address of an offset from the code base. */
    static long address(int offset) {
        return Layout.CODE_BASE + offset;
    }

    private boolean near(long address) {
        return Math.abs(address - a.origin - a.position()) < NEAR;
    }

    /** {@code bl} to a stub; clobbers x30, and x17 where it is far. */
    final void callStub(int offset) {
        long address = address(offset);
        if (near(address)) {
            a.jumpNear(Jump.BL, address);
        } else {
            a.movImm(8, T1, address);
            a.jumpReg(JumpReg.BLR, T1);
        }
    }

    /** {@code b} or {@code bl} to code of the main program; clobbers x17 where it is far. */
    final void jumpToMain(Jump op, int offset) {
        long address = address(offset);
        if (near(address)) {
            a.jumpNear(op, address);
        } else {
            a.movImm(8, T1, address);
            a.jumpReg(op == Jump.B ? JumpReg.BR : JumpReg.BLR, T1);
        }
    }

    /** Leaves with this EXIT_ value at a guest pc. */
    final void exit(int exit, int pc) {
        callStub(stubs.exitStub(exit));
        a.word(pc);
    }

    /** Leaves because the jump at {@code pc} leads to {@code target}. */
    final void exitBadJump(int pc, int target) {
        a.movImm(4, T0, target);
        putControl(Mem.STRX, T0, Control.TARGET);
        exit(Control.EXIT_BAD_JUMP, pc);
    }

    /** Jumps through the table to a valid address that is no leader. */
    final void jumpThroughTable(JumpReg op, int target) {
        a.movImm(4, T0, target >>> 1);
        A64Stubs.tableLoad(this);
        a.jumpReg(op, T1);
    }

    // Where a direct jump leads

    /** What {@link #leaderAt} returns for an address that is no leader. */
    static final int NO_LEADER = -1;

    /** Index of the leader at a pc, in the main program for a side entry; or {@link #NO_LEADER}. */
    final int leaderAt(int pc) {
        Code whole = main == null ? code : main.code;
        int i = whole.indexOf(pc);
        return i >= 0 && whole.isLeader(i) ? i : NO_LEADER;
    }

    final boolean isJumpTarget(int pc) {
        return (main == null ? code : main.code).isJumpTarget(pc);
    }

    // Cold pieces

    private int add(int kind, int argument, int index) {
        if (coldSize + 4 > cold.length) {
            cold = Arrays.copyOf(cold, cold.length * 2);
        }
        if (firstCold < 0) {
            firstCold = a.position();
        }
        int label = a.newLabel();
        cold[coldSize] = label;
        cold[coldSize + 1] = kind;
        cold[coldSize + 2] = argument;
        cold[coldSize + 3] = index;
        coldSize += 4;
        return label;
    }

    /** Label of the piece that adds this amount to the gas register, so that it is exact, and leaves. */
    final int coldOutOfGas(int missing, int index) {
        return add(OUT_OF_GAS, missing, index);
    }

    /** Label of the piece that leaves to where a branch of two registers leads, for want of gas. */
    final int coldLate(int state, int n, int m, Cond cond, int index) {
        return add(LATE, state << 16 | cond.ordinal() << 10 | n << 5 | m, index);
    }

    /** The way into a leader's block from the table, where its own code expects another state of gas. */
    final void coldEntry(int index) {
        add(ENTRY, 0, index);
    }

    /** Label of the piece for an indirect jump whose table entry is 0. */
    final int coldBadJump(int index) {
        return add(BAD_INDIRECT, 0, index);
    }

    /** Label of the piece for an atomic whose address, in the low half of this register, is misaligned. */
    final int coldMisaligned(int register, int index) {
        return add(MISALIGNED, register + 32 * gasState(), index);
    }

    /** Label of the piece that goes to a branch target which no branch of this code can reach directly. */
    final int coldTarget(int target, int index) {
        return add(TARGET, target, index);
    }

    /** Whether an island should be laid down before the next guest instruction. */
    final boolean islandDue() {
        return firstCold >= 0 && a.position() - firstCold > ISLAND_DISTANCE;
    }

    /** Bytes for which no island will come. */
    final int roomBeforeIsland() {
        return firstCold < 0 ? ISLAND_DISTANCE : ISLAND_DISTANCE - (a.position() - firstCold);
    }

    /** Lays down the pieces so far in the middle of hot code that may run into them. */
    final void island() {
        int over = a.newLabel();
        range(HostCode.NO_INSTRUCTION);
        a.jump(Jump.B, over);
        flushCold();
        range(HostCode.HOT);
        a.bind(over);
    }

    /** Lays down all pieces so far. */
    final void flushCold() {
        for (int i = 0; i < coldSize; i += 4) {
            range(cold[i + 3]);
            a.bind(cold[i]);
            if (cold[i + 1] == ENTRY) {
                entry(cold[i + 3]);
            } else {
                piece(cold[i + 1], cold[i + 2], cold[i + 3]);
            }
        }
        coldSize = 0;
        firstCold = -1;
    }

    private void outOfGas(int pc, int missing) {
        callStub(stubs.outOfGas);
        a.word(pc);
        a.word(missing);
    }

    private void piece(int kind, int argument, int index) {
        int pc = code.pcs[index];
        switch (kind) {
            case OUT_OF_GAS -> outOfGas(pc, argument);
            case BAD_INDIRECT -> {
                a.lsl(4, T0, T0, 1);
                putControl(Mem.STRX, T0, Control.TARGET);
                exit(Control.EXIT_BAD_JUMP, pc);
            }
            case MISALIGNED -> {
                a.mov(4, T0, argument & 31);
                gas(-(argument >> 5), false);
                putControl(Mem.STRX, T0, Control.TARGET);
                exit(Control.EXIT_MISALIGNED, pc);
            }
            case LATE -> {
                int target = pc + Inst.imm(code.insts[index]);
                int taken = a.newLabel();
                a.cmp(size, argument >> 5 & 31, argument & 31);
                a.branch(Cond.VALUES[argument >> 10 & 15], taken);
                outOfGas(pc + Inst.size(code.insts[index]), argument >> 16);
                a.bind(taken);
                outOfGas(target, argument >> 16);
            }
            case TARGET -> {
                int leader = leaderAt(argument);
                if (main != null && leader >= 0) {
                    jumpToMain(Jump.B, main.entries[leader]);
                } else if (isJumpTarget(argument)) {
                    jumpThroughTable(JumpReg.BR, argument);
                } else {
                    exitBadJump(pc, argument);
                }
            }
            default -> throw new AssertionError(kind);
        }
    }

    /** State of gas at the place that is being lowered; see {@link dev.rivet.ir.GasPlan}. */
    int gasState() {
        return 0;
    }

    /** Lays down the piece that {@link #coldEntry} asked for. */
    void entry(int index) {
        throw new AssertionError(index);
    }

    private void range(int index) {
        if (coldRanges == coldOffsets.length) {
            int n = Math.max(64, coldRanges * 2);
            coldOffsets = Arrays.copyOf(coldOffsets, n);
            coldIndexes = Arrays.copyOf(coldIndexes, n);
        }
        coldOffsets[coldRanges] = a.position();
        coldIndexes[coldRanges++] = index;
    }

    final int[] coldOffsets() {
        return Arrays.copyOf(coldOffsets, coldRanges);
    }

    final int[] coldIndexes() {
        return Arrays.copyOf(coldIndexes, coldRanges);
    }
}
