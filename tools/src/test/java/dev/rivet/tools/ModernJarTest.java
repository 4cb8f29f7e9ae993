package dev.rivet.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ModernJarTest {
    @TempDir
    Path dir;

    private static List<JarEntry> entries(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return Collections.list(file.entries());
        }
    }

    /** The JVM verifies every class of the rewritten jar, by its stack maps; a second time changes nothing. */
    @Test
    void everyClassVerifies() throws Exception {
        Path original = Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        Path jar = Files.copy(original, dir.resolve("modern.jar"));
        ModernJar.rewrite(jar);
        assertEquals(entries(original).stream().map(JarEntry::getName).toList(),
                entries(jar).stream().map(JarEntry::getName).toList());
        int classes = 0;
        try (URLClassLoader loader = new URLClassLoader(new URL[]{jar.toUri().toURL()},
                ClassLoader.getPlatformClassLoader())) {
            for (JarEntry entry : entries(jar)) {
                String name = entry.getName();
                if (name.startsWith("picocli/") && name.endsWith(".class")) {
                    byte[] head = loader.getResourceAsStream(name).readNBytes(8);
                    assertTrue(head[7] >= 50, name);
                    Class.forName(name.substring(0, name.length() - 6).replace('/', '.'), true, loader);
                    classes++;
                }
            }
        }
        assertTrue(classes > 150, classes + " classes");
        byte[] once = Files.readAllBytes(jar);
        ModernJar.rewrite(jar);
        assertArrayEquals(once, Files.readAllBytes(jar));
        assertEquals(List.of(jar), Files.list(dir).toList());
    }
}
