package dev.rivet.internal;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * What Rivet tells a flight recording. Without a recording an event costs nothing that can be measured: its methods are
 * empty until the JVM fills them in. Fields are for {@code jfr print} and JDK Mission Control; nothing reads them here.
 */
public final class Events {
    private Events() {
    }

    /** A call, run or resume of a guest. Off unless a recording asks for it: there may be millions a second. */
    @Name("dev.rivet.Call")
    @Label("Guest call")
    @Category({"Rivet"})
    @Description("One call, run or resume of a guest")
    @Enabled(false)
    @StackTrace(false)
    public static final class Call extends Event {
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
    public static final class Trap extends Event {
        @Label("Program")
        public String program;
        @Label("Trap")
        public String message;
    }

    /** A program was translated. */
    @Name("dev.rivet.Translation")
    @Label("Translation")
    @Category({"Rivet"})
    public static final class Translation extends Event {
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
    public static final class CacheLookup extends Event {
        @Label("Program")
        public String program;
        @Label("Hit")
        public boolean hit;
    }

    /** A guest got memory and a worker process. */
    @Name("dev.rivet.WorkerStart")
    @Label("Worker start")
    @Category({"Rivet"})
    public static final class WorkerStart extends Event {
        @Label("Program")
        public String program;
        @Label("Process")
        public long pid;
    }

    /** A worker process died or broke the protocol. */
    @Name("dev.rivet.WorkerLoss")
    @Label("Worker loss")
    @Category({"Rivet"})
    public static final class WorkerLoss extends Event {
        @Label("Program")
        public String program;
        @Label("Reason")
        public String reason;
    }

    /** A borrower had to wait for an instance. */
    @Name("dev.rivet.PoolWait")
    @Label("Wait for an instance")
    @Category({"Rivet"})
    public static final class PoolWait extends Event {
        @Label("Program")
        public String program;
        @Label("Served")
        public boolean served;
    }
}
