package dev.rivet;

/**
 * A function of the host that guests reach by {@code ecall}. It may be called from any thread that runs an instance, by
 * several at once when it is registered with several instances.
 */
@FunctionalInterface
public interface HostFunction {
    /**
     * Performs one host call. Whatever it throws ends the guest's call with a HOST_ERROR trap that carries it; only
     * {@link Error}s that are the JVM's own trouble ({@link VirtualMachineError}) go through.
     *
     * @param call the call: arguments, result, memory, gas
     * @throws Exception anything; the guest's call ends with a trap
     */
    void call(HostCall call) throws Exception;
}
