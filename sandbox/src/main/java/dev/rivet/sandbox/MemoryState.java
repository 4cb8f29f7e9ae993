package dev.rivet.sandbox;

/**
 * Contents of a guest's memory, as far as they differ from the first state: what {@link GuestMemory#state} makes and
 * {@link GuestMemory#reset(MemoryState)} goes back to. Its arrays are not copied: whoever has it leaves them alone.
 *
 * @param heapEnd end of the mapped part of the heap
 * @param brk the break
 * @param pages guest addresses of the pages, ascending
 * @param contents {@link MemoryPlan#PAGE} bytes for each of them
 */
public record MemoryState(long heapEnd, long brk, long[] pages, byte[] contents) {
    /** Checks that there are contents for each page. */
    public MemoryState {
        if (contents.length != (long) pages.length * MemoryPlan.PAGE) {
            throw new IllegalArgumentException(contents.length + " bytes for " + pages.length + " pages");
        }
    }
}
