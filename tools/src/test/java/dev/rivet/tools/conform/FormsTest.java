package dev.rivet.tools.conform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rivet.ir.Op;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FormsTest {
    /** PACK and PACKW with rs2 = x0 are ZEXT_H: the only words that two rows may share. */
    @Test
    void everyOperationHasAWordOfItsOwn() {
        for (int xlen : new int[]{32, 64}) {
            Map<Integer, Op> seen = new HashMap<>();
            for (Op op : Op.values()) {
                Forms.Form form = Forms.of(op);
                if (op == Op.ILLEGAL || op == Op.END) {
                    assertNull(form);
                    continue;
                }
                assertNotNull(form, op.name());
                if (form.on(xlen) && op != Op.ZEXT_H) {
                    assertNull(seen.put(form.word(xlen), op), op.name());
                }
            }
            // Forty word operations are RV64 only, zip and unzip RV32 only; two marks and zext.h are not counted.
            assertEquals(Op.count() - (xlen == 32 ? 43 : 5), seen.size());
        }
    }

    @Test
    void constantsOfEverySizeAssemble() {
        for (int xlen : new int[]{32, 64}) {
            for (long v : Vectors.values(xlen, 200)) {
                Asm asm = new Asm(xlen, 0x10000).li(5, v);
                assertEquals(v, evaluate(asm.bytes(), xlen), Long.toHexString(v));
            }
        }
    }

    private static long evaluate(byte[] bytes, int xlen) {
        long x = 0;
        for (int i = 0; i < bytes.length; i += 4) {
            int w = bytes[i] & 255 | (bytes[i + 1] & 255) << 8 | (bytes[i + 2] & 255) << 16 | bytes[i + 3] << 24;
            long from = (w >>> 15 & 31) == 0 ? 0 : x;
            x = switch (w & 0x707f) {
                case 0x13 -> Manual.result(Op.ADDI, xlen, from, w >> 20, 0);
                case 0x1b -> Manual.result(Op.ADDIW, xlen, from, w >> 20, 0);
                case 0x1013 -> Manual.result(Op.SLLI, xlen, from, w >>> 20, 0);
                default -> {
                    assertEquals(0x37, w & 0x7f);
                    yield w & 0xfffff000;
                }
            };
        }
        return x;
    }
}
