package dev.rivet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What users of the module can name is all they have to do with. */
class PublicFaceTest {
    private static List<Class<?>> open() throws IOException, ClassNotFoundException {
        List<Class<?>> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("target/classes/dev/rivet"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).sorted().toList()) {
                Class<?> c = Class.forName("dev.rivet." + file.getFileName().toString().replace(".class", ""));
                if (visible(c)) {
                    found.add(c);
                }
            }
        }
        return found;
    }

    private static boolean visible(Class<?> c) {
        return Modifier.isPublic(c.getModifiers())
                && (c.getDeclaringClass() == null || visible(c.getDeclaringClass()));
    }

    private static void named(Type type, TreeSet<String> to) {
        switch (type) {
            case ParameterizedType p -> {
                named(p.getRawType(), to);
                Arrays.stream(p.getActualTypeArguments()).forEach(a -> named(a, to));
            }
            case GenericArrayType a -> named(a.getGenericComponentType(), to);
            case Class<?> c when c.isArray() -> named(c.getComponentType(), to);
            case Class<?> c -> to.add(c.isPrimitive() || c.getName().startsWith("java.") ? "" : c.getPackageName());
            default -> {
                // type variables and wildcards name nothing
            }
        }
    }

    private static boolean seen(int modifiers) {
        return (modifiers & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0;
    }

    @Test
    void onlyTheJdkAndTwoPackages() throws Exception {
        List<Class<?>> classes = open();
        assertTrue(classes.size() > 30, classes.toString());
        TreeSet<String> packages = new TreeSet<>();
        for (Class<?> c : classes) {
            named(c.getGenericSuperclass() == null ? Object.class : c.getGenericSuperclass(), packages);
            Arrays.stream(c.getGenericInterfaces()).forEach(t -> named(t, packages));
            for (Field f : c.getDeclaredFields()) {
                if (seen(f.getModifiers())) {
                    named(f.getGenericType(), packages);
                }
            }
            for (Executable e : Stream.concat(Arrays.stream(c.getDeclaredMethods()),
                    Arrays.stream(c.getDeclaredConstructors())).toList()) {
                if (seen(e.getModifiers()) && !e.isSynthetic()) {
                    Arrays.stream(e.getGenericParameterTypes()).forEach(t -> named(t, packages));
                    Arrays.stream(e.getGenericExceptionTypes()).forEach(t -> named(t, packages));
                    if (e instanceof Method m) {
                        named(m.getGenericReturnType(), packages);
                    }
                }
            }
        }
        assertEquals(new TreeSet<>(List.of("", "dev.rivet", "dev.rivet.ir")), packages);
    }
}
