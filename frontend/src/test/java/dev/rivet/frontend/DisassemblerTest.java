package dev.rivet.frontend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rivet.ir.Inst;
import dev.rivet.ir.Op;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Bytes and text, line by line, from {@code rv32.txt} and {@code rv64.txt}: the bytes as they lie in memory, then what an
 * outside assembler makes them from ({@code b3027300| add t0, t1, t2}); {@code -} for no instruction.
 */
class DisassemblerTest {
    private static List<String[]> lines(String name) throws IOException {
        List<String[]> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(DisassemblerTest.class.getResourceAsStream(name), StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    lines.add(line.split("\\| ", 2));
                }
            }
        }
        return lines;
    }

    @Test
    void textOfBytes() throws IOException {
        for (int xlen = 32; xlen <= 64; xlen += 32) {
            Set<Rv> rows = new HashSet<>();
            Set<RvC> compressed = new HashSet<>();
            for (String[] line : lines("rv" + xlen + ".txt")) {
                int bytes = (int) Long.parseLong(line[0], 16);
                if (line[0].length() == 4) {
                    int half = Short.reverseBytes((short) bytes) & 0xffff;
                    String text = Disassembler.compressedText(half, xlen);
                    assertEquals(line[1], text == null ? "-" : text, line[0]);
                    compressed.add(RvC.find(half, xlen));
                } else {
                    int word = Integer.reverseBytes(bytes);
                    long inst = Decoder.of(xlen, false).decode(word);
                    assertEquals(line[1], Inst.op(inst) == Op.ILLEGAL ? "-" : Disassembler.text(inst, xlen), line[0]);
                    rows.add(Rv.find(word, xlen));
                }
            }
            for (Rv row : Rv.values()) {
                assertEquals(row.in(xlen), rows.contains(row), row + " in rv" + xlen + ".txt");
            }
            for (RvC row : RvC.values()) {
                assertEquals(row.in(xlen), compressed.contains(row), row + " in rv" + xlen + ".txt");
            }
        }
    }

    @Test
    void targetsAsAddresses() {
        assertEquals("beq a0, a1, 0x10000", Disassembler.textAt(Inst.pack(Op.BEQ, 0, 10, 11, -16, 4), 64, 0x10010));
        assertEquals("jal ra, 0xfffffffe", Disassembler.textAt(Inst.pack(Op.JAL, 1, 0, 0, -18, 4), 32, 0x10));
        assertEquals("beq a0, a1, -16", Disassembler.text(Inst.pack(Op.BEQ, 0, 10, 11, -16, 2), 64));
    }

    @Test
    void noInstructions() {
        assertEquals(".word 0xffffffff", Disassembler.text(Decoder.of(64, false).decode(-1), 64));
        assertEquals(".half 0x0000", Disassembler.text(Decoder.of(64, false).decode16(0), 64));
        assertEquals("<end>", Disassembler.text(Inst.pack(Op.END, 0, 0, 0, 0, 0), 64));
        assertNull(Disassembler.compressedText(0, 64));
        assertEquals("<ZIP>", Disassembler.text(Inst.pack(Op.ZIP, 1, 1, 0, 0, 4), 64));
    }

    @Test
    void registers() {
        for (int i = 0; i < 32; i++) {
            assertEquals(i, Disassembler.register(Disassembler.register(i)));
            assertEquals(i, Disassembler.register("x" + i));
        }
        assertEquals(8, Disassembler.register("fp"));
        assertEquals(-1, Disassembler.register("x32"));
    }
}
