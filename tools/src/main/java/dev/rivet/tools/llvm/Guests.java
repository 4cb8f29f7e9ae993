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
     * without it they run 20 to 50 ms natively (more for {@code rivet bench native}: see its {@code Workload}).
     */
    // @formatter:off
    public static final List<Guest> WORKLOADS = List.of(
            workload("fib", "17"), workload("sieve", "0"), workload("matmul", "0"), workload("sha256", "0"),
            workload("interp", "2"), workload("hash", "2"), workload("qsort", "0"), workload("crc", "0"),
            workload("blake2b", "0"), workload("lz", "0"), workload("cpu6502", "1"), workload("tree", "0"));
    // @formatter:on

    private static Guest large(String name) {
        return new Guest(name, "large/" + name + ".c", "0");
    }

    /**
     * Programs of real size, 300 to 700 lines each, that exercise what large ones do: heaps, strings, tables, recursion,
     * interpreters. Arguments as for {@link #WORKLOADS}.
     */
    public static final List<Guest> LARGE = List.of(large("json"), large("regex"), large("pack"), large("bigint"),
            large("trees"), large("script"));

    private static Guest test(String name) {
        return new Guest(name, "tests/" + name + ".c");
    }

    private static Guest trap(String what, String kind) {
        return new Guest("trap-" + what, "tests/traps.c", List.of(what), "", kind);
    }

    private static final String INPUT = "one\n\nthree words here\n" + "long ".repeat(500) + "\nno end";

    /** Programs that try what guests do: calls, jumps, heap, input and output, arithmetic. They check themselves too. */
    // @formatter:off
    public static final List<Guest> TESTS = List.of(
            new Guest("arguments", "tests/arguments.c", List.of("one", "two words", "", "Ünïcödé"), INPUT, null),
            new Guest("arguments-none", "tests/arguments.c", List.of(), "", null),
            new Guest("io", "tests/io.c", List.of(), INPUT.repeat(3), null),
            test("heap"), test("recursion"), test("jumps"), test("arith"), test("misaligned"), test("strings"),
            test("format"), test("atomics"), test("doubles"));

    /** Programs that end with a trap, after the line "before". */
    public static final List<Guest> TRAPS = List.of(
            trap("load-low", "MEMORY_ACCESS"), trap("load-high", "MEMORY_ACCESS"), trap("load-hole", "MEMORY_ACCESS"),
            trap("store-text", "MEMORY_ACCESS"), trap("store-constant", "MEMORY_ACCESS"),
            trap("store-hole", "MEMORY_ACCESS"), trap("store-behind-break", "MEMORY_ACCESS"),
            trap("stack", "MEMORY_ACCESS"), trap("atomic", "MEMORY_ACCESS"), trap("reserve", "MEMORY_ACCESS"),
            trap("jump-null", "BAD_JUMP"), trap("jump-data", "BAD_JUMP"), trap("jump-high", "BAD_JUMP"),
            trap("illegal", "ILLEGAL_INSTRUCTION"), trap("zero", "ILLEGAL_INSTRUCTION"),
            trap("csr", "ILLEGAL_INSTRUCTION"), trap("float", "ILLEGAL_INSTRUCTION"),
            trap("abort", "ILLEGAL_INSTRUCTION"), trap("ebreak", "BREAKPOINT"));
    // @formatter:on

    /** Everything, in a fixed order. */
    public static List<Guest> all() {
        List<Guest> all = new ArrayList<>(WORKLOADS);
        all.addAll(LARGE);
        all.addAll(TESTS);
        all.addAll(TRAPS);
        return List.copyOf(all);
    }

    /** The run with this name. */
    public static Guest named(String name) {
        return all().stream().filter(g -> g.name().equals(name)).findFirst()
                .orElseThrow(() -> new NoSuchElementException("no guest is called " + name));
    }
}
