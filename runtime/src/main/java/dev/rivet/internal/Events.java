package dev.rivet.internal;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Registered;
import jdk.jfr.StackTrace;

/**
 * What Rivet tells a flight recording. Fields are for {@code jfr print} and JDK Mission Control; nothing reads them here.
 * Ask {@link #on} before touching an event; until somebody records that is the read of one field.
 */
public final class Events {
    private Events() {
    }

    /** Whether anybody has recorded in this JVM. */
    public static boolean on() {
        return FlightRecorder.isInitialized();
    }

    /**
     * An event of ours. The JVM would register each class with the recorder when it is first used, which takes a tenth of a
     * second of the start of every program; so ours are registered when (and if) the recorder is first used.
     */
    @Registered(false)
    abstract static class Ours extends Event {
        // Here, so that nobody loads these classes without need.
        private static final List<Class<? extends Event>> ALL = List.of(Call.class, Trap.class, Translation.class,
                CacheLookup.class, WorkerStart.class, WorkerLoss.class, PoolWait.class);

        static {
            FlightRecorder.addListener(new FlightRecorderListener() {
                @Override
                public void recorderInitialized(FlightRecorder recorder) {
                    ALL.forEach(FlightRecorder::register);
                }
            });
        }
    }

    /** A call, run or resume of a guest. Off unless a recording asks for it: there may be millions a second. */
    @Name("dev.rivet.Call")
    @Label("Guest call")
    @Category({"Rivet"})
    @Description("One call, run or resume of a guest")
    @Enabled(false)
    @StackTrace(false)
    public static final class Call extends Ours {
        @Label("Program")
        public String program;
        @Label("Function")
        public String function;
        @Label("Outcome")
        public String outcome;
        @Label("Gas used")
        public long gasUsed;
    }

    /** A guest trapped. */
    @Name("dev.rivet.Trap")
    @Label("Guest trap")
    @Category({"Rivet"})
    @StackTrace(false)
    public static final class Trap extends Ours {
        @Label("Program")
        public String program;
        @Label("Trap")
        public String message;
    }

    /** A program was translated. */
    @Name("dev.rivet.Translation")
    @Label("Translation")
    @Category({"Rivet"})
    public static final class Translation extends Ours {
        @Label("Program")
        public String program;
        @Label("Metering")
        public String metering;
        @Label("Guest instructions")
        public int instructions;
        @Label("Machine code")
        @DataAmount
        public int bytes;
    }

    /** A translation was looked for in the code cache. */
    @Name("dev.rivet.CacheLookup")
    @Label("Code cache lookup")
    @Category({"Rivet"})
    public static final class CacheLookup extends Ours {
        @Label("Program")
        public String program;
        @Label("Hit")
        public boolean hit;
    }

    /** A guest got memory and a worker process. */
    @Name("dev.rivet.WorkerStart")
    @Label("Worker start")
    @Category({"Rivet"})
    public static final class WorkerStart extends Ours {
        @Label("Program")
        public String program;
        @Label("Process")
        public long pid;
    }

    /** A worker process died or broke the protocol. */
    @Name("dev.rivet.WorkerLoss")
    @Label("Worker loss")
    @Category({"Rivet"})
    public static final class WorkerLoss extends Ours {
        @Label("Program")
        public String program;
        @Label("Reason")
        public String reason;
    }

    /** A borrower had to wait for an instance. */
    @Name("dev.rivet.PoolWait")
    @Label("Wait for an instance")
    @Category({"Rivet"})
    public static final class PoolWait extends Ours {
        @Label("Program")
        public String program;
        @Label("Served")
        public boolean served;
    }
}
