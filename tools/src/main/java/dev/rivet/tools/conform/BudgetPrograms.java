package dev.rivet.tools.conform;

import dev.rivet.ir.Op;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Functions put together from pieces of control flow, every sequence of pieces of a length: whatever a translator may charge
 * together is in one of them. Each piece takes the bits that choose its way from a0, adds to a1 what tells the ways apart,
 * and stores it.
 */
final class BudgetPrograms {
    /** Guest address of what functions store. */
    static final int DATA = 0x20000000;
    /** Bytes of it. */
    static final int DATA_SIZE = 0x1000;

    private static final int TEXT = 0x10000;
    private static final int WAY = Asm.A0;
    private static final int SUM = Asm.A1;
    private static final int AT = Asm.A2;
    private static final int KEPT = Asm.A3;
    private static final int RETURN = Asm.S0;
    private static final int TURNS = Asm.T2;
    private static final int TEMP = Asm.T1;
    private static final int C_ADDI_SUM = 0x0585;
    /** Instructions of {@link Piece#LONG}: with costs of 100 more than is ever paid ahead, with costs of 1 not. */
    private static final int MANY = 45;

    /** What a function is made of; {@link #ways} is how many ways through it there are. */
    enum Piece {
        // @formatter:off
        /** No control flow. */
        STRAIGHT(1),
        /** A branch around one instruction. */
        SKIP_ONE(2),
        /** A branch to where it goes anyway. */
        SKIP_NONE(2),
        /** A branch around a branch, which share their target. */
        SKIP_BLOCKS(4),
        /** A branch around a branch whose target is in between. */
        NESTED(4),
        /** Two branches into different places of the same straight code. */
        LADDER(4),
        /** If, else. */
        DIAMOND(2),
        /** A jump over code that nobody reaches. */
        JUMP_OVER(1),
        /** A loop that is fallen into. */
        LOOP(1),
        /** A loop that is jumped into where it asks whether to go on. */
        LOOP_JUMPED(1),
        /** A loop that is left from its middle, or at its end. */
        LOOP_BREAK(2),
        /** A loop in a loop. */
        LOOP_NESTED(1),
        /** Jumps forward, backward, forward. */
        BACK(1),
        /** A call of a function without branches. */
        CALL(1),
        /** A call of a function with a branch, by a register. */
        CALL_INDIRECT(2),
        /** An indirect jump to a leader that is also fallen into. */
        JUMP_LEADER(2),
        /** An indirect jump into the middle of a block. */
        JUMP_SIDE(2),
        /** An indirect jump into the middle of a block that is followed by one that is paid ahead. */
        SIDE_THEN_PAID(4),
        /** A host call. */
        HOST(1),
        /** A branch around a host call. */
        SKIP_HOST(2),
        /** Straight code that is too expensive to be paid ahead, if instructions are. */
        LONG(1),
        /** A branch around such code. */
        SKIP_LONG(2),
        /** Ends of all kinds in the middle of chains, or around them. */
        LOAD_FAULT(2), STORE_FAULT(2), MISALIGNED(2), BREAK(2), ILLEGAL(2), NOWHERE(2),
        /** Blocks that cost one less than may be paid ahead, as much, and one more, where everything but xori costs 100. */
        LESS(2), MOST(2), MORE(2);
        // @formatter:on

        final int ways;

        Piece(int ways) {
            this.ways = ways;
        }
    }

    /** A function, and how many ways through it there are. */
    record Function(String name, int entry, int ways) {
    }

    private final Isa isa;
    private final Asm asm;
    private final List<Runnable> later = new ArrayList<>();

    private BudgetPrograms(Isa isa) {
        this.isa = isa;
        asm = new Asm(isa.xlen(), TEXT);
    }

    /** A file with functions, each of which is called with a way in a0 and any number in a1. */
    record Made(byte[] elf, List<Function> functions) {
    }

    /** Every sequence of this many of some pieces. */
    static Made every(Isa isa, int length, Piece... pieces) {
        BudgetPrograms p = new BudgetPrograms(isa);
        List<Function> functions = new ArrayList<>();
        p.asm.ebreak();
        int sequences = (int) Math.pow(pieces.length, length);
        for (int s = 0; s < sequences; s++) {
            Piece[] chosen = new Piece[length];
            for (int i = 0, rest = s; i < length; i++, rest /= pieces.length) {
                chosen[i] = pieces[rest % pieces.length];
            }
            functions.add(p.function(chosen));
        }
        byte[] elf = new Image(isa.xlen(), isa.elfFlags()).entry(TEXT).add(p.asm, Image.R | Image.X)
                .add(DATA, new byte[0], DATA_SIZE, Image.R | Image.W).bytes();
        return new Made(elf, functions);
    }

    private Function function(Piece... pieces) {
        asm.align(4);
        int entry = asm.here();
        asm.addi(RETURN, Asm.RA, 0).lui(AT, DATA);
        int ways = 1;
        for (Piece piece : pieces) {
            emit(piece);
            ways *= piece.ways;
        }
        work(9);
        asm.jalr(0, RETURN, 0);
        later.forEach(Runnable::run);
        later.clear();
        return new Function(Arrays.toString(pieces), entry, ways);
    }

    /** Something that shows that control was here. */
    private void work(int number) {
        asm.addi(SUM, SUM, number);
        if (isa.compressed() && (number & 1) != 0) {
            asm.half(C_ADDI_SUM);
        }
        asm.store(2, SUM, 0, AT).addi(AT, AT, 4);
    }

    /** A branch that is taken if the next bit of the way is 1. */
    private void choose(int target) {
        asm.andi(TEMP, WAY, 1).srli(WAY, WAY, 1).branch(Asm.BNE, TEMP, 0, target);
    }

    private void emit(Piece piece) {
        int end = asm.label();
        int middle = asm.label();
        switch (piece) {
            case STRAIGHT -> work(3);
            case SKIP_ONE -> {
                choose(end);
                asm.addi(SUM, SUM, 5);
            }
            case SKIP_NONE -> choose(end);
            case SKIP_BLOCKS -> {
                choose(end);
                work(5);
                choose(end);
                work(7);
            }
            case NESTED -> {
                choose(end);
                work(5);
                choose(middle);
                work(7);
                asm.place(middle);
                work(11);
            }
            case LADDER -> {
                choose(middle);
                work(5);
                choose(end);
                work(7);
                asm.place(middle);
                work(11);
            }
            case DIAMOND -> {
                choose(middle);
                work(5);
                asm.j(end).place(middle);
                work(7);
                work(8);
            }
            case JUMP_OVER -> {
                asm.j(end);
                work(5);
                asm.branch(Asm.BEQ, SUM, 0, end);
            }
            case HOST -> host();
            case SKIP_HOST -> {
                choose(end);
                host();
                work(2);
            }
            case LONG -> many(MANY);
            case SKIP_LONG -> {
                choose(end);
                many(MANY);
            }
            default -> more(piece, middle, end);
        }
        asm.place(end);
    }

    private void more(Piece piece, int middle, int end) {
        int head = asm.label();
        switch (piece) {
            case LOOP -> {
                asm.addi(TURNS, 0, 2).place(head);
                work(3);
                asm.addi(TURNS, TURNS, -1).branch(Asm.BNE, TURNS, 0, head);
            }
            case LOOP_JUMPED -> {
                asm.addi(TURNS, 0, 3).j(middle).place(head);
                work(3);
                asm.place(middle).addi(TURNS, TURNS, -1).branch(Asm.BLT, 0, TURNS, head);
            }
            case LOOP_BREAK -> {
                asm.addi(TURNS, 0, 3).place(head).addi(TURNS, TURNS, -1);
                choose(end);
                work(3);
                asm.branch(Asm.BNE, TURNS, 0, head);
            }
            case LOOP_NESTED -> {
                int inner = asm.label();
                asm.addi(TURNS, 0, 2).place(head).addi(TEMP, 0, 2).place(inner);
                work(3);
                asm.addi(TEMP, TEMP, -1).branch(Asm.BNE, TEMP, 0, inner);
                asm.addi(TURNS, TURNS, -1).branch(Asm.BNE, TURNS, 0, head);
            }
            case BACK -> {
                asm.j(middle).place(head);
                work(3);
                asm.j(end).place(middle);
                work(5);
                asm.j(head);
            }
            case CALL -> {
                asm.jal(Asm.RA, head);
                later.add(() -> {
                    asm.place(head);
                    work(4);
                    asm.ret();
                });
            }
            case CALL_INDIRECT -> {
                int over = asm.label();
                asm.lla(TEMP, head).jalr(Asm.RA, TEMP, 0);
                later.add(() -> {
                    asm.place(head);
                    choose(over);
                    work(4);
                    asm.place(over);
                    work(6);
                    asm.ret();
                });
            }
            case JUMP_LEADER -> {
                asm.lla(KEPT, end);
                choose(middle);
                asm.jalr(0, KEPT, 0).place(middle);
                work(5);
                asm.branch(Asm.BEQ, TEMP, 0, end);
                work(7);
            }
            case JUMP_SIDE -> {
                asm.lla(KEPT, head);
                choose(middle);
                asm.jalr(0, KEPT, 0).place(middle);
                work(5);
                asm.place(head); // no branch leads here
                work(7);
                choose(end);
            }
            case SIDE_THEN_PAID -> {
                asm.lla(KEPT, head);
                choose(middle);
                asm.jalr(0, KEPT, 0).place(middle);
                asm.andi(TEMP, WAY, 1).srli(WAY, WAY, 1).branch(Asm.BNE, TEMP, 0, end);
                work(5);
                asm.place(head);
                work(7);
            }
            default -> ends(piece, end);
        }
    }

    /** What the way's next bit goes around ends the call, or is as expensive as can be paid ahead. */
    private void ends(Piece piece, int end) {
        choose(end);
        work(5);
        switch (piece) {
            case LOAD_FAULT -> asm.load(2, TEMP, 0, 0);
            case STORE_FAULT -> asm.store(2, TEMP, 0, 0);
            case MISALIGNED -> {
                asm.addi(TEMP, AT, 1);
                asm.word(Forms.of(Op.AMOADD_W).encode(isa.xlen(), TEMP, TEMP, SUM, 0));
            }
            case BREAK -> asm.ebreak();
            case ILLEGAL -> asm.word(0xffff_ffff);
            case NOWHERE -> asm.jalr(0, 0, 0);
            case LESS -> expensive(95);
            case MOST -> expensive(96);
            case MORE -> expensive(97);
            default -> throw new IllegalArgumentException(piece.name());
        }
        work(6);
    }

    private void host() {
        asm.addi(KEPT, WAY, 0).li(isa.callRegister(), Machine.OBSERVE).ecall();
        asm.addi(WAY, KEPT, 0);
    }

    private void many(int instructions) {
        for (int i = 0; i < instructions; i++) {
            asm.addi(SUM, SUM, i & 3);
        }
    }

    /**
     * A block of 4,000 gas and some, where xori costs 1 and everything else 100. It can be entered by a branch, and nothing
     * behind it is paid with it.
     */
    private void expensive(int cheap) {
        int block = asm.label();
        int function = asm.label();
        asm.branch(Asm.BEQ, SUM, SUM, block);
        asm.place(block);
        many(39);
        for (int i = 0; i < cheap; i++) {
            asm.xori(SUM, SUM, 1);
        }
        asm.jal(Asm.RA, function);
        later.add(() -> {
            asm.place(function);
            asm.ret();
        });
    }
}
