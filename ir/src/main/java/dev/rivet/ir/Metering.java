package dev.rivet.ir;

import java.util.Locale;

/** How gas is counted (DESIGN 1.6). */
public enum Metering {
    /** Not at all. */
    NONE,
    /** In a register, checked at every block. */
    SYNC,
    /** In a floating-point register whose overflow traps by itself; stops exactly where SYNC stops. x86-64 only. */
    FPU,
    /** In a register, checked by a timer, at host calls and at the end; stops late, but its result is exact. */
    ASYNC;

    /** {@return lower-case name as on the command line and in statistics} */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
