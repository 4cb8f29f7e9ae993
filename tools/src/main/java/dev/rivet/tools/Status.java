package dev.rivet.tools;

/** Exit statuses of {@code rivet} that are not a guest's own (DESIGN 1.7). */
final class Status {
    /** All went well (or the guest said 0). */
    static final int OK = 0;
    /** The command line makes no sense. */
    static final int USAGE = 64;
    /** A file was read and is not what it should be. */
    static final int BAD_INPUT = 65;
    /** A file cannot be read. */
    static final int CANNOT_READ = 66;
    /** The host lacks something. */
    static final int HOST_LACKS = 69;
    /** Rivet itself is at fault. */
    static final int INTERNAL = 70;
    /** The guest trapped. */
    static final int TRAP = 101;
    /** The guest used up its gas. */
    static final int OUT_OF_GAS = 102;
    /** The guest ran longer than allowed. */
    static final int TIMEOUT = 103;

    private Status() {
    }
}
