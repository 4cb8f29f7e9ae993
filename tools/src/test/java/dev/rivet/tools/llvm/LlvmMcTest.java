package dev.rivet.tools.llvm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LLVM's assembler and disassembler behind our interface: right bytes, mistakes as exceptions, threads apart. */
class LlvmMcTest {
    private static byte[] hex(String s) {
        return HexFormat.of().parseHex(s.replace(" ", ""));
    }

    private static McTarget target(String name) {
        return switch (name) {
            case "x86-64" -> McTarget.X86_64;
            case "aarch64" -> McTarget.AARCH64;
            case "rv32e" -> McTarget.riscv(32, true, false);
            default -> McTarget.riscv(64, false, true);
        };
    }

    @ParameterizedTest
    // @formatter:off
    @CsvSource(delimiter = '|', value = {
            "x86-64  | addq %rax, %r15              | 4901c7      | add r15, rax",
            "x86-64  | movl -4(%r13d), %esi         | 67418b75fc  | mov esi, dword ptr [r13d - 4]",
            "x86-64  | rorxl $7, %edx, %r9d         | c4637bf0ca07| rorx r9d, edx, 7",
            "aarch64 | add x0, x1, x2, lsl #3       | 200c028b    | add x0, x1, x2, lsl #3",
            "aarch64 | ldaddal w1, w2, [x3]         | 6200e1b8    | ldaddal w1, w2, [x3]",
            "rv64    | add a0, a1, a2               | 3385c500    | add a0, a1, a2",
            "rv64    | c.addi a0, 1                 | 0505        | addi a0, a0, 1",
            "rv32e   | sh2add a0, a1, a2            | 33c5c520    | sh2add a0, a1, a2"})
    // @formatter:on
    void assemblesAndReadsBack(String target, String text, String bytes, String back) {
        try (LlvmMc mc = new LlvmMc(target(target)); LlvmDisassembler d = new LlvmDisassembler(target(target))) {
            byte[] code = mc.assemble(text + "\n").text();
            assertArrayEquals(hex(bytes), code);
            assertEquals(code.length, d.decode(code, 0, code.length, 0));
            assertEquals(d.text().startsWith("c.") ? text : back, d.text());
        }
    }

    @Test
    void labelsAndTheirOffsetsAreResolved() {
        try (LlvmMc mc = new LlvmMc(McTarget.X86_64)) {
            LlvmMc.Assembled a = mc.assemble("""
                    .Lstart:
                    \tnop
                    .Lloop: \t{disp32} jmp .Lloop
                    \t.balign 16, 0xcc
                    .Lend:
                    \t.section .rodata
                    \t.long .Lend-.Lstart
                    \t.long .Lloop-.Lstart
                    """);
            assertArrayEquals(hex("90 e9fbffffff cccccccccccccccccccc"), a.text());
            assertArrayEquals(hex("10000000 01000000"), a.constants());
        }
    }

    @ParameterizedTest
    // @formatter:off
    @ValueSource(strings = {"addq %rax", "bogus %rax, %rbx", "movq %rxx, %rax", "jmp nowhere",
            "movq somewhere(%rip), %rax", ".quad elsewhere", ".fill -1, 1", ".incbin \"/etc/passwd\"", "x: .org -5",
            "nop; .skip 1<<60", ".balign 3", ".balign 1000000000", ".Lx: .macro m"})
    // @formatter:on
    void mistakesAreExceptions(String text) {
        try (LlvmMc mc = new LlvmMc(McTarget.X86_64)) {
            assertThrows(LlvmException.class, () -> mc.assemble("\t" + text + "\n"));
            assertArrayEquals(hex("90"), mc.assemble("\tnop\n").text(), "usable after a mistake");
        }
    }

    @Test
    void messageQuotesTheLine() {
        try (LlvmMc mc = new LlvmMc(McTarget.X86_64)) {
            LlvmException e = assertThrows(LlvmException.class, () -> mc.assemble("\tnop\n\tfrobnicate %rax\n"));
            assertTrue(e.getMessage().contains("2:") && e.getMessage().contains("frobnicate"), e.getMessage());
        }
    }

    @Test
    void whatCannotBeDecodedHasNoText() {
        try (LlvmDisassembler d = new LlvmDisassembler(McTarget.riscv(64, true, false))) {
            assertEquals(4, d.decode(hex("3385c500"), 0, 4, 0));
            assertEquals("add a0, a1, a2", d.text());
            assertEquals(0, d.decode(hex("33081100"), 0, 4, 0), "x16 does not exist in RV64E");
            assertEquals("", d.text());
            assertEquals(0, d.decode(hex("3385"), 0, 2, 0), "half an instruction");
            assertEquals("", d.text());
        }
    }

    /** LLVM 20 would end the process at the first of these if it were told that the file is RVE. */
    @ParameterizedTest
    @ValueSource(ints = {32, 64})
    void everyHalfwordOfRveCanBeTried(int xlen) {
        int decoded = 0;
        try (LlvmDisassembler d = new LlvmDisassembler(McTarget.riscv(xlen, true, true))) {
            for (int half = 0; half < 0x1_0000; half++) {
                if ((half & 3) != 3) {
                    int n = d.decode(new byte[]{(byte) half, (byte) (half >> 8)}, 0, 2, 0);
                    assertEquals(n == 0, d.text().isEmpty());
                    decoded += n;
                }
            }
        }
        assertTrue(decoded > 30_000, "only " + decoded);
    }

    @Test
    void threadsDoNotMeet() throws Exception {
        try (var pool = Executors.newFixedThreadPool(4)) {
            List<Callable<byte[]>> jobs = java.util.stream.IntStream.range(0, 40)
                    .<Callable<byte[]>>mapToObj(i -> () -> {
                        try (LlvmMc mc = new LlvmMc(McTarget.X86_64)) {
                            return mc.assemble("\tmovl $" + i + ", %eax\n\tretq\n").text();
                        }
                    }).toList();
            var results = pool.invokeAll(jobs);
            for (int i = 0; i < 40; i++) {
                assertArrayEquals(new byte[]{(byte) 0xb8, (byte) i, 0, 0, 0, (byte) 0xc3}, results.get(i).get());
            }
        }
    }

    @Test
    void closedOnesSaySo() {
        LlvmMc mc = new LlvmMc(McTarget.X86_64);
        mc.close();
        mc.close();
        assertThrows(IllegalStateException.class, () -> mc.assemble("\tnop\n"));
        LlvmDisassembler d = new LlvmDisassembler(McTarget.X86_64);
        d.close();
        d.close();
        assertThrows(IllegalStateException.class, () -> d.decode(new byte[1], 0, 1, 0));
    }
}
