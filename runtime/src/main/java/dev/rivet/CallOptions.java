package dev.rivet;

import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The limits of one call. There is no call without a limit by accident: one starts with {@link #ofGas}, with
 * {@link #ofDeadline} or, on purpose, with {@link #unlimited}. Immutable.
 */
public final class CallOptions {
    private static final long NONE = -1;
    private static final CallOptions UNLIMITED = new CallOptions(NONE, null);

    private final long gas;
    private final @Nullable Duration deadline;

    private CallOptions(long gas, @Nullable Duration deadline) {
        this.gas = gas;
        this.deadline = deadline;
    }

    /**
     * At most so much gas. The instance must be metered.
     *
     * @param gas 0 to 2⁶³−1
     * @return the limits
     */
    public static CallOptions ofGas(long gas) {
        return UNLIMITED.withGas(gas);
    }

    /**
     * At most so much time, counted from the call.
     *
     * @param deadline more than zero, counted from the call
     * @return the limits
     */
    public static CallOptions ofDeadline(Duration deadline) {
        return UNLIMITED.withDeadline(deadline);
    }

    /**
     * No limit at all: for trusted programs, or where somebody else watches. A metered instance counts from 2⁶³−1.
     *
     * @return the limits
     */
    public static CallOptions unlimited() {
        return UNLIMITED;
    }

    /**
     * These options with a gas limit, 0 to 2⁶³−1.
     *
     * @param gas 0 to 2⁶³−1
     * @return the limits
     */
    public CallOptions withGas(long gas) {
        if (gas < 0) {
            throw new IllegalArgumentException("gas is " + gas + "; it must be 0 to 9223372036854775807");
        }
        return new CallOptions(gas, deadline);
    }

    /**
     * These options with a deadline, which must be positive.
     *
     * @param deadline more than zero, counted from the call
     * @return the limits
     */
    public CallOptions withDeadline(Duration deadline) {
        if (Objects.requireNonNull(deadline, "deadline").isNegative() || deadline.isZero()) {
            throw new IllegalArgumentException("the deadline is " + deadline + "; it must be positive");
        }
        return new CallOptions(gas, deadline);
    }

    /** {@return whether there is a gas limit} */
    public boolean hasGas() {
        return gas != NONE;
    }

    /**
     * The gas limit; 2⁶³−1 when there is none.
     *
     * @return the limit; 2⁶³−1 without one
     */
    public long gas() {
        return gas == NONE ? Long.MAX_VALUE : gas;
    }

    /** {@return the deadline, or null} */
    public @Nullable Duration deadline() {
        return deadline;
    }
}
