package dev.rivet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Null, to every parameter of every public method of package dev.rivet that is not marked {@link Nullable}: a
 * NullPointerException that names the parameter, and nothing else.
 */
class NullsTest {
    @TempDir
    Path dir;

    /** Public classes of the package, nested ones too. */
    private static List<Class<?>> classes() throws Exception {
        Path home = Path.of(Engine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<Class<?>> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(home.resolve("dev/rivet"))) {
            for (Path file : files.sorted().toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".class") && !name.equals("package-info.class")) {
                    Class<?> c = Class.forName("dev.rivet." + name.substring(0, name.length() - 6));
                    if (Modifier.isPublic(c.getModifiers()) && !c.isInterface()
                            && !Throwable.class.isAssignableFrom(c) && !c.isRecord() && !c.isEnum()) {
                        all.add(c);
                    }
                }
            }
        }
        return all;
    }

    private Map<Class<?>, Object> things(Engine engine, Program program, Instance instance, InstancePool pool)
            throws IOException {
        HostFunction function = c -> {
        };
        Consumer<Object> sink = o -> {
        };
        return Map.ofEntries(Map.entry(Engine.class, engine), Map.entry(Program.class, program),
                Map.entry(Instance.class, instance), Map.entry(InstancePool.class, pool),
                Map.entry(Engine.Builder.class, Engine.builder()), Map.entry(Memory.class, instance.memory()),
                Map.entry(InstancePool.Builder.class, InstancePool.builder(program)),
                Map.entry(InstanceOptions.class, InstanceOptions.defaults()),
                Map.entry(CallOptions.class, CallOptions.unlimited()), Map.entry(Snapshot.class, instance.snapshot()),
                Map.entry(HostFunctions.class, HostFunctions.none()), Map.entry(HostFunction.class, function),
                Map.entry(CodeCache.class, CodeCache.open(dir.resolve("cache"), 1 << 20)),
                Map.entry(String.class, "id"), Map.entry(Path.class, dir),
                Map.entry(Duration.class, Duration.ofDays(1)),
                Map.entry(CostModel.class, CostModel.UNIT), Map.entry(Metering.class, Metering.SYNC),
                Map.entry(Target.class, Target.X86_64), Map.entry(long[].class, new long[0]),
                Map.entry(byte[].class, new byte[4]), Map.entry(List.class, List.of()),
                Map.entry(InputStream.class, InputStream.nullInputStream()), Map.entry(Consumer.class, sink),
                Map.entry(OutputStream.class, OutputStream.nullOutputStream()), Map.entry(Object.class, new Object()),
                Map.entry(Engine.Kind.class, Engine.Kind.INTERPRETER), Map.entry(int.class, 1),
                Map.entry(long.class, 1L),
                Map.entry(Engine.Sandbox.class, Engine.Sandbox.STRICT), Map.entry(boolean.class, false),
                Map.entry(byte.class, (byte) 0), Map.entry(short.class, (short) 0));
    }

    @Test
    void everyParameter() throws Exception {
        List<String> wrong = new ArrayList<>();
        int seen = 0;
        byte[] elf = Guest.rv64().label("id").ret().elf();
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).build();
                Program program = engine.load(elf, "test");
                Instance instance = program.instantiate();
                InstancePool pool = InstancePool.builder(program).build()) {
            Map<Class<?>, Object> things = things(engine, program, instance, pool);
            for (Class<?> c : classes()) {
                for (Method m : c.getDeclaredMethods()) {
                    boolean fixed = Modifier.isStatic(m.getModifiers());
                    if (!Modifier.isPublic(m.getModifiers()) || m.isSynthetic() || m.getName().equals("equals")) {
                        continue;
                    }
                    for (int i = 0; i < m.getParameterCount(); i++) {
                        if (m.getParameterTypes()[i].isPrimitive()
                                || m.getAnnotatedParameterTypes()[i].isAnnotationPresent(Nullable.class)) {
                            continue;
                        }
                        Object[] arguments = new Object[m.getParameterCount()];
                        for (int k = 0; k < arguments.length; k++) {
                            arguments[k] = k == i ? null : things.get(m.getParameterTypes()[k]);
                        }
                        seen++;
                        String answer = answer(m, fixed ? null : things.get(c), arguments);
                        if (!answer.matches("[a-z]\\w*")) {
                            wrong.add(m + ", parameter " + i + ": " + answer);
                        }
                    }
                }
            }
        }
        assertEquals(List.of(), wrong);
        assertTrue(seen > 50, seen + " parameters");
    }

    /** What the NullPointerException says, or what came instead of it. */
    private static String answer(Method m, Object of, Object... arguments) throws IllegalAccessException {
        try {
            Object result = m.invoke(of, arguments);
            if (result instanceof CompletableFuture<?> future) {
                future.join();
            }
            return "accepted: " + result;
        } catch (InvocationTargetException | CompletionException e) {
            return e.getCause() instanceof NullPointerException && e.getCause().getMessage() != null
                    ? e.getCause().getMessage()
                    : e.getCause().toString();
        }
    }
}
