package dev.rivet.x64;

import static dev.rivet.x64.Reg.RAX;
import static dev.rivet.x64.Reg.RDX;
import static dev.rivet.x64.Reg.XMM0;

import dev.rivet.ir.Op;
import dev.rivet.sandbox.Control;
import dev.rivet.x64.X64Assembler.Alu;
import dev.rivet.x64.X64Assembler.Cond;
import dev.rivet.x64.X64Assembler.Extend;

/**
 * Loads, stores and atomics. Guest memory lies at host address = guest address, and the 67h prefix makes address arithmetic
 * wrap modulo 2³² by itself, so an access is one instruction and cannot leave the low 4 GiB.
 *
 * <p>What can fault does so before any guest register or gas has changed.
 */
final class X64Memory {
    /** What RESERVATION has besides the address. */
    private static final int RESERVED_WORD = 1;
    private static final int RESERVED_DOUBLE = 2;

    private final X64Assembler a;
    private final X64Operands o;
    private final X64Cold cold;
    private final long reservation;

    X64Memory(X64Operands operands, X64Cold cold) {
        o = operands;
        a = operands.a;
        this.cold = cold;
        reservation = o.control(Control.RESERVATION);
    }

    /** The guest address rs1 + imm; rax may be used for a base that lives in memory. */
    private long address(int rs1, int imm) {
        if (o.pinned(rs1)) {
            return Mem.wrap(o.home(rs1), imm);
        }
        if (rs1 == 0) {
            return Mem.wrap(Reg.NONE, imm);
        }
        o.get(4, RAX, rs1);
        return Mem.wrap(RAX, imm);
    }

    /** A load that extends. */
    void load(Extend op, int width, int rd, int rs1, int imm) {
        load(op, width, rd, address(rs1, imm));
    }

    private void load(Extend op, int width, int rd, long mem) {
        int d = o.def(rd);
        a.extendLoad(op, width, d, mem);
        o.done(rd, d);
    }

    /** A load of 4 bytes (zero-extended) or 8. */
    void load(int width, int rd, int rs1, int imm) {
        load(width, rd, address(rs1, imm));
    }

    private void load(int width, int rd, long mem) {
        int d = o.def(rd);
        a.load(width, d, mem);
        o.done(rd, d);
    }

    /** Any load, from an address that is known otherwise; {@code late}: LW without its extension. */
    void load(Op op, int rd, long mem, boolean late) {
        switch (op) {
            case LB -> load(Extend.SX8, o.size, rd, mem);
            case LH -> load(Extend.SX16, o.size, rd, mem);
            case LBU -> load(Extend.ZX8, 4, rd, mem);
            case LHU -> load(Extend.ZX16, 4, rd, mem);
            case LWU -> load(4, rd, mem);
            case LD -> load(8, rd, mem);
            case LW -> {
                if (o.wide && !late) {
                    load(Extend.SX32, 8, rd, mem);
                } else {
                    load(4, rd, mem);
                }
            }
            default -> throw new AssertionError(op);
        }
    }

    void store(int width, int rs1, int rs2, int imm) {
        long mem = address(rs1, imm);
        if (rs2 == 0) {
            a.storeImm(width, mem, 0);
        } else if (o.pinned(rs2)) {
            a.store(width, mem, o.home(rs2));
        } else if (o.pinned(rs1) || rs1 == 0) {
            o.get(width == 8 ? 8 : 4, RAX, rs2);
            a.store(width, mem, RAX);
        } else {
            storeXmm(width, mem, rs2);
        }
    }

    /** Stores a register that lives in memory while rax is taken by the address and rdx by gas. */
    private void storeXmm(int width, long mem, int r) {
        a.loadXmm(XMM0, o.slot(r));
        if (width == 8) {
            a.storeXmm(mem, XMM0);
        } else if (width == 4) {
            a.storeXmm32(mem, XMM0);
        } else {
            a.pextr(width, mem, XMM0);
        }
    }

    // Atomics. One hart: nothing else touches guest memory meanwhile, so no instruction needs lock.

    /** rax = the address; leaves when it is not aligned. */
    private void alignedAddress(int width, int rs1) {
        o.get(4, RAX, rs1);
        a.testImm(1, RAX, width - 1);
        cold.add(X64Cold.MISALIGNED, a.jccAhead(Cond.NE), -1);
    }

    void loadReserved(int width, int rd, int rs1) {
        alignedAddress(width, rs1);
        int tag = width == 4 ? RESERVED_WORD : RESERVED_DOUBLE;
        a.aluImm(Alu.ADD, 4, RAX, tag);
        a.store(8, reservation, RAX);
        int d = o.def(rd);
        if (width == 4 && o.wide) {
            a.extendLoad(Extend.SX32, 8, d, Mem.wrap(RAX, -tag));
        } else {
            a.load(width, d, Mem.wrap(RAX, -tag));
        }
        o.done(rd, d);
    }

    void storeConditional(int width, int rd, int rs1, int rs2) {
        alignedAddress(width, rs1);
        int tag = width == 4 ? RESERVED_WORD : RESERVED_DOUBLE;
        a.aluImm(Alu.ADD, 4, RAX, tag);
        a.aluLoad(Alu.CMP, 8, RAX, reservation);
        int end = a.newLabel();
        cold.add(X64Cold.SC_FAILS, a.jccAhead(Cond.NE), end);
        long mem = Mem.wrap(RAX, -tag);
        if (o.pinned(rs2)) {
            a.store(width, mem, o.home(rs2));
        } else if (rs2 == 0) {
            a.storeImm(width, mem, 0);
        } else {
            storeXmm(width, mem, rs2);
        }
        a.storeImm(8, reservation, 0);
        o.constant(rd, 0);
        a.bind(end);
    }

    /** The cold part of {@link #storeConditional}. */
    void storeConditionalFails(int rd, int end) {
        a.storeImm(8, reservation, 0);
        o.constant(rd, 1);
        a.jmp(end);
    }

    /**
     * Starts a read-modify-write: rax = address, rdx free. A write that changes nothing comes first, so that a fault finds
     * gas where it belongs; nothing can fault after it.
     */
    private void begin(int width, int rs1) {
        alignedAddress(width, rs1);
        a.aluStoreImm(Alu.OR, width, Mem.wrap(RAX, 0), 0);
        o.park();
    }

    /** Ends a read-modify-write: rdx has the old value. */
    private void end(int width, int rd) {
        if (rd != 0) {
            if (width == 4) {
                o.putWord(rd, RDX);
            } else {
                o.put(rd, RDX);
            }
        }
        o.unpark();
    }

    void swap(int width, int rd, int rs1, int rs2) {
        begin(width, rs1);
        o.get(width, RDX, rs2);
        a.xchgMem(width, Mem.wrap(RAX, 0), RDX);
        end(width, rd);
    }

    void add(int width, int rd, int rs1, int rs2) {
        begin(width, rs1);
        o.get(width, RDX, rs2);
        a.lockXadd(width, Mem.wrap(RAX, 0), RDX);
        end(width, rd);
    }

    /** AND, OR, XOR. */
    void logic(Alu op, int width, int rd, int rs1, int rs2) {
        begin(width, rs1);
        long mem = Mem.wrap(RAX, 0);
        if (o.pinned(rs2)) {
            a.load(width, RDX, mem);
            a.aluStore(op, width, mem, o.home(rs2));
        } else {
            a.load(width, RDX, mem);
            a.movqToXmm(XMM0, RDX);
            o.get(width, RDX, rs2);
            a.aluStore(op, width, mem, RDX);
            a.movqFromXmm(RDX, XMM0);
        }
        end(width, rd);
    }

    /** MIN and MAX: memory keeps its value where the condition holds for (memory, rs2). */
    void select(Cond keep, int width, int rd, int rs1, int rs2) {
        begin(width, rs1);
        long mem = Mem.wrap(RAX, 0);
        a.load(width, RDX, mem);
        o.alu(Alu.CMP, width, RDX, rs2);
        int kept = a.newLabel();
        a.jcc(keep, kept);
        if (o.pinned(rs2)) {
            a.store(width, mem, o.home(rs2));
        } else if (rs2 == 0) {
            a.storeImm(width, mem, 0);
        } else {
            storeXmm(width, mem, rs2);
        }
        a.bind(kept);
        end(width, rd);
    }
}
