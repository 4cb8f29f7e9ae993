package dev.rivet.ir;

import org.jspecify.annotations.Nullable;

/**
 * Translates lifted code to one host architecture's machine code. Found by {@link java.util.ServiceLoader}; stateless and
 * safe to use from several threads.
 *
 * <p>What translated code must keep to:
 * <ul>
 * <li>It is entered only through the dispatch table (see {@link HostCode}) and leaves only through the exits that the
 * sandbox's control page describes.
 * <li>At every instruction of it that can fault, all guest registers hold the values from before the guest instruction;
 * {@link HostCode#homeOf} says where each is. The one exception: at an indirect jump that links, rd already holds the
 * link, and the old value of rd is in the control page's {@code OLD_LINK} slot.
 * <li>Time and space are linear in the number of instructions, with a hard bound on host bytes an instruction
 * ({@link #maxBytesPerInst}).
 * </ul>
 */
public interface Backend {
    /** The architecture this backend translates to. */
    Target target();

    /** Upper bound of host bytes for one guest instruction, all exits and charges included. */
    int maxBytesPerInst();

    /** One line that says what this host lacks to run the backend's code, or null when it lacks nothing. */
    @Nullable
    String missing();

    /** What of this host's processor the translation depends on, as text; part of the code cache's key. */
    default String features() {
        return "";
    }

    /** Translates a whole program. Throws {@link UnsupportedOperationException} for a metering mode it does not have. */
    HostCode translate(Code code, Options options);

    /**
     * Translates a side entry: code that was decoded from a pc that is no leader of {@code main}.
     *
     * @param main what {@link #translate} returned for the program
     * @param side the few instructions, starting at its text's start; where its END mark's pc is a leader of the main
     *            program, control goes on there (charged there)
     * @param hostOffset where the result will be placed, as an offset from the start of main's code
     */
    HostCode translateSide(HostCode main, Code side, int hostOffset);

    /**
     * Whether host instructions of this operation may keep gas elsewhere than in {@link HostCode#gasHome} for a moment.
     * Asynchronous metering reads gas where a timer's signal happens to hit, but never inside such an operation; everywhere
     * else gas has to be at home all the time. By default true for whatever is not plain, so that a backend is safe without
     * a word; but loops must not be made of such operations alone.
     */
    default boolean parksGas(Op op) {
        return switch (op) {
            case LUI, AUIPC, ADDI, SLTI, SLTIU, XORI, ORI, ANDI, SLLI, SRLI, SRAI, ADD, SUB, SLT, SLTU, XOR, OR, AND,
                    ADDIW,
                    SLLIW, SRLIW, SRAIW, ADDW, SUBW ->
                false;
            default -> op.kind == Op.Kind.ALU || op.kind == Op.Kind.ATOMIC;
        };
    }

    /**
     * Whether a guest instruction has done nothing yet that counts when its host code has got this far: guest registers, gas
     * and memory are as before it. There a running guest may be stopped and go on by any engine.
     *
     * @param index a guest instruction
     * @param offset offset in {@link HostCode#bytes} of the host instruction that comes next
     */
    default boolean nothingDone(HostCode host, int index, int offset) {
        return offset == host.offsets[index] && offset < host.offsets[index + 1];
    }

    /**
     * By which plan a translation of this backend charges; null where gas is what {@link HostCode#gasHome} holds, each block
     * charged at its head.
     */
    @Nullable
    default GasPlan gasPlan(HostCode host) {
        return null;
    }

    /**
     * What shapes the code besides the program.
     *
     * @param metering how gas is counted
     * @param costs what instructions cost
     * @param assembler {@code "direct"} or {@code "llvm-mc"}; both must make the same bytes
     */
    record Options(Metering metering, CostModel costs, String assembler) {
        /** Options with the direct assembler. */
        public Options(Metering metering, CostModel costs) {
            this(metering, costs, "direct");
        }
    }
}
