package dev.rivet;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * The way into Rivet: holds the backend, the sandbox and the spare worker processes. One a process is enough. Safe for
 * use by several threads.
 *
 * <p>Close programs' instances first, then the engine; closing the engine ends all its workers.
 */
public final class Engine implements AutoCloseable {
    /** Which engine runs guests. Results, gas included, are the same. */
    public enum Kind {
        /** Translated code in a worker process. */
        NATIVE,
        /** The interpreter in this JVM. */
        INTERPRETER,
        /** {@link #NATIVE} where this host has all it needs, else {@link #INTERPRETER}. */
        AUTO
    }

    /** What to do when the host cannot grant a layer of the worker's sandbox. */
    public enum Sandbox {
        /** Refuse to run, naming the layer and the remedy. */
        STRICT,
        /** Go on without the layer. */
        RELAXED
    }

    /** Settings of an engine. */
    public static final class Builder {
        private Kind kind = Kind.AUTO;
        private Sandbox sandbox = Sandbox.STRICT;
        private String assembler = "direct";
        private int spareWorkers = 1;

        private Builder() {
        }

        /** Which engine runs guests; default {@link Kind#AUTO}. */
        public Builder kind(Kind kind) {
            this.kind = Objects.requireNonNull(kind, "kind");
            return this;
        }

        /** How strict the worker's sandbox is; default {@link Sandbox#STRICT}. */
        public Builder sandbox(Sandbox sandbox) {
            this.sandbox = Objects.requireNonNull(sandbox, "sandbox");
            return this;
        }

        /** Who makes the machine code's bytes: {@code "direct"} (default) or {@code "llvm-mc"}. */
        public Builder assembler(String assembler) {
            this.assembler = Objects.requireNonNull(assembler, "assembler");
            return this;
        }

        /** How many workers to keep ready, 0 or more; default 1. */
        public Builder spareWorkers(int count) {
            if (count < 0) {
                throw new IllegalArgumentException("spare workers: " + count + "; give 0 or more");
            }
            spareWorkers = count;
            return this;
        }

        /**
         * The engine.
         *
         * @throws UnsupportedHostException if {@link Kind#NATIVE} was asked for and this host cannot
         */
        public Engine build() {
            return new Engine(this);
        }
    }

    private Engine(Builder builder) {
        Objects.requireNonNull(builder.assembler);
    }

    /** An engine with the defaults. */
    public static Engine create() {
        return builder().build();
    }

    /** Settings to change before {@link Builder#build}. */
    public static Builder builder() {
        return new Builder();
    }

    /** {@code "x86-64"}, {@code "aarch64"} or {@code "interpreter"}. */
    public String label() {
        return "interpreter";
    }

    /** Whether guests run as translated code in worker processes. */
    public boolean isNative() {
        return false;
    }

    /**
     * Loads a static RISC-V ELF file.
     *
     * @throws IOException if the file cannot be read
     * @throws BadProgramException if it is no program Rivet runs
     */
    public Program load(Path file) throws IOException {
        return load(java.nio.file.Files.readAllBytes(file), file.toString());
    }

    /**
     * Loads a static RISC-V ELF file's bytes, which must not change afterwards.
     *
     * @param name what messages call it
     * @throws BadProgramException if it is no program Rivet runs
     */
    public Program load(byte[] elf, String name) {
        throw new UnsupportedOperationException("to come: " + name + elf.length);
    }

    /** Ends all workers. Instances cannot be used any more. Closing twice does nothing. */
    @Override
    public void close() {
        // workers to come
    }
}
