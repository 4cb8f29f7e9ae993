package dev.rivet.ir;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
     * {@code docs/costs.md} explains it, {@code rivet bench costs} measures it again. Gas is consensus: whoever changes a
     * weight makes another version of the model.
     */
    public static final CostModel WEIGHTED = weighted();

    private final String name;
    private final int version;
    private final int[] costs;
    /** What every operation but END costs, if it is the same for all; else 0. */
    private final int uniform;

    private CostModel(String name, int version, int[] costs) {
        this.name = name;
        this.version = version;
        this.costs = costs;
        boolean same = true;
        for (int i = 0; i < costs.length; i++) {
            same &= i == Op.END.ordinal() || costs[i] == costs[0];
        }
        uniform = same ? costs[0] : 0;
    }

    private static CostModel weighted() {
        int[] costs = new int[Op.count()];
        for (int i = 0; i < costs.length; i++) {
            costs[i] = weight(Op.of(i));
        }
        return new CostModel("weighted", 1, costs);
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
     * @param name what it is called
     * @param version 0 or more
     * @param costs cost of each operation; those left out cost 1
     * @return the model
     * @throws IllegalArgumentException for a cost outside 1–{@value #MAX_COST} or a cost of END
     */
    public static CostModel of(String name, int version, Map<Op, Integer> costs) {
        int[] table = UNIT.costs.clone();
        for (Map.Entry<Op, Integer> entry : costs.entrySet()) {
            Op op = entry.getKey();
            int cost = entry.getValue();
            if (op == Op.END || cost < 1 || cost > MAX_COST) {
                throw new IllegalArgumentException("cost of " + op + " is " + cost + ", not 1 to " + MAX_COST);
            }
            table[op.ordinal()] = cost;
        }
        return new CostModel(name, version, table);
    }

    /** A line of a user's table that means nothing. The message is {@code NAME:LINE: what is wrong; what to do}. */
    public static final class BadTableException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        private final int line;
        private final String problem;

        private BadTableException(String name, int line, String problem) {
            super(name + ":" + line + ": " + problem);
            this.line = line;
            this.problem = problem;
        }

        /** {@return number of the line, from 1} */
        public int line() {
            return line;
        }

        /** {@return what is wrong and what to do, without the place} */
        public String problem() {
            return problem;
        }
    }

    /**
     * A user's own table, as text: one {@code mnemonic cost} a line, {@code default cost} for all that are not named
     * (otherwise 1), {@code #} starts a comment. Mnemonics are the RISC-V manual's in any case ({@code sh1add.uw}).
     *
     * @param name names the table in messages, statistics and cache keys
     * @param text lines {@code mnemonic cost}
     * @return the model
     * @throws BadTableException for the first line that is wrong
     */
    public static CostModel parse(String name, String text) {
        Map<Op, Integer> costs = new EnumMap<>(Op.class);
        Map<Op, Integer> lines = new EnumMap<>(Op.class);
        int rest = 1;
        int restLine = 0;
        int number = 0;
        for (String line : text.split("\\R", -1)) {
            number++;
            int comment = line.indexOf('#');
            String[] words = (comment < 0 ? line : line.substring(0, comment)).strip().split("\\s+");
            if (words.length == 1 && words[0].isEmpty()) {
                continue;
            }
            if (words.length != 2) {
                throw new BadTableException(name, number, "a line is an instruction and its cost, such as 'mul 4'");
            }
            boolean isDefault = words[0].equalsIgnoreCase("default");
            Op op = isDefault ? null : named(words[0]);
            if (op == null && !isDefault) {
                throw new BadTableException(name, number, "there is no instruction " + shown(words[0])
                        + "; write it as the RISC-V manual does, such as 'amoadd.w', or 'default' for all not named");
            }
            int cost = words[1].matches("[0-9]{1,9}") ? Integer.parseInt(words[1]) : 0;
            if (cost < 1 || cost > MAX_COST) {
                throw new BadTableException(name, number,
                        shown(words[1]) + " is no cost; write a whole number from 1 to " + MAX_COST);
            }
            int before = isDefault ? restLine : lines.getOrDefault(op, 0);
            if (before != 0) {
                throw new BadTableException(name, number,
                        shown(words[0]) + " has a cost from line " + before + " already; keep one of the two");
            }
            if (isDefault) {
                rest = cost;
                restLine = number;
            } else {
                costs.put(op, cost);
                lines.put(op, number);
            }
        }
        for (Op op : Op.values()) {
            if (op != Op.END) {
                costs.putIfAbsent(op, rest);
            }
        }
        return of(name, digest(costs), costs);
    }

    /** 31 bits of SHA-256 of what is charged: the same for two texts that mean the same. */
    private static int digest(Map<Op, Integer> costs) {
        StringBuilder all = new StringBuilder();
        for (Map.Entry<Op, Integer> entry : costs.entrySet()) {
            all.append(mnemonic(entry.getKey())).append(' ').append(entry.getValue()).append('\n');
        }
        return ByteBuffer.wrap(sha256(all)).getInt() & Integer.MAX_VALUE;
    }

    /**
     * What tells this table from every other, whatever they are called: SHA-256 of a line {@code mnemonic cost} for each
     * operation that does not cost 1, by mnemonic in ascending order.
     *
     * @return 32 bytes, the caller's own
     */
    public byte[] digest() {
        Map<String, Integer> table = new TreeMap<>();
        for (int i = 0; i < costs.length; i++) {
            if (costs[i] != 1 && i != Op.END.ordinal()) {
                table.put(mnemonic(Op.of(i)), costs[i]);
            }
        }
        StringBuilder all = new StringBuilder();
        for (Map.Entry<String, Integer> entry : table.entrySet()) {
            all.append(entry.getKey()).append(' ').append(entry.getValue()).append('\n');
        }
        return sha256(all);
    }

    private static byte[] sha256(CharSequence text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.US_ASCII));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    /**
     * The manual's spelling of an operation: {@code LR_W} is {@code lr.w}.
     *
     * @param op the operation
     * @return its mnemonic in lower case
     */
    public static String mnemonic(Op op) {
        return op.name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    /** The operation of this name, or null. */
    private static @Nullable Op named(String word) {
        for (Op op : Op.values()) {
            if (op != Op.END && mnemonic(op).equalsIgnoreCase(word)) {
                return op;
            }
        }
        return null;
    }

    /** A word of a file, fit for a message: the file may be anything. */
    private static String shown(String word) {
        String plain = word.replaceAll("[^ -~]", "?");
        return "'" + (plain.length() > 40 ? plain.substring(0, 40) + "..." : plain) + "'";
    }

    /** {@return its name: {@code unit}, {@code weighted}, or a user's own} */
    public String name() {
        return name;
    }

    /** {@return version of the table behind the name} */
    public int version() {
        return version;
    }

    /**
     * Gas for the operation with this ordinal.
     *
     * @param ordinal an operation's {@code ordinal()}
     * @return gas
     */
    public int cost(int ordinal) {
        return costs[ordinal];
    }

    /** Gas for the packed instructions [from, to), of which only the last may be an {@link Op#END}. */
    int sum(long[] insts, int from, int to) {
        if (uniform != 0) {
            int end = Op.END.ordinal() - Inst.ordinal(insts[to - 1]);
            return (to - from - 1 + (-end >>> 31)) * uniform; // END has the highest ordinal
        }
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += costs[Inst.ordinal(insts[i])];
        }
        return sum;
    }
}
