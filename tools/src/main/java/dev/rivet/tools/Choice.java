package dev.rivet.tools;

import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;

/** Options that take one of a few names. */
final class Choice {
    private Choice() {
    }

    /** Which of the names a value is, counted from 0; fails with a line that lists them. */
    static int of(String option, String value, String... names) {
        for (int i = 0; i < names.length; i++) {
            if (names[i].equals(value)) {
                return i;
            }
        }
        throw new Failure(Status.USAGE,
                "there is no " + option + " '" + value + "', only " + String.join(", ", names));
    }

    /** The architecture that {@code --target} names. */
    static Target target(String value) {
        return Target.values()[of("--target", value, Target.X86_64.label(), Target.AARCH64.label())];
    }

    /** The mode that {@code --metering} names. */
    static Metering metering(String value) {
        Metering[] modes = Metering.values();
        String[] names = new String[modes.length];
        for (int i = 0; i < names.length; i++) {
            names[i] = modes[i].label();
        }
        return modes[of("--metering", value, names)];
    }
}
