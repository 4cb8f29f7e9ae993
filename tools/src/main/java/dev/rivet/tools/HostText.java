package dev.rivet.tools;

import dev.rivet.ir.HostCode;
import dev.rivet.ir.Target;
import dev.rivet.sandbox.Layout;
import dev.rivet.tools.llvm.LlvmDisassembler;
import dev.rivet.tools.llvm.LlvmException;
import dev.rivet.tools.llvm.McTarget;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Host code as lines for people: LLVM's disassembly, or the bytes where LLVM is not to be had. */
class HostText {
    private static final HexFormat HEX = HexFormat.of();
    /** Bytes on a line without disassembly. */
    private static final int WIDTH = 16;

    final HostCode host;

    private HostText(HostCode host) {
        this.host = host;
    }

    /** The bytes alone. */
    static HostText bytes(HostCode host) {
        return new HostText(host);
    }

    /** LLVM's disassembly if LLVM is on the class path; the bytes, and one line on stderr that says so, if not. */
    static HostText of(HostCode host) {
        try {
            return new Disassembly(host);
        } catch (LlvmException | LinkageError e) {
            System.err.println("rivet: host code is shown as bytes, since LLVM cannot be loaded");
            return bytes(host);
        }
    }

    /** The code from one offset to another, a line each instruction (or so many bytes). */
    List<String> lines(int from, int end) {
        List<String> lines = new ArrayList<>();
        for (int at = from; at < end; at += WIDTH) {
            lines.add(HEX.formatHex(host.bytes, at, Math.min(end, at + WIDTH)));
        }
        return lines;
    }

    /** Holds LLVM's disassembler for as long as the process lives: a command line's one dump. */
    private static final class Disassembly extends HostText {
        private static final Pattern X64_JUMP = Pattern.compile("((?:j[a-z]+|call) )(-?[0-9]+)");
        private static final Pattern A64_JUMP = Pattern
                .compile("((?:bl?|b\\.[a-z]+|cbn?z|tbn?z) (?:.*, )?)#(-?[0-9]+)");

        private final LlvmDisassembler llvm;

        Disassembly(HostCode host) {
            super(host);
            llvm = new LlvmDisassembler(host.target == Target.X86_64 ? McTarget.X86_64 : McTarget.AARCH64);
        }

        /** LLVM tells a jump's distance; people want the offset it leads to, as in the first column. */
        private String withTarget(String text, int at, int length) {
            Matcher jump = (host.target == Target.X86_64 ? X64_JUMP : A64_JUMP).matcher(text);
            if (!jump.matches()) {
                return text;
            }
            int origin = host.target == Target.X86_64 ? at + length : at;
            return jump.group(1) + Long.toHexString(origin + Long.parseLong(jump.group(2)));
        }

        @Override
        List<String> lines(int from, int end) {
            List<String> lines = new ArrayList<>();
            for (int at = from; at < end;) {
                int length = llvm.decode(host.bytes, at, end, Layout.CODE_BASE + host.origin + at);
                String text = length == 0 ? "(no instruction)" : withTarget(llvm.text(), at, length);
                length = Math.max(1, length);
                lines.add("%8x  %-20s %s".formatted(at, HEX.formatHex(host.bytes, at, at + length), text));
                at += length;
            }
            return lines;
        }
    }
}
