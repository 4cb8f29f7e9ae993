package dev.rivet;

/** Placeholder so that the module has a package. */
final class Placeholder {
    private Placeholder() {
    }
}
