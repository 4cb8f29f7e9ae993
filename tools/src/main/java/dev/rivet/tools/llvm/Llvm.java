package dev.rivet.tools.llvm;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.llvm.global.LLVM;

/** Loads LLVM and sets up its three architectures, once. Everything else of the package that calls LLVM starts here. */
final class Llvm {
    private static final String CACHE_PROPERTY = "org.bytedeco.javacpp.cachedir";

    private Llvm() {
    }

    /** Makes sure that LLVM is loaded; throws LlvmException saying what is missing. */
    static void load() {
        Loaded.check();
    }

    /**
     * Assembles one text. IllegalStateException for a text LLVM refuses: it is our own renderer's fault then. LlvmException
     * when LLVM is not there.
     */
    static LlvmMc.Assembled assemble(McTarget target, String text) {
        try (LlvmMc mc = new LlvmMc(target)) {
            try {
                return mc.assemble(text);
            } catch (LlvmException e) {
                throw new IllegalStateException(e.getMessage(), e);
            }
        } catch (LinkageError e) {
            throw missing(e);
        }
    }

    private static LlvmException missing(LinkageError e) {
        return new LlvmException("LLVM cannot be loaded (" + e.getMessage() + "); put org.bytedeco:llvm and"
                + " org.bytedeco:javacpp with this machine's classifier on the class path", e);
    }

    private static final class Loaded {
        static final LlvmException FAILURE = initialise();

        static void check() {
            if (FAILURE != null) {
                throw new LlvmException(FAILURE.getMessage(), FAILURE);
            }
        }

        /** Has LLVM's disassembler write RISC-V without aliases: {@code addi zero, zero, 0}, not {@code nop}. */
        private static void plainRiscv() {
            try (PointerPointer<BytePointer> arguments = new PointerPointer<>("rivet", "-riscv-no-aliases");
                    BytePointer overview = new BytePointer("")) {
                LLVM.LLVMParseCommandLineOptions(2, arguments, overview);
            }
        }

        private static LlvmException initialise() {
            try {
                if (System.getProperty(CACHE_PROPERTY) == null) {
                    System.setProperty(CACHE_PROPERTY, Toolchain.cacheDirectory().resolve("javacpp").toString());
                }
                LLVM.LLVMInitializeX86TargetInfo();
                LLVM.LLVMInitializeX86Target();
                LLVM.LLVMInitializeX86TargetMC();
                LLVM.LLVMInitializeX86AsmParser();
                LLVM.LLVMInitializeX86AsmPrinter();
                LLVM.LLVMInitializeX86Disassembler();
                LLVM.LLVMInitializeAArch64TargetInfo();
                LLVM.LLVMInitializeAArch64Target();
                LLVM.LLVMInitializeAArch64TargetMC();
                LLVM.LLVMInitializeAArch64AsmParser();
                LLVM.LLVMInitializeAArch64AsmPrinter();
                LLVM.LLVMInitializeAArch64Disassembler();
                LLVM.LLVMInitializeRISCVTargetInfo();
                LLVM.LLVMInitializeRISCVTarget();
                LLVM.LLVMInitializeRISCVTargetMC();
                LLVM.LLVMInitializeRISCVAsmParser();
                LLVM.LLVMInitializeRISCVAsmPrinter();
                LLVM.LLVMInitializeRISCVDisassembler();
                plainRiscv();
                return null;
            } catch (LinkageError e) {
                return missing(e);
            }
        }
    }
}
