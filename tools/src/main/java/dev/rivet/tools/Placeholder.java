package dev.rivet.tools;

final class Placeholder {
    private Placeholder() {
    }
}
