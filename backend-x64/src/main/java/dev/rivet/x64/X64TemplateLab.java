package dev.rivet.x64;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Op;
import dev.rivet.sandbox.Layout;
import dev.rivet.x64.X64Templates.Template;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Learns {@linkplain X64Templates templates}: has an instruction lowered with several host registers and immediates of the
 * same classes, takes the differences for the factors, and compares what the template makes with what lowering makes for
 * the instruction itself and for all that was tried. One use, one thread.
 */
final class X64TemplateLab {
    private static final int MOST_BYTES = 16;
    private static final int ROOM = 128;
    /** Where code for comparison is assembled: not where the template comes from, so that no place is in the bytes. */
    private static final int ELSEWHERE = 48;

    private final int[] home = new int[32];
    private final X64Direct a = new X64Direct(Layout.CODE_BASE, ROOM);
    private final X64Lowering lowering;

    private final byte[] made = new byte[2 * MOST_BYTES];
    /** Registers of the instruction at hand; those that are equal or x0 only once, the others 0. */
    private final int[] guests = new int[3];
    private final int[] classes = new int[3];
    private long inst;
    private int length;
    private int flags;
    private int split;

    X64TemplateLab(int xlen) {
        Arrays.fill(home, HostCode.IN_MEMORY);
        Code none = new Code.Builder(xlen, false, false, 0).build();
        lowering = new X64Lowering(none, null, new Backend.Options(Metering.NONE, CostModel.UNIT), home, a, null);
    }

    /** A template for the kind of an instruction, or null if there can be none. */
    Template learn(long inst, int[] registers, int[] homes) {
        this.inst = inst;
        int[] all = {Inst.rd(inst), Inst.rs1(inst), Inst.rs2(inst)};
        if (all[0] == 0 && Inst.op(inst).kind == Op.Kind.ALU) {
            return new Template(new long[5], new long[5], 0, 0, 0, 0); // no effect
        }
        for (int k = 0; k < 3; k++) {
            boolean again = k > 0 && all[k] == all[0] || k > 1 && all[k] == all[1];
            guests[k] = again ? 0 : all[k];
            classes[k] = registers[all[k]] & 7;
            if (classes[k] == X64Templates.CLASS_MEMORY) {
                return null;
            }
        }
        int[] imms = X64Templates.IMMEDIATE_SAMPLES[X64Templates.immediateClass(Inst.imm(inst))];
        if (!assign(0) || !lower(imms[0])) {
            return null;
        }
        Template t = derive(imms);
        return t != null && verify(t, imms, homes) ? t : null;
    }

    /** Gives each guest register the first host of its class that is free, or the last one. */
    private boolean assign(int last) {
        for (int g : guests) {
            home[g] = HostCode.IN_MEMORY;
        }
        for (int k = 0; k < 3; k++) {
            if (guests[k] != 0) {
                int h = free(k, last == 1);
                if (h < 0) {
                    return false;
                }
                home[guests[k]] = h;
            }
        }
        return true;
    }

    /** A host of the class of the k-th register that no register has, or −1. */
    private int free(int k, boolean last) {
        int[] hosts = X64Templates.HOSTS[classes[k]];
        for (int i = 0; i < hosts.length; i++) {
            int h = hosts[last ? hosts.length - 1 - i : i];
            if (!taken(h)) {
                return h;
            }
        }
        return -1;
    }

    private boolean taken(int h) {
        for (int g : guests) {
            if (home[g] == h) {
                return true;
            }
        }
        return false;
    }

    /** Lowers the instruction with this immediate; false if the code is no template's. */
    private boolean lower(int imm) {
        return lower(imm, 0);
    }

    private boolean lower(int imm, int at) {
        a.rewind(at);
        long with = inst & 0xffff_ffffL | (long) imm << 32;
        flags = lowering.lowerAlone(Inst.op(with), with);
        length = a.length() - at;
        return flags >= 0 && length <= MOST_BYTES;
    }

    private long word(int which) {
        byte[] bytes = a.bytes();
        long word = 0;
        int from = which == 0 ? 0 : split;
        int to = which == 0 ? Math.min(split, length) : length;
        for (int i = to - 1; i >= from; i--) {
            word = word << 8 | bytes[i] & 0xff;
        }
        return word;
    }

    /** With what the base assignment made in the assembler. */
    private Template derive(int[] imms) {
        int n = length;
        int f = flags;
        byte[] base = Arrays.copyOf(a.bytes(), MOST_BYTES);
        boolean isByte = imms[0] == (byte) imms[0];
        long mask = isByte ? 0xff : 0xffff_ffffL;
        split = 8;
        boolean varies = imms.length == 2;
        if (varies) {
            if (!lower(imms[1]) || length != n || flags != f) {
                return null;
            }
            int at = Arrays.mismatch(base, 0, n, a.bytes(), 0, n);
            if (!isByte && at < 8 && at + 4 > 8) {
                split = at; // the immediate in one piece
            }
        }
        if (n - split > 8) {
            return null;
        }
        long[][] words = new long[2][5];
        if (varies) {
            for (int w = 0; w < 2; w++) {
                words[w][4] = word(w);
            }
        }
        lower(imms[0]);
        for (int w = 0; w < 2; w++) {
            words[w][0] = word(w);
            words[w][4] = varies ? words[w][4] - words[w][0] : 0;
        }
        for (int k = 0; k < 3; k++) {
            if (guests[k] != 0 && !factor(k, imms[0], n, f, words)) {
                return null;
            }
        }
        for (int w = 0; w < 2; w++) {
            long fixed = words[w][0] - (imms[0] & mask) * words[w][4];
            for (int k = 0; k < 3; k++) {
                if (guests[k] != 0) {
                    fixed -= (home[guests[k]] & 7) * words[w][1 + k];
                }
            }
            words[w][0] = fixed;
        }
        return new Template(words[0], words[1], mask, split, n, f);
    }

    /** How code changes with the host of the k-th register. Leaves the hosts as they were. */
    private boolean factor(int k, int imm, int n, int f, long[][] words) {
        int g = guests[k];
        int h = home[g];
        int other = free(k, true);
        int partner = 0;
        if (other < 0) {
            // Two registers share a class of two hosts: one factor says which has which.
            for (int l = k + 1; l < 3; l++) {
                if (guests[l] != 0 && classes[l] == classes[k]) {
                    partner = guests[l];
                }
            }
            if (partner == 0) {
                return true; // no choice, or the partner's factor tells
            }
            other = home[partner];
            home[partner] = h;
        }
        home[g] = other;
        boolean same = lower(imm) && length == n && flags == f;
        for (int w = 0; w < 2; w++) {
            words[w][1 + k] = divide(word(w) - words[w][0], (other & 7) - (h & 7));
        }
        home[g] = h;
        if (partner != 0) {
            home[partner] = other;
        }
        return same;
    }

    /** Exactly, modulo 2⁶⁴. */
    private static long divide(long difference, int by) {
        int twos = Integer.numberOfTrailingZeros(by);
        int odd = by >> twos;
        long inverse = odd; // of an odd number; right in its low three bits, each step doubles them
        for (int i = 0; i < 5; i++) {
            inverse *= 2 - odd * inverse;
        }
        return (difference >> twos) * inverse;
    }

    private boolean verify(Template t, int[] imms, int[] homes) {
        for (int imm : imms) {
            for (int last = 0; last < 2; last++) {
                if (!assign(last) || !agrees(t, imm)) {
                    return false;
                }
            }
        }
        for (int g : guests) {
            home[g] = homes[g];
        }
        return agrees(t, Inst.imm(inst));
    }

    private boolean agrees(Template t, int imm) {
        if (!lower(imm, ELSEWHERE) || length != t.length || flags != t.flags) {
            return false;
        }
        int rd = low(Inst.rd(inst));
        int rs1 = low(Inst.rs1(inst));
        int rs2 = low(Inst.rs2(inst));
        ByteBuffer.wrap(made).order(ByteOrder.LITTLE_ENDIAN).putLong(0, t.first(rd, rs1, rs2, imm)).putLong(t.split,
                t.second(rd, rs1, rs2, imm));
        return Arrays.equals(made, 0, length, a.bytes(), ELSEWHERE, ELSEWHERE + length);
    }

    private int low(int r) {
        return r == 0 ? 0 : home[r] & 7;
    }
}
