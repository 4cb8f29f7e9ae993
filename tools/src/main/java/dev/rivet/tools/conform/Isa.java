package dev.rivet.tools.conform;

/**
 * One of the instruction set variants a program may be made for.
 *
 * @param xlen 32 or 64
 * @param embedded sixteen registers
 * @param compressed two-byte instructions
 */
public record Isa(int xlen, boolean embedded, boolean compressed) {
    /** Every variant, the compressed ones. */
    public static final Isa[] ALL = {new Isa(64, true, true), new Isa(32, true, true), new Isa(64, false, true),
            new Isa(32, false, true)};

    /** The variant with this name, for example {@code rv64ec}. */
    public static Isa of(String name) {
        for (Isa isa : ALL) {
            for (Isa i : new Isa[]{isa, isa.withCompressed(false)}) {
                if (i.name().equals(name)) {
                    return i;
                }
            }
        }
        throw new IllegalArgumentException("no ISA variant '" + name + "'; there are rv32e, rv32i, rv64e, rv64i,"
                + " each with or without a final c");
    }

    /** The same with or without compressed instructions. */
    public Isa withCompressed(boolean c) {
        return new Isa(xlen, embedded, c);
    }

    /** Number of registers, x0 included. */
    public int registers() {
        return embedded ? 16 : 32;
    }

    /** Register that holds the number of a call. */
    public int callRegister() {
        return embedded ? Asm.T0 : Asm.A7;
    }

    /** Bytes of a register. */
    public int cell() {
        return xlen / 8;
    }

    /** Flags for the ELF header. */
    public int elfFlags() {
        return (embedded ? Image.RVE : 0) | (compressed ? Image.RVC : 0);
    }

    /** Short name, for example {@code rv64ec}. */
    public String name() {
        return "rv" + xlen + (embedded ? "e" : "i") + (compressed ? "c" : "");
    }

    @Override
    public String toString() {
        return name();
    }
}
