package dev.rivet;

import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Host functions by number. The number is in t0 when the guest's file is RVE, in a7 otherwise, and counts with all its
 * bits. Immutable; {@link #with} makes another.
 */
public final class HostFunctions {
    private static final HostFunctions NONE = new HostFunctions(Map.of(), null);

    private final long[] numbers; // ascending
    private final HostFunction[] functions;
    private final @Nullable HostFunction otherwise; // null: a trap

    private HostFunctions(Map<Long, HostFunction> byNumber, @Nullable HostFunction otherwise) {
        TreeMap<Long, HostFunction> sorted = new TreeMap<>(byNumber);
        numbers = sorted.keySet().stream().mapToLong(Long::longValue).toArray();
        functions = sorted.values().toArray(HostFunction[]::new);
        this.otherwise = otherwise;
    }

    /** {@return no functions: every ecall is a HOST_ERROR trap} */
    public static HostFunctions none() {
        return NONE;
    }

    /**
     * These functions and one more, or another for its number.
     *
     * @param number the call's number
     * @param function what performs it
     * @return the functions
     */
    public HostFunctions with(long number, HostFunction function) {
        TreeMap<Long, HostFunction> map = new TreeMap<>();
        for (int i = 0; i < numbers.length; i++) {
            map.put(numbers[i], functions[i]);
        }
        map.put(number, Objects.requireNonNull(function, "function"));
        return new HostFunctions(map, otherwise);
    }

    /**
     * These functions, and one for every number that has none.
     *
     * @param function what performs it
     * @return the functions
     */
    public HostFunctions otherwise(HostFunction function) {
        HostFunctions copy = new HostFunctions(Map.of(), Objects.requireNonNull(function, "function"));
        return copy.withAll(this);
    }

    private HostFunctions withAll(HostFunctions other) {
        HostFunctions all = this;
        for (int i = 0; i < other.numbers.length; i++) {
            all = all.with(other.numbers[i], other.functions[i]);
        }
        return all;
    }

    /**
     * The {@link HostMethod} methods of an object, its inherited ones too. They and their classes must be public and in a
     * package that is exported to everybody; use {@link #of(MethodHandles.Lookup, Object)} for others.
     *
     * @param host the object with the methods
     * @return the functions
     * @throws IllegalArgumentException if there is none, one cannot be reached or has a parameter or result that does not
     *             fit, or two have the same number
     */
    public static HostFunctions of(Object host) {
        return of(MethodHandles.publicLookup(), host);
    }

    /**
     * The {@link HostMethod} methods of an object.
     *
     * @param lookup {@code MethodHandles.lookup()} of a class that can call them
     * @param host the object with the methods
     * @return the functions
     */
    public static HostFunctions of(MethodHandles.Lookup lookup, Object host) {
        return HostMethods.bind(Objects.requireNonNull(lookup, "lookup"), Objects.requireNonNull(host, "host"), NONE);
    }

    /** Whether a number has a function of its own. */
    boolean has(long number) {
        return Arrays.binarySearch(numbers, number) >= 0;
    }

    /** The function for a number, or null. */
    @Nullable
    HostFunction find(long number) {
        int i = Arrays.binarySearch(numbers, number);
        return i >= 0 ? functions[i] : otherwise;
    }
}
