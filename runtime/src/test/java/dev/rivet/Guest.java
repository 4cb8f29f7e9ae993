package dev.rivet;

import dev.rivet.frontend.Rv;
import dev.rivet.ir.Op;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes small static RISC-V programs for tests: one text, one writable segment, labels that are function symbols. */
final class Guest {
    static final int TEXT = 0x10000;
    static final int DATA = 0x20000;
    static final int RVC = 1;
    static final int RVE = 8;
    static final int ZERO = 0, RA = 1, SP = 2, GP = 3, TP = 4, T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9, A0 = 10, A1 = 11,
            A2 = 12, A3 = 13, A4 = 14, A5 = 15, A7 = 17;

    private record Fix(int at, Op op, int rd, int rs1, int rs2, String label) {
    }

    final int xlen;
    private final int flags;
    private final ByteArrayOutputStream text = new ByteArrayOutputStream();
    private final Map<String, Integer> labels = new LinkedHashMap<>();
    private final List<Fix> fixes = new ArrayList<>();
    private int split; // offset of a second executable segment, 0 for none
    private int dataRights = 6;
    private byte[] data = new byte[0];
    private int dataSize = 4096;

    Guest(int xlen, int flags) {
        this.xlen = xlen;
        this.flags = flags;
    }

    /** An RV64I program without compressed instructions. */
    static Guest rv64() {
        return new Guest(64, 0);
    }

    int here() {
        return TEXT + text.size();
    }

    Guest label(String name) {
        labels.put(name, here());
        return this;
    }

    int address(String label) {
        return labels.get(label);
    }

    Guest op(Op op, int rd, int rs1, int rs2, int imm) {
        return word(Rv.of(op, xlen).encode(rd, rs1, rs2, imm));
    }

    Guest r(Op op, int rd, int rs1, int rs2) {
        return op(op, rd, rs1, rs2, 0);
    }

    Guest i(Op op, int rd, int rs1, int imm) {
        return op(op, rd, rs1, 0, imm);
    }

    Guest store(Op op, int rs2, int imm, int rs1) {
        return op(op, 0, rs1, rs2, imm);
    }

    /** A 32-bit constant: two instructions, always. */
    Guest li(int rd, int value) {
        int low = value << 20 >> 20;
        op(Op.LUI, rd, 0, 0, value - low);
        return i(xlen == 64 ? Op.ADDIW : Op.ADDI, rd, rd, low);
    }

    Guest nop() {
        return i(Op.ADDI, 0, 0, 0);
    }

    Guest ecall(int number) {
        i(Op.ADDI, (flags & RVE) != 0 ? T0 : A7, 0, number);
        return op(Op.ECALL, 0, 0, 0, 0);
    }

    Guest ret() {
        return i(Op.JALR, 0, RA, 0);
    }

    Guest branch(Op op, int rs1, int rs2, String label) {
        fixes.add(new Fix(text.size(), op, 0, rs1, rs2, label));
        return word(0);
    }

    Guest jal(int rd, String label) {
        fixes.add(new Fix(text.size(), Op.JAL, rd, 0, 0, label));
        return word(0);
    }

    Guest word(int bits) {
        return half(bits).half(bits >>> 16);
    }

    Guest half(int bits) {
        text.write(bits);
        text.write(bits >>> 8);
        return this;
    }

    Guest data(byte[] bytes, int size) {
        data = bytes.clone();
        dataSize = size;
        return this;
    }

    /** What follows lies in an executable segment of its own, right behind the one so far. */
    Guest split() {
        split = text.size();
        return this;
    }

    /** Rights of the data segment instead of read and write. */
    Guest dataRights(int rights) {
        dataRights = rights;
        return this;
    }

    byte[] elf() {
        byte[] code = text.toByteArray();
        ByteBuffer patch = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        for (Fix f : fixes) {
            int distance = labels.get(f.label) - (TEXT + f.at);
            patch.putInt(f.at, Rv.of(f.op, xlen).encode(f.rd, f.rs1, f.rs2, distance));
        }
        boolean wide = xlen == 64;
        int headers = 0x1000;
        int dataAt = (headers + code.length + 0xfff) & -0x1000;
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        strings.write(0);
        int symbolSize = wide ? 24 : 16;
        ByteBuffer symbols = ByteBuffer.allocate(symbolSize * (labels.size() + 1)).order(ByteOrder.LITTLE_ENDIAN);
        symbols.position(symbolSize);
        labels.forEach((name, at) -> {
            int offset = strings.size();
            strings.writeBytes((name + "\0").getBytes(StandardCharsets.UTF_8));
            symbols.putInt(offset);
            if (wide) {
                symbols.put((byte) 0x12).put((byte) 0).putShort((short) 1).putLong(at).putLong(0);
            } else {
                symbols.putInt(at).putInt(0).put((byte) 0x12).put((byte) 0).putShort((short) 1);
            }
        });
        int symbolsAt = dataAt + data.length + 15 & -16;
        int stringsAt = symbolsAt + symbols.capacity();
        int sectionsAt = stringsAt + strings.size() + 15 & -16;
        int sectionSize = wide ? 64 : 40;
        ByteBuffer b = ByteBuffer.allocate(sectionsAt + 4 * sectionSize).order(ByteOrder.LITTLE_ENDIAN);
        b.put(new byte[]{0x7f, 'E', 'L', 'F', (byte) (wide ? 2 : 1), 1, 1}).position(16);
        b.putShort((short) 2).putShort((short) 243).putInt(1);
        cell(b, labels.getOrDefault("_start", TEXT));
        cell(b, wide ? 64 : 52);
        cell(b, sectionsAt);
        b.putInt(flags).putShort((short) (wide ? 64 : 52)).putShort((short) (wide ? 56 : 32)).putShort((short) 3)
                .putShort((short) sectionSize).putShort((short) 4).putShort((short) 3);
        int cut = split == 0 ? code.length : split;
        segment(b, 5, headers, TEXT, cut, cut);
        segment(b, 5, headers + cut, TEXT + cut, code.length - cut, code.length - cut); // nothing when empty
        segment(b, dataRights, dataAt, DATA, data.length, dataSize);
        b.position(headers).put(code).position(dataAt).put(data);
        b.position(symbolsAt).put(symbols.array()).put(strings.toByteArray());
        b.position(sectionsAt + sectionSize);
        section(b, 1, 0, TEXT, headers, code.length, 0, 0, 0); // text: PROGBITS
        section(b, 2, 0, 0, symbolsAt, symbols.capacity(), 3, 1, symbolSize);
        section(b, 3, 0, 0, stringsAt, strings.size(), 0, 0, 0);
        return b.array();
    }

    private void section(ByteBuffer b, int type, int name, int address, int offset, int size, int link, int info,
            int entry) {
        b.putInt(name).putInt(type);
        cell(b, type == 1 ? 6 : 0);
        cell(b, address);
        cell(b, offset);
        cell(b, size);
        b.putInt(link).putInt(info);
        cell(b, 1);
        cell(b, entry);
    }

    private void segment(ByteBuffer b, int rights, int offset, int address, int fileSize, int size) {
        b.putInt(1);
        if (xlen == 64) {
            b.putInt(rights);
        }
        cell(b, offset);
        cell(b, address);
        cell(b, address);
        cell(b, fileSize);
        cell(b, size);
        if (xlen == 32) {
            b.putInt(rights);
        }
        cell(b, 0x1000);
    }

    private void cell(ByteBuffer b, int value) {
        if (xlen == 64) {
            b.putLong(Integer.toUnsignedLong(value));
        } else {
            b.putInt(value);
        }
    }
}
