package dev.rivet.tools;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Rv;
import dev.rivet.frontend.Sweep;
import dev.rivet.ir.Backend;
import dev.rivet.ir.Code;
import dev.rivet.ir.CostModel;
import dev.rivet.ir.Metering;
import dev.rivet.ir.Target;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code rivet bench translate}: nanoseconds an instruction of decoding and of translating made-up RV64E text of several
 * sizes, the first time in this JVM and warm. The mix is that of compiled C: 45 % arithmetic, 27 % loads and stores, 16 %
 * branches, the rest calls, returns and constants.
 */
@Command(name = "translate", description = "Nanoseconds an instruction of decoding and of translating made-up programs.")
final class TranslateBench implements Callable<Integer> {
    private static final int[] SIZES = {1_000, 10_000, 100_000, 500_000};
    private static final long START = 0x10000;

    @Option(names = "--metering", paramLabel = "none|sync|fpu|async", defaultValue = "sync", //
            description = "How gas is counted (default: ${DEFAULT-VALUE}).")
    private String metering;
    @Option(names = "--runs", paramLabel = "N", defaultValue = "7", //
            description = "Runs a median is taken of (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Override
    public Integer call() {
        Metering mode = Choice.metering(metering);
        if (runs < 1) {
            throw new Failure(Status.USAGE, "--runs must be at least 1");
        }
        for (Backend backend : ServiceLoader.load(Backend.class, TranslateBench.class.getClassLoader())) {
            if (backend.target() == Target.host()) {
                run(backend, mode, runs);
                return Status.OK;
            }
        }
        throw new Failure(Status.HOST_LACKS, "there is no translator for this host's architecture");
    }

    private static void run(Backend backend, Metering metering, int runs) {
        System.out.printf(Locale.ROOT, "%12s %14s %14s %14s %14s %12s%n", "instructions", "decode first",
                "translate first",
                "decode warm", "translate warm", "host bytes");
        Backend.Options options = new Backend.Options(metering, CostModel.UNIT);
        for (int size : SIZES) {
            ElfFile file = ElfFile.flat(64, true, false, START, text(size, 1));
            double[] decode = new double[runs + 1];
            double[] translate = new double[runs + 1];
            int bytes = 0;
            int warmUp = Math.max(1, 2_000_000 / size); // so that small programs are compiled by the JVM, too
            for (int r = 0; r <= runs; r++) {
                for (int w = 0; w < (r == 1 ? warmUp : 1); w++) {
                    long a = System.nanoTime();
                    Code code = Sweep.of(file);
                    long b = System.nanoTime();
                    bytes = backend.translate(code, options).length;
                    long c = System.nanoTime();
                    decode[r] = (b - a) / (double) size;
                    translate[r] = (c - b) / (double) size;
                }
            }
            System.out.printf(Locale.ROOT, "%12d %14.1f %14.1f %14.1f %14.1f %12d%n", size, decode[0], translate[0],
                    median(decode), median(translate), bytes);
        }
        System.out.println("nanoseconds an instruction; the first lines warm the JVM for those below");
    }

    private static double median(double[] all) {
        double[] warm = Arrays.copyOfRange(all, 1, all.length);
        Arrays.sort(warm);
        return warm[warm.length / 2];
    }

    /** The same text for the same seed. */
    private static byte[] text(int size, long seed) {
        Random random = new Random(seed);
        ByteBuffer text = ByteBuffer.allocate(size * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            text.putInt(word(random, i, size));
        }
        return text.array();
    }

    private static int word(Random random, int i, int size) {
        int rd = 1 + random.nextInt(15);
        int rs1 = random.nextInt(16);
        int rs2 = random.nextInt(16);
        int imm = random.nextInt(4096) - 2048;
        int kind = random.nextInt(100);
        int near = Math.clamp(i + random.nextInt(65) - 32L, 0, size - 1) - i;
        int far = Math.clamp(i + random.nextInt(20001) - 10000L, 0, size - 1) - i;
        if (kind < 15) {
            return Rv.ADDI.encode(rd, rs1, 0, imm);
        } else if (kind < 25) {
            return Rv.ADD.encode(rd, rs1, rs2, 0);
        } else if (kind < 32) {
            return Rv.ADDW.encode(rd, rs1, rs2, 0);
        } else if (kind < 37) {
            return Rv.SLLI.encode(rd, rs1, 0, imm & 63);
        } else if (kind < 41) {
            return Rv.XOR.encode(rd, rs1, rs2, 0);
        } else if (kind < 45) {
            return Rv.ANDI.encode(rd, rs1, 0, imm);
        } else if (kind < 55) {
            return Rv.LD.encode(rd, rs1, 0, imm & -8);
        } else if (kind < 62) {
            return Rv.LW.encode(rd, rs1, 0, imm & -4);
        } else if (kind < 72) {
            return Rv.SD.encode(0, rs1, rs2, imm & -8);
        } else if (kind < 80) {
            return Rv.BNE.encode(0, rs1, rs2, near * 4);
        } else if (kind < 88) {
            return Rv.BLTU.encode(0, rs1, rs2, near * 4);
        } else if (kind < 92) {
            return Rv.JAL.encode(1, 0, 0, far * 4);
        } else if (kind < 94) {
            return Rv.JAL.encode(0, 0, 0, near * 4);
        } else if (kind < 96) {
            return Rv.JALR.encode(0, 1, 0, 0);
        } else if (kind < 98) {
            return Rv.LUI.encode(rd, 0, 0, imm << 12);
        }
        return Rv.MUL.encode(rd, rs1, rs2, 0);
    }
}
