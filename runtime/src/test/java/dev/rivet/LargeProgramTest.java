package dev.rivet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs that are made to cost memory: a limit that is the same everywhere, and one line where the heap is too small. */
class LargeProgramTest {
    private static final int XPERM4 = 0b0010100 << 25 | 12 << 20 | 11 << 15 | 2 << 12 | 10 << 7 | 0x33;

    /** A file for RV64E with nothing but one expensive instruction. */
    private static byte[] bomb(int bytes) {
        ByteBuffer elf = ByteBuffer.allocate(0x1000 + bytes).order(ByteOrder.LITTLE_ENDIAN);
        elf.put(new byte[]{0x7f, 'E', 'L', 'F', 2, 1, 1}).position(16);
        elf.putShort((short) 2).putShort((short) 243).putInt(1).putLong(0x10000).putLong(64).putLong(0).putInt(8);
        elf.putShort((short) 64).putShort((short) 56).putShort((short) 1).putShort((short) 64).putInt(0);
        elf.putInt(1).putInt(5).putLong(0x1000).putLong(0x10000).putLong(0x10000).putLong(bytes).putLong(bytes);
        elf.putLong(0x1000).position(0x1000);
        while (elf.hasRemaining()) {
            elf.putInt(XPERM4);
        }
        return elf.array();
    }

    @Test
    void limit() {
        try (Engine engine = Engine.builder().kind(Engine.Kind.INTERPRETER).maxCode(8192).build()) {
            engine.load(bomb(8192), "fits").close();
            assertEquals(
                    "bomb: 8196 bytes of code are more than 8192, this engine's maxCode; make the program smaller: "
                            + "-Os, -Wl,--gc-sections",
                    assertThrows(BadProgramException.class, () -> engine.load(bomb(8196), "bomb")).getMessage());
        }
        for (long wrong : new long[]{0, -1, (32 << 20) + 1, Long.MAX_VALUE}) {
            assertEquals("maxCode is " + wrong + "; it must be from 1 to 33554432",
                    assertThrows(IllegalArgumentException.class, () -> Engine.builder().maxCode(wrong)).getMessage());
        }
    }

    /** Loads what does not fit, translates what fits as a program but not as code, and goes on with a small one. */
    static final class SmallHeap {
        public static void main(String[] args) {
            try (Engine engine = Engine.builder().kind(Engine.Kind.NATIVE).sandbox(Engine.Sandbox.RELAXED).build()) {
                say(engine, bomb(30 << 20));
                say(engine, bomb(3 << 20));
                say(engine, bomb(64));
            }
        }

        private static void say(Engine engine, byte[] elf) {
            try (Program p = engine.load(elf, "it");
                    Instance i = p.instantiate(InstanceOptions.defaults())) {
                System.out.println(i.call(CallOptions.ofGas(4), p.entry()).getClass().getSimpleName());
            } catch (RivetException e) {
                System.out.println(e.getClass().getSimpleName() + " " + e.getMessage());
            }
        }
    }

    @Test
    void smallHeap() throws Exception {
        Process jvm = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
                "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                SmallHeap.class.getName()).redirectErrorStream(true).start();
        List<String> lines = jvm.inputReader().lines().toList();
        assertEquals(0, jvm.waitFor(), lines.toString());
        assertEquals(3, lines.size(), lines.toString());
        for (String line : lines.subList(0, 2)) {
            assertTrue(line
                    .matches("UnsupportedHostException it: this JVM's heap of 12[0-9] MiB is too small for a program"
                            + " of [0-9]+ bytes; raise -Xmx, or lower the engine's maxCode"),
                    line);
        }
        assertEquals("OutOfGas", lines.get(2));
    }
}
