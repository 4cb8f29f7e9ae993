package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** {@code rivet run} is parsed without picocli where that makes no difference. */
class PlainRunTest {
    /** Values of every field. */
    private static Map<String, Object> fields(Object of) {
        Map<String, Object> values = new TreeMap<>();
        for (Field f : of.getClass().getDeclaredFields()) {
            if (Modifier.isStatic(f.getModifiers())) {
                continue;
            }
            try {
                f.setAccessible(true);
                Object value = f.get(of);
                values.put(f.getName(), value instanceof CostOption ? fields(value) : value);
            } catch (IllegalAccessException e) {
                throw new AssertionError(e);
            }
        }
        return values;
    }

    private static RunCommand byPicocli(String... words) {
        CommandLine rivet = Main.parser(words);
        rivet.parseArgs(words);
        return (RunCommand) rivet.getSubcommands().get("run").getCommandSpec().userObject();
    }

    private static void same(String... words) {
        RunCommand plain = RunCommand.plain(words);
        assertNotNull(plain, () -> String.join(" ", words));
        assertEquals(fields(byPicocli(words)), fields(plain), () -> String.join(" ", words));
    }

    /** A value for an option. */
    private static String value(OptionSpec option) {
        return switch (option.paramLabel()) {
            case "N" -> "5";
            case "TIME" -> "5s";
            case "SIZE" -> "64m";
            default -> "a=b";
        };
    }

    @Test
    void everyOption() {
        List<String> all = new ArrayList<>(List.of("run"));
        List<OptionSpec> options = Main.parser("run").getSubcommands().get("run").getCommandSpec().options().stream()
                .filter(o -> !List.of("--help", "--version", "--debug").contains(o.longestName())).toList();
        assertTrue(options.size() >= 14);
        for (OptionSpec o : options) {
            String name = o.longestName();
            if (o.arity().max() == 0) {
                same("run", name, "file");
                assertNull(RunCommand.plain("run", name + "=true", "file"), name);
                assertNull(RunCommand.plain("run", name, name, "file"), name);
                all.add(name);
            } else {
                same("run", name, value(o), "file");
                same("run", name + "=" + value(o), "file", name, "--");
                assertNull(RunCommand.plain("run", name), name);
                assertNull(RunCommand.plain("run", name + "=", "file"), name);
                assertNull(RunCommand.plain("run", name, "", "file"), name);
                assertNull(RunCommand.plain("run", name, "--stats", "file"), name);
                assertNull(RunCommand.plain("run", name, value(o), name + "=" + value(o), "file"), name);
                all.addAll(List.of(name, value(o)));
            }
        }
        all.addAll(List.of("file", "--stats", "", "-x", "@y", "--gas=1"));
        same(all.toArray(String[]::new));
    }

    @Test
    void files() {
        same("run", "file");
        same("run", "");
        same("run", "@file", "@one");
        same("run", "file", "--", "-", "--help", "a=b", "\"quoted\"", "${x}", "help", "run");
    }

    /** Mistakes and whatever is not known are left to picocli. */
    @Test
    void everythingElse() {
        for (String line : List.of("", "--help x", "-h x", "-V x", "--version", "--debug x", "-- x", "- x",
                "--gas -1 x",
                "--gas 5k x", "--gas=9223372036854775808 x", "--memory lots x", "--stack 0 x", "--timeout 5 x", "-x y",
                "--gsa 5 x", "--stats", "--no-cache --no-cache x")) {
            assertNull(RunCommand.plain(("run " + line).strip().split(" ")), line);
        }
    }
}
