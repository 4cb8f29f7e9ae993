package dev.rivet;

/** A range of guest memory is not wholly mapped, or may not be written. */
public final class MemoryAccessException extends RivetException {
    private static final long serialVersionUID = 1;

    private final long address;
    private final long length;

    MemoryAccessException(long address, long length, boolean write) {
        this("guest memory at 0x%08x, %d %s, cannot be %s".formatted(address, length, length == 1 ? "byte" : "bytes",
                write ? "written" : "read"), address, length);
    }

    MemoryAccessException(String message, long address, long length) {
        super(message);
        this.address = address;
        this.length = length;
    }

    /** {@return first address of the range} */
    public long address() {
        return address;
    }

    /** {@return bytes of the range} */
    public long length() {
        return length;
    }
}
