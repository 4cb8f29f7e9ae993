package dev.rivet.tools.conform;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Delta debugging: takes pieces out of a failing program as long as it still fails. */
final class Shrinker {
    private static final int MOST_TRIES = 2_000;

    private final Predicate<FuzzProgram> fails;
    private int tries;

    Shrinker(Predicate<FuzzProgram> fails) {
        this.fails = fails;
    }

    /** A program that fails and from which no piece can be taken (or the tries were used up). */
    FuzzProgram shrink(FuzzProgram program) {
        FuzzProgram best = program;
        for (int chunk = Math.max(1, best.items.size() / 2); chunk >= 1; chunk /= 2) {
            boolean shorter = true;
            while (shorter) {
                shorter = false;
                for (int at = 0; at < best.items.size() && tries < MOST_TRIES;) {
                    List<FuzzItem> kept = new ArrayList<>(best.items);
                    kept.subList(at, Math.min(at + chunk, kept.size())).clear();
                    FuzzProgram candidate = best.with(kept);
                    tries++;
                    if (fails.test(candidate)) {
                        best = candidate;
                        shorter = chunk == 1;
                    } else {
                        at += chunk;
                    }
                }
            }
        }
        return best;
    }

    /** How many programs were tried. */
    int tries() {
        return tries;
    }
}
