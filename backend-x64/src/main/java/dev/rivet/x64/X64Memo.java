package dev.rivet.x64;

import dev.rivet.ir.Inst;
import dev.rivet.x64.X64Templates.Template;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What plain instructions were translated to last: programs are made of the same few thousand instructions over and over. A
 * table of one place for each hash; a miss is filled from a {@link Template}. For one program at a time; kept for the next,
 * whose registers mostly have the same hosts.
 */
final class X64Memo {
    private static final int BITS = 14;
    private static final AtomicReference<X64Memo> WIDE = new AtomicReference<>();
    private static final AtomicReference<X64Memo> NARROW = new AtomicReference<>();

    /**
     * Four a place: the instruction, 16 bytes of code, then their length (bits 0–4) and what the flags tell (from bit 5 on).
     * All 0 is right for the instruction that is 0, {@code lui x0, 0}, which does nothing.
     */
    final long[] entries = new long[4 << BITS];
    /** {@code mov} of 0 to the host of ra, with four bytes of immediate at the end, and its length; 0: ra is in memory. */
    long link;
    int linkBytes;

    private final X64Templates templates;
    private int[] home = new int[0];
    private int[] registers;

    private X64Memo(int xlen) {
        templates = X64Templates.of(xlen);
    }

    private static AtomicReference<X64Memo> pool(int xlen) {
        return xlen == 64 ? WIDE : NARROW;
    }

    /** For a program with these homes; to be given back. */
    static X64Memo take(int xlen, int[] home) {
        X64Memo memo = pool(xlen).getAndSet(null);
        if (memo == null) {
            memo = new X64Memo(xlen);
        }
        if (!Arrays.equals(home, memo.home)) {
            memo.begin(home);
        }
        return memo;
    }

    static void giveBack(int xlen, X64Memo memo) {
        pool(xlen).set(memo);
    }

    private void begin(int[] home) {
        Arrays.fill(entries, 0);
        this.home = home.clone();
        registers = X64Templates.registers(home);
        int ra = home[1];
        linkBytes = 0;
        if (ra >= 0) {
            X64Direct a = new X64Direct(0, 16);
            a.movImm(4, ra, 0);
            linkBytes = a.length();
            link = (a.bytes()[0] & 0xffL) | (linkBytes == 6 ? (a.bytes()[1] & 0xffL) << 8 : 0);
        }
    }

    /** Where in {@link #entries} an instruction's place is. */
    static int slot(long key) {
        return (int) (key * 0x9e37_79b9_7f4a_7c15L >>> 64 - BITS) << 2;
    }

    /** Remembers an instruction under a key; false if it has no template. */
    boolean remember(long key, long inst) {
        Template t = templates.find(inst, registers, home);
        if (t == null) {
            return false;
        }
        int rd = registers[Inst.rd(inst)] >>> X64Templates.HOST_BIT;
        int rs1 = registers[Inst.rs1(inst)] >>> X64Templates.HOST_BIT;
        int rs2 = registers[Inst.rs2(inst)] >>> X64Templates.HOST_BIT;
        int imm = Inst.imm(inst);
        long first = t.first(rd, rs1, rs2, imm);
        long second = t.second(rd, rs1, rs2, imm);
        if (t.split < 8) {
            int bits = t.split << 3;
            first = first & (1L << bits) - 1 | second << bits;
            second = second >>> 64 - bits;
        }
        int at = slot(key);
        entries[at] = key;
        entries[at + 1] = first;
        entries[at + 2] = second;
        entries[at + 3] = t.flags << 5 | t.length;
        return true;
    }
}
