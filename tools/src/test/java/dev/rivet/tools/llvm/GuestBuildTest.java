package dev.rivet.tools.llvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guests build for every target, rebuilding finds what is there, and the native ones run. */
class GuestBuildTest {
    @TempDir
    private static Path dir;

    @Test
    void nativeBuildRunsAndTellsItsTime() {
        GuestBuild build = new GuestBuild(dir);
        Guest fib = Guests.named("fib");
        GuestBuild.NativeRun run = build.runNative(build.build(fib, CTarget.host()), List.of("20"), "",
                Map.of("GUEST_NANOS", "1"));
        assertEquals("fib 00001a6d\n", new String(run.stdout()));
        assertEquals(6765 & 31, run.status());
        assertTrue(run.stderr().matches("nanos [0-9]+\n"), run.stderr());
    }

    @Test
    void everyTargetBuildsOnce() throws IOException {
        GuestBuild build = new GuestBuild(dir);
        Guest fib = Guests.named("fib");
        build.buildAll(List.of(fib), List.of(CTarget.values()));
        for (CTarget t : CTarget.values()) {
            Path elf = build.build(fib, t);
            Object first = Files.getLastModifiedTime(elf);
            assertEquals(first, Files.getLastModifiedTime(new GuestBuild(dir).build(fib, t)));
        }
    }

    @Test
    void namesAreUnique() {
        List<String> names = Guests.all().stream().map(Guest::name).toList();
        assertEquals(names.size(), names.stream().distinct().count());
    }
}
