package dev.rivet.tools;

import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.Outcome;

/** The line of JSON that {@code --stats} ends stderr with (DESIGN 1.7). */
final class Stats {
    private Stats() {
    }

    /** The line, without its end. */
    static String line(int exit, Outcome outcome, InstanceOptions options, Instance.Statistics made, long runNanos) {
        String kind = switch (outcome) {
            case Outcome.Exited exited -> "exit";
            case Outcome.Finished finished -> "exit";
            case Outcome.Trapped trapped -> "trap";
            case Outcome.OutOfGas outOfGas -> "out-of-gas";
            case Outcome.TimedOut timedOut -> "timeout";
            case Outcome.Interrupted interrupted -> "interrupted";
            case Outcome.Paused paused -> "paused";
            case Outcome.WorkerLost lost -> "worker-lost";
        };
        StringBuilder out = new StringBuilder("{");
        number(out, "exit", exit);
        text(out, "outcome", kind);
        text(out, "engine", made.engine());
        text(out, "metering", options.metering().label());
        number(out, "gasUsed", outcome.gasUsed());
        number(out, "gasLeft", outcome.gasLeft());
        number(out, "guestInstructions", made.guestInstructions());
        number(out, "hostBytes", made.hostBytes());
        number(out, "loadNanos", made.loadNanos());
        number(out, "compileNanos", made.compileNanos());
        number(out, "startNanos", made.startNanos());
        number(out, "runNanos", runNanos);
        text(out, "costModel", options.costs().name());
        number(out, "costModelVersion", options.costs().version());
        out.setCharAt(out.length() - 1, '}');
        return out.toString();
    }

    private static void number(StringBuilder out, String name, long value) {
        out.append('"').append(name).append("\":").append(value).append(',');
    }

    private static void text(StringBuilder out, String name, String value) {
        out.append('"').append(name).append("\":").append(Json.quoted(value)).append(',');
    }
}
