package dev.rivet;

import dev.rivet.internal.Hart;
import org.jspecify.annotations.Nullable;

/** The one {@link HostCall} of an instance, used again for each call. Keeps what the function wants until it has succeeded. */
final class HostCallContext implements HostCall {
    /** Thrown by {@link #charge}; carries nothing, so one is enough. */
    static final class GasException extends RuntimeException {
        private static final long serialVersionUID = 1;
        static final GasException INSTANCE = new GasException();

        private GasException() {
            super("out of gas in a host call", null, false, false);
        }
    }

    private static final int A0 = 10;

    private final Instance instance;
    private final Hart hart;
    private final int xlen;
    private final int numberRegister;
    private final boolean metered;

    private @Nullable Thread owner; // null between calls
    private boolean hasResult;
    private boolean hasSecond;
    private long result;
    private long second;
    private int exitStatus;
    private boolean outOfGas;

    HostCallContext(Instance instance, Hart hart, int xlen, int numberRegister, boolean metered) {
        this.instance = instance;
        this.hart = hart;
        this.xlen = xlen;
        this.numberRegister = numberRegister;
        this.metered = metered;
    }

    void begin() {
        owner = Thread.currentThread();
        hasResult = false;
        hasSecond = false;
        exitStatus = -1;
        outOfGas = false;
    }

    void end() {
        owner = null;
    }

    /** Puts the results into the registers. */
    void commit() {
        if (hasResult) {
            hart.regs[A0] = Hart.canonical(xlen, result);
        }
        if (hasSecond) {
            hart.regs[A0 + 1] = Hart.canonical(xlen, second);
        }
    }

    /** 0–255, or −1 when the function did not ask to exit. */
    int exitStatus() {
        return exitStatus;
    }

    /** Whether the function asked for more gas than there was. */
    boolean outOfGas() {
        return outOfGas;
    }

    private void check() {
        if (owner != Thread.currentThread()) {
            throw new IllegalStateException("the host call is over, or this is another thread");
        }
    }

    @Override
    public long number() {
        check();
        return hart.regs[numberRegister];
    }

    @Override
    public long argument(int index) {
        check();
        if (index < 0 || index > 5) {
            throw new IllegalArgumentException("argument " + index + "; there are 0 to 5");
        }
        return hart.regs[A0 + index];
    }

    @Override
    public long register(int number) {
        check();
        Trap.checkRegister(number);
        return hart.regs[number];
    }

    @Override
    public void setResult(long value) {
        check();
        hasResult = true;
        result = value;
    }

    @Override
    public void setSecondResult(long value) {
        check();
        hasSecond = true;
        second = value;
    }

    @Override
    public Memory memory() {
        check();
        return instance.memory();
    }

    @Override
    public Instance instance() {
        return instance;
    }

    @Override
    public <T> T attachment(Class<T> type) {
        check();
        Object attached = instance.attachment();
        if (!type.isInstance(attached)) {
            throw new IllegalStateException("the instance has " + (attached == null
                    ? "nothing attached"
                    : "a " + attached.getClass().getName() + " attached") + ", not a " + type.getName());
        }
        return type.cast(attached);
    }

    @Override
    public CallOptions limits() {
        check();
        return instance.remaining();
    }

    @Override
    public long gasLeft() {
        check();
        return metered ? hart.gas : Long.MAX_VALUE;
    }

    @Override
    public void charge(long gas) {
        check();
        if (gas < 0) {
            throw new IllegalArgumentException("a negative charge: " + gas);
        }
        if (metered) {
            if (hart.gas < gas) {
                outOfGas = true;
                throw GasException.INSTANCE;
            }
            hart.gas -= gas;
        }
    }

    @Override
    public void exit(int status) {
        check();
        exitStatus = status & 0xff;
    }
}
