package dev.rivet.x64;

/** Placeholder so that the module has a package. */
final class Placeholder {
    private Placeholder() {
    }
}
