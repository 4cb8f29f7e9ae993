package dev.rivet.tools;

import dev.rivet.tools.llvm.Guest;
import dev.rivet.tools.llvm.Guests;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A guest that {@code rivet bench native} measures, and its argument for each size: natively some 200 ms, 40 ms, or (for the
 * interpreter, which takes fifty times as long) 10 ms. Start-up, page faults and the clock's grain then are below 1 %, 3 %
 * and 10 %.
 */
record Workload(Guest guest, String full, String quick, String brief) {
    // @formatter:off
    private static final Map<String, String[]> ARGUMENTS = Map.ofEntries(
            size("fib",     "39",   "36",  "33"), size("sieve",   "200",  "25",  "8"),
            size("matmul",  "80",   "12",  "3"),  size("sha256",  "800",  "140", "35"),
            size("interp",  "4000", "800", "200"), size("hash",   "1100", "250", "60"),
            size("qsort",   "8",    "2",   "1"),  size("crc",     "2200", "400", "100"),
            size("blake2b", "2400", "300", "100"), size("lz",     "50",   "12",  "3"),
            size("cpu6502", "380",  "70",  "18"), size("tree",    "2500", "400", "130"),
            size("json",    "8",    "2",   "1"),  size("regex",   "150",  "30",  "6"),
            size("pack",    "12",   "2",   "1"),  size("bigint",  "80",   "15",  "4"),
            size("trees",   "80",   "12",  "4"),  size("script",  "5",    "1",   "1"));
    // @formatter:on

    /** The twelve small ones. */
    static final List<Workload> SMALL = Guests.WORKLOADS.stream().map(Workload::of).toList();
    /** The six of real size. */
    static final List<Workload> LARGE = Guests.LARGE.stream().map(Workload::of).toList();

    private static Map.Entry<String, String[]> size(String name, String... arguments) {
        return Map.entry(name, arguments);
    }

    private static Workload of(Guest guest) {
        String[] a = ARGUMENTS.get(guest.name());
        return new Workload(guest, a[0], a[1], a[2]);
    }

    String name() {
        return guest.name();
    }

    /** Those with these names; fails with a line that lists all. */
    static List<Workload> named(List<String> names) {
        List<Workload> all = Stream.concat(SMALL.stream(), LARGE.stream()).toList();
        String[] known = all.stream().map(Workload::name).toArray(String[]::new);
        return names.stream().map(n -> all.get(Choice.of("--workloads", n, known))).toList();
    }
}
