package dev.rivet.tools;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code ./rivet} runs once after a build with {@code -XX:AOTCacheOutput}: the JVM then remembers the classes these
 * commands load and link, and later starts map them. A start without the cache does the same, only slower.
 */
final class Training {
    private Training() {
    }

    public static void main(String[] args) {
        Path examples = Path.of(args[0], "examples");
        Main.run("help");
        Main.run("rnu");
        Main.run("doctor");
        for (String name : new String[]{"hello"}) {
            Path file = examples.resolve(name + ".elf");
            if (Files.exists(file)) {
                Main.run("inspect", file.toString());
                Main.run("run", "--stats", file.toString());
            }
        }
        System.exit(0); // as every command ends, so that what this loads is remembered too
    }
}
