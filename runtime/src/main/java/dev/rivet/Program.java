package dev.rivet;

import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import java.util.OptionalLong;

/**
 * A loaded program: its memory image, its decoded code, and its translations, one for each pair of metering and cost model
 * that an instance asked for. Immutable as far as anybody can see; safe for use by several threads.
 */
public final class Program implements AutoCloseable {
    Program() {
    }

    /** What messages call it. */
    public String name() {
        throw new UnsupportedOperationException("to come");
    }

    /** The decoded code, for tools. */
    public Code code() {
        throw new UnsupportedOperationException("to come");
    }

    /** Guest address of a symbol, if the file has it. */
    public OptionalLong symbol(String name) {
        throw new UnsupportedOperationException("to come: " + name);
    }

    /** A guest address with the function symbol it lies in. */
    public Location locate(long pc) {
        return new Location(pc, null, 0);
    }

    /** Nanoseconds reading and decoding took. */
    public long loadNanos() {
        return 0;
    }

    /**
     * The translation for any target that a backend on the class or module path has, whether this host can run it or not;
     * for tools. Nothing is cached.
     *
     * @throws UnsupportedHostException if there is no such backend or it does not know the options
     */
    public HostCode translate(Target target, Backend.Options options) {
        throw new UnsupportedOperationException("to come: " + target + options);
    }

    /** An instance with {@link InstanceOptions#defaults}. */
    public Instance instantiate() {
        return instantiate(InstanceOptions.defaults());
    }

    /**
     * An instance: memory of its own, a worker of its own. Translates the program if this is the first instance with its
     * metering and costs.
     *
     * @throws BadProgramException if the program does not fit the memory limit
     * @throws UnsupportedHostException if the host lacks something
     */
    public Instance instantiate(InstanceOptions options) {
        throw new UnsupportedOperationException("to come: " + options);
    }

    /** Gives memory back. Its instances must be closed first. Closing twice does nothing. */
    @Override
    public void close() {
        // memory to come
    }
}
