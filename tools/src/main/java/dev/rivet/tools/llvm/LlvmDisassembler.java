package dev.rivet.tools.llvm;

import java.util.Objects;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMDisasmContextRef;
import org.bytedeco.llvm.LLVM.LLVMOpInfoCallback;
import org.bytedeco.llvm.LLVM.LLVMSymbolLookupCallback;
import org.bytedeco.llvm.global.LLVM;

/**
 * LLVM's disassembler: bytes to text, one instruction at a time. One thread at a time.
 *
 * <p>The bytes are copied into a buffer of LLVM's own memory that is followed by zeros, so LLVM never reads beyond what it
 * was given; the text buffer is emptied first, because LLVM leaves the former text there when it cannot decode.
 */
public final class LlvmDisassembler implements AutoCloseable {
    /** The longest instruction there is, x86-64's. */
    private static final int LONGEST = 15;
    private static final int TEXT_ROOM = 256;

    private static final String EMBEDDED = "+e,";
    /** Registers that RV32E and RV64E do not have. */
    private static final Pattern UPPER_REGISTERS = Pattern.compile("\\b(a[67]|s[2-9]|s1[01]|t[3-6])\\b");

    private final LLVMDisasmContextRef context;
    private final boolean embedded;
    private final BytePointer code = new BytePointer(LONGEST + 1);
    private final BytePointer out = new BytePointer(TEXT_ROOM);
    private final byte[] copy = new byte[TEXT_ROOM];
    private String text = "";
    private boolean closed;

    /** A disassembler for a target; x86-64 is written in Intel's syntax. */
    public LlvmDisassembler(McTarget target) {
        Llvm.load();
        embedded = target.triple().startsWith("riscv") && target.features().startsWith(EMBEDDED);
        // LLVM 20 ends the process at some halfwords (0x0801) when it knows E and C, so it is not told of E.
        String features = embedded ? target.features().substring(EMBEDDED.length()) : target.features();
        context = LLVM.LLVMCreateDisasmCPUFeatures(target.triple(), target.cpu(), features, (Pointer) null, 0,
                (LLVMOpInfoCallback) null, (LLVMSymbolLookupCallback) null);
        if (context == null || context.isNull()) {
            throw new LlvmException("LLVM has no disassembler for " + target);
        }
        if (target.triple().startsWith("x86")) {
            LLVM.LLVMSetDisasmOptions(context, LLVM.LLVMDisassembler_Option_AsmPrinterVariant);
        }
    }

    /**
     * Decodes the instruction at an offset. Its text is then to be had from {@link #text}.
     *
     * @param bytes where it is
     * @param offset of its first byte
     * @param end offset behind the last byte it may use
     * @param pc address of its first byte
     * @return its length in bytes, or 0 when there is no instruction LLVM knows
     */
    public int decode(byte[] bytes, int offset, int end, long pc) {
        if (closed) {
            throw new IllegalStateException("this disassembler is closed");
        }
        Objects.checkFromToIndex(offset, end, bytes.length);
        int room = Math.min(LONGEST, end - offset);
        code.put(bytes, offset, room);
        code.put(room, (byte) 0);
        out.put(0, (byte) 0);
        int length = (int) LLVM.LLVMDisasmInstruction(context, code, room, pc, out, TEXT_ROOM);
        text = null;
        if (length <= room && !(embedded && UPPER_REGISTERS.matcher(text()).find())) {
            return length;
        }
        text = "";
        return 0;
    }

    /** What the last {@link #decode} found, without leading blanks, tabs as blanks; empty when it found nothing. */
    public String text() {
        if (text == null) {
            out.get(copy);
            int n = 0;
            while (n < TEXT_ROOM && copy[n] != 0) {
                n++;
            }
            StringBuilder s = new StringBuilder(n);
            for (int i = 0; i < n; i++) {
                s.append(copy[i] == '\t' ? ' ' : (char) copy[i]);
            }
            text = s.toString().strip();
        }
        return text;
    }

    /** Frees what LLVM holds. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LLVM.LLVMDisasmDispose(context);
            code.close();
            out.close();
        }
    }
}
