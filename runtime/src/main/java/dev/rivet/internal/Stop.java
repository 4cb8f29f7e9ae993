package dev.rivet.internal;

/** Why guest code stopped running. What is said of pc is what {@link Hart#pc} then holds. */
public enum Stop {
    /** The ecall at pc; its block is charged. */
    ECALL,
    /** Not enough gas for the block that starts at pc; nothing of it is charged or done. */
    OUT_OF_GAS,
    /** The word at pc is no instruction. */
    ILLEGAL,
    /** The ebreak at pc. */
    BREAKPOINT,
    /** The jump at pc leads to {@link Hart#address}, which no jump may reach. */
    BAD_JUMP,
    /** The load, store or atomic at pc touches {@link Hart#address}, which it may not. */
    MEMORY_ACCESS,
    /** Control reached the address that functions called by the host return to. */
    FINISHED,
    /** The time is over or somebody asked to stop; pc is where to go on. */
    INTERRUPTED,
    /**
     * Somebody asked for a pause. The state is complete: the instruction at pc is the next one, and what its block's rest
     * costs is not charged, so whoever goes on from here, in whatever engine, behaves as if there had been no pause.
     */
    PAUSED,
    /** The limit of blocks is reached, or the block at pc is a leader and that was asked for; pc is where to go on. */
    LIMIT
}
