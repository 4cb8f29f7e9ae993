package dev.rivet;

import dev.rivet.internal.Fingerprint;
import dev.rivet.ir.CostModel;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.MemoryState;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A guest that does not run, complete: registers, pc, gas, reservation, break and every changed page. Taken by
 * {@link Instance#snapshot}, brought to life by {@link Program#restore} in another instance, process or engine, or on
 * another architecture, with the same remaining behaviour, gas included. Immutable; safe to share between threads.
 *
 * <p>One of a guest that was stopped in the middle is {@linkplain #isResumable resumable}. One taken between calls keeps
 * what earlier calls have prepared; {@link InstancePool.Builder#from} and {@link Instance#reset(Snapshot)} make any number
 * of clones of it.
 *
 * <p>The file ({@link #write}, {@link #read}) is big-endian: the eight bytes {@code RIVETSNP}, a version (u16, now 2), the
 * SHA-256 of the program's file, the fields in the order of this class, the pages (address u32, 4096 bytes each), and the
 * SHA-256 of all that. A file that is damaged or of an unknown version is refused. Version 1 has no digest of the costs: what
 * was read from one is written as one.
 */
public final class Snapshot {
    private static final byte[] MAGIC = "RIVETSNP".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 2;
    /** The one before, in which costs are told by name and version alone. */
    private static final int WITHOUT_COSTS = 1;
    private static final int DIGEST = 32;
    /** Bytes of magic number and version. */
    private static final int HEAD = MAGIC.length + 2;
    /** 1 GiB: what one array holds, and more than a snapshot should be. */
    static final int MOST_PAGES = 1 << 18;
    /** Bytes of a file with as many, and the longest name of a cost model: an endless stream ends there. */
    private static final int MOST_BYTES = MOST_PAGES * (4 + MemoryPlan.PAGE) + (1 << 17);

    final byte[] program;
    final int xlen;
    final long memoryLimit;
    final long stackSize;
    final String costs;
    final int costsVersion;
    /** {@link CostModel#digest}; null where the file has none. */
    final byte @Nullable [] costsDigest;
    final boolean metered;
    final Pending pending;
    final int pc;
    final long gas;
    final long reservation;
    final long[] regs;
    final MemoryState memory;

    Snapshot(byte[] program, int xlen, long memoryLimit, long stackSize, String costs, int costsVersion,
            byte @Nullable [] costsDigest, boolean metered, Pending pending, int pc, long gas, long reservation,
            long[] regs, MemoryState memory) {
        this.program = program;
        this.xlen = xlen;
        this.memoryLimit = memoryLimit;
        this.stackSize = stackSize;
        this.costs = costs;
        this.costsVersion = costsVersion;
        this.costsDigest = costsDigest;
        this.metered = metered;
        this.pending = pending;
        this.pc = pc;
        this.gas = gas;
        this.reservation = reservation;
        this.regs = regs;
        this.memory = memory;
    }

    /**
     * Whether the guest was stopped in the middle (out of gas, or paused) and {@link Instance#resume} goes on; otherwise it
     * is to be called.
     *
     * @return whether it can be resumed
     */
    public boolean isResumable() {
        return pending != Pending.NOTHING;
    }

    /**
     * Gas that is left; 0 without metering.
     *
     * @return gas
     */
    public long gasLeft() {
        return gas;
    }

    /** {@return guest address where it goes on} */
    public long pc() {
        return Integer.toUnsignedLong(pc);
    }

    /** {@return the memory limit of instances that are {@linkplain Program#restore restored} from it, in bytes} */
    public long memoryLimit() {
        return memoryLimit;
    }

    /** {@return bytes of changed guest memory it holds} */
    public long memoryBytes() {
        return memory.contents().length;
    }

    /** {@return SHA-256 of the program's file, in hexadecimal} */
    public String programDigest() {
        return HexFormat.of().formatHex(program);
    }

    /** Whether the costs are those the snapshot was metered with. */
    boolean hasCosts(CostModel model) {
        return costs.equals(model.name()) && costsVersion == model.version()
                && (costsDigest == null || Arrays.equals(costsDigest, model.digest()));
    }

    /**
     * Writes the file's form; the stream is not closed.
     *
     * @param out where to
     * @throws IOException if the stream cannot be written
     */
    public void write(OutputStream out) throws IOException {
        Objects.requireNonNull(out, "out");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(memory.contents().length + 1024);
        DataOutputStream to = new DataOutputStream(bytes);
        to.write(MAGIC);
        to.writeShort(costsDigest == null ? WITHOUT_COSTS : VERSION);
        to.write(program);
        to.writeByte(xlen);
        to.writeLong(memoryLimit);
        to.writeLong(stackSize);
        to.writeUTF(costs);
        to.writeInt(costsVersion);
        if (costsDigest != null) {
            to.write(costsDigest);
        }
        to.writeBoolean(metered);
        to.writeByte(pending.ordinal());
        to.writeInt(pc);
        to.writeLong(gas);
        to.writeLong(reservation);
        to.writeLong(memory.heapEnd());
        to.writeLong(memory.brk());
        for (long r : regs) {
            to.writeLong(r);
        }
        to.writeInt(memory.pages().length);
        for (int i = 0; i < memory.pages().length; i++) {
            to.writeInt((int) memory.pages()[i]);
            to.write(memory.contents(), i * MemoryPlan.PAGE, MemoryPlan.PAGE);
        }
        byte[] all = bytes.toByteArray();
        out.write(all);
        out.write(sha256(all, all.length));
    }

    /**
     * Reads what {@link #write} wrote, up to the end of the stream.
     *
     * @param in where from
     * @return the snapshot
     * @throws BadSnapshotException if it is no snapshot, is damaged, or has a version this Rivet does not know
     * @throws IOException if the stream cannot be read
     */
    public static Snapshot read(InputStream in) throws IOException {
        Objects.requireNonNull(in, "in");
        byte[] head = in.readNBytes(HEAD);
        if (head.length < HEAD || !Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new BadSnapshotException("not a Rivet snapshot");
        }
        byte[] rest = in.readNBytes(MOST_BYTES);
        byte[] all = Arrays.copyOf(head, HEAD + rest.length);
        System.arraycopy(rest, 0, all, HEAD, rest.length);
        int body = all.length - DIGEST;
        if (body < HEAD || rest.length == MOST_BYTES) {
            throw new BadSnapshotException("the snapshot is damaged: no snapshot has " + all.length + " bytes");
        }
        DataInputStream from = new DataInputStream(new ByteArrayInputStream(all, MAGIC.length, body - MAGIC.length));
        int version = from.readUnsignedShort();
        if (version < WITHOUT_COSTS || version > VERSION) {
            throw new BadSnapshotException("the snapshot has version " + version + ", this Rivet reads versions "
                    + WITHOUT_COSTS + " to " + VERSION);
        }
        if (!Arrays.equals(sha256(all, body), Arrays.copyOfRange(all, body, all.length))) {
            throw new BadSnapshotException("the snapshot is damaged: its digest does not match");
        }
        try {
            return fields(from, version);
        } catch (IOException e) {
            throw new BadSnapshotException("the snapshot ends too early", e);
        }
    }

    /** The digest only proves that nothing was damaged, not who wrote it: every field is checked here or on restore. */
    private static Snapshot fields(DataInputStream from, int version) throws IOException {
        byte[] program = new byte[DIGEST];
        from.readFully(program);
        int xlen = from.readByte();
        long memoryLimit = from.readLong();
        long stackSize = from.readLong();
        String costs = from.readUTF();
        int costsVersion = from.readInt();
        byte[] costsDigest = null;
        if (version != WITHOUT_COSTS) {
            costsDigest = new byte[DIGEST];
            from.readFully(costsDigest);
        }
        boolean metered = from.readBoolean();
        int pending = from.readUnsignedByte();
        int pc = from.readInt();
        long gas = from.readLong();
        long reservation = from.readLong();
        long heapEnd = from.readLong();
        long brk = from.readLong();
        long[] regs = new long[32];
        for (int i = 0; i < regs.length; i++) {
            regs[i] = from.readLong();
        }
        int count = from.readInt();
        if (xlen != 32 && xlen != 64 || memoryLimit <= 0 || stackSize <= 0 || gas < 0 || regs[0] != 0 || count < 0
                || pending >= Pending.values().length || count > MOST_PAGES
                || from.available() != count * (4L + MemoryPlan.PAGE)) {
            throw new BadSnapshotException("the snapshot has a field out of range");
        }
        long[] pages = new long[count];
        byte[] contents = new byte[count * MemoryPlan.PAGE];
        for (int i = 0; i < count; i++) {
            pages[i] = Integer.toUnsignedLong(from.readInt());
            from.readFully(contents, i * MemoryPlan.PAGE, MemoryPlan.PAGE);
        }
        return new Snapshot(program, xlen, memoryLimit, stackSize, costs, costsVersion, costsDigest, metered,
                Pending.values()[pending], pc, gas, reservation, regs, new MemoryState(heapEnd, brk, pages, contents));
    }

    private static byte[] sha256(byte[] bytes, int length) {
        MessageDigest digest = Fingerprint.sha256();
        digest.update(bytes, 0, length);
        return digest.digest();
    }
}
