package dev.rivet.ir;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/**
 * What each operation costs in gas. Costs are 1 to {@value #MAX_COST}, so that the cost of the longest possible block fits
 * an {@code int}; {@link Op#END} costs nothing. Name and version identify the model in cache keys and statistics.
 */
public final class CostModel {
    /** Highest cost of one instruction. */
    public static final int MAX_COST = 100;
    /** Every instruction costs 1. */
    public static final CostModel UNIT = uniform("unit", 1);

    private final String name;
    private final int version;
    private final int[] costs;

    private CostModel(String name, int version, int[] costs) {
        this.name = name;
        this.version = version;
        this.costs = costs;
    }

    private static CostModel uniform(String name, int cost) {
        int[] costs = new int[Op.count()];
        Arrays.fill(costs, cost);
        costs[Op.END.ordinal()] = 0;
        return new CostModel(name, 1, costs);
    }

    /**
     * A model from a table.
     *
     * @param costs cost of each operation; those left out cost 1
     * @throws IllegalArgumentException for a cost outside 1–{@value #MAX_COST} or a cost of END
     */
    public static CostModel of(String name, int version, Map<Op, Integer> costs) {
        int[] table = UNIT.costs.clone();
        new EnumMap<Op, Integer>(costs.isEmpty() ? Map.of(Op.ADD, 1) : costs).forEach((op, cost) -> {
            if (op == Op.END || cost < 1 || cost > MAX_COST) {
                throw new IllegalArgumentException("cost of " + op + " is " + cost + ", not 1 to " + MAX_COST);
            }
            table[op.ordinal()] = cost;
        });
        return new CostModel(name, version, table);
    }

    /** Name, as given on the command line. */
    public String name() {
        return name;
    }

    /** Version of the table behind the name. */
    public int version() {
        return version;
    }

    /** Gas for the operation with this ordinal. */
    public int cost(int ordinal) {
        return costs[ordinal];
    }
}
