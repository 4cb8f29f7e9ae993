package dev.rivet;

import java.util.ArrayList;
import java.util.List;

/** The engines of this host. A scenario is one method that runs against each of them. */
final class Engines {
    private static final List<Engine> ALL = all();

    private Engines() {
    }

    private static List<Engine> all() {
        List<Engine> engines = new ArrayList<>();
        engines.add(Engine.builder().kind(Engine.Kind.INTERPRETER).build());
        Engine auto = Engine.builder().sandbox(Engine.Sandbox.RELAXED).build();
        if (auto.isNative()) {
            engines.add(auto);
        }
        return List.copyOf(engines);
    }

    /** A scenario's body. */
    interface Body {
        void run(Engine engine) throws Exception;
    }

    /** Runs a scenario on every engine; a failure says on which. */
    static void each(Body body) {
        for (Engine engine : ALL) {
            try {
                body.run(engine);
            } catch (Throwable e) {
                throw new AssertionError("on " + engine.label() + ": " + e.getMessage(), e);
            }
        }
    }
}
