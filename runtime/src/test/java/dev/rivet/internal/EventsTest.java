package dev.rivet.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Event;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventsTest {
    @TempDir
    Path dir;

    /** Every event reaches a recording that was started after the event's class had been used. */
    @Test
    void allAreRecorded() throws Exception {
        new Events.Call().commit();
        List<String> names = new ArrayList<>();
        Path file = dir.resolve("events.jfr");
        try (Recording recording = new Recording()) {
            for (Class<?> type : Events.class.getDeclaredClasses()) {
                if (!Modifier.isAbstract(type.getModifiers())) {
                    names.add(type.getAnnotation(Name.class).value());
                    recording.enable(names.getLast()).withoutThreshold();
                }
            }
            recording.start();
            for (Class<?> type : Events.class.getDeclaredClasses()) {
                if (!Modifier.isAbstract(type.getModifiers())) {
                    ((Event) type.getDeclaredConstructor().newInstance()).commit();
                }
            }
            recording.stop();
            recording.dump(file);
        }
        List<String> found = RecordingFile.readAllEvents(file).stream().map(RecordedEvent::getEventType)
                .map(t -> t.getName()).filter(n -> n.startsWith("dev.rivet.")).sorted().toList();
        assertEquals(names.stream().sorted().toList(), found);
    }
}
