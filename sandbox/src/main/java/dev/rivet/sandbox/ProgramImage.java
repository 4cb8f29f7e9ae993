package dev.rivet.sandbox;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A program's regions of memory and their first contents. One for all instances: read-only regions are mapped from here
 * into every worker, writable ones are copied into each instance's own memory. Fill it with {@link #put}, then
 * {@link #seal} it; after that nobody can change it. Not safe for several threads before it is sealed.
 */
public final class ProgramImage implements AutoCloseable {
    /**
     * Pages with the same rights. All are readable.
     *
     * @param start first address, a multiple of the page size
     * @param end end, a multiple of the page size
     * @param writable whether the guest may write
     */
    public record Region(long start, long end, boolean writable) {
        /** Checks the bounds. */
        public Region {
            if ((start | end) % MemoryPlan.PAGE != 0 || start < Layout.GUEST_LOW || end <= start
                    || end > Layout.GUEST_HIGH) {
                throw new IllegalArgumentException(
                        "bad region 0x" + Long.toHexString(start) + " to 0x" + Long.toHexString(end));
            }
        }
    }

    private final List<Region> regions;
    private final long mappedBytes;
    private final SharedMemory memory;
    private final Arena arena = Arena.ofShared();
    private MemorySegment view;

    /**
     * An image without contents.
     *
     * @param regions by ascending address, not overlapping, at least one
     */
    public ProgramImage(List<Region> regions) {
        AddressSpace.requireGuestPages();
        this.regions = List.copyOf(regions);
        long bytes = 0;
        long end = 0;
        for (Region r : this.regions) {
            if (r.start < end) {
                throw new IllegalArgumentException(
                        "regions overlap or are out of order at 0x" + Long.toHexString(r.start));
            }
            bytes += r.end - r.start;
            end = r.end;
        }
        if (end == 0) {
            throw new IllegalArgumentException("no regions");
        }
        mappedBytes = bytes;
        memory = new SharedMemory("image", end);
    }

    /** Puts contents into regions. */
    public void put(long address, byte[] bytes, int offset, int length) {
        if (view != null) {
            throw new IllegalStateException("the image is sealed");
        }
        if (length == 0) {
            return;
        }
        if (length < 0 || !covered(address, address + length)) {
            throw new IllegalArgumentException("contents outside the regions at 0x" + Long.toHexString(address));
        }
        memory.write(address, bytes, offset, length);
    }

    private boolean covered(long from, long to) {
        for (Region r : regions) {
            if (from >= r.start && from < r.end) {
                from = r.end;
            }
        }
        return from >= to;
    }

    /** Makes the contents final. */
    public void seal() {
        if (view == null) {
            memory.seal(SharedMemory.READ_ONLY);
            // Private, because Linux before 6.7 refuses shared mappings of a file with this seal. It shows the same pages.
            long address = Native.mmap(0, memory.size(), Native.PROT_READ, Native.MAP_PRIVATE, memory.fd(), 0);
            view = SharedMemory.owned(address, memory.size(), arena).asReadOnly();
        }
    }

    /** Regions by ascending address. */
    public List<Region> regions() {
        return regions;
    }

    /** End of the last region. */
    public long end() {
        return regions.getLast().end;
    }

    /** Bytes of all regions. */
    public long mappedBytes() {
        return mappedBytes;
    }

    /** First contents; offset = guest address. Reads only. */
    MemorySegment view() {
        return view;
    }

    SharedMemory memory() {
        if (view == null) {
            throw new IllegalStateException("the image is not sealed");
        }
        return memory;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        memory.close();
    }
}
