package dev.rivet.internal;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Segment;
import dev.rivet.sandbox.MemoryPlan;
import dev.rivet.sandbox.ProgramImage;
import dev.rivet.sandbox.SandboxException;
import java.util.ArrayList;
import java.util.List;

/** Turns a program's segments into memory: the sealed image that instances share, and the plan of an instance's memory. */
public final class Image {
    private Image() {
    }

    /** The image of a file. Pages nobody may read are left out: touching them is as if nothing were there. */
    public static ProgramImage of(ElfFile file) {
        List<ProgramImage.Region> regions = new ArrayList<>();
        for (ElfFile.Pages p : file.pages()) {
            if (p.readable()) {
                regions.add(new ProgramImage.Region(p.start(), p.end(), p.writable()));
            }
        }
        ProgramImage image = new ProgramImage(regions);
        try {
            for (Segment s : file.segments()) {
                if (s.readable() || readable(regions, s)) {
                    image.put(s.start(), s.image(), s.offset(), s.length());
                }
            }
            image.seal();
        } catch (RuntimeException e) {
            image.close();
            throw e;
        }
        return image;
    }

    /** Whether an unreadable segment lies wholly in pages that others made readable. */
    private static boolean readable(List<ProgramImage.Region> regions, Segment s) {
        for (ProgramImage.Region r : regions) {
            if (s.start() >= r.start() && s.start() + s.length() <= r.end()) {
                return true;
            }
        }
        return false;
    }

    /**
     * The plan of an instance's memory.
     *
     * @throws SandboxException as {@link MemoryPlan#of} does
     */
    public static MemoryPlan plan(ElfFile file, ProgramImage image, long stackSize, long memoryLimit) {
        MemoryPlan plan = MemoryPlan.of(image, stackSize, memoryLimit);
        long start = file.imageEnd();
        if (start == plan.heapStart()) {
            return plan;
        }
        // The last segment is one that nobody may touch, so no region: the heap is behind it all the same.
        long room = Math.min(plan.heapLimit() - plan.heapStart(), plan.stackStart() - MemoryPlan.GUARD - start);
        if (room < 0) {
            throw new SandboxException(
                    "the stack of " + stackSize + " bytes does not fit behind the program, which ends at 0x"
                            + Long.toHexString(start) + "; ask for a smaller stack");
        }
        return new MemoryPlan(image, start, start + room, plan.stackStart(), plan.stackEnd());
    }
}
