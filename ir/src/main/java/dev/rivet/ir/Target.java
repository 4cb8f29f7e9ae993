package dev.rivet.ir;

import org.jspecify.annotations.Nullable;

/** A host architecture. */
public enum Target {
    /** x86-64 with BMI1, BMI2, LZCNT and POPCNT (x86-64-v3 without its vector part). */
    X86_64("x86-64"),
    /** AArch64, Armv8.0-A and up. */
    AARCH64("aarch64");

    private final String label;

    Target(String label) {
        this.label = label;
    }

    /** {@return name as on the command line and in statistics} */
    public String label() {
        return label;
    }

    /** {@return the architecture this JVM runs on, or null when Rivet has no backend for it} */
    public static @Nullable Target host() {
        return switch (System.getProperty("os.arch")) {
            case "amd64", "x86_64" -> X86_64;
            case "aarch64", "arm64" -> AARCH64;
            default -> null;
        };
    }
}
