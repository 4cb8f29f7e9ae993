package dev.rivet.tests.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rivet.frontend.Decoder;
import dev.rivet.frontend.Disassembler;
import dev.rivet.frontend.Rv;
import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import dev.rivet.tools.llvm.LlvmDisassembler;
import dev.rivet.tools.llvm.McTarget;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The decoder and its text against LLVM's RISC-V disassembler: words near every row of the table, words at random, and all
 * 2¹⁶ halfwords. They must agree on what an instruction is and on every operand; where they mean to differ, the mnemonic is
 * listed here with the reason.
 */
class DecoderJudgeTest {
    /**
     * Instructions LLVM knows whatever extensions are on, and Rivet does not: control and status registers, and the
     * privileged ones.
     */
    private static final Pattern NOT_OURS = Pattern
            .compile("csrr[wsc]i?|[msd]ret|mnret|wfi|sfence\\..*|[hs]inval.*|hfence.*|"
                    + "dret|unimp|c\\.unimp|sctrclr");

    /**
     * Pairs of ours and LLVM's that are meant to differ. A fence with reserved fields is a fence (Unpriv 2.7), and so is
     * fence.i. An immediate of 0 makes c.lui reserved; a shift amount of 32 and more on RV32 is for
     * custom extensions also where rd is x0 (the manual counts 31 hints there).
     */
    private static final Set<String> MEANT = Set.of("fence / -", "fence.i / -");
    private static final Pattern RESERVED = Pattern.compile("c\\.lui \\w+, 0");
    private static final Pattern CUSTOM_ON_RV32 = Pattern.compile("c\\.slli zero, (3[2-9]|[45][0-9]|6[0-3])");

    private static final Pattern ORDERING = Pattern.compile("^([a-z.]+[wd])\\.(aq|rl|aqrl) ");
    private static final Pattern SHIFT_BY_ZERO = Pattern.compile("^(c\\.s[lr][la]i)64 (\\w+)$");

    /** LLVM's text with what Rivet's leaves out or writes otherwise. */
    private static String asOurs(String theirs) {
        String s = ORDERING.matcher(theirs).replaceFirst("$1 ");
        s = SHIFT_BY_ZERO.matcher(s).replaceFirst("$1 $2, 0");
        if (s.startsWith("c.nop ")) {
            return "c.nop"; // a hint's number
        }
        if (s.startsWith("c.lui zero, -")) {
            return "c.lui zero, " + (Integer.parseInt(s.substring(12)) & 0xf_ffff);
        }
        if (s.startsWith("fence ") || s.equals("fence.tso") || s.equals("pause")) {
            return "fence"; // one hart: nothing to order
        }
        return s;
    }

    private static void compare(LlvmDisassembler llvm, int xlen, boolean embedded, int word, byte[] bytes,
            Map<String, String> differences) {
        for (int i = 0; i < 4; i++) {
            bytes[i] = (byte) (word >> 8 * i);
        }
        boolean half = (word & 3) != 3;
        int length = llvm.decode(bytes, 0, half ? 2 : 4, 0);
        String theirs = length == 0 ? "-" : llvm.text();
        long inst = half ? Decoder.of(xlen, embedded).decode16(word) : Decoder.of(xlen, embedded).decode(word);
        boolean illegal = Inst.op(inst) == Op.ILLEGAL;
        String ours = illegal
                ? "-"
                : half ? Disassembler.compressedText(word & 0xffff, xlen) : Disassembler.text(inst, xlen);
        theirs = asOurs(theirs);
        boolean meant = MEANT.contains(ours + " / " + theirs)
                || illegal && NOT_OURS.matcher(theirs.split(" ", 2)[0]).matches()
                || illegal && RESERVED.matcher(theirs).matches()
                || illegal && xlen == 32 && CUSTOM_ON_RV32.matcher(theirs).matches();
        if (!ours.equals(theirs) && !meant) {
            differences.putIfAbsent(ours.split(" ", 2)[0] + " / " + theirs.split(" ", 2)[0],
                    (half ? "%04x".formatted(word & 0xffff) : "%08x".formatted(word)) + ": ours '" + ours
                            + "', LLVM's '"
                            + theirs + "'");
        }
    }

    /** The bits of a row's operands. */
    private static int free(Rv row, int base, int xlen) {
        int free = 0;
        for (int bit = 0; bit < 32; bit++) {
            if (row.in(xlen) && Rv.find(base ^ 1 << bit, xlen) == row) {
                free |= 1 << bit;
            }
        }
        return free;
    }

    private static void judge(int xlen, boolean embedded, int nearEachRow, int anywhere) {
        Map<String, String> differences = new TreeMap<>();
        byte[] bytes = new byte[4];
        long count = 0;
        try (LlvmDisassembler llvm = new LlvmDisassembler(McTarget.riscv(xlen, embedded, true))) {
            SplittableRandom random = new SplittableRandom(xlen + (embedded ? 1 : 0));
            for (Rv row : Rv.values()) {
                int base = row.encode(0, 0, row.notation().contains("rs2!=0") ? 3 : 0, 0);
                int free = free(row, base, xlen) & (embedded ? ~0x108_0800 : -1);
                for (int i = 0; i < nearEachRow && row.in(xlen); i++) {
                    int word = base ^ random.nextInt() & free;
                    // Most stay as they are; one in four has a bit turned over.
                    compare(llvm, xlen, embedded, i % 4 == 0 ? word ^ 1 << random.nextInt(2, 32) : word, bytes,
                            differences);
                    count++;
                }
            }
            for (int i = 0; i < anywhere; i++) {
                compare(llvm, xlen, embedded, random.nextInt() | 3, bytes, differences);
                count++;
            }
            for (int half = 0; half < 0x1_0000; half++) {
                if ((half & 3) != 3) {
                    compare(llvm, xlen, embedded, half, bytes, differences);
                    count++;
                }
            }
        }
        assertEquals("", String.join("\n", differences.values()));
        System.out
                .println("RV" + xlen + (embedded ? "E" : "I") + ": " + count + " words agree with LLVM's disassembler");
    }

    @ParameterizedTest
    @CsvSource({"32, false", "32, true", "64, false", "64, true"})
    void aSample(int xlen, boolean embedded) {
        judge(xlen, embedded, 250, 50_000);
    }

    @Tag("exhaustive")
    @ParameterizedTest
    @CsvSource({"32, false", "32, true", "64, false", "64, true"})
    void twoMillionWords(int xlen, boolean embedded) {
        judge(xlen, embedded, 4_000, 400_000);
    }
}
