package dev.rivet.tools.llvm;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;

/** The guest programs that ship with Rivet's sources: what the tests run on every engine and the benchmarks measure. */
public final class Guests {
    private Guests() {
    }

    private static Guest workload(String name, String args) {
        return new Guest(name, "workloads/" + name + ".c", args);
    }

    /**
     * The twelve small workloads behind most figures. The argument is a number of rounds, 0 meaning a single small one;
     * without it they run 20 to 50 ms natively.
     */
    // @formatter:off
    public static final List<Guest> WORKLOADS = List.of(
            workload("fib", "17"), workload("sieve", "0"), workload("matmul", "0"), workload("sha256", "0"),
            workload("interp", "2"), workload("hash", "2"), workload("qsort", "0"), workload("crc", "0"),
            workload("blake2b", "0"), workload("lz", "0"), workload("cpu6502", "1"), workload("tree", "0"));
    // @formatter:on

    /** Everything, in a fixed order. */
    public static List<Guest> all() {
        List<Guest> all = new ArrayList<>(WORKLOADS);
        return List.copyOf(all);
    }

    /** The run with this name. */
    public static Guest named(String name) {
        return all().stream().filter(g -> g.name().equals(name)).findFirst()
                .orElseThrow(() -> new NoSuchElementException("no guest is called " + name));
    }
}
