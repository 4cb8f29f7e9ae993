package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.tools.conform.Asm;
import dev.rivet.tools.conform.Image;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same sandbox for root and for an ordinary user; and where user namespaces cannot be had, {@code doctor} says what is
 * missing and how to get it, strict refuses with one line, relaxed runs and says nothing.
 */
@Timeout(300)
class PlacesTest {
    private static final int TEXT = 0x10000;
    /** Layers that a process without any rights gets from the user namespace only. */
    private static final List<String> FROM_USER_NAMESPACE = List.of("user-namespace", "mount-namespace",
            "network-namespace", "ipc-namespace", "uts-namespace", "cgroup-namespace", "pid-namespace", "empty-root",
            "old-root-detached", "securebits");

    @TempDir
    Path dir;

    private record Result(int status, String out, String err) {
    }

    /** {@code rivet} under a command that puts it somewhere else. */
    private Result rivet(List<String> place, String classPath, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(place);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData", "-cp", classPath, Main.class.getName()));
        command.addAll(List.of(arguments));
        File err = Files.createTempFile(dir, "err", "").toFile();
        Process p = new ProcessBuilder(command).directory(new File("/")).redirectError(err).start();
        String out = new String(p.getInputStream().readAllBytes());
        assertTrue(p.waitFor(2, TimeUnit.MINUTES));
        return new Result(p.exitValue(), out, Files.readString(err.toPath()));
    }

    /** A program that exits with status 7. */
    private String guest() throws IOException {
        Asm a = new Asm(64, TEXT).addi(Asm.A0, 0, 7).addi(Asm.T0, 0, 93).ecall();
        Path file = dir.resolve("guest.elf");
        Files.write(file, new Image(64, Image.RVE).entry(TEXT).add(a, Image.R | Image.X).bytes());
        return file.toString();
    }

    private static List<String> weak(Result doctor) {
        return doctor.out.lines().filter(l -> l.startsWith("weak     sandbox ")).map(l -> l.split("\\s+")[2]).toList();
    }

    @Test
    void fullSandboxHere() throws Exception {
        Result doctor = rivet(List.of(), System.getProperty("java.class.path"), "doctor");
        assertEquals(List.of(), weak(doctor), doctor.out);
        assertTrue(doctor.out.contains("in the full sandbox"), doctor.out);
        assertEquals(7,
                rivet(List.of(), System.getProperty("java.class.path"), "run", "--sandbox", "strict", guest()).status);
    }

    /** As somebody without any rights, whoever runs this test. */
    @Test
    void fullSandboxForAnOrdinaryUser() throws Exception {
        if (!System.getProperty("user.name").equals("root")) {
            fullSandboxHere(); // is one already
            return;
        }
        List<String> place = List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                "--inh-caps=-all",
                "--bounding-set=-all");
        String classPath = readable();
        String guest = guest();
        Result doctor = rivet(place, classPath, "doctor");
        assertEquals(List.of(), weak(doctor), doctor.out + doctor.err);
        assertTrue(doctor.out.contains("in the full sandbox"), doctor.out + doctor.err);
        Result run = rivet(place, classPath, "run", "--sandbox", "strict", "--no-cache", guest);
        assertEquals(7, run.status, run.err);
    }

    /** The class path, copied where everybody can read it. */
    private String readable() throws IOException, InterruptedException {
        Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwxr-xr-x"));
        List<String> copies = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (entry.contains("llvm") || entry.contains("junit") || !Files.exists(Path.of(entry))) {
                continue;
            }
            String copy = dir.resolve("class-path-" + copies.size() + (entry.endsWith(".jar") ? ".jar" : ""))
                    .toString();
            assertEquals(0, new ProcessBuilder("cp", "-r", entry, copy).inheritIO().start().waitFor());
            copies.add(copy);
        }
        assertEquals(0, new ProcessBuilder("chmod", "-R", "a+rX", dir.toString()).inheritIO().start().waitFor());
        return String.join(File.pathSeparator, copies);
    }

    /** Ids that nobody has mapped may make no further namespace. */
    @Test
    void withoutUserNamespacesForAnybody() throws Exception {
        withoutUserNamespaces(List.of("unshare", "-U"), FROM_USER_NAMESPACE, "EPERM");
    }

    /** A container's root, in a container that forbids further namespaces: he may make the others all the same. */
    @Test
    void withoutUserNamespacesForRoot() throws Exception {
        withoutUserNamespaces(List.of("unshare", "-Ur", "sh", "-c",
                "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"), List.of("user-namespace"),
                "ENOSPC");
    }

    private void withoutUserNamespaces(List<String> place, List<String> missing, String errno) throws Exception {
        String classPath = System.getProperty("java.class.path");
        String guest = guest();
        Result doctor = rivet(place, classPath, "doctor");
        assertEquals(missing, weak(doctor), doctor.out + doctor.err);
        assertTrue(doctor.out.contains("-> allow user namespaces: sysctl user.max_user_namespaces above 0"),
                doctor.out);
        assertTrue(doctor.out.contains("'--sandbox strict' refuses to"), doctor.out);
        Result strict = rivet(place, classPath, "run", "--sandbox", "strict", "--no-cache", guest);
        assertEquals(Status.HOST_LACKS, strict.status);
        assertEquals(1, strict.err.lines().count(), strict.err);
        assertTrue(strict.err.matches("rivet: this host does not grant the sandbox layer 'user-namespace' "
                + "\\(unshare \\(step \\d+\\): " + errno + "\\); allow user namespaces: .*relaxed sandbox\\R"),
                strict.err);
        Result relaxed = rivet(place, classPath, "run", "--sandbox", "relaxed", "--no-cache", guest);
        assertEquals(7, relaxed.status, relaxed.err);
        assertEquals("", relaxed.err);
    }
}
