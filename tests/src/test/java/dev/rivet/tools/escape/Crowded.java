package dev.rivet.tools.escape;

import dev.rivet.sandbox.Layout;
import dev.rivet.sandbox.SetupList;
import dev.rivet.sandbox.SyscallTable;
import dev.rivet.sandbox.WorkerProgram;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A worker that starts with more mapped than it needs, as a kernel might do it: at low addresses and between its own. */
record Crowded(WorkerProgram plain) implements WorkerProgram {
    private static final int PHDRS = 64;
    private static final int PHDR = 56;
    private static final int PHNUM = 56;
    private static final long[] PLACES = {0x5000_0000L, Layout.TABLE_BASE + (1L << 36)};

    @Override
    public byte[] elf() {
        byte[] elf = plain.elf();
        ByteBuffer b = ByteBuffer.wrap(elf).order(ByteOrder.LITTLE_ENDIAN);
        int count = b.getShort(PHNUM);
        // By ascending address, as the kernel wants it; the worker's own come last.
        byte[] own = new byte[count * PHDR];
        b.get(PHDRS, own);
        b.put(PHDRS + PLACES.length * PHDR, own);
        for (int i = 0; i < PLACES.length; i++) {
            b.position(PHDRS + i * PHDR);
            b.putInt(1).putInt(4).putLong(0x1000).putLong(PLACES[i]).putLong(PLACES[i]).putLong(64).putLong(64)
                    .putLong(0x1000);
        }
        b.putShort(PHNUM, (short) (count + PLACES.length));
        return elf;
    }

    @Override
    public String target() {
        return plain.target();
    }

    @Override
    public long guestBase() {
        return plain.guestBase();
    }

    @Override
    public int floatingPointControl() {
        return plain.floatingPointControl();
    }

    @Override
    public long userEnd() {
        return plain.userEnd();
    }

    @Override
    public void addRows(SetupList list) {
        plain.addRows(list);
    }

    @Override
    public long handler() {
        return plain.handler();
    }

    @Override
    public SyscallTable syscalls() {
        return plain.syscalls();
    }
}
