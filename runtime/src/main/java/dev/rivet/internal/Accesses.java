package dev.rivet.internal;

import dev.rivet.ir.Op;

/** How many bytes each instruction that touches memory touches. */
final class Accesses {
    private Accesses() {
    }

    /** 1, 2, 4 or 8; 0 for an operation that touches no memory. */
    static int size(Op op) {
        return switch (op) {
            case LB, LBU, SB -> 1;
            case LH, LHU, SH -> 2;
            case LW, LWU, SW, LR_W, SC_W, AMOSWAP_W, AMOADD_W, AMOXOR_W, AMOAND_W, AMOOR_W, AMOMIN_W, AMOMAX_W,
                    AMOMINU_W,
                    AMOMAXU_W ->
                4;
            case LD, SD, LR_D, SC_D, AMOSWAP_D, AMOADD_D, AMOXOR_D, AMOAND_D, AMOOR_D, AMOMIN_D, AMOMAX_D, AMOMINU_D,
                    AMOMAXU_D ->
                8;
            default -> 0;
        };
    }
}
