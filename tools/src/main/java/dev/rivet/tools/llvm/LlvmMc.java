package dev.rivet.tools.llvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.llvm.LLVM.LLVMContextRef;
import org.bytedeco.llvm.LLVM.LLVMDiagnosticHandler;
import org.bytedeco.llvm.LLVM.LLVMDiagnosticInfoRef;
import org.bytedeco.llvm.LLVM.LLVMMemoryBufferRef;
import org.bytedeco.llvm.LLVM.LLVMModuleRef;
import org.bytedeco.llvm.LLVM.LLVMTargetMachineRef;
import org.bytedeco.llvm.LLVM.LLVMTargetRef;
import org.bytedeco.llvm.global.LLVM;

/**
 * LLVM's assembler: text to bytes. The text is handed over as module-level inline assembly, comes back as an object file in
 * memory, and of that only the bytes of two sections are taken. A relocation left in them is an error, so what comes back
 * is complete.
 *
 * <p>Mistakes in the text are {@link LlvmException}s. Some directives make LLVM end the whole process (negative counts, for
 * one), so all but a few harmless ones are refused before LLVM sees them.
 *
 * <p>One thread at a time; each instance has an LLVM context of its own.
 */
public final class LlvmMc implements AutoCloseable {
    /**
     * What assembling gave.
     *
     * @param text bytes of section {@code .text}
     * @param constants bytes of section {@code .rodata}, empty when the text has none
     */
    public record Assembled(byte[] text, byte[] constants) {
    }

    private static final Set<String> DIRECTIVES = Set.of(".byte", ".short", ".word", ".long", ".quad", ".balign",
            ".text",
            ".section", ".option");
    private static final int LARGEST_ALIGNMENT = 4096;
    private static final int SHOWN_DIAGNOSTICS = 5;

    private final String triple;
    private final LLVMTargetMachineRef machine;
    private final LLVMContextRef context;
    /** The callback object must live as long as the context. */
    private final LLVMDiagnosticHandler handler;
    private final List<String> diagnostics = new ArrayList<>();
    private boolean closed;

    /** An assembler for a target. Throws LlvmException when LLVM cannot be loaded or does not know the target. */
    public LlvmMc(McTarget target) {
        Llvm.load();
        triple = target.triple();
        LLVMTargetRef found = new LLVMTargetRef();
        try (BytePointer name = new BytePointer(triple); BytePointer error = new BytePointer((Pointer) null)) {
            if (LLVM.LLVMGetTargetFromTriple(name, found, error) != 0) {
                throw new LlvmException("LLVM does not know the target " + triple);
            }
        }
        machine = LLVM.LLVMCreateTargetMachine(found, triple, target.cpu(), target.features(),
                LLVM.LLVMCodeGenLevelNone,
                LLVM.LLVMRelocStatic, LLVM.LLVMCodeModelDefault);
        if (machine == null || machine.isNull()) {
            throw new LlvmException("LLVM has no code generator for " + target);
        }
        context = LLVM.LLVMContextCreate();
        handler = new LLVMDiagnosticHandler() {
            @Override
            public void call(LLVMDiagnosticInfoRef info, Pointer ignored) {
                BytePointer text = LLVM.LLVMGetDiagInfoDescription(info);
                diagnostics.add(text.getString());
                LLVM.LLVMDisposeMessage(text);
            }
        };
        // Without a handler LLVM prints the first error and ends the process.
        LLVM.LLVMContextSetDiagnosticHandler(context, handler, null);
    }

    /**
     * Assembles a text that starts in section {@code .text}.
     *
     * @throws LlvmException with LLVM's messages when it is not right, and for a relocation left over
     */
    public Assembled assemble(String text) {
        if (closed) {
            throw new IllegalStateException("this assembler is closed");
        }
        checkDirectives(text);
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        diagnostics.clear();
        LLVMModuleRef module = LLVM.LLVMModuleCreateWithNameInContext("text", context);
        try (BytePointer source = new BytePointer(bytes); BytePointer error = new BytePointer((Pointer) null)) {
            LLVM.LLVMSetTarget(module, triple);
            LLVM.LLVMSetModuleInlineAsm2(module, source, bytes.length);
            LLVMMemoryBufferRef made = new LLVMMemoryBufferRef();
            int status = LLVM.LLVMTargetMachineEmitToMemoryBuffer(machine, module, LLVM.LLVMObjectFile, error, made);
            if (status != 0) {
                String message = error.isNull() ? "no reason given" : error.getString();
                LLVM.LLVMDisposeMessage(error);
                throw new LlvmException("LLVM cannot assemble: " + message);
            }
            byte[] object;
            try {
                object = new byte[Math.toIntExact(LLVM.LLVMGetBufferSize(made))];
                try (BytePointer start = LLVM.LLVMGetBufferStart(made)) {
                    start.capacity(object.length).get(object);
                }
            } finally {
                LLVM.LLVMDisposeMemoryBuffer(made);
            }
            if (!diagnostics.isEmpty()) {
                throw new LlvmException(diagnostics.size() + " mistakes in assembler text: " + String.join("\n",
                        diagnostics.subList(0, Math.min(SHOWN_DIAGNOSTICS, diagnostics.size()))));
            }
            return read(ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN));
        } finally {
            LLVM.LLVMDisposeModule(module);
        }
    }

    /** Throws for a statement that is a directive not known to be harmless. */
    private static void checkDirectives(String text) {
        int end = text.length();
        boolean start = true;
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == ';') {
                start = true;
            } else if (c == '.' && start) {
                int stop = i + 1;
                while (stop < end && isWord(text.charAt(stop))) {
                    stop++;
                }
                if (stop == end || text.charAt(stop) != ':') {
                    checkDirective(text, i, stop);
                    start = false;
                }
                i = stop - 1;
            } else if (c != ' ' && c != '\t' && c != ':') {
                start = false;
                // A label's name may be followed by a directive on the same line.
                while (i + 1 < end && isWord(text.charAt(i + 1))) {
                    i++;
                }
                start = i + 1 < end && text.charAt(i + 1) == ':';
            }
        }
    }

    private static boolean isWord(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '$';
    }

    private static void checkDirective(String text, int from, int to) {
        String name = text.substring(from, to);
        if (!DIRECTIVES.contains(name)) {
            throw new LlvmException("the directive " + name + " is not allowed in assembler text");
        }
        if (name.equals(".balign")) {
            int at = to;
            while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
                at++;
            }
            int value = 0;
            int digits = at;
            while (digits < text.length() && Character.digit(text.charAt(digits), 10) >= 0
                    && value <= LARGEST_ALIGNMENT) {
                value = value * 10 + text.charAt(digits++) - '0';
            }
            if (Integer.bitCount(value) != 1 || value > LARGEST_ALIGNMENT) {
                throw new LlvmException(".balign takes a power of two up to " + LARGEST_ALIGNMENT);
            }
        }
    }

    // The object file: ELF of either class, as LLVM has just made it.

    private static Assembled read(ByteBuffer elf) {
        boolean wide = elf.get(4) == 2;
        int table = wide ? (int) elf.getLong(0x28) : elf.getInt(0x20);
        int size = elf.getShort(wide ? 0x3a : 0x2e);
        int count = elf.getShort(wide ? 0x3c : 0x30) & 0xffff;
        int names = offset(elf, wide, table + size * (elf.getShort(wide ? 0x3e : 0x32) & 0xffff));
        byte[] text = {};
        byte[] constants = {};
        for (int i = 0; i < count; i++) {
            int header = table + size * i;
            String name = string(elf, names + elf.getInt(header));
            if (name.equals(".text")) {
                text = content(elf, wide, header);
            } else if (name.equals(".rodata")) {
                constants = content(elf, wide, header);
            } else if (name.startsWith(".rel") && content(elf, wide, header).length != 0) {
                throw new LlvmException(
                        "a relocation is left in the assembler's output (section " + name + ", offset 0x"
                                + Integer.toHexString(elf.getInt(offset(elf, wide, header)))
                                + "): the text names a symbol or address that it does not define");
            }
        }
        return new Assembled(text, constants);
    }

    private static int offset(ByteBuffer elf, boolean wide, int header) {
        return wide ? (int) elf.getLong(header + 24) : elf.getInt(header + 16);
    }

    private static byte[] content(ByteBuffer elf, boolean wide, int header) {
        int from = offset(elf, wide, header);
        int length = wide ? (int) elf.getLong(header + 32) : elf.getInt(header + 20);
        return Arrays.copyOfRange(elf.array(), from, from + length);
    }

    private static String string(ByteBuffer elf, int at) {
        int end = at;
        while (elf.get(end) != 0) {
            end++;
        }
        return new String(elf.array(), at, end - at, StandardCharsets.ISO_8859_1);
    }

    /** Frees what LLVM holds. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            LLVM.LLVMDisposeTargetMachine(machine);
            LLVM.LLVMContextDispose(context);
            handler.close();
        }
    }
}
