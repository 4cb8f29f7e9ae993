package dev.rivet.tools;

import dev.rivet.frontend.ElfFile;
import dev.rivet.frontend.Rv;
import dev.rivet.frontend.Segment;
import dev.rivet.ir.Op;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/** The texts that {@code rivet bench translate} decodes and translates; each a function of its arguments alone. */
final class TranslateInputs {
    private static final long START = 0x10000;
    private static final int C_NOP = 0x0001;
    private static final int C_BRANCH = 0xc011; // c.beqz a0, 4

    private TranslateInputs() {
    }

    /** Those programs that are of the same ISA as the first. */
    static List<Path> alike(List<Path> programs) {
        return programs.stream().filter(p -> sameIsa(Input.elf(p), Input.elf(programs.get(0)))).toList();
    }

    private static boolean sameIsa(ElfFile a, ElfFile b) {
        return a.xlen() == b.xlen() && a.embedded() == b.embedded() && a.compressed() == b.compressed();
    }

    /** The text of programs, over and over, one behind the other, until there are this many bytes. */
    static ElfFile repeated(List<Path> programs, int bytes) {
        ByteArrayOutputStream text = new ByteArrayOutputStream(bytes);
        ElfFile first = null;
        List<ElfFile> files = programs.stream().map(Input::elf).toList();
        for (int i = 0; text.size() < bytes; i++) {
            ElfFile file = files.get(i % files.size());
            first = first == null ? file : first;
            if (!sameIsa(file, first)) {
                throw new Failure(Status.USAGE, programs.get(i % files.size()) + ": is of another ISA than "
                        + programs.get(0));
            }
            for (Segment s : file.segments()) {
                if (s.executable()) {
                    text.write(s.image(), s.offset(), s.length());
                }
            }
        }
        return ElfFile.flat(first.xlen(), first.embedded(), first.compressed(), START,
                Arrays.copyOf(text.toByteArray(), bytes));
    }

    /** Programs of this many bytes that are as bad for a translator as can be, by name. */
    static Map<String, ElfFile> adversarial(int bytes) {
        Map<String, ElfFile> all = new LinkedHashMap<>();
        all.put("zeros", words(bytes, i -> 0));
        all.put("illegal words", words(bytes, i -> 0xffff_ffff));
        all.put("illegal halves", halves(bytes, i -> 0));
        all.put("two-byte instructions", halves(bytes, i -> C_NOP));
        all.put("two-byte branches", halves(bytes, i -> C_BRANCH));
        all.put("branches to the next", words(bytes, i -> Rv.BLTU.encode(0, 3, 4, 4)));
        all.put("branches far", words(bytes, i -> Rv.BLTU.encode(0, 3, 4, i * 7919 % 2048 - 1024 << 1 & -4)));
        all.put("branches to nowhere", words(bytes, i -> Rv.BLTU.encode(0, 3, 4, 2)));
        all.put("calls", words(bytes, i -> Rv.JAL.encode(1, 0, 0, (i * 7919 % 4096 - 2048) * 4)));
        all.put("returns", words(bytes, i -> Rv.JALR.encode(0, 1, 0, 0)));
        all.put("jump tables", words(bytes, i -> Rv.JALR.encode(3, 4, 0, -2048)));
        all.put("constants", words(bytes, i -> i % 2 == 0
                ? Rv.LUI.encode(3, 0, 0, 0x8765_4000)
                : Rv.ADDI.encode(3, 3, 0, -1)));
        all.put("divisions", words(bytes, i -> Rv.DIV.encode(3, 4, 3, 0)));
        all.put("store conditional", words(bytes, i -> Rv.SC_D.encode(3, 4, 3, 0)));
        all.put("atomics", words(bytes, i -> Rv.AMOMAXU_D.encode(3, 4, 3, 0)));
        all.put("permutations", words(bytes, i -> Rv.XPERM4.encode(3, 4, 3, 0)));
        all.put("each operation", words(bytes, TranslateInputs::any));
        return all;
    }

    /** Arithmetic on registers that live in memory, one operation after the other. */
    private static int any(int i) {
        Rv[] rows = Rv.values();
        Rv row = rows[i % rows.length];
        while (row.only == 32 || row.op.kind != Op.Kind.ALU) {
            row = rows[(row.ordinal() + 1) % rows.length];
        }
        for (int fields = 0; fields < 8; fields++) {
            try {
                return row.encode(3, 4, (fields & 1) == 0 ? 3 : 0, fields < 4 ? fields >> 1 : 0x8765_4000);
            } catch (IllegalArgumentException otherFields) {
                continue;
            }
        }
        return row.encode(3, 0, 0, 0x8765_4000);
    }

    private static ElfFile words(int bytes, IntUnaryOperator word) {
        ByteBuffer text = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; text.remaining() >= 4; i++) {
            text.putInt(word.applyAsInt(i));
        }
        return ElfFile.flat(64, true, false, START, text.array());
    }

    private static ElfFile halves(int bytes, IntUnaryOperator half) {
        ByteBuffer text = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; text.remaining() >= 2; i++) {
            text.putShort((short) half.applyAsInt(i));
        }
        return ElfFile.flat(64, true, true, START, text.array());
    }

    /**
     * RV64E text with the mix of compiled C: 45 % arithmetic, 27 % loads and stores, 16 % branches, the rest calls, returns
     * and constants. Registers and immediates are random, so it has less to guess from than real code.
     */
    static ElfFile madeUp(int size) {
        Random random = new Random(1);
        ByteBuffer text = ByteBuffer.allocate(size * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < size; i++) {
            text.putInt(word(random, i, size));
        }
        return ElfFile.flat(64, true, false, START, text.array());
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
