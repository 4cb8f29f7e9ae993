import dev.rivet.CallOptions;
import dev.rivet.Engine;
import dev.rivet.Instance;
import dev.rivet.InstanceOptions;
import dev.rivet.LinuxHost;
import dev.rivet.Outcome;
import dev.rivet.Program;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/**
 * Runs a zkVM-style guest, an RV64IM file with 31 registers, natively before anybody spends minutes on a proof: the input
 * comes on stdin, what it commits to on stdout, and the gas counts its instructions.
 */
public final class ZkGuest {
    private ZkGuest() {
    }

    private static InputStream input(int transfers) {
        ByteBuffer input = ByteBuffer.allocate(4 + 4 * transfers).order(ByteOrder.LITTLE_ENDIAN).putInt(transfers);
        Random random = new Random(1);
        for (int i = 0; i < transfers; i++) {
            input.put((byte) random.nextInt()).put((byte) random.nextInt()).putShort((short) random.nextInt(2000));
        }
        return new ByteArrayInputStream(input.array());
    }

    /** Runs it on both engines; the number of transfers may be given. */
    public static void main(String[] args) throws Exception {
        int transfers = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
        for (Engine.Kind kind : new Engine.Kind[]{Engine.Kind.AUTO, Engine.Kind.INTERPRETER}) {
            ByteArrayOutputStream committed = new ByteArrayOutputStream();
            try (Engine engine = Engine.builder().kind(kind).build();
                    Program program = engine.load(Path.of("examples", "ledger.elf"));
                    Instance instance = program.instantiate(InstanceOptions.defaults()
                            .withHost(LinuxHost.functions(input(transfers), committed, System.err)))) {
                long start = System.nanoTime();
                Outcome outcome = instance.run(CallOptions.ofGas(1L << 40), List.of("ledger"), List.of());
                long micros = (System.nanoTime() - start) / 1000;
                System.out.print(committed.toString(StandardCharsets.UTF_8));
                System.out.printf("%s: %s, %,d instructions, %,d µs%n", engine.label(), outcome.message(),
                        outcome.gasUsed(), micros);
            }
        }
    }
}
