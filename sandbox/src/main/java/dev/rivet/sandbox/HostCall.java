package dev.rivet.sandbox;

/** System calls the JVM's side makes by number, because libc has no function for them or only newer ones have. */
enum HostCall {
    // @formatter:off
    FUTEX             (202,  98),
    KILL              ( 62, 129),
    MEMFD_CREATE      (319, 279),
    CLOCK_GETTIME     (228, 113),
    WAITID            (247,  95),
    PPOLL             (271,  73),
    PIDFD_SEND_SIGNAL (424, 424),
    PIDFD_OPEN        (434, 434);
    // @formatter:on

    private final long number;

    HostCall(int x64, int aarch64) {
        number = switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> x64;
            case "aarch64", "arm64" -> aarch64;
            default -> throw new SandboxException("Rivet's sandbox has no system call numbers for "
                    + System.getProperty("os.arch") + "; use an x86-64 or AArch64 host");
        };
    }

    long number() {
        return number;
    }

    String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
