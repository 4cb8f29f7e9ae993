package dev.rivet.tools;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Entry point of the command line. Owns the list of commands and the rule that every failure is one line on stderr and an
 * exit status; knows nothing of what the commands do. A new command is one class and one entry in {@link #COMMANDS}.
 */
@Command(name = "rivet", version = "rivet 0.1.0-SNAPSHOT", mixinStandardHelpOptions = true, scope = ScopeType.INHERIT, subcommands = HelpCommand.class, //
        description = "Runs untrusted RISC-V programs at near-native speed, sandboxed and metered.", synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
    /** Every command by its name, in the order of the help. */
    private static final Map<String, Supplier<Object>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("run", RunCommand::new);
        COMMANDS.put("compile", CompileCommand::new);
        COMMANDS.put("inspect", InspectCommand::new);
        COMMANDS.put("dump", DumpCommand::new);
        COMMANDS.put("conform", ConformCommand::new);
        COMMANDS.put("fuzz", FuzzCommand::new);
        COMMANDS.put("soak", SoakCommand::new);
        COMMANDS.put("bench", BenchCommand::new);
        COMMANDS.put("doctor", DoctorCommand::new);
        COMMANDS.put("completion", CompletionCommand::new);
    }

    /** What may stand behind {@code help}, besides a command. */
    private static final List<String> HELP_OPTIONS = List.of("-h", "--help", "--debug");

    /** How picocli's help command begins to say that there is no such command. */
    private static final String NO_COMMAND = "Unknown subcommand '";

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Print the stack trace behind a failure.")
    private boolean debug;

    private Main() {
    }

    /** Runs one command and ends the JVM with its exit status. */
    public static void main(String[] args) {
        if (System.getProperty("java.util.logging.config.file") == null) {
            System.setProperty("java.util.logging.config.class", QuietLogging.class.getName());
        }
        int status = run(args);
        // halt() would lose buffered output; exit() also runs the hook that ends a worker still running.
        System.exit(status);
    }

    /** Runs one command in this JVM; never throws. Returns the exit status. */
    static int run(String... args) {
        Main main = new Main();
        try {
            RunCommand plain = args.length > 1 && args[0].equals("run") ? RunCommand.plain(args) : null;
            String[] words = helped(args);
            int status = plain != null ? plain.call() : main.commandLine(words).execute(words);
            return System.out.checkError() && status == Status.OK
                    ? main.fail(new Failure(Status.HOST_LACKS, "cannot write to standard output (closed or full)"))
                    : status;
        } catch (Throwable e) {
            return main.fail(e);
        }
    }

    /**
     * {@code help bench KIND} is {@code bench KIND --help}: picocli's help looks one level deep. It also ignores what it does
     * not know; those words are left to the command they are behind, which does not.
     */
    private static String[] helped(String... args) {
        if (args.length < 2 || !args[0].equals("help")) {
            return args;
        }
        String[] rest = Arrays.copyOfRange(args, 1, args.length);
        if (rest[0].startsWith("-")) {
            return HELP_OPTIONS.contains(rest[0]) ? args : rest;
        } else if (rest.length == 1) {
            return args;
        } else if (!rest[0].equals("bench")) {
            throw new Failure(Status.USAGE, "unknown argument '" + rest[1] + "' (see 'rivet help')");
        }
        return rest.length == 2 && BenchCommand.isKind(rest[1]) ? new String[]{"bench", rest[1], "--help"} : rest;
    }

    /** The parser for these words. */
    static CommandLine parser(String... args) {
        return new Main().commandLine(args);
    }

    private CommandLine commandLine(String... args) {
        CommandLine rivet = new CommandLine(this);
        // Setting up a command costs a few milliseconds: when the first word names one, only that.
        Supplier<Object> named = args.length == 0 ? null : COMMANDS.get(args[0]);
        if (named != null) {
            rivet.addSubcommand(named.get());
        } else {
            COMMANDS.values().forEach(command -> rivet.addSubcommand(command.get()));
        }
        CommandLine bench = rivet.getSubcommands().get("bench");
        if (bench != null) {
            BenchCommand.addKinds(bench);
        }
        CommandLine run = rivet.getSubcommands().get("run");
        if (run != null) {
            // What follows FILE is the guest's, options too.
            run.setStopAtPositional(true);
        }
        // A word @FILE is the user's or the guest's and stands for itself.
        rivet.setExpandAtFiles(false);
        rivet.registerConverter(Path.class, Path::of); // picocli's own hides what is wrong
        rivet.setOut(new PrintWriter(System.out, true));
        rivet.setErr(new PrintWriter(System.err, true));
        rivet.setParameterExceptionHandler((e, ignored) -> fail(usage(e)));
        rivet.setExecutionExceptionHandler((e, ignored, alsoIgnored) -> fail(e));
        return rivet;
    }

    /** Without a command: say what there is. */
    @Override
    public void run() {
        throw new Failure(Status.USAGE, "which command? 'rivet help' lists them; 'rivet run FILE' runs a program");
    }

    private static Failure usage(ParameterException e) {
        if (e.getCause() instanceof InvalidPathException invalid) {
            return new Failure(Status.CANNOT_READ, reason(invalid), e);
        }
        CommandLine command = e.getCommandLine();
        String name = command.getCommandSpec().qualifiedName().strip();
        String line = firstLine(e.getMessage()).replace(" is not a double", " is not a number")
                .replaceFirst(" is not (an int|a long)$", " is not a whole number");
        List<String> unmatched = e instanceof UnmatchedArgumentException u
                ? u.getUnmatched()
                : command.getUnmatchedArguments();
        String word = !unmatched.isEmpty()
                ? unmatched.getFirst()
                : line.startsWith(NO_COMMAND) ? line.substring(NO_COMMAND.length(), line.lastIndexOf('\'')) : null;
        if (word != null) {
            line = "unknown " + (word.startsWith("-") ? "argument" : wanted(command)) + " '" + word + "'";
            String near = nearest(word, command);
            if (near != null) {
                line += "; did you mean " + near + "?";
            }
        }
        String help = switch (command.getParent()) {
            case null -> "rivet help";
            case CommandLine parent when parent.getParent() == null -> "rivet help " + command.getCommandName();
            case CommandLine parent -> name + " --help";
        };
        return new Failure(Status.USAGE, line + " (see '" + help + "')", e);
    }

    /** What a word that fits nowhere was probably meant to be. */
    private static String wanted(CommandLine command) {
        if (command.getSubcommands().isEmpty()) {
            return "argument";
        }
        return command.getParent() == null ? "command" : "kind of " + command.getCommandName();
    }

    /** The command or option most like a word, if any is within two typing mistakes. */
    private static String nearest(String word, CommandLine command) {
        List<String> names = new ArrayList<>(command.getSubcommands().keySet());
        names.addAll(command.getCommandSpec().optionsMap().keySet());
        String best = null;
        int least = Math.min(3, word.length());
        for (String name : names) {
            int distance = mistakes(word, name);
            if (distance < least) {
                least = distance;
                best = name;
            }
        }
        return best;
    }

    /** How many letters must be put in, left out, changed or swapped with the next to make one word of the other. */
    static int mistakes(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }

    /** Why a word is no file's name. */
    private static String reason(InvalidPathException e) {
        return e.getInput() + ": no file can have this name here (" + e.getReason()
                + "); if it has other letters than English ones, set LC_ALL=C.UTF-8";
    }

    private int fail(Throwable e) {
        PrintStream err = System.err;
        int status;
        if (e instanceof InvalidPathException invalid) {
            return fail(new Failure(Status.CANNOT_READ, reason(invalid), e));
        } else if (e instanceof Failure failure) {
            status = failure.status;
            err.println("rivet: " + oneLine(failure.getMessage()));
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

    /** What goes to a terminal: names of files may have line feeds and escape sequences in them. */
    static String oneLine(String message) {
        String text = message.replace("\n", "\\n");
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                text = text.replace(text.charAt(i), '?');
            }
        }
        return text;
    }

    private static String firstLine(String message) {
        String text = message.strip();
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end).strip();
    }
}
