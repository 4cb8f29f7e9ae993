package dev.rivet.sandbox;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The memory of one instance, as the JVM sees it and as a worker maps it. Two files: one of 4 GiB, sparse, for writable
 * segments and the stack (offset = guest address), and the heap's, which grows with the break, so that a worker that maps
 * the whole possible heap gets SIGBUS behind the end. Knows nothing of workers.
 *
 * <p><strong>Access from Java</strong>: {@link #view} has offset = guest address and 2³² bytes. Check
 * {@link #readable}/{@link #writable} before each access; what they allow is mapped. Other offsets may throw
 * {@link InternalError} or end the JVM. Once the memory is closed the view throws {@link IllegalStateException}. While a
 * worker runs the guest it may change any byte at any time: copy first, then look.
 *
 * <p>One thread at a time uses an instance's memory.
 */
public final class GuestMemory implements AutoCloseable {
    private static final long SPACE = 1L << 32;
    /** Extents up to this size are written over; larger ones are given back to the kernel (measured: 1 MiB = 43 µs). */
    private static final long PUNCH_ABOVE = 1 << 20;

    private final MemoryPlan plan;
    private final SharedMemory memory;
    private final SharedMemory heap;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment view;
    /** Ranges with rights, ascending, touching ones with equal rights merged; the heap is not among them. */
    private final long[] starts;
    private final long[] ends;
    private final boolean[] writables;
    private long breakNow;
    /** End of the mapped part of the heap, a multiple of the page size. */
    private long heapEnd;

    /** Memory in its first state: the image's contents, zeroes elsewhere. */
    public GuestMemory(MemoryPlan plan) {
        this.plan = plan;
        breakNow = plan.heapStart();
        heapEnd = breakNow;
        List<ProgramImage.Region> regions = plan.image().regions();
        int n = regions.size();
        starts = new long[n + 1];
        ends = new long[n + 1];
        writables = new boolean[n + 1];
        for (int i = 0; i < n; i++) {
            starts[i] = regions.get(i).start();
            ends[i] = regions.get(i).end();
            writables[i] = regions.get(i).writable();
        }
        starts[n] = plan.stackStart();
        ends[n] = plan.stackEnd();
        writables[n] = true;
        memory = new SharedMemory("guest", SPACE);
        SharedMemory heapFile = null;
        try {
            memory.seal(SharedMemory.FIXED_SIZE);
            heapFile = new SharedMemory("heap", 0);
            view = memory.map(arena, true);
            overlay(heapFile);
            for (ProgramImage.Region r : regions) {
                if (r.writable()) {
                    restore(r.start(), r.end(), false);
                }
            }
        } catch (SandboxException e) {
            arena.close();
            memory.close();
            if (heapFile != null) {
                heapFile.close();
            }
            throw e;
        }
        heap = heapFile;
    }

    private void overlay(SharedMemory heapFile) {
        long room = plan.heapLimit() - plan.heapStart();
        if (room > 0) {
            Native.mmap(view.address() + plan.heapStart(), room, Native.PROT_READ | Native.PROT_WRITE,
                    Native.MAP_SHARED | Native.MAP_FIXED | Native.MAP_NORESERVE, heapFile.fd(), 0);
        }
        int image = plan.image().memory().fd();
        for (ProgramImage.Region r : plan.image().regions()) {
            if (!r.writable()) {
                Native.mmap(view.address() + r.start(), r.end() - r.start(), Native.PROT_READ,
                        Native.MAP_PRIVATE | Native.MAP_FIXED, image, r.start());
            }
        }
    }

    /** The plan this memory was made from. */
    public MemoryPlan plan() {
        return plan;
    }

    /** 4 GiB, offset = guest address. */
    public MemorySegment view() {
        return view;
    }

    /** The same view, usable until the arena is closed. The arena must be closed before this memory. */
    @SuppressWarnings("restricted")
    public MemorySegment view(Arena lease) {
        return view.reinterpret(lease, null);
    }

    /** Whether the guest may read {@code length} bytes at an address (both zero-extended); true for no bytes. */
    public boolean readable(long address, long length) {
        return length <= 0 ? length == 0 : allowed(address, length, false);
    }

    /** Whether the guest may write {@code length} bytes at an address; true for no bytes. */
    public boolean writable(long address, long length) {
        return length <= 0 ? length == 0 : allowed(address, length, true);
    }

    private boolean allowed(long address, long length, boolean write) {
        if (address < 0 || address >= SPACE || length > SPACE) {
            return false;
        }
        long end = address + length;
        long at = address;
        // The stack and the data lie towards the end of the list.
        for (int i = starts.length - 1; i >= 0; i--) {
            if (at >= starts[i] && end <= ends[i]) {
                return !write || writables[i];
            }
        }
        if (at >= plan.heapStart() && end <= heapEnd) {
            return true;
        }
        // The range may straddle regions that touch.
        for (int i = 0; i < starts.length; i++) {
            if (at >= starts[i] && at < ends[i]) {
                if (write && !writables[i]) {
                    return false;
                }
                at = ends[i];
            }
        }
        if (at >= plan.heapStart() && at < heapEnd) {
            at = heapEnd;
        }
        return at >= end;
    }

    /** Where the break is. */
    public long brk() {
        return breakNow;
    }

    /** End of the mapped part of the heap: the highest break so far, rounded up to a page. */
    public long heapEnd() {
        return heapEnd;
    }

    /**
     * Moves the break. What a shrinking break releases reads as zero but stays mapped.
     *
     * @param wanted the new break, zero-extended
     * @return where the break is afterwards: {@code wanted}, or the old one if that lies outside the heap
     */
    public long brk(long wanted) {
        if (wanted < plan.heapStart() || wanted > plan.heapLimit()) {
            return breakNow;
        }
        if (wanted < breakNow) {
            zero(wanted, breakNow);
        }
        long end = MemoryPlan.roundUp(wanted);
        if (end > heapEnd) {
            heap.resize(end - plan.heapStart());
            heapEnd = end;
        }
        breakNow = wanted;
        return wanted;
    }

    private void zero(long from, long to) {
        long firstPage = MemoryPlan.roundUp(from);
        long lastPage = to & -MemoryPlan.PAGE;
        if (lastPage - firstPage > PUNCH_ABOVE) {
            Native.punchHole(heap.fd(), firstPage - plan.heapStart(), lastPage - firstPage);
            view.asSlice(from, firstPage - from).fill((byte) 0);
            view.asSlice(lastPage, to - lastPage).fill((byte) 0);
        } else {
            view.asSlice(from, to - from).fill((byte) 0);
        }
    }

    /** Back to the first state: image contents, empty heap, zeroes. No guest may be running. */
    public void reset() {
        if (heapEnd > plan.heapStart()) {
            heap.resize(0);
            heapEnd = plan.heapStart();
        }
        breakNow = plan.heapStart();
        for (int i = 0; i < starts.length; i++) {
            if (writables[i]) {
                resetRange(memory, 0, starts[i], ends[i], i < starts.length - 1);
            }
        }
    }

    /**
     * To a state that {@link #state} gave, of this memory or another one with the same plan. No guest may be running.
     *
     * @throws IllegalArgumentException if it does not fit the plan; nothing has changed then
     */
    public void reset(MemoryState to) {
        check(to);
        if (to.heapEnd() != heapEnd) {
            heap.resize(to.heapEnd() - plan.heapStart());
            heapEnd = to.heapEnd();
        }
        breakNow = to.brk();
        long[] pages = to.pages();
        for (int i = 0; i < starts.length; i++) {
            if (writables[i]) {
                resetBetween(pages, memory, 0, starts[i], ends[i], i < starts.length - 1);
            }
        }
        resetBetween(pages, heap, plan.heapStart(), plan.heapStart(), heapEnd, false);
        int run = 1;
        for (int i = 0; i < pages.length; i += run) {
            for (run = 1; i + run < pages.length && pages[i + run] == pages[i] + run * MemoryPlan.PAGE; run++) {
            }
            MemorySegment.copy(to.contents(), i * MemoryPlan.PAGE, view, ValueLayout.JAVA_BYTE, pages[i],
                    run * MemoryPlan.PAGE);
        }
    }

    private void check(MemoryState to) {
        if (to.heapEnd() % MemoryPlan.PAGE != 0 || to.heapEnd() < plan.heapStart() || to.heapEnd() > plan.heapLimit()
                || to.brk() < plan.heapStart() || to.brk() > to.heapEnd()) {
            throw new IllegalArgumentException("the break does not fit the memory limit");
        }
        long before = -1;
        for (long page : to.pages()) {
            if (page % MemoryPlan.PAGE != 0 || page <= before || !holds(page, to.heapEnd())) {
                throw new IllegalArgumentException("page 0x%08x is not one the program can write".formatted(page));
            }
            before = page;
        }
    }

    private boolean holds(long page, long endOfHeap) {
        if (page >= plan.heapStart() && page < endOfHeap) {
            return true;
        }
        for (int i = 0; i < starts.length; i++) {
            if (writables[i] && page >= starts[i] && page < ends[i]) {
                return true;
            }
        }
        return false;
    }

    /** Resets what of a range is none of the pages; those are about to be written over. */
    private void resetBetween(long[] pages, SharedMemory file, long origin, long start, long end,
            boolean hasContents) {
        int next = Arrays.binarySearch(pages, start);
        long at = start;
        for (int i = next < 0 ? ~next : next; i < pages.length && pages[i] < end; i++) {
            resetRange(file, origin, at, pages[i], hasContents);
            at = pages[i] + MemoryPlan.PAGE;
        }
        resetRange(file, origin, at, end, hasContents);
    }

    /** Walks the pages of a range that exist; {@code origin} is the guest address of the file's offset 0. */
    private void resetRange(SharedMemory file, long origin, long start, long end, boolean hasContents) {
        long at = start;
        while (at < end) {
            long data = Native.seek(file.fd(), at - origin, Native.SEEK_DATA);
            if (data < 0 || data + origin >= end) {
                return;
            }
            long hole = Math.min(end, Native.seek(file.fd(), data, Native.SEEK_HOLE) + origin);
            data += origin;
            if (hole - data > PUNCH_ABOVE) {
                Native.punchHole(file.fd(), data - origin, hole - data);
                if (hasContents) {
                    restore(data, hole, false);
                }
            } else if (hasContents) {
                restore(data, hole, true);
            } else {
                view.asSlice(data, hole - data).fill((byte) 0);
            }
            at = hole;
        }
    }

    /** Copies the image's contents into a range; where the image has none, zeroes if asked to. */
    private void restore(long start, long end, boolean zeroes) {
        int image = plan.image().memory().fd();
        long at = start;
        while (at < end) {
            long data = Native.seek(image, at, Native.SEEK_DATA);
            if (data < 0 || data > end) {
                data = end;
            }
            if (zeroes && data > at) {
                view.asSlice(at, data - at).fill((byte) 0);
            }
            if (data == end) {
                return;
            }
            long hole = Math.min(end, Native.seek(image, data, Native.SEEK_HOLE));
            SharedMemory.copy(plan.image().view(), data, view, data, hole - data);
            at = hole;
        }
    }

    /**
     * What differs from the first state. No guest may be running.
     *
     * @param most pages it may have, at most 2¹⁹−1
     * @return null if it has more
     */
    public MemoryState state(int most) {
        long[] pages = changedPages();
        if (pages.length > most) {
            return null;
        }
        byte[] contents = new byte[pages.length * MemoryPlan.PAGE];
        for (int i = 0; i < pages.length; i++) {
            MemorySegment.copy(view, ValueLayout.JAVA_BYTE, pages[i], contents, i * MemoryPlan.PAGE, MemoryPlan.PAGE);
        }
        return new MemoryState(heapEnd, breakNow, pages, contents);
    }

    /**
     * Guest addresses of the pages that no longer hold their first contents, ascending: the image's writable pages that
     * differ from the image, and the stack's and the heap's that are not all zero. No guest may be running.
     */
    public long[] changedPages() {
        LongList pages = new LongList();
        for (int i = 0; i < starts.length; i++) {
            if (writables[i]) {
                changedPages(memory, 0, starts[i], ends[i], i < starts.length - 1, pages);
            }
        }
        changedPages(heap, plan.heapStart(), plan.heapStart(), heapEnd, false, pages);
        long[] sorted = pages.toArray();
        Arrays.sort(sorted);
        return sorted;
    }

    /** Walks what exists of a range; {@code origin} is the guest address of the file's offset 0. */
    private void changedPages(SharedMemory file, long origin, long start, long end, boolean hasContents,
            LongList pages) {
        long at = start;
        while (at < end) {
            long data = Native.seek(file.fd(), at - origin, Native.SEEK_DATA);
            if (data < 0 || data + origin >= end) {
                return;
            }
            long hole = Math.min(end, Native.seek(file.fd(), data, Native.SEEK_HOLE) + origin);
            for (long page = data + origin & -MemoryPlan.PAGE; page < hole; page += MemoryPlan.PAGE) {
                boolean same = hasContents
                        ? view.asSlice(page, MemoryPlan.PAGE)
                                .mismatch(plan.image().view().asSlice(page, MemoryPlan.PAGE)) < 0
                        : isZero(page);
                if (!same) {
                    pages.add(page);
                }
            }
            at = hole;
        }
    }

    private boolean isZero(long page) {
        for (int i = 0; i < MemoryPlan.PAGE; i += 8) {
            if (view.get(ValueLayout.JAVA_LONG, page + i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** Growing list; page counts are small. */
    private static final class LongList {
        private long[] values = new long[64];
        private int count;

        void add(long value) {
            if (count == values.length) {
                values = Arrays.copyOf(values, count * 2);
            }
            values[count++] = value;
        }

        long[] toArray() {
            return Arrays.copyOf(values, count);
        }
    }

    /** File for writable segments and the stack; offset = guest address. */
    SharedMemory memory() {
        return memory;
    }

    /** File for the heap; offset 0 = start of the heap. */
    SharedMemory heap() {
        return heap;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
        memory.close();
        heap.close();
    }
}
