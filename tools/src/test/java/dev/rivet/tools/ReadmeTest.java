package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README says can be done can be done. */
class ReadmeTest {
    private static final Path TOP = Path.of("").toAbsolutePath().getParent();

    @TempDir
    Path dir;

    private static String readme() throws IOException {
        return Files.readString(TOP.resolve("README.md"));
    }

    @Test
    void theLibraryExampleCompilesAndRuns() throws Exception {
        Matcher block = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL).matcher(readme());
        assertTrue(block.find());
        Path source = Files.writeString(dir.resolve("Hello.java"), block.group(1));
        String classPath = System.getProperty("java.class.path");
        assertEquals(0,
                ToolProvider.findFirst("javac").orElseThrow().run(System.out, System.err, "-Xlint:all,-path", "-Werror",
                        "-cp",
                        classPath, "-d", dir.toString(), source.toString()));
        Process p = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-cp", dir + ":" + classPath, "Hello").directory(TOP.toFile())
                .redirectErrorStream(true).start();
        String out = new String(p.getInputStream().readAllBytes());
        assertTrue(out.matches("Hello Ada, from RISC-V!\nexit 0, [1-9][0-9]* gas\n"), out);
        assertEquals(0, p.waitFor());
    }

    @Test
    void theFirstCommandPrintsItsResult() throws IOException {
        Matcher command = Pattern.compile("```\n\\./rivet (run .*)\n```").matcher(readme());
        assertTrue(command.find());
        String[] words = command.group(1).split(" ");
        words[1] = TOP.resolve(words[1]).toString();
        Child.Result r = Child.run(dir, "", words);
        assertEquals(0, r.status(), r.err());
        assertTrue(r.out().contains("78498"), r.out());
    }

    /** Every command and every option of run that there is, and no other. */
    @Test
    void theTablesAreComplete() throws IOException {
        Matcher rows = Pattern.compile("(?m)^\\| `\\./rivet ([a-z]+)").matcher(readme());
        List<String> commands = rows.results().map(m -> m.group(1)).toList();
        String help = Child.run(dir, "", "help").out();
        List<String> real = Pattern.compile("(?m)^  ([a-z]+) {2,}").matcher(help.substring(help.indexOf("Commands:")))
                .results().map(m -> m.group(1)).sorted().toList();
        assertEquals(commands.stream().sorted().toList(), real);
        List<String> options = Pattern.compile("(?m)^ +(--[a-z-]+)").matcher(Child.run(dir, "", "help", "run").out())
                .results().map(m -> m.group(1)).filter(o -> !o.equals("--debug") && !o.equals("--target")).sorted()
                .toList();
        String text = readme();
        List<String> told = Pattern.compile("`(--[a-z-]+)")
                .matcher(text.substring(text.indexOf("| option"), text.indexOf("Exit status")))
                .results().map(m -> m.group(1)).distinct().sorted().toList();
        assertEquals(options, told);
    }
}
