package dev.rivet.aarch64;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rivet.ir.Target;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The direct assembler and the text renderer against lines written from LLVM's output; the edges of every field. */
class EncodingTest {
    private static final long ORIGIN = 0x10_8000_0000L;

    private static final class Text extends A64Text {
        Text() {
            super(ORIGIN);
        }

        @Override
        protected byte[] assemble(String text) {
            return new byte[position()];
        }
    }

    private static List<String> lines() throws IOException {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                EncodingTest.class.getResourceAsStream("encodings.txt"), StandardCharsets.UTF_8))) {
            return in.lines().filter(l -> !l.startsWith("#")).toList();
        }
    }

    private static long[] operands(String[] words) {
        long[] v = new long[words.length - 1];
        for (int i = 0; i < v.length; i++) {
            String w = words[i + 1];
            v[i] = w.startsWith("0x") ? Long.parseUnsignedLong(w.substring(2), 16) : Long.parseLong(w);
        }
        return v;
    }

    @Test
    void everyLineAndEveryForm() throws IOException {
        Map<String, A64Forms.Form> forms = new HashMap<>();
        A64Forms.all().forEach(f -> assertEquals(null, forms.put(f.name().replace(' ', '_'), f), f.name()));
        Set<String> seen = new HashSet<>();
        for (String line : lines()) {
            String[] parts = line.split(" \\| ");
            String[] words = parts[0].split(" ");
            A64Forms.Form form = forms.get(words[0]);
            assertTrue(form != null, line);
            seen.add(words[0]);
            A64Assembler direct = A64Assembler.create("direct", ORIGIN, 0);
            form.emitter().emit(direct, operands(words));
            direct.finish();
            List<String> hex = new ArrayList<>();
            ByteBuffer code = ByteBuffer.wrap(direct.bytes()).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < direct.position(); i += 4) {
                hex.add(String.format("%08x", code.getInt(i)));
            }
            assertEquals(parts[1], String.join(" ", hex), line);
            Text text = new Text();
            form.emitter().emit(text, operands(words));
            text.finish();
            assertEquals(direct.position(), text.position(), line);
            String shown = text.text().substring(text.text().indexOf('\n') + 1).strip();
            assertEquals(parts[2], shown.replaceAll("\n\\s*", " ; ").replace('\t', ' '), line);
        }
        assertEquals(forms.keySet(), seen);
    }

    @Test
    void masksAreExactlyTheManualsImmediates() {
        // 64 bits: for each width w, (w − 1) runs × w rotations.
        assertEquals(2 + 12 + 56 + 240 + 992 + 4032, A64Forms.masks(8).length);
        assertEquals(A64Forms.masks(8).length,
                java.util.Arrays.stream(A64Forms.masks(8)).distinct().filter(v -> A64Assembler.isLogicImm(8, v))
                        .count());
        Set<Long> all = new HashSet<>();
        for (long v : A64Forms.masks(8)) {
            all.add(v);
        }
        java.util.Random random = new java.util.Random(1);
        for (int i = 0; i < 200_000; i++) {
            long v = switch (i & 3) {
                case 0 -> i;
                case 1 -> random.nextLong();
                case 2 -> ~(long) i << (i >>> 3 & 63);
                default -> 0x1_0001_0001_0001L * (i & 0xffff);
            };
            assertEquals(all.contains(v), A64Assembler.isLogicImm(8, v), Long.toHexString(v));
        }
        for (int v = 0; v < 0x2_0000; v++) {
            long twice = v | (long) v << 32;
            assertEquals(all.contains(twice), A64Assembler.isLogicImm(4, v), Integer.toHexString(v));
        }
    }

    @Test
    void rowsCheckThemselves() {
        assertThrows(IllegalArgumentException.class, () -> Bits.parse("sf 0 0 01011 shift 0 Rm imm6 Rn"));
        assertThrows(IllegalArgumentException.class, () -> Bits.parse("sf 0 0 01011 shift Rm 0 imm6 Rn Rd"));
        assertThrows(IllegalArgumentException.class, () -> Bits.parse("sf 0 0 01011 shift 0 Rq imm6 Rn Rd"));
    }

    private static void refused(java.util.function.Consumer<A64Assembler> emit) {
        A64Assembler a = A64Assembler.create("direct", ORIGIN, 0);
        assertThrows(IllegalArgumentException.class, () -> emit.accept(a));
    }

    @Test
    void operandsThatDoNotFitAreRefused() {
        refused(a -> a.aluImm(A64Assembler.AluImm.ADD, 8, 0, 0, 4096, false));
        refused(a -> a.aluImm(A64Assembler.AluImm.ADD, 8, 0, 0, -1, false));
        refused(a -> a.alu(A64Assembler.Alu.ADD, 4, 0, 0, 0, A64Assembler.Shift.LSL, 32));
        refused(a -> a.alu(A64Assembler.Alu.SUBS, 8, 0, 0, 0, A64Assembler.Shift.ROR, 1));
        refused(a -> a.aluExt(A64Assembler.AluExt.ADD, 8, 0, 0, 0, A64Assembler.Extend.UXTW, 5));
        refused(a -> a.logicImm(A64Assembler.LogicImm.AND, 8, 0, 0, 5));
        refused(a -> a.wide(A64Assembler.Wide.MOVZ, 8, 0, 0x1_0000, 0));
        refused(a -> a.wide(A64Assembler.Wide.MOVZ, 4, 0, 1, 2));
        refused(a -> a.field(A64Assembler.Field.UBFM, 4, 0, 0, 32, 0));
        refused(a -> a.field(A64Assembler.Field.UBFM, 4, 0, 0, 0, 32));
        refused(a -> a.extr(4, 0, 0, 0, 32));
        refused(a -> a.mem(A64Assembler.Mem.LDRX, 0, 0, 4));
        refused(a -> a.mem(A64Assembler.Mem.LDRX, 0, 0, 32768));
        refused(a -> a.mem(A64Assembler.Mem.LDRB, 0, 0, -1));
        refused(a -> a.memUnscaled(A64Assembler.Mem.LDRB, 0, 0, 256));
        refused(a -> a.pair(A64Assembler.Pair.LDP, 0, 1, 0, 512));
        refused(a -> a.pair(A64Assembler.Pair.LDP, 0, 1, 0, 4));
        refused(a -> a.testBit(A64Assembler.TestBit.TBZ, 0, 64, a.newLabel()));
        refused(a -> a.vecExt(0, 0, 0, 16));
        refused(a -> a.vecDup(0, 0, 16));
        refused(a -> a.vecMovi(0, 256));
        refused(a -> a.storeVector(0, 0, 4));
    }

    /** The farthest words a branch reaches, and one word more. */
    @Test
    void branchesReachAsFarAsTheManualSays() {
        for (int words : new int[]{0x1fff, 0x2000}) {
            reach(words, words <= 0x1fff, (a, l) -> a.testBit(A64Assembler.TestBit.TBZ, 0, 0, l));
        }
        for (int words : new int[]{0x3_ffff, 0x4_0000}) {
            reach(words, words <= 0x3_ffff, (a, l) -> a.branch(A64Assembler.Cond.EQ, l));
            reach(words, words <= 0x3_ffff, (a, l) -> a.zero(A64Assembler.Zero.CBZ, 8, 0, l));
            reach(words, words <= 0x3_ffff, (a, l) -> a.adr(0, l));
        }
        A64Assembler a = A64Assembler.create("direct", ORIGIN, 0);
        a.jumpNear(A64Assembler.Jump.B, ORIGIN + (1 << 27) - 4);
        assertThrows(IllegalStateException.class, () -> a.jumpNear(A64Assembler.Jump.B, ORIGIN + 4 + (1 << 27)));
        assertThrows(IllegalStateException.class, () -> a.jumpNear(A64Assembler.Jump.B, ORIGIN + 2));
        assertThrows(IllegalStateException.class, () -> a.jumpNear(A64Assembler.Jump.B, ORIGIN + (1L << 34)));
    }

    private static void reach(int words, boolean ok, java.util.function.ObjIntConsumer<A64Assembler> branch) {
        A64Assembler a = A64Assembler.create("direct", ORIGIN, 4 * words);
        int label = a.newLabel();
        branch.accept(a, label);
        for (int i = 1; i < words; i++) {
            a.plain(A64Assembler.Plain.NOP);
        }
        a.bind(label);
        if (ok) {
            a.finish();
        } else {
            assertThrows(IllegalStateException.class, a::finish);
        }
    }

    @Test
    void labelsAreBoundOnce() {
        A64Assembler a = A64Assembler.create("direct", ORIGIN, 0);
        int label = a.newLabel();
        a.jump(A64Assembler.Jump.B, label);
        assertThrows(IllegalStateException.class, a::finish);
        a.bind(label);
        assertThrows(IllegalStateException.class, () -> a.bind(label));
        a.finish();
        assertArrayEquals(new byte[]{1, 0, 0, 0x14}, java.util.Arrays.copyOf(a.bytes(), 4));
    }

    @Test
    void anUnknownAssemblerIsNamed() {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class,
                () -> A64Assembler.create("nonesuch", 0, 0));
        assertTrue(e.getMessage().contains("nonesuch") && e.getMessage().contains(Target.AARCH64.label()),
                e.getMessage());
    }
}
