package dev.rivet;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples in package-info are taken from its source, compiled and run. */
class TutorialTest {
    private static final String IMPORTS = """
            import dev.rivet.*;
            import java.lang.foreign.*;
            import java.lang.invoke.MethodHandles;
            import java.nio.file.Path;
            import java.time.Duration;
            import java.util.List;
            import java.util.concurrent.CompletableFuture;
            """;

    private static List<String> snippets() throws Exception {
        String source = Files.readString(Path.of("src/main/java/dev/rivet/package-info.java"));
        Matcher m = Pattern.compile("\\{@snippet :\\n(.*?)\\n \\* \\}\\n(?= \\*(\\n|/))", Pattern.DOTALL)
                .matcher(source);
        List<String> found = new ArrayList<>();
        while (m.find()) {
            found.add(m.group(1).replaceAll("(?m)^ \\* ?", ""));
        }
        return found;
    }

    private static void run(Path out, String name, String parameters, String body, Class<?>[] types, Object... values)
            throws Exception {
        Path source = Files.writeString(out.resolve(name + ".java"), IMPORTS + "public class " + name
                + " { public static void go(" + parameters + ") throws Exception {\n" + body + "\n} }");
        StringWriter messages = new StringWriter();
        PrintWriter printer = new PrintWriter(messages);
        int status = ToolProvider.findFirst("javac").orElseThrow().run(printer, printer, "-d", out.toString(), "-cp",
                System.getProperty("java.class.path"), "-proc:none", source.toString());
        assertEquals(0, status, messages::toString);
        try (URLClassLoader loader = new URLClassLoader(new URL[]{out.toUri().toURL()},
                TutorialTest.class.getClassLoader())) {
            loader.loadClass(name).getMethod("go", types).invoke(null, values);
        }
    }

    @Test
    void everyExampleRuns(@TempDir Path out) throws Exception {
        List<String> snippets = snippets();
        assertEquals(7, snippets.size());
        run(out, "First", "", snippets.get(0).replace("Path.of(\"examples", "Path.of(\"../examples"), new Class<?>[0]);
        Guest g = Guest.rv64();
        g.label("main").i(dev.rivet.ir.Op.ADDI, Guest.A0, 0, 0).li(Guest.A0, Guest.DATA)
                .i(dev.rivet.ir.Op.ADDI, Guest.A1, 0, 3)
                .ecall(1).ret();
        g.label("prepare").ret();
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
                Program program = engine.load(g.elf(), "tutorial");
                Instance instance = program.instantiate()) {
            Outcome outcome = instance.call(CallOptions.ofGas(9), 0);
            run(out, "Second", "Outcome outcome", snippets.get(1), new Class<?>[]{Outcome.class}, outcome);
            run(out, "Third", "Program program", snippets.get(2), new Class<?>[]{Program.class}, program);
            run(out, "Fourth", "Program program", snippets.get(3), new Class<?>[]{Program.class}, program);
            run(out, "Fifth", "Program program", snippets.get(4), new Class<?>[]{Program.class}, program);
            run(out, "Seventh", "Path directory",
                    snippets.get(6).replace("Path.of(\"examples", "Path.of(\"../examples"),
                    new Class<?>[]{Path.class}, out.resolve("cache"));
            run(out, "Sixth", "Program program", snippets.get(5), new Class<?>[]{Program.class}, program);
        }
    }
}
