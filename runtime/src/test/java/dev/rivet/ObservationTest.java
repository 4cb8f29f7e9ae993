package dev.rivet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engine tells about itself: counters and flight recorder events. */
class ObservationTest {
    private static final CallOptions GAS = CallOptions.ofGas(1000);

    @TempDir
    Path dir;

    private static byte[] guest() {
        Guest g = Guest.rv64();
        g.label("id").ret();
        g.label("host").ecall(1).ret();
        g.label("trap").word(0);
        g.label("loop").jal(Guest.ZERO, "loop");
        return g.elf();
    }

    private static void use(Engine engine) throws Exception {
        InstanceOptions options = InstanceOptions.defaults().withMemoryLimit(1 << 20).withStackSize(1 << 16)
                .withHost(HostFunctions.none().with(1, call -> call.charge(10)));
        try (Program p = engine.load(guest(), "observed");
                InstancePool pool = InstancePool.builder(p).options(options).size(1).build()) {
            for (String function : List.of("id", "host", "host", "trap", "loop")) {
                pool.call(GAS, function);
            }
            try (Instance i = p.instantiate(options)) {
                assertInstanceOf(Outcome.TimedOut.class,
                        i.call(CallOptions.ofDeadline(java.time.Duration.ofMillis(20)), "loop"));
                Counters now = engine.counters();
                assertEquals(engine.isNative() ? 2 : 0, now.workers());
                assertEquals(2 << 20, now.memoryReserved());
            }
        }
    }

    @Test
    void countersCount() throws Exception {
        for (Engine.Kind kind : new Engine.Kind[]{Engine.Kind.AUTO, Engine.Kind.INTERPRETER}) {
            CodeCache cache = CodeCache.open(dir.resolve("cache" + kind), 1 << 20);
            try (Engine engine = Engine.builder().kind(kind).codeCache(cache).sandbox(Engine.Sandbox.RELAXED).build()) {
                use(engine);
                Counters one = engine.counters();
                assertEquals(6, one.calls());
                assertEquals(2, one.hostCalls());
                assertEquals(1, one.traps());
                assertEquals(1, one.outOfGas());
                assertEquals(1, one.timeouts());
                assertTrue(one.gasUsed() > 1000 + 2 * 10 + 8, one.toString());
                assertEquals(5, one.borrowed());
                assertEquals(0, one.waits());
                assertEquals(0, one.refused());
                assertEquals(0, one.workers());
                assertEquals(0, one.memoryReserved());
                assertEquals(0, one.workersLost());
                assertEquals(engine.isNative() ? 2 : 0, one.workersStarted());
                int translated = engine.isNative() ? 1 : 0;
                assertEquals(translated, one.translations());
                assertEquals(translated, one.cacheMisses());
                use(engine);
                Counters two = engine.counters();
                assertEquals(translated, two.translations());
                assertEquals(translated, two.cacheHits());
                assertTrue(engine.isNative() == two.translationNanos() > 0);
            }
        }
    }

    @Test
    void aRecordingHasTheEvents() throws Exception {
        CodeCache cache = CodeCache.open(dir.resolve("cache"), 1 << 20);
        Path file = dir.resolve("flight.jfr");
        boolean isNative;
        try (Recording recording = new Recording();
                Engine engine = Engine.builder().codeCache(cache).sandbox(Engine.Sandbox.RELAXED).build()) {
            isNative = engine.isNative();
            recording.enable("dev.rivet.Call");
            for (String event : List.of("Trap", "Translation", "CacheLookup", "WorkerStart")) {
                recording.enable("dev.rivet." + event).withoutThreshold();
            }
            recording.start();
            use(engine);
            recording.stop();
            recording.dump(file);
        }
        Map<String, List<RecordedEvent>> events = RecordingFile.readAllEvents(file).stream()
                .filter(e -> e.getEventType().getName().startsWith("dev.rivet."))
                .collect(Collectors.groupingBy(e -> e.getEventType().getName().substring("dev.rivet.".length())));
        assertEquals(6, events.get("Call").size());
        RecordedEvent call = events.get("Call").get(0);
        assertEquals("observed", call.getString("program"));
        assertEquals("pc 0x00010000 (id+0x0)", call.getString("function"));
        assertEquals("finished", call.getString("outcome"));
        assertEquals(1, call.getLong("gasUsed"));
        assertEquals(1, events.get("Trap").size());
        assertTrue(events.get("Trap").get(0).getString("message").startsWith("trap ILLEGAL_INSTRUCTION at pc "));
        if (isNative) {
            RecordedEvent translation = events.get("Translation").get(0);
            assertEquals("sync", translation.getString("metering"));
            assertTrue(translation.getInt("bytes") > 0);
            assertEquals(false, events.get("CacheLookup").get(0).getBoolean("hit"));
            assertEquals(2, events.get("WorkerStart").size());
            assertTrue(events.get("WorkerStart").get(0).getLong("pid") > 0);
        }
    }
}
