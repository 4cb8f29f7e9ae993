package dev.rivet.sandbox;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * An anonymous file in memory (memfd) that the JVM and workers map. Owns the descriptor, which has a number of at least 64
 * and is closed on exec; mappings belong to the arena they were made with. Closing twice does nothing.
 */
final class SharedMemory implements AutoCloseable {
    /** Seals that fix the size for ever. */
    static final int FIXED_SIZE = Native.F_SEAL_SHRINK | Native.F_SEAL_GROW | Native.F_SEAL_SEAL;
    /** Nobody can write any more. */
    static final int READ_ONLY = FIXED_SIZE | Native.F_SEAL_WRITE;
    /** Mappings that can write now still can; nobody can make another. */
    static final int OUR_WRITES_ONLY = FIXED_SIZE | Native.F_SEAL_FUTURE_WRITE;

    /** Bytes of native memory that heap arrays pass through on their way. */
    private static final int CHUNK = 1 << 16;

    private static final String FULL = "no memory left for shared pages; raise the container's memory limit";

    private final String name;
    private int fd;
    private long size;

    /** A file of so many zero bytes that can never be executed as a program. */
    SharedMemory(String name, long size) {
        this(name, size, false);
    }

    /** A file that may be executed as a program. */
    static SharedMemory executable(String name, long size) {
        return new SharedMemory(name, size, true);
    }

    private SharedMemory(String name, long size, boolean program) {
        this.name = name;
        fd = create(name, program);
        try {
            resize(size);
        } catch (NativeException e) {
            close();
            throw e;
        }
    }

    private static int create(String name, boolean program) {
        try (Arena arena = Arena.ofConfined()) {
            long label = arena.allocateFrom("rivet-" + name).address();
            int basic = Native.MFD_CLOEXEC | Native.MFD_ALLOW_SEALING;
            int flags = basic | (program ? Native.MFD_EXEC : Native.MFD_NOEXEC_SEAL);
            long result = Native.trySyscall(HostCall.MEMFD_CREATE.number(), label, flags, 0, 0, 0, 0);
            if (result == -Errno.EINVAL) { // before Linux 6.3 neither flag exists
                result = Native.trySyscall(HostCall.MEMFD_CREATE.number(), label, basic, 0, 0, 0, 0);
            }
            if (result < 0) {
                throw new NativeException("memfd_create", (int) -result, program && result == -Errno.EACCES
                        ? "set the sysctl vm.memfd_noexec to 0 or 1"
                        : "check ulimit -n and the container's memory limit");
            }
            return Native.moveHigh((int) result);
        }
    }

    int fd() {
        return fd;
    }

    long size() {
        return size;
    }

    void resize(long newSize) {
        Native.ftruncate(fd, newSize);
        size = newSize;
    }

    void seal(int seals) {
        Native.fcntl("sealing the " + name + " memory", fd, Native.F_ADD_SEALS, seals);
    }

    /** Maps the whole file, shared, until the arena is closed. */
    MemorySegment map(Arena arena, boolean writable) {
        long length = size;
        int prot = Native.PROT_READ | (writable ? Native.PROT_WRITE : 0);
        long address = Native.mmap(0, length, prot, Native.MAP_SHARED | Native.MAP_NORESERVE, fd, 0);
        return owned(address, length, arena);
    }

    /** A segment that is unmapped when its arena is closed. */
    @SuppressWarnings("restricted")
    static MemorySegment owned(long address, long length, Arena arena) {
        try {
            return MemorySegment.ofAddress(address).reinterpret(length, arena,
                    whole -> Native.munmap(whole.address(), whole.byteSize()));
        } catch (RuntimeException e) {
            Native.munmap(address, length);
            throw e;
        }
    }

    /**
     * Writes bytes before anybody has mapped them. Several times faster than through a new mapping, where each page costs a
     * fault.
     */
    void write(long at, byte[] from, int offset, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(Math.min(length, CHUNK));
            for (int done = 0; done < length; done += CHUNK) {
                int n = Math.min(CHUNK, length - done);
                MemorySegment.copy(from, offset + done, chunk, JAVA_BYTE, 0, n);
                Native.pwrite(fd, chunk.address(), n, at + done);
            }
        }
    }

    /** Writes native memory. */
    void write(long at, MemorySegment from) {
        Native.pwrite(fd, from.address(), from.byteSize(), at);
    }

    /** Copies bytes into shared pages; a page that cannot be had becomes an exception. */
    static void copy(byte[] from, int offset, MemorySegment to, long at, int length) {
        try {
            MemorySegment.copy(from, offset, to, JAVA_BYTE, at, length);
        } catch (InternalError e) { // SIGBUS: the kernel has no page
            throw new SandboxException(FULL, e);
        }
    }

    /** Copies between shared pages. */
    static void copy(MemorySegment from, long offset, MemorySegment to, long at, long length) {
        try {
            MemorySegment.copy(from, offset, to, at, length);
        } catch (InternalError e) {
            throw new SandboxException(FULL, e);
        }
    }

    @Override
    public void close() {
        if (fd >= 0) {
            int open = fd;
            fd = -1;
            Native.close(open);
        }
    }
}
