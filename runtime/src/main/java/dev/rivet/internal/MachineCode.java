package dev.rivet.internal;

import dev.rivet.frontend.ProgramText;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A program's translation as far as running it goes: bytes, stubs, where jumps enter. What explains its faults, the whole
 * {@link HostCode}, may come later, when first asked for. Immutable; safe for several threads.
 */
public final class MachineCode {
    final Target target;
    /** Holds the code from {@link #from} on. */
    final byte[] bytes;
    final int from;
    final int length;
    final int missStub;
    final int finishStub;
    final int enterStub;
    final long badEntry;
    /** Guest addresses that jumps may enter at, ascending, all in texts. */
    final int[] pcs;
    /** Where their code is, as offsets from its start. */
    final int[] entries;
    private final int instructions;
    private final @Nullable HostCode known;
    private final @Nullable Function<byte[], HostCode> tables;

    MachineCode(Target target, int instructions, byte[] bytes, int from, int length, int missStub, int finishStub,
            int enterStub, long badEntry, int[] pcs, int[] entries, @Nullable HostCode known,
            @Nullable Function<byte[], HostCode> tables) {
        this.target = target;
        this.instructions = instructions;
        this.bytes = bytes;
        this.from = from;
        this.length = length;
        this.missStub = missStub;
        this.finishStub = finishStub;
        this.enterStub = enterStub;
        this.badEntry = badEntry;
        this.pcs = pcs;
        this.entries = entries;
        this.known = known;
        this.tables = tables;
    }

    /** All of a translation that has just been made. */
    public static MachineCode of(HostCode host) {
        Code code = host.code;
        int[] pcs = new int[code.count];
        int[] entries = new int[code.count];
        int n = 0;
        for (Code.Text t : code.texts) {
            for (int i = t.first(); i <= t.last(); i++) {
                if (host.entries[i] >= 0 && t.contains(code.pcs[i])) {
                    pcs[n] = code.pcs[i];
                    entries[n++] = host.entries[i];
                }
            }
        }
        return new MachineCode(host.target, code.count - code.texts.length, host.bytes, 0, host.length, host.missStub,
                host.finishStub, host.enterStub, host.badEntry, Arrays.copyOf(pcs, n), Arrays.copyOf(entries, n),
                host, null);
    }

    /** Instructions of the guest program, counted statically. */
    public int instructions() {
        return instructions;
    }

    /** Bytes of machine code. */
    public int length() {
        return length;
    }

    /**
     * This without what has been put where workers find it: bytes and entries, the most of it.
     */
    MachineCode placed() {
        return new MachineCode(target, instructions, new byte[0], 0, length, missStub, finishStub, enterStub, badEntry,
                new int[0], new int[0], known, tables);
    }

    /**
     * All of it. For a translation from the cache, this sweeps the program ({@link ProgramText#code}) and decodes tables each
     * time: ask once.
     *
     * @param code gives the machine code's bytes, where they are needed
     * @throws BrokenWorkerException if what runs is no translation of the program
     */
    HostCode whole(Supplier<byte[]> code) {
        return known != null ? known : tables.apply(code.get());
    }
}
