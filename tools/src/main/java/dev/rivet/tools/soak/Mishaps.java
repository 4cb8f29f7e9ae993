package dev.rivet.tools.soak;

import dev.rivet.tools.conform.Asm;

/** Guest functions that go wrong, one for each way a call can end badly; a0 is the address where there is one. */
public final class Mishaps {
    /** Guest address: adds 1 to a0 for ever. */
    public final int endless;
    /** Guest address: loads eight bytes from a0. */
    public final int load;
    /** Guest address: stores a1, eight bytes, at a0. */
    public final int store;
    /** Guest address: calls a0. */
    public final int jump;
    /** Guest address: calls itself until the stack is full. */
    public final int deep;
    /** Guest address: a word that is no instruction. */
    public final int illegal;
    /** Guest address: ebreak. */
    public final int breakpoint;

    /** Appends them to a program. */
    public Mishaps(Asm a) {
        endless = a.here();
        int loop = a.label();
        a.place(loop).addi(Asm.A0, Asm.A0, 1).j(loop);
        load = a.here();
        a.lx(Asm.A1, 0, Asm.A0).ret();
        store = a.here();
        a.sx(Asm.A1, 0, Asm.A0).ret();
        jump = a.here();
        a.jalr(Asm.RA, Asm.A0, 0).ret();
        deep = a.here();
        int self = a.label();
        a.place(self).addi(Asm.SP, Asm.SP, -16).sx(Asm.RA, 0, Asm.SP).jal(Asm.RA, self);
        illegal = a.here();
        a.word(-1);
        breakpoint = a.here();
        a.ebreak();
    }
}
