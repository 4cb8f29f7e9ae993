package dev.rivet;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import java.util.Objects;

/**
 * What an instance is given for its whole life. Immutable. Metering and cost model shape the translated code, which is
 * why they belong to the instance and not to a call; a program translates itself once for each pair it meets.
 *
 * @param metering how gas is counted; default {@link Metering#SYNC}
 * @param costs what instructions cost; default {@link CostModel#UNIT}
 * @param memoryLimit bytes of guest memory in all (image, heap and stack); default 256 MiB
 * @param stackSize bytes of stack, rounded up to pages of 4 KiB; default 8 MiB
 * @param host the functions that the guest's ecalls reach; by default none
 */
public record InstanceOptions(Metering metering, CostModel costs, long memoryLimit, long stackSize,
        HostFunctions host) {
    private static final InstanceOptions DEFAULTS = new InstanceOptions(Metering.SYNC, CostModel.UNIT, 256L << 20,
            8L << 20, HostFunctions.none());

    /** Checks that nothing is missing or negative. */
    public InstanceOptions {
        Objects.requireNonNull(metering, "metering");
        Objects.requireNonNull(costs, "costs");
        Objects.requireNonNull(host, "host");
        if (memoryLimit <= 0 || stackSize < 0) {
            throw new IllegalArgumentException("memory limit " + memoryLimit + " or stack size " + stackSize
                    + " is out of range; give positive numbers of bytes");
        }
    }

    /** {@return the defaults above} */
    public static InstanceOptions defaults() {
        return DEFAULTS;
    }

    /**
     * With another way of counting.
     *
     * @param other how gas is counted
     * @return a copy with that changed
     */
    public InstanceOptions withMetering(Metering other) {
        return new InstanceOptions(other, costs, memoryLimit, stackSize, host);
    }

    /**
     * With other costs.
     *
     * @param other what instructions cost
     * @return a copy with that changed
     */
    public InstanceOptions withCosts(CostModel other) {
        return new InstanceOptions(metering, other, memoryLimit, stackSize, host);
    }

    /**
     * With another memory limit in bytes.
     *
     * @param bytes guest memory in all: image, heap and stack
     * @return a copy with that changed
     */
    public InstanceOptions withMemoryLimit(long bytes) {
        return new InstanceOptions(metering, costs, bytes, stackSize, host);
    }

    /**
     * With another stack size in bytes.
     *
     * @param bytes stack, rounded up to pages of 4 KiB
     * @return a copy with that changed
     */
    public InstanceOptions withStackSize(long bytes) {
        return new InstanceOptions(metering, costs, memoryLimit, bytes, host);
    }

    /**
     * With other host functions.
     *
     * @param other the functions that the guest's ecalls reach
     * @return a copy with that changed
     */
    public InstanceOptions withHost(HostFunctions other) {
        return new InstanceOptions(metering, costs, memoryLimit, stackSize, other);
    }
}
