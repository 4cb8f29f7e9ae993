package dev.rivet;

/**
 * One host call, for the function that performs it. Valid only until the function returns, on the thread it was called
 * on.
 */
public interface HostCall {
    /** {@return the call's number} */
    long number();

    /**
     * An argument (a0 to a5); zero-extended on RV32.
     *
     * @param index 0 to 5
     * @return its value
     * @throws IllegalArgumentException if there is no such argument
     */
    long argument(int index);

    /**
     * A register as the guest left it; zero-extended on RV32.
     *
     * @param number 0 to 31
     * @return its value
     * @throws IllegalArgumentException if there is no such register
     */
    long register(int number);

    /**
     * Sets a0; on RV32 its low 32 bits. Without it a0 keeps its value.
     *
     * @param value the result
     */
    void setResult(long value);

    /**
     * Sets a1; on RV32 the low 32 bits. Without it a1 keeps its value.
     *
     * @param value the result
     */
    void setSecondResult(long value);

    /** {@return the guest's memory} */
    Memory memory();

    /**
     * The instance that called. It cannot be called again before this call is over.
     *
     * @return the instance
     */
    Instance instance();

    /**
     * What the host {@linkplain Instance#attach attached} to the instance.
     *
     * @param <T> what it is
     * @param type its class
     * @return what was attached
     * @throws IllegalStateException if that is nothing, or of another type
     */
    <T> T attachment(Class<T> type);

    /**
     * The gas and the time the guest has left, to be handed on to a call of another instance. That call's gas is not the
     * guest's own: {@link #charge} what it used.
     *
     * @return what is left
     */
    CallOptions limits();

    /**
     * Gas the guest has left; 2⁶³−1 without metering.
     *
     * @return its value
     */
    long gasLeft();

    /**
     * Takes gas from the guest. If it has not so much left, this throws, and the guest's call ends with
     * {@link Outcome.OutOfGas} at this host call, its gas as it was before the host call; a resume performs the host call
     * again. So charge first, act later. Does nothing without metering.
     *
     * @param gas 0 or more
     */
    void charge(long gas);

    /**
     * Ends the guest's call with {@link Outcome.Exited} when the function returns.
     *
     * @param status its low eight bits count
     */
    void exit(int status);
}
