package dev.rivet.ir;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * What each operation costs in gas. Costs are 1 to {@value #MAX_COST}, so that the cost of the longest possible block fits
 * an {@code int}; {@link Op#END} costs nothing. Name and version identify the model in cache keys and statistics; the
 * version of a user's own table is a digest of its costs, so two tables of one name are never taken for one another.
 */
public final class CostModel {
    /** Highest cost of one instruction. */
    public static final int MAX_COST = 100;
    /** Every instruction costs 1. */
    public static final CostModel UNIT = uniform("unit", 1);

    /**
     * Costs by class of instruction, roughly the time a current processor takes: {@link #weight} holds the table,
     * {@code docs/costs.md} explains it, {@code rivet bench costs} measures it again.
     */
    public static final CostModel WEIGHTED = weighted();

    private final String name;
    private final int version;
    private final int[] costs;

    private CostModel(String name, int version, int[] costs) {
        this.name = name;
        this.version = version;
        this.costs = costs;
    }

    private static CostModel weighted() {
        Map<Op, Integer> costs = new EnumMap<>(Op.class);
        for (Op op : Op.values()) {
            if (op != Op.END) {
                costs.put(op, weight(op));
            }
        }
        return of("weighted", 1, costs);
    }

    /** Weight of an operation in {@link #WEIGHTED}; 0 for {@link Op#END}. */
    static int weight(Op op) {
        return switch (op) {
            case DIV, DIVU, REM, REMU -> 16;
            case DIVW, DIVUW, REMW, REMUW -> 12;
            case MULH, MULHSU, MULHU -> 4;
            case MUL, MULW -> 3;
            case CLMUL, CLMULH, CLMULR -> 8;
            case XPERM4, XPERM8, ZIP, UNZIP, BREV8 -> 8;
            case ORC_B -> 4;
            case JALR -> 4;
            case ECALL -> 100;
            case END -> 0;
            default -> switch (op.kind) {
                case LOAD -> 2;
                case STORE -> 2;
                case ATOMIC -> 20;
                case BRANCH, JUMP -> 2;
                case ALU, NONE, TRAP -> 1;
            };
        };
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
        costs.forEach((op, cost) -> {
            if (op == Op.END || cost < 1 || cost > MAX_COST) {
                throw new IllegalArgumentException("cost of " + op + " is " + cost + ", not 1 to " + MAX_COST);
            }
            table[op.ordinal()] = cost;
        });
        return new CostModel(name, version, table);
    }

    /**
     * A user's own table, as text: one {@code mnemonic cost} a line, {@code default cost} for all that are not named
     * (otherwise 1), {@code #} starts a comment. Mnemonics are the RISC-V manual's in any case ({@code sh1add.uw}).
     *
     * @param name names the table in messages, statistics and cache keys
     * @throws IllegalArgumentException with one line that names the line at fault
     */
    public static CostModel parse(String name, String text) {
        Map<Op, Integer> costs = new EnumMap<>(Op.class);
        int rest = 1;
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            String where = "cost table " + name + ", line " + number + ": ";
            int comment = line.indexOf('#');
            String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+");
            if (words.length == 1 && words[0].isEmpty()) {
                continue;
            }
            if (words.length != 2) {
                throw new IllegalArgumentException(where + "not of the form \"mnemonic cost\"");
            }
            int cost = cost(words[1], where);
            if (words[0].equalsIgnoreCase("default")) {
                rest = cost;
            } else if (costs.put(operation(words[0], where), cost) != null) {
                throw new IllegalArgumentException(where + words[0] + " is given twice");
            }
        }
        for (Op op : Op.values()) {
            if (op != Op.END) {
                costs.putIfAbsent(op, rest);
            }
        }
        int digest = 17;
        for (int cost : costs.values()) {
            digest = digest * 31 + cost;
        }
        return of(name, digest & Integer.MAX_VALUE, costs);
    }

    private static int cost(String word, String where) {
        try {
            int cost = Integer.parseInt(word);
            if (cost >= 1 && cost <= MAX_COST) {
                return cost;
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw new IllegalArgumentException(where + "cost " + word + " is not a whole number from 1 to " + MAX_COST);
    }

    private static Op operation(String mnemonic, String where) {
        try {
            Op op = Op.valueOf(mnemonic.toUpperCase(Locale.ROOT).replace('.', '_'));
            if (op != Op.END) {
                return op;
            }
        } catch (IllegalArgumentException unknown) {
            // said below
        }
        throw new IllegalArgumentException(where + "no instruction is called " + mnemonic);
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
