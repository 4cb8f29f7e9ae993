package dev.rivet;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Makes host functions of annotated methods. All reflection is here and over before the first call: what comes out is one
 * hidden class a method, whose call the compiler sees through.
 */
final class HostMethods {
    private static final MethodHandles.Lookup OWN = MethodHandles.lookup();
    private static final int MOST_ARGUMENTS = 6;
    private static final MethodHandle ARGUMENT = own("argument", long.class, HostCall.class, int.class);
    private static final MethodHandle INT_ARGUMENT = own("intArgument", int.class, HostCall.class, int.class);
    private static final MethodHandle FLAG_ARGUMENT = own("flagArgument", boolean.class, HostCall.class, int.class);
    private static final MethodHandle MEMORY = own("memory", Memory.class, HostCall.class);
    private static final MethodHandle INSTANCE = own("instance", Instance.class, HostCall.class);
    private static final MethodHandle ATTACHMENT = own("attachment", Object.class, HostCall.class, Class.class);
    private static final MethodHandle RESULT = own("result", void.class, HostCall.class, long.class);
    private static final MethodHandle FLAG_RESULT = own("flagResult", void.class, HostCall.class, boolean.class);
    private static final MethodHandle CHARGE = own("charge", void.class, HostCall.class, long.class);

    private HostMethods() {
    }

    private static MethodHandle own(String name, Class<?> result, Class<?>... parameters) {
        try {
            return OWN.findStatic(HostMethods.class, name, MethodType.methodType(result, parameters));
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static long argument(HostCall call, int index) {
        return call.argument(index);
    }

    private static int intArgument(HostCall call, int index) {
        return (int) call.argument(index);
    }

    private static boolean flagArgument(HostCall call, int index) {
        return call.argument(index) != 0;
    }

    private static Memory memory(HostCall call) {
        return call.memory();
    }

    private static Instance instance(HostCall call) {
        return call.instance();
    }

    private static Object attachment(HostCall call, Class<?> type) {
        return call.attachment(type);
    }

    private static void result(HostCall call, long value) {
        call.setResult(value);
    }

    private static void flagResult(HostCall call, boolean value) {
        call.setResult(value ? 1 : 0);
    }

    private static void charge(HostCall call, long gas) {
        call.charge(gas);
    }

    /** Adds the annotated methods of an object to some functions. */
    static HostFunctions bind(MethodHandles.Lookup lookup, Object host, HostFunctions to) {
        List<Method> methods = annotated(host.getClass());
        if (methods.isEmpty()) {
            throw new IllegalArgumentException(host.getClass().getName() + " has no method with @HostMethod");
        }
        HostFunctions all = to;
        for (Method method : methods) {
            HostMethod number = method.getAnnotation(HostMethod.class);
            if (all.has(number.value())) {
                throw new IllegalArgumentException(method + ": number " + number.value() + " has a function already");
            }
            all = all.with(number.value(), function(lookup, host, method, number.gas()));
        }
        return all;
    }

    /** The class's own and inherited ones, those of interfaces too; a method that is overridden counts once. */
    private static List<Method> annotated(Class<?> type) {
        Set<Class<?>> types = new LinkedHashSet<>();
        for (Class<?> c = type; c != null; c = c.getSuperclass()) {
            types.add(c);
            addInterfaces(c, types);
        }
        List<Method> found = new ArrayList<>();
        for (Class<?> c : types) {
            for (Method m : c.getDeclaredMethods()) {
                if (m.isAnnotationPresent(HostMethod.class) && !m.isSynthetic()
                        && found.stream().noneMatch(f -> f.getName().equals(m.getName())
                                && Arrays.equals(f.getParameterTypes(), m.getParameterTypes()))) {
                    found.add(m);
                }
            }
        }
        found.sort(Comparator.comparingLong(m -> m.getAnnotation(HostMethod.class).value()));
        return found;
    }

    private static void addInterfaces(Class<?> type, Set<Class<?>> to) {
        for (Class<?> i : type.getInterfaces()) {
            if (to.add(i)) {
                addInterfaces(i, to);
            }
        }
    }

    private static HostFunction function(MethodHandles.Lookup lookup, Object host, Method method, long gas) {
        if (gas < 0) {
            throw new IllegalArgumentException(method + ": its gas is negative");
        }
        MethodHandle target;
        try {
            target = lookup.unreflect(method);
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException(
                    method + " cannot be reached; make it and its class public and export its"
                            + " package, or give HostFunctions.of a Lookup of the class",
                    e);
        }
        if (!java.lang.reflect.Modifier.isStatic(method.getModifiers())) {
            target = target.bindTo(host);
        }
        target = withArguments(target.asFixedArity(), method);
        target = withResult(target, method);
        if (gas > 0) {
            target = MethodHandles.foldArguments(target,
                    MethodHandles.insertArguments(CHARGE, 1, gas));
        }
        return MethodHandleProxies.asInterfaceInstance(HostFunction.class, target);
    }

    /** The method as a function of the HostCall alone. */
    private static MethodHandle withArguments(MethodHandle target, Method method) {
        MethodHandle[] filters = new MethodHandle[method.getParameterCount()];
        int next = 0;
        for (int i = 0; i < filters.length; i++) {
            Class<?> type = method.getParameterTypes()[i];
            if (type == long.class) {
                filters[i] = MethodHandles.insertArguments(ARGUMENT, 1, next++);
            } else if (type == int.class) {
                filters[i] = MethodHandles.insertArguments(INT_ARGUMENT, 1, next++);
            } else if (type == boolean.class) {
                filters[i] = MethodHandles.insertArguments(FLAG_ARGUMENT, 1, next++);
            } else if (type == HostCall.class) {
                filters[i] = MethodHandles.identity(HostCall.class);
            } else if (type == Memory.class) {
                filters[i] = MEMORY;
            } else if (type == Instance.class) {
                filters[i] = INSTANCE;
            } else if (type.isPrimitive() || type.isArray()) {
                throw new IllegalArgumentException(method + ": a parameter of type " + type.getSimpleName()
                        + " cannot come from a register; take a long, and read memory through Memory");
            } else {
                filters[i] = MethodHandles.insertArguments(ATTACHMENT, 1, type)
                        .asType(MethodType.methodType(type, HostCall.class));
            }
        }
        if (next > MOST_ARGUMENTS) {
            throw new IllegalArgumentException(
                    method + " takes " + next + " guest arguments; there are " + MOST_ARGUMENTS);
        }
        if (filters.length == 0) {
            return MethodHandles.dropArguments(target, 0, HostCall.class);
        }
        MethodHandle filtered = MethodHandles.filterArguments(target, 0, filters);
        return MethodHandles.permuteArguments(filtered,
                MethodType.methodType(target.type().returnType(), HostCall.class),
                new int[filters.length]);
    }

    private static MethodHandle withResult(MethodHandle target, Method method) {
        Class<?> type = method.getReturnType();
        if (type == void.class) {
            return target;
        }
        MethodHandle sink;
        if (type == long.class) {
            sink = RESULT;
        } else if (type == int.class) {
            sink = RESULT.asType(MethodType.methodType(void.class, HostCall.class, int.class));
        } else if (type == boolean.class) {
            sink = FLAG_RESULT;
        } else {
            throw new IllegalArgumentException(
                    method + " returns " + type.getSimpleName() + "; it must be void, long, int or boolean");
        }
        // (call) -> sink(call, target(call))
        MethodHandle swapped = MethodHandles.permuteArguments(sink,
                MethodType.methodType(void.class, type, HostCall.class), 1, 0);
        return MethodHandles.foldArguments(swapped, target);
    }
}
