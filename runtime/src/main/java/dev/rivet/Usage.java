package dev.rivet;

/**
 * Where a call stopped and what it had used by then.
 *
 * @param at where the guest stands: for a trap the instruction that trapped, for a host call's exit the ecall, for out of
 *            gas the block that could not be paid, for a finished call the address it returned to
 * @param gasUsed gas this call (from its start or its last resume) has used; 0 without metering
 * @param gasLeft gas that is left of what was given; 0 without metering
 */
public record Usage(Location at, long gasUsed, long gasLeft) {
}
