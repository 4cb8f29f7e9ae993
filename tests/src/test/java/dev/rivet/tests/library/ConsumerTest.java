package dev.rivet.tests.library;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody else's project: a copy of these sources is installed into a repository of its own, and a project outside the tree
 * with one dependency builds and runs against that, on the class path and on the module path. Installed twice, the jars are
 * the same byte for byte. Needs Maven and what it has downloaded before.
 */
@Tag("exhaustive")
class ConsumerTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final List<String> PUBLISHED = List.of("ir", "frontend", "sandbox", "backend-x64", "backend-aarch64",
            "runtime", "bom");
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private static final String POM = """
            <project xmlns="http://maven.apache.org/POM/4.0.0">
              <modelVersion>4.0.0</modelVersion>
              <groupId>org.example</groupId>
              <artifactId>consumer</artifactId>
              <version>1</version>
              <properties>
                <maven.compiler.release>25</maven.compiler.release>
                <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
              </properties>
              <dependencyManagement><dependencies><dependency>
                <groupId>dev.rivet</groupId><artifactId>rivet-bom</artifactId><version>0.1.0-SNAPSHOT</version>
                <type>pom</type><scope>import</scope>
              </dependency></dependencies></dependencyManagement>
              <dependencies><dependency>
                <groupId>dev.rivet</groupId><artifactId>rivet-runtime</artifactId>
              </dependency></dependencies>
              <build><plugins>
                <plugin><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version></plugin>
              </plugins></build>
            </project>
            """;
    private static final String MAIN = """
            package org.example;

            import dev.rivet.*;
            import java.nio.file.Path;
            import java.util.List;

            public class Main {
                public static void main(String[] args) throws Exception {
                    try (Engine engine = Engine.create(); Program program = engine.load(Path.of(args[0]));
                            Instance instance = program.instantiate(InstanceOptions.defaults()
                                    .withHost(LinuxHost.functions(System.in, System.out, System.err)))) {
                        Outcome outcome = instance.run(CallOptions.ofGas(100_000), List.of("hello"), List.of());
                        System.out.println(engine.label() + " " + outcome.message() + " " + Main.class.getModule());
                    }
                }
            }
            """;

    @TempDir
    Path dir;

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path d, BasicFileAttributes a) throws IOException {
                if (d.endsWith("target")) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(d)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path f, BasicFileAttributes a) throws IOException {
                Files.copy(f, to.resolve(from.relativize(f)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String run(Path where, List<String> command) throws IOException, InterruptedException {
        Process p = new ProcessBuilder(command).directory(where.toFile()).redirectErrorStream(true).start();
        p.getOutputStream().close();
        String text = new String(p.getInputStream().readAllBytes());
        assertEquals(0, p.waitFor(), command + "\n" + text);
        return text;
    }

    private static List<String> maven(Path repository, String... arguments) {
        List<String> command = new ArrayList<>(List.of("mvn", "-o", "-q", "-B", "-Dmaven.repo.local=" + repository));
        command.addAll(List.of(arguments));
        return command;
    }

    /** A repository that has the user's downloads, by links, but nothing of ours. */
    private Path repository() throws IOException {
        Path user = Path.of(System.getProperty("maven.repo.local",
                Path.of(System.getProperty("user.home"), ".m2", "repository").toString()));
        Path own = Files.createDirectory(dir.resolve("repository"));
        Files.createDirectory(own.resolve("dev"));
        for (Path level : List.of(user, user.resolve("dev"))) {
            if (Files.isDirectory(level)) {
                try (Stream<Path> entries = Files.list(level)) {
                    for (Path entry : entries.toList()) {
                        Path link = own.resolve(user.relativize(entry));
                        if (!link.equals(own.resolve("dev")) && !link.equals(own.resolve("dev/rivet"))) {
                            Files.createSymbolicLink(link, entry);
                        }
                    }
                }
            }
        }
        return own;
    }

    private Path install(Path repository, String name) throws IOException, InterruptedException {
        Path tree = Files.createDirectory(dir.resolve(name));
        for (String file : List.of("pom.xml", "formatter.xml")) {
            Files.copy(ROOT.resolve(file), tree.resolve(file));
        }
        for (String module : PUBLISHED) {
            copy(ROOT.resolve(module), tree.resolve(module));
        }
        for (String module : List.of("tools", "tests")) { // named by the top pom.xml, not built
            Files.createDirectory(tree.resolve(module));
            Files.copy(ROOT.resolve(module).resolve("pom.xml"), tree.resolve(module).resolve("pom.xml"));
        }
        run(tree, maven(repository, "-Dquickly", "-pl", String.join(",", PUBLISHED), "-am", "install"));
        return tree;
    }

    @Test
    void aProjectWithOneDependencyBuildsAndRuns() throws Exception {
        Path repository = repository();
        Path tree = install(repository, "tree");
        Path consumer = Files.createDirectory(dir.resolve("consumer"));
        Path source = Files.createDirectories(consumer.resolve("src/main/java/org/example"));
        Files.writeString(consumer.resolve("pom.xml"), POM);
        Files.writeString(source.resolve("Main.java"), MAIN);
        String hello = ROOT.resolve("examples/hello.elf").toString();

        run(consumer, maven(repository, "dependency:build-classpath", "-Dmdep.outputFile=classpath"));
        String jars = Files.readString(consumer.resolve("classpath")).strip();
        assertEquals(6, jars.split(File.pathSeparator).length, "Rivet and nothing else: " + jars);
        String classes = consumer.resolve("classes").toString();
        String javac = Path.of(System.getProperty("java.home"), "bin", "javac").toString();
        run(consumer, List.of(javac, "-Xlint:all", "-Werror", "-d", classes, "-cp", jars, source + "/Main.java"));
        String said = run(consumer, List.of(JAVA, "--enable-native-access=ALL-UNNAMED", "-cp",
                classes + File.pathSeparator + jars, "org.example.Main", hello));
        assertTrue(said.matches("Hello from RISC-V!\n\\S+ exit 0 unnamed module .*\n"), said);

        Files.writeString(consumer.resolve("src/main/java/module-info.java"),
                "module org.example { requires dev.rivet.runtime; }");
        String modular = consumer.resolve("modular").toString();
        run(consumer, List.of(javac, "-Xlint:all", "-Werror", "-d", modular, "-p", jars, source + "/Main.java",
                consumer.resolve("src/main/java/module-info.java").toString()));
        said = run(consumer, List.of(JAVA, "--enable-native-access=dev.rivet.sandbox", "-p",
                modular + File.pathSeparator + jars, "-m", "org.example/org.example.Main", hello));
        assertTrue(said.matches("Hello from RISC-V!\n\\S+ exit 0 module org.example\n"), said);

        Path again = install(repository, "again");
        for (String module : PUBLISHED) {
            String jar = module + "/target/rivet-" + module + "-0.1.0-SNAPSHOT.jar";
            if (Files.exists(tree.resolve(jar))) {
                assertArrayEquals(Files.readAllBytes(tree.resolve(jar)), Files.readAllBytes(again.resolve(jar)), jar);
            }
        }
    }
}
