package dev.rivet.frontend;

/** Placeholder so that the module has a package. */
final class Placeholder {
    private Placeholder() {
    }
}
