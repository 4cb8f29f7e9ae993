package dev.rivet.internal;

import dev.rivet.frontend.ProgramText;
import dev.rivet.frontend.SideSweep;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.GasPlan;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Inst;
import dev.rivet.sandbox.CodeSpace;
import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.Worker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A program's machine code for one way of metering: the translation, the side entries added to it, and the shared memory
 * that workers run it from. Safe for several threads; shared by all instances with the same metering and costs.
 */
public final class NativeProgram implements AutoCloseable {
    /** Least bytes kept for side entries. */
    private static final int LEAST_RESERVE = 1 << 16;
    /** Most bytes kept for side entries. A guest that needs more is interpreted there. */
    private static final int MOST_RESERVE = 4 << 20;

    /** A host address in translated code: whose it is and its offset there. */
    record Place(HostCode code, int offset) {
        /** Index of the guest instruction, −1 where there is none. */
        int index() {
            return code.indexAt(offset);
        }
    }

    /** Host bytes that a guest instruction is sure to need, nearly: what no room is left for is not translated to see. */
    private static final int LEAST_BYTES = 4;

    private final Backend backend;
    private final ProgramText text;
    private final MachineCode main;
    private final CodeSpace space;
    private final TreeMap<Integer, HostCode> sides = new TreeMap<>(); // by origin
    private final Set<Integer> refused = new HashSet<>();
    /** Bytes of side entries that may yet be translated and turn out not to fit. */
    private long patience;
    private final long missEntry;
    private volatile HostCode whole; // made when first needed
    private volatile GasPlan mainPlan; // likewise

    /**
     * Puts a program's machine code where workers can map it and fills its table.
     *
     * @param main the translation, just made or from the cache
     * @param text what was translated
     */
    public NativeProgram(Backend backend, MachineCode main, ProgramText text) {
        this.backend = backend;
        this.text = text;
        this.main = main.placed();
        missEntry = Layout.CODE_BASE + main.missStub;
        int reserve = Math.max(LEAST_RESERVE, Math.min(MOST_RESERVE, main.length));
        patience = reserve;
        List<CodeSpace.Range> texts = new ArrayList<>();
        for (ProgramText.Range t : text.texts()) {
            texts.add(new CodeSpace.Range(t.start(), t.end()));
        }
        space = new CodeSpace(main.bytes, main.from, main.length, reserve, new CodeSpace.Table(texts,
                text.compressed(), missEntry, main.badEntry, main.pcs, main.entries,
                Layout.CODE_BASE + main.finishStub));
    }

    /** What runs, as far as running it goes. */
    MachineCode main() {
        return main;
    }

    /** What was translated. */
    ProgramText text() {
        return text;
    }

    /** The translation with all that explains its faults; made, and the program swept, when first asked for. */
    HostCode whole() {
        HostCode known = whole;
        return known == null ? makeWhole() : known;
    }

    private synchronized HostCode makeWhole() {
        if (whole == null) {
            whole = main.whole(() -> space.bytes(main.length));
        }
        return whole;
    }

    /** Where workers find the code. */
    public CodeSpace space() {
        return space;
    }

    /** Instructions of the guest program. */
    public int instructions() {
        return main.instructions();
    }

    /** Bytes of machine code, side entries not counted. */
    public int hostBytes() {
        return main.length;
    }

    /** Whether a guest instruction has not done anything yet at this offset; see {@link Backend#nothingDone}. */
    boolean nothingDone(HostCode host, int index, int offset) {
        return backend.nothingDone(host, index, offset);
    }

    /** How a translation of this program charges; null where each block does at its head. */
    GasPlan gasPlan(HostCode host) {
        if (host != whole) {
            return backend.gasPlan(host);
        }
        GasPlan plan = mainPlan;
        if (plan == null) {
            plan = backend.gasPlan(host);
            mainPlan = plan;
        }
        return plan;
    }

    /** Whether gas is where {@link HostCode#gasHome} says, at a signal that may have come at any time. */
    boolean gasIsHome(Fault fault) {
        return fault.index >= 0 && (fault.atBoundary() || !backend.parksGas(Inst.op(fault.inst())));
    }

    /** Whether jumps to this pc reach translated code. */
    boolean isTranslated(int pc) {
        long entry = space.entry(pc);
        return entry != missEntry && entry != main.badEntry && entry != 0;
    }

    /**
     * Translates the side entry at a valid jump target.
     *
     * <p>What is translated in vain, because it does not fit in, is bounded as the budget is: a guest that jumps to one place
     * after the other of a full program has none of them translated.
     *
     * @param worker an idle worker of this program; null if it has none
     * @return whether jumps there reach translated code from now on; false when the budget for side entries is used up or
     *         there is nothing to translate
     */
    synchronized boolean translateSide(int pc, @Nullable Worker worker) {
        if (isTranslated(pc)) {
            return true;
        }
        if (patience < 0 || refused.contains(pc)) {
            return false;
        }
        Code side = text.side(pc, SideSweep.USUAL_BOUND);
        if (side == null || side.count == 1) {
            return refuse(pc);
        }
        synchronized (space) {
            if (space.room() < side.count * LEAST_BYTES) {
                return refuse(pc);
            }
            int at = space.next();
            HostCode code = backend.translateSide(whole(), side, at);
            if (space.append(code.bytes, code.length) < 0) {
                patience -= code.length;
                return refuse(pc);
            }
            sides.put(at, code);
            if (worker != null) {
                worker.synchronizeCode(Layout.CODE_BASE + at, Layout.CODE_BASE + at + code.length);
            }
            space.putEntry(pc, Layout.CODE_BASE + at + code.entries[0]);
        }
        return true;
    }

    /** Remembers pcs so that hopeless ones are not decoded again and again; forgets all when they become many. */
    private boolean refuse(int pc) {
        if (refused.size() > 1 << 16) {
            refused.clear();
        }
        refused.add(pc);
        return false;
    }

    /** Whose machine code lies at an absolute host address, or null. */
    Place at(long hostAddress) {
        long offset = hostAddress - Layout.CODE_BASE;
        if (offset < 0 || offset >= Layout.CODE_MAX) {
            return null;
        }
        if (offset < main.length) {
            return new Place(whole(), (int) offset);
        }
        synchronized (this) {
            var side = sides.floorEntry((int) offset);
            if (side == null || offset - side.getKey() >= side.getValue().length) {
                return null;
            }
            return new Place(side.getValue(), (int) offset - side.getKey());
        }
    }

    @Override
    public void close() {
        space.close();
    }
}
