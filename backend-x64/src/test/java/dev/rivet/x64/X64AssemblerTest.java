package dev.rivet.x64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The direct assembler and the text renderer against {@code forms.txt}: for every form of {@link X64Forms} four lines
 * {@code bytes| text}, the bytes made by LLVM's assembler from the text. (The exhaustive comparison with LLVM itself is in
 * module tests.)
 */
class X64AssemblerTest {
    static final long ORIGIN = 0x10_8000_0000L;
    static final int VARIANTS = 4;

    /** Collects text; nobody assembles it. */
    static final class Text extends X64Text {
        Text() {
            super(ORIGIN);
        }

        @Override
        protected byte[] assemble(String text, int[] offsets) {
            return new byte[0];
        }
    }

    static String[] lines(String resource) {
        try (var in = X64AssemblerTest.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Emits a form with operands that depend on its number and the variant. */
    static void emit(X64Assembler a, int number, X64Forms.Form form, int variant) {
        int seed = number * VARIANTS + variant;
        int r = seed * 5 & 15;
        int s = seed * 7 + 3 & 15;
        int t = seed * 11 + 6 & 15;
        int index = (seed * 13 + 1 & 15) == Reg.RSP ? Reg.R12 : seed * 13 + 1 & 15;
        int[] displacements = {0, 8, -128, 128, 0x12345678, -0x80000000};
        int disp = displacements[seed % displacements.length];
        long mem = switch (seed % 8) {
            case 0 -> Mem.at(s, disp);
            case 1 -> Mem.wrap(s, disp);
            case 2 -> Mem.wrap(Reg.NONE, disp);
            case 3 -> Mem.wrap(s, index, seed >> 3 & 3, disp);
            case 4 -> Mem.at(s, index, seed >> 3 & 3, disp);
            case 5 -> Mem.gs(index, seed >> 3 & 3, disp);
            case 6 -> a.near(ORIGIN - 0x10_0000 + seed);
            default -> Mem.at(Reg.NONE, index, seed >> 3 & 3, disp);
        };
        long[] values = {1, -1, 127, -129, 0x7fff_1234, 0x1_2345_6789L, 0x8000_0000L};
        long imm = values[seed % values.length];
        if (form.uses(X64Forms.COUNT)) {
            imm = seed % form.immBits();
        } else if (form.uses(X64Forms.I)) {
            int drop = 64 - form.immBits();
            imm = imm << drop >> drop;
        }
        form.emitter().emit(a, r, s, t, mem, form.name().contains("near") ? imm >> 1 : imm);
    }

    @Test
    void everyFormHasTheBytesAndTheTextOfTheTable() {
        List<X64Forms.Form> forms = X64Forms.all();
        String[] lines = lines("forms.txt");
        assertEquals(forms.size() * VARIANTS, lines.length, "forms.txt must have a line for each form and variant");
        int n = 0;
        for (int f = 0; f < forms.size(); f++) {
            for (int v = 0; v < VARIANTS; v++) {
                X64Direct direct = new X64Direct(ORIGIN, 16);
                emit(direct, f, forms.get(f), v);
                direct.finish();
                Text text = new Text();
                emit(text, f, forms.get(f), v);
                String rendered = text.text().substring(text.text().indexOf('\n') + 1).strip().replace('\t', ' ');
                String bytes = HexFormat.of().formatHex(direct.bytes(), 0, direct.length());
                assertEquals(lines[n++], bytes + "| " + rendered, forms.get(f).name());
            }
        }
    }

    @Test
    void displacementsReachLabelsBehindAndAhead() {
        X64Direct a = new X64Direct(ORIGIN, 16);
        int back = a.newLabel();
        int ahead = a.newLabel();
        a.bind(back);
        a.jmp(ahead);
        a.jcc(X64Assembler.Cond.NE, back);
        a.call(ahead);
        a.aluStoreImm(X64Assembler.Alu.CMP, 4, Mem.label(ahead), 0x1234);
        a.lea(8, Reg.RAX, Mem.label(back));
        a.bind(ahead);
        a.quad(0x1122_3344_5566_7788L);
        a.align(16);
        a.finish();
        assertEquals(
                "e91c000000" + "0f85f5ffffff" + "e811000000" + "813d0700000034120000" + "488d05dfffffff"
                        + "8877665544332211" + "cccccccccccccc",
                HexFormat.of().formatHex(a.bytes(), 0, a.length()));
        assertEquals(0, a.labelOffset(back));
        assertEquals(33, a.labelOffset(ahead));
    }

    @Test
    void growsAndKeepsWhatItHas() {
        X64Direct a = new X64Direct(ORIGIN, 1);
        byte[] data = new byte[100_000];
        new Random(1).nextBytes(data);
        a.data(data);
        int[] labels = new int[1000];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = a.newLabel();
            a.jmp(labels[i]);
        }
        for (int label : labels) {
            a.bind(label);
        }
        a.finish();
        assertEquals(data.length + 5 * labels.length, a.length());
        assertArrayEquals(data, Arrays.copyOf(a.bytes(), data.length));
        assertEquals(0, a.bytes()[a.length() - 1], "the last jump goes to the next instruction");
    }

    @Test
    void mistakesAreRefused() {
        X64Direct a = new X64Direct(ORIGIN, 16);
        int label = a.newLabel();
        a.jmp(label);
        assertTrue(assertThrows(IllegalStateException.class, a::finish).getMessage().contains("not bound"));
        a.bind(label);
        assertTrue(
                assertThrows(IllegalStateException.class, () -> a.bind(label)).getMessage().contains("bound twice"));
        a.finish();
        assertThrows(IllegalStateException.class, () -> a.push(Reg.RAX));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> a.near(0)).getMessage().contains("too far"));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> X64Assembler.create("gas", 0, 0)).getMessage()
                .contains("direct"));
    }
}
