package dev.rivet.tools;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Entry point of the command line. Owns the list of commands and the rule that every failure is one line on stderr and an
 * exit status; knows nothing of what the commands do. A new command is one class and one entry in {@link #commandLine}.
 */
@Command(name = "rivet", version = "rivet 0.1.0-SNAPSHOT", mixinStandardHelpOptions = true, subcommands = HelpCommand.class, //
        description = "Runs untrusted RISC-V programs at near-native speed, sandboxed and metered.", synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace behind a failure.")
    private boolean debug;

    private Main() {
    }

    /** Runs one command and ends the JVM with its exit status. */
    public static void main(String[] args) {
        int status = run(args);
        // halt() would lose buffered output; exit() also runs the hook that ends a worker still running.
        System.exit(status);
    }

    /** Runs one command in this JVM; never throws. Returns the exit status. */
    static int run(String... args) {
        Main main = new Main();
        try {
            int status = main.commandLine().execute(args);
            return System.out.checkError() && status == Status.OK
                    ? main.fail(new Failure(Status.HOST_LACKS, "cannot write to standard output (closed or full)"))
                    : status;
        } catch (Throwable e) {
            return main.fail(e);
        }
    }

    private CommandLine commandLine() {
        CommandLine rivet = new CommandLine(this);
        for (Object command : List.of(new DoctorCommand())) {
            rivet.addSubcommand(command);
        }
        rivet.setOut(new PrintWriter(System.out, true));
        rivet.setErr(new PrintWriter(System.err, true));
        rivet.setParameterExceptionHandler((e, ignored) -> fail(usage(e)));
        rivet.setExecutionExceptionHandler((e, ignored, alsoIgnored) -> fail(e));
        rivet.setCaseInsensitiveEnumValuesAllowed(true);
        return rivet;
    }

    /** Without a command: say what there is. */
    @Override
    public void run() {
        throw new Failure(Status.USAGE, "which command? 'rivet help' lists them; 'rivet run FILE' runs a program");
    }

    private static Failure usage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        String line = firstLine(e.getMessage());
        if (e instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()) {
            line += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
        }
        String name = command.getCommandName();
        String help = name.equals("rivet") ? "rivet help" : "rivet help " + name;
        return new Failure(Status.USAGE, line + " (see '" + help + "')", e);
    }

    private int fail(Throwable e) {
        PrintStream err = System.err;
        int status;
        if (e instanceof Failure failure) {
            status = failure.status;
            err.println("rivet: " + failure.getMessage());
        } else {
            status = Status.INTERNAL;
            String message = e.getMessage() == null ? "" : ": " + firstLine(e.getMessage());
            err.println("rivet: internal error: " + e.getClass().getSimpleName() + message + " ("
                    + (debug ? "stack trace follows" : "--debug shows where") + ")");
        }
        if (debug) {
            e.printStackTrace(err);
        }
        err.flush();
        return status;
    }

    private static String firstLine(String message) {
        String text = message.strip();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end).strip();
    }
}
