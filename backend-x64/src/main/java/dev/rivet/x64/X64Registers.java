package dev.rivet.x64;

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

import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.util.Arrays;

/**
 * Which host register holds what.
 *
 * <ul>
 * <li>rax: scratch; nothing lives in it between two guest instructions. It must be rax, for multiplication and division.
 * <li>rdx: gas in SYNC and ASYNC metering, a second scratch otherwise. Only multiplication, division and rare bit
 * instructions need a second scratch; they park gas in xmm14. So metering displaces no guest register, which would cost
 * 26 to 59 % on loops that need them all.
 * <li>rsp: the host return stack, so that {@code ret} is predicted.
 * <li>the other thirteen: guest registers. In RVE files ra, sp, t0–t2, s0–s1, a0–a5: all but gp and tp, which hardly ever
 * occur. In files with 31 registers the thirteen with the most uses, a use counting eight times more for each loop
 * around it.
 * <li>xmm15: gas in FPU metering. xmm14: gas while it is parked. xmm0–xmm3: scratch.
 * </ul>
 *
 * Guest registers without a host register live in their slot of the control page, always reached as {@code [rip+disp32]}:
 * processors rename such memory (docs/decisions/0001). x0's slot holds 0.
 */
final class X64Registers {
    static final int SCRATCH = RAX;
    static final int GAS = RDX;
    static final int GAS_XMM = Reg.XMM15;
    static final int PARKED_XMM = Reg.XMM14;

    /**
     * Hosts by rising cost as the base of an address: r12 needs a SIB byte, rbp and r13 a displacement; from r8 on a REX
     * prefix.
     */
    private static final int[] HOSTS = {RDI, RSI, RCX, RBX, R8, R9, R10, R11, R14, R15, RBP, R13, R12};

    private static final int RA = 1;
    private static final int SP = 2;
    private static final int LOOP_SHIFT = 3;
    private static final int MAX_DEPTH = 6;

    private X64Registers() {
    }

    /** Host register of each guest register, or {@link HostCode#IN_MEMORY}. */
    static int[] map(Code code) {
        return code.embedded ? embedded() : hottest(code);
    }

    private static int[] embedded() {
        int[] home = new int[32];
        Arrays.fill(home, HostCode.IN_MEMORY);
        int[] guests = {10, 11, 12, 13, 14, 15, 8, 9, 5, 6, SP, 7, RA};
        for (int i = 0; i < guests.length; i++) {
            home[guests[i]] = HOSTS[i];
        }
        return home;
    }

    private static int[] hottest(Code code) {
        long[] heat = heat(code);
        int[] home = new int[32];
        Arrays.fill(home, HostCode.IN_MEMORY);
        int[] chosen = new int[HOSTS.length];
        int n = 0;
        heat[0] = -1;
        while (n < HOSTS.length) {
            int best = 0;
            for (int r = 1; r < 32; r++) {
                if (heat[r] > heat[best]) {
                    best = r;
                }
            }
            chosen[n++] = best;
            heat[best] = -1;
        }
        // sp is nearly always used with a displacement, ra never as a base: they take the hosts that suit only them.
        boolean[] taken = new boolean[16];
        for (int r : chosen) {
            if (r == SP) {
                home[r] = RBP;
                taken[RBP] = true;
            } else if (r == RA) {
                home[r] = R12;
                taken[R12] = true;
            }
        }
        int next = 0;
        for (int r : chosen) {
            if (home[r] == HostCode.IN_MEMORY) {
                while (taken[HOSTS[next]]) {
                    next++;
                }
                home[r] = HOSTS[next++];
            }
        }
        return home;
    }

    /** Uses of each register, weighted by the loops around them (ranges of backward branches). Linear in the code. */
    private static long[] heat(Code code) {
        int[] change = new int[code.count + 1];
        for (int i = 0; i < code.count; i++) {
            long inst = code.insts[i];
            Op op = Inst.op(inst);
            if (op.kind == Op.Kind.BRANCH || op == Op.JAL && Inst.rd(inst) == 0) {
                if (Inst.imm(inst) <= 0) {
                    int target = code.indexOf(code.pcs[i] + Inst.imm(inst));
                    if (target >= 0 && target <= i) {
                        change[target]++;
                        change[i + 1]--;
                    }
                }
            }
        }
        long[] heat = new long[32];
        int depth = 0;
        for (int i = 0; i < code.count; i++) {
            depth += change[i];
            long inst = code.insts[i];
            if (Inst.op(inst).kind != Op.Kind.TRAP) {
                long weight = 1L << LOOP_SHIFT * Math.min(depth, MAX_DEPTH);
                heat[Inst.rd(inst)] += weight;
                heat[Inst.rs1(inst)] += weight;
                heat[Inst.rs2(inst)] += weight;
            }
        }
        return heat;
    }
}
