package dev.rivet.tools;

import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Rewrites a jar's class files in the present format. The JVM keeps no class file older than Java 6 in its cache of loaded
 * classes, and verifies it the slow way at every start; picocli's are of Java 5. Nothing but the format changes.
 */
final class ModernJar {
    /** Oldest class file version with stack maps, which the cache needs. */
    private static final int WITH_STACK_MAPS = 50;

    private ModernJar() {
    }

    /** Rewrites the jars in place; one that is modern already stays as it is. */
    public static void main(String[] jars) throws IOException {
        for (String jar : jars) {
            rewrite(Path.of(jar));
        }
    }

    static void rewrite(Path jar) throws IOException {
        Path fresh = Files.createTempFile(jar.toAbsolutePath().getParent(), "modern", ".jar");
        boolean changed = false;
        try (JarFile in = new JarFile(jar.toFile());
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(fresh))) {
            for (JarEntry entry : Collections.list(in.entries())) {
                byte[] bytes = in.getInputStream(entry).readAllBytes();
                if (entry.getName().endsWith(".class") && (bytes[6] << 8 | bytes[7] & 0xff) < WITH_STACK_MAPS) {
                    bytes = modern(bytes);
                    changed = true;
                }
                JarEntry copy = new JarEntry(entry.getName());
                copy.setTime(entry.getTime());
                out.putNextEntry(copy);
                out.write(bytes);
                out.closeEntry();
            }
        }
        if (changed) {
            Files.move(fresh, jar, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } else {
            Files.delete(fresh);
        }
    }

    private static byte[] modern(byte[] bytes) {
        ClassFile files = ClassFile.of(ClassFile.StackMapsOption.GENERATE_STACK_MAPS);
        // Every body is built anew, instruction by instruction, since only then does it get its stack maps.
        ClassTransform bodies = ClassTransform.transformingMethodBodies((code, element) -> code.with(element));
        ClassTransform version = ClassTransform.endHandler(b -> b.withVersion(ClassFile.JAVA_8_VERSION, 0));
        return files.transformClass(files.parse(bytes), bodies.andThen(version));
    }
}
