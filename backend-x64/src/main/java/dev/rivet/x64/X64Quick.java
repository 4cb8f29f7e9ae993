package dev.rivet.x64;

import dev.rivet.ir.Chains;
import dev.rivet.ir.Code;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.x64.X64Templates.Template;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The walk over a whole program in SYNC metering or none, where speed matters: charges at leaders, plain instructions and
 * direct branches and jumps are written straight into the direct assembler's buffer; everything else, {@link X64Lowering}
 * does. It makes the same bytes as {@link X64Lowering} alone, which a test compares.
 *
 * <p>Half the time of a translator goes into branches the processor guesses wrong, since what comes next is the guest
 * program's choice. So charges are written without a branch, whether there is one or not and however long it is, and a
 * plain instruction is one look into {@link X64Memo}, whatever it is.
 */
final class X64Quick {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    // sub rdx, imm; jb rel32: with a byte and with four.
    private static final long CHARGE_SHORT = 0x820f_00ea_8348L;
    private static final long CHARGE_LONG = 0x0f00_0000_00ea_8148L;
    private static final int CHARGE_LONG_SECOND = 0x82;
    private static final int CHARGE_BYTES = 10;
    // add rdx, imm; sub rdx, imm: the same.
    private static final long ADD_SHORT = 0xc2_8348;
    private static final long ADD_LONG = 0xc2_8148;
    private static final long SUB_SHORT = 0xea_8348;
    private static final long SUB_LONG = 0xea_8148;
    private static final int ADD_BYTES = 4;
    /** mov eax, imm32; jmp rel32. */
    private static final long LEAVE = 0xe9_0000_0000_b8L;
    private static final int LEAVE_BYTES = 10;
    private static final long JAE = 0x830f;
    private static final int JAE_BYTES = 6;
    private static final long JMP = 0xe9;
    private static final long CALL = 0xe8;
    private static final int JMP_BYTES = 5;
    /** Bytes of rel32 at the end of a jump. */
    private static final int REL = 4;
    /** Room for what a block has besides {@value #MOST} bytes for each instruction. */
    private static final int ROOM = 64;
    private static final long MOST = 16;

    // How a block can end.
    private static final int FALLS = 0;
    private static final int BRANCHES = 1;
    private static final int JUMPS = 2;
    private static final int LEAVES = 3;
    /** In {@link #ENDS}: control can go on behind it. */
    private static final int GOES_ON = 4;

    private static final byte[] ENDS = new byte[Op.count()];

    static {
        for (int i = 0; i < ENDS.length; i++) {
            Op op = Op.of(i);
            ENDS[i] = (byte) switch (op.kind) {
                case ALU, LOAD, STORE, ATOMIC, NONE -> FALLS | GOES_ON;
                case BRANCH -> BRANCHES | GOES_ON;
                case JUMP -> op == Op.JAL ? JUMPS : LEAVES;
                case TRAP -> LEAVES;
            };
        }
    }

    private final X64Lowering lowering;
    private final Code code;
    private final long[] chains;
    private final X64Direct a;
    private final X64Operands o;
    private final X64Cold cold;
    private final X64Control control;
    private final X64Memo memo;
    private final int[] offsets;
    private final int[] entries;
    private final int labels;
    private final int prepaid;
    /** What the block at hand has paid ahead. */
    private int rest;
    /** What the flags tell behind the last instruction emitted, as {@link X64Operands#flags}; UNKNOWN: the operands know. */
    private int flags;
    private static final int UNKNOWN = -1;

    /** For one run. {@code chains}: null without metering. */
    X64Quick(X64Lowering lowering, Code code, Chains chains, X64Direct assembler, X64Operands operands, X64Cold cold,
            X64Control control, X64Memo memo, int[] offsets, int[] entries) {
        this.lowering = lowering;
        this.code = code;
        this.chains = chains == null ? null : chains.packed();
        a = assembler;
        o = operands;
        this.cold = cold;
        this.control = control;
        this.memo = memo;
        this.offsets = offsets;
        this.entries = entries;
        labels = control.labels();
        prepaid = control.prepaid();
    }

    void run() {
        long[] insts = code.insts;
        int[] pcs = code.pcs;
        int count = code.count;
        int goesOn = 0;
        for (int i = 0; i < count;) {
            int end = code.nextLeader(i + 1);
            long last = insts[end - 1];
            int ends = ENDS[Inst.ordinal(last)];
            if (Inst.imm(last) == pcs[i] - pcs[end - 1] && (ends & 3) == BRANCHES
                    && (end - i <= X64Loops.SHORT || X64Loops.accumulator(code, o, i, end) != 0)) {
                control.paid(rest);
                lowering.block(i, end, 0);
                if (chains != null) {
                    rest = rest(chains[i]);
                }
            } else {
                a.room((end - i) * MOST + ROOM);
                if (chains != null) {
                    charge(i, end, goesOn);
                } else {
                    a.bind(labels + i);
                    entries[i] = a.pos;
                }
                block(i, end, ends & 3, last);
            }
            goesOn = ends >> 2;
            i = end;
        }
    }

    private static int rest(long plan) {
        return (int) (plan >>> 32) & Integer.MAX_VALUE;
    }

    /**
     * What {@link X64Control#beforeLeader} and {@link X64Control#leader} do.
     *
     * @param fallen 1 if control can come from the instruction before, else 0
     */
    private void charge(int i, int end, int fallen) {
        long plan = chains[i];
        int rest = this.rest;
        this.rest = rest(plan);
        int price = (int) plan;
        int expects = (int) (plan >> 63) & -price >> 31;
        int late = -fallen & expects & -rest >> 31; // -1 where those who come by a jump pay in a cold part
        int amount = price - (rest & late);
        if (amount < 0 || (rest & -fallen & ~expects) != 0) {
            control.paid(rest);
            cold.at(i);
            control.beforeLeader(i, end);
            entries[i] = a.pos;
            control.leader(i, end, 0);
            return;
        }
        byte[] code = a.code;
        int[] labels = a.labels;
        int pos = a.pos;
        entries[i] = pos;
        labels[this.labels + i] = pos + 1 & ~late;
        int some = -amount >>> 31;
        int wide = 127 - amount >>> 31;
        LONG.set(code, pos, CHARGE_SHORT + wide * (CHARGE_LONG - CHARGE_SHORT) | (long) amount << 24);
        LONG.set(code, pos + 8, (long) wide * CHARGE_LONG_SECOND);
        pos += CHARGE_BYTES + 3 * wide & -some;
        int jump = pos | some - 1; // -1: none
        cold.either(i, jump, price, -late, ~late & -price >>> 31);
        labels[prepaid + i] = pos + 1 & expects;
        a.ahead += some;
        a.pos = pos;
    }

    /** The instructions of a block, whose charge is emitted. */
    private void block(int leader, int end, int ends, long last) {
        flags = 0;
        offsets[leader] = entries[leader];
        int i = plain(leader, ends == FALLS ? end : end - 1, end);
        while (i < end) {
            if (i == end - 1 && ends != FALLS) {
                if (ends == BRANCHES && branch(i, last) || ends == JUMPS && jump(i, last)) {
                    return;
                }
            } else if (again(i, end)) {
                i = plain(i, ends == FALLS ? end : end - 1, end);
                continue;
            }
            i = lower(leader, i, end);
            if (i < end) {
                offsets[i] = a.pos;
                i = plain(i, ends == FALLS ? end : end - 1, end);
            }
        }
    }

    /**
     * Plain instructions from {@code i}, whose offset is set, up to {@code to}, as far as they are remembered; sets the next
     * one's offset.
     */
    private int plain(int i, int to, int end) {
        long[] insts = code.insts;
        int[] offsets = this.offsets;
        long[] memo = this.memo.entries;
        byte[] bytes = a.code;
        int pos = a.pos;
        long meta = -1;
        if (i < to) {
            long inst = insts[i];
            do {
                int at = X64Memo.slot(inst);
                long next = insts[i + 1];
                if (memo[at] != inst || X64Fusion.pairs(inst, next) != 0 && i + 1 < end) {
                    break;
                }
                meta = memo[at + 3];
                LONG.set(bytes, pos, memo[at + 1]);
                LONG.set(bytes, pos + 8, memo[at + 2]);
                pos += (int) meta & 31;
                offsets[++i] = pos;
                inst = next;
            } while (i < to);
            a.pos = pos;
            if (meta >= 0) {
                flags = (int) meta >>> 5;
            }
        }
        return i;
    }

    /** Remembers an instruction that was not; false if that is in vain. */
    private boolean again(int i, int end) {
        long inst = code.insts[i];
        return (X64Fusion.pairs(inst, code.insts[i + 1]) == 0 || i + 1 == end) && memo.remember(inst, inst);
    }

    private int lower(int leader, int i, int end) {
        if (flags >= 0) {
            o.setFlags(flags, i == leader ? 0 : Inst.rd(code.insts[i - 1]));
        }
        control.paid(rest);
        cold.at(i);
        int next = lowering.lower(i, end);
        flags = UNKNOWN;
        a.room((end - next) * MOST + ROOM);
        return next;
    }

    /** A branch; false if it is to be lowered the long way. */
    private boolean branch(int i, long inst) {
        int label = label(i, inst);
        if (label < 0) {
            return false;
        }
        long key = inst & 0xffff_ffffL;
        long[] memo = this.memo.entries;
        int at = X64Memo.slot(key);
        if (memo[at] != key && !this.memo.remember(key, inst)) {
            return false;
        }
        int rs1 = Inst.rs1(inst);
        int rs2 = Inst.rs2(inst);
        if (flags != 0 && (rs1 == 0 || rs2 == 0) && (flags < 0 || Inst.rd(code.insts[i - 1]) == (rs1 | rs2))) {
            return false; // flags may tell already
        }
        byte[] bytes = a.code;
        int pos = a.pos;
        LONG.set(bytes, pos, memo[at + 1]);
        LONG.set(bytes, pos + 8, memo[at + 2]);
        pos += (int) memo[at + 3] & 31;
        a.fixLater(label, pos - REL, 0);
        a.pos = pos;
        return true;
    }

    /** A jump or call; false if it is to be lowered the long way. */
    private boolean jump(int i, long inst) {
        int rd = Inst.rd(inst);
        int label = label(i, inst);
        if (label < 0 || rd > 1) {
            return false;
        }
        byte[] bytes = a.code;
        int pos = a.pos;
        if (rd != 0) {
            long link = (code.pcs[i] & 0xffff_ffffL) + Inst.size(inst);
            if (memo.linkBytes == 0 || link >>> 32 != 0) {
                return false;
            }
            int n = memo.linkBytes;
            LONG.set(bytes, pos, memo.link | link << (n - REL << 3));
            pos += n;
        }
        LONG.set(bytes, pos, rd != 0 ? CALL : JMP);
        pos += JMP_BYTES;
        a.fixLater(label, pos - REL, 0);
        a.pos = pos;
        return true;
    }

    /**
     * The cold parts of charges: see {@link X64Control#outOfGas}.
     *
     * @param offsets is given where each begins, and {@code indexes} the instruction it belongs to
     */
    void charges(int[] offsets, int[] indexes) {
        int n = cold.charges();
        int exit = a.labels[control.outOfGasExit()] - 1;
        int[] pcs = code.pcs;
        for (int i = 0; i < n; i++) {
            byte[] bytes = a.room(ROOM);
            int pos = a.pos;
            int jump = cold.chargeJump(i);
            int index = cold.chargeIndex(i);
            offsets[i] = pos;
            indexes[i] = index;
            INT.set(bytes, jump - REL, pos - jump);
            a.pos = outOfGas(bytes, pos, cold.chargeCost(i), pcs[index], exit);
        }
        a.ahead -= n;
    }

    /** add rdx, cost; mov eax, pc; jmp exit. */
    private static int outOfGas(byte[] bytes, int pos, int cost, int pc, int exit) {
        int wide = 127 - cost >>> 31;
        LONG.set(bytes, pos, (ADD_SHORT + wide * (ADD_LONG - ADD_SHORT)) | (long) cost << 24);
        pos += ADD_BYTES + 3 * wide;
        LONG.set(bytes, pos, LEAVE | (pc & 0xffff_ffffL) << 8);
        pos += LEAVE_BYTES;
        INT.set(bytes, pos - REL, exit - pos);
        return pos;
    }

    /** The cold part of a leader that is mostly entered prepaid: see {@link X64Control#unpaid}; its jump, or −1. */
    void unpaid(int index, int jump) {
        byte[] bytes = a.room(ROOM);
        int pos = a.pos;
        a.labels[labels + index] = pos + 1;
        entries[index] = pos;
        int price = (int) chains[index];
        int wide = 127 - price >>> 31;
        LONG.set(bytes, pos, (SUB_SHORT + wide * (SUB_LONG - SUB_SHORT)) | (long) price << 24);
        pos += ADD_BYTES + 3 * wide;
        LONG.set(bytes, pos, JAE);
        pos += JAE_BYTES;
        INT.set(bytes, pos - REL, a.labels[prepaid + index] - 1 - pos);
        int some = ~jump >>> 31; // where there is no jump, its displacement goes where it is overwritten
        INT.set(bytes, (jump & -some) + (pos + REL & some - 1) - REL, pos - jump);
        a.ahead -= some;
        a.pos = outOfGas(bytes, pos, price, code.pcs[index], a.labels[control.outOfGasExit()] - 1);
    }

    /** The label that a direct branch or jump can go to without more ado, or −1. */
    private int label(int i, long inst) {
        int target = code.indexOf(code.pcs[i] + Inst.imm(inst));
        if (target < 0 || !code.isLeader(target)) {
            return -1;
        }
        if (rest == 0) {
            return labels + target;
        }
        long plan = chains[target];
        return plan < 0 && (int) plan == rest ? prepaid + target : -1;
    }
}
