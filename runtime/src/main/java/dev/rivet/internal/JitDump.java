package dev.rivet.internal;

import dev.rivet.frontend.Symbols;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Layout;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * What Linux's {@code perf} reads to name translated code: a file {@code jit-PID.dump} for each worker, in the format of
 * perf's jitdump-specification.txt, version 1. One record a guest function, its machine code included. Written as a whole
 * before the worker runs, so side entries are not in it.
 */
public final class JitDump {
    static final int MAGIC = 0x4a69_5444;
    static final int HEADER = 40;
    /** Bytes of a record before name and code. */
    static final int LOAD = 56;
    private static final int EM_X86_64 = 62;
    private static final int EM_AARCH64 = 183;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final HostCode host;
    private final int pid;
    private final long now;
    private int records;

    private JitDump(HostCode host, int pid, long now) {
        this.host = host;
        this.pid = pid;
        this.now = now;
    }

    /**
     * Writes a worker's file.
     *
     * @param directory where
     * @param pid the worker's process id
     * @param program a translated program, about to be run
     * @param symbols its functions
     * @return the file
     */
    public static Path write(Path directory, int pid, NativeProgram program, Symbols symbols) throws IOException {
        return fresh(directory.resolve("jit-" + pid + ".dump"),
                bytes(pid, program.whole(), symbols, System.nanoTime()));
    }

    /** Writes a new file in the place of whatever has its name: an older one, or a link that somebody else put there. */
    static Path fresh(Path file, byte[] bytes) throws IOException {
        Files.deleteIfExists(file);
        return Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** {@code now} as perf's {@code -k 1} has it: CLOCK_MONOTONIC, which is what System.nanoTime reads. */
    static byte[] bytes(int pid, HostCode host, Symbols symbols, long now) {
        JitDump dump = new JitDump(host, pid, now);
        dump.header();
        dump.functions(symbols);
        return dump.out.toByteArray();
    }

    private void header() {
        ByteBuffer b = buffer(HEADER);
        b.putInt(MAGIC).putInt(1).putInt(HEADER).putInt(host.target == Target.X86_64 ? EM_X86_64 : EM_AARCH64);
        b.putInt(0).putInt(pid).putLong(now).putLong(0);
        out.writeBytes(b.array());
    }

    private static ByteBuffer buffer(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Host code lies in the order of the guest's; what is before and behind belongs to all functions. */
    private void functions(Symbols symbols) {
        Code code = host.code;
        record("[rivet stubs]", 0, host.offsets[0]);
        int from = host.offsets[0];
        String name = null;
        for (int i = 0; i < code.count; i++) {
            Symbols.Symbol symbol = symbols.at(Integer.toUnsignedLong(code.pcs[i]));
            String own = symbol == null ? "[guest]" : symbol.name();
            if (!Objects.equals(own, name)) {
                record(name, from, host.offsets[i]);
                from = host.offsets[i];
                name = own;
            }
        }
        record(name, from, host.offsets[code.count]);
        record("[rivet cold paths]", host.offsets[code.count], host.length);
    }

    private void record(String name, int from, int to) {
        if (to <= from) {
            return;
        }
        byte[] label = name.replace('\0', '?').getBytes(StandardCharsets.UTF_8);
        ByteBuffer b = buffer(LOAD + label.length + 1 + to - from);
        b.putInt(0).putInt(b.capacity()).putLong(now).putInt(pid).putInt(pid);
        b.putLong(Layout.CODE_BASE + from).putLong(Layout.CODE_BASE + from).putLong(to - from).putLong(records++);
        b.put(label).put((byte) 0).put(host.bytes, from, to - from);
        out.writeBytes(b.array());
    }
}
