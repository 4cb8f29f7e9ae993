package dev.rivet.tools;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code rivet completion}: what a shell needs to complete commands and options, made from the commands themselves. */
@Command(name = "completion", description = {"Print completion of commands and options for bash and zsh;",
        "in ~/.bashrc: source <(/path/to/rivet completion)"})
final class CompletionCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        System.out.print(AutoComplete.bash("rivet", Main.parser()));
        return Status.OK;
    }
}
