package dev.rivet;

/** A range of guest memory is not wholly mapped, or may not be written. */
public final class MemoryAccessException extends RivetException {
    private static final long serialVersionUID = 1;

    private final long address;
    private final long length;

    MemoryAccessException(long address, long length, boolean write) {
        super("guest memory at 0x%08x, %d bytes, cannot be %s".formatted(address, length, write ? "written" : "read"));
        this.address = address;
        this.length = length;
    }

    /** First address of the range. */
    public long address() {
        return address;
    }

    /** Bytes of the range. */
    public long length() {
        return length;
    }
}
