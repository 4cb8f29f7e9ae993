package dev.rivet;

import java.time.Duration;

/**
 * How a call ended. Everything a guest can do ends in one of these; exceptions are for mistakes of the host program and
 * for hosts that lack something.
 */
public sealed interface Outcome {
    /** {@return where it stopped and what it used} */
    Usage usage();

    /** {@return what happened, in one line without a full stop} */
    String message();

    /**
     * Gas this call (from its start or its last resume) has used; 0 without metering.
     *
     * @return gas
     */
    default long gasUsed() {
        return usage().gasUsed();
    }

    /**
     * Gas that is left of what was given; 0 without metering.
     *
     * @return gas
     */
    default long gasLeft() {
        return usage().gasLeft();
    }

    /** {@return guest address where it stopped} */
    default long pc() {
        return usage().at().pc();
    }

    /**
     * The function returned.
     *
     * @param result a0; zero-extended on RV32
     * @param second a1; zero-extended on RV32
     * @param usage where it stopped and what it used
     */
    record Finished(long result, long second, Usage usage) implements Outcome {
        @Override
        public String message() {
            return "finished";
        }
    }

    /**
     * The guest asked to exit.
     *
     * @param status 0–255
     * @param usage where it stopped and what it used
     */
    record Exited(int status, Usage usage) implements Outcome {
        @Override
        public String message() {
            return "exit " + status;
        }
    }

    /**
     * The guest trapped. The instance can be called again; its memory is as the guest left it.
     *
     * @param trap what happened
     * @param usage where it stopped and what it used
     */
    record Trapped(Trap trap, Usage usage) implements Outcome {
        @Override
        public String message() {
            return trap.message();
        }
    }

    /**
     * The next block (or the host call at pc) costs more than is left. Can be {@linkplain Instance#resume resumed}.
     *
     * @param usage where it stopped and what it used
     */
    record OutOfGas(Usage usage) implements Outcome {
        @Override
        public String message() {
            return "out of gas at " + usage.at();
        }
    }

    /**
     * Somebody asked for a {@linkplain Instance#pause pause}. Can be {@linkplain Instance#resume resumed}.
     *
     * @param usage where it stopped and what it used
     */
    record Paused(Usage usage) implements Outcome {
        @Override
        public String message() {
            return "paused at " + usage.at();
        }
    }

    /**
     * The deadline passed.
     *
     * @param after the deadline that had been given
     * @param usage where it stopped and what it used
     */
    record TimedOut(Duration after, Usage usage) implements Outcome {
        @Override
        public String message() {
            return "timeout after " + text(after) + " at " + usage.at();
        }

        private static String text(Duration d) {
            long millis = d.toMillis();
            return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
        }
    }

    /**
     * The calling thread was interrupted; its interrupt status is still set.
     *
     * @param usage where it stopped and what it used
     */
    record Interrupted(Usage usage) implements Outcome {
        @Override
        public String message() {
            return "interrupted at " + usage.at();
        }
    }

    /**
     * The worker process is gone or broke the protocol. The instance cannot be used any more; the engine can.
     *
     * @param reason what is known
     * @param usage where it stopped and what it used
     */
    record WorkerLost(String reason, Usage usage) implements Outcome {
        @Override
        public String message() {
            return "worker lost: " + reason;
        }
    }
}
