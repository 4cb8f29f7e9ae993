package dev.rivet;

/** What a stopped guest has before it. The order is part of the snapshot format. */
enum Pending {
    /** To be resumed: out of gas before a block, or paused. */
    BLOCK,
    /** To be resumed: out of gas in a host call, which is to be made again. */
    HOST_CALL,
    /** Nothing: it waits for a call. */
    NOTHING
}
