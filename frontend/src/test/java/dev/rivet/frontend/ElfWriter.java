package dev.rivet.frontend;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes small ELF files for tests, as right or as wrong as asked: every field can be set after the fact. */
final class ElfWriter {
    private record Header(int type, int flags, long address, byte[] bytes, long memory) {
    }

    private record Symbol(String name, long address, long size, int type, int section) {
    }

    private final boolean wide;
    private final int flags;
    private final long entry;
    private final List<Header> headers = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();
    private final List<String> sectionNames = new ArrayList<>();
    private final List<byte[]> sectionBytes = new ArrayList<>();

    ElfWriter(int xlen, int flags, long entry) {
        wide = xlen == 64;
        this.flags = flags;
        this.entry = entry;
    }

    /** The smallest program: one executable segment of two instructions, one writable segment. */
    static ElfWriter minimal(int xlen) {
        return new ElfWriter(xlen, 8, 0x10000).load(5, 0x10000, words(0x00100513, 0x00000073), 8) // addi a0, zero, 1; ecall
                .load(6, 0x12000, new byte[]{1, 2, 3}, 0x2000);
    }

    static byte[] words(int... words) {
        ByteBuffer b = ByteBuffer.allocate(words.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int w : words) {
            b.putInt(w);
        }
        return b.array();
    }

    ElfWriter load(int flags, long address, byte[] bytes, long memory) {
        return header(1, flags, address, bytes, memory);
    }

    ElfWriter header(int type, int flags, long address, byte[] bytes, long memory) {
        headers.add(new Header(type, flags, address, bytes, memory));
        return this;
    }

    /** type: 0 none, 1 object, 2 function. */
    ElfWriter symbol(String name, long address, long size, int type) {
        symbols.add(new Symbol(name, address, size, type, 1));
        return this;
    }

    ElfWriter undefined(String name) {
        symbols.add(new Symbol(name, 0, 0, 2, 0));
        return this;
    }

    ElfWriter section(String name, byte[] bytes) {
        sectionNames.add(name);
        sectionBytes.add(bytes);
        return this;
    }

    /** Offset of program header n. */
    int headerAt(int n) {
        return wide ? 64 + 56 * n : 52 + 32 * n;
    }

    byte[] write() {
        int start = headerAt(headers.size());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        ByteBuffer table = ByteBuffer.allocate(start).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < headers.size(); i++) {
            Header h = headers.get(i);
            table.position(headerAt(i));
            table.putInt(h.type);
            if (wide) {
                table.putInt(h.flags).putLong(start + body.size()).putLong(h.address).putLong(h.address)
                        .putLong(h.bytes.length).putLong(h.memory).putLong(4096);
            } else {
                table.putInt(start + body.size()).putInt((int) h.address).putInt((int) h.address).putInt(h.bytes.length)
                        .putInt((int) h.memory).putInt(h.flags).putInt(4096);
            }
            body.writeBytes(h.bytes);
        }
        long sections = 0;
        int count = 0;
        if (!symbols.isEmpty() || !sectionNames.isEmpty()) {
            count = 4 + sectionNames.size();
            sections = sections(start, body);
        }
        table.position(0);
        table.putInt(0x464c457f).put((byte) (wide ? 2 : 1)).put((byte) 1).put((byte) 1).position(16);
        table.putShort((short) 2).putShort((short) 243).putInt(1);
        if (wide) {
            table.putLong(entry).putLong(64).putLong(sections);
        } else {
            table.putInt((int) entry).putInt(52).putInt((int) sections);
        }
        table.putInt(flags).putShort((short) (wide ? 64 : 52)).putShort((short) (wide ? 56 : 32))
                .putShort((short) headers.size()).putShort((short) (wide ? 64 : 40)).putShort((short) count)
                .putShort((short) (count == 0 ? 0 : 3));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(table.array());
        file.writeBytes(body.toByteArray());
        return file.toByteArray();
    }

    /** Section 0 null, 1 symbols, 2 their strings, 3 names of sections, then the others. */
    private long sections(int start, ByteArrayOutputStream body) {
        ByteArrayOutputStream strings = new ByteArrayOutputStream();
        strings.write(0);
        ByteBuffer syms = ByteBuffer.allocate((symbols.size() + 1) * (wide ? 24 : 16)).order(ByteOrder.LITTLE_ENDIAN);
        syms.position(wide ? 24 : 16);
        for (Symbol s : symbols) {
            syms.putInt(strings.size());
            if (wide) {
                syms.put((byte) s.type).put((byte) 0).putShort((short) s.section).putLong(s.address).putLong(s.size);
            } else {
                syms.putInt((int) s.address).putInt((int) s.size).put((byte) s.type).put((byte) 0)
                        .putShort((short) s.section);
            }
            strings.writeBytes((s.name + "\0").getBytes(StandardCharsets.UTF_8));
        }
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        names.writeBytes("\0.symtab\0.strtab\0.shstrtab\0".getBytes(StandardCharsets.UTF_8));
        List<byte[]> contents = new ArrayList<>(List.of(syms.array(), strings.toByteArray(), new byte[0]));
        List<Integer> nameAt = new ArrayList<>(List.of(1, 9, 17));
        for (int i = 0; i < sectionNames.size(); i++) {
            nameAt.add(names.size());
            names.writeBytes((sectionNames.get(i) + "\0").getBytes(StandardCharsets.UTF_8));
            contents.add(sectionBytes.get(i));
        }
        contents.set(2, names.toByteArray());
        int[] type = {2, 3, 3};
        ByteBuffer table = ByteBuffer.allocate((contents.size() + 1) * (wide ? 64 : 40)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < contents.size(); i++) {
            table.position((i + 1) * (wide ? 64 : 40));
            int offset = start + body.size();
            int size = contents.get(i).length;
            table.putInt(nameAt.get(i)).putInt(i < 3 ? type[i] : 1);
            if (wide) {
                table.putLong(0).putLong(0).putLong(offset).putLong(size).putInt(i == 0 ? 2 : 0);
            } else {
                table.putInt(0).putInt(0).putInt(offset).putInt(size).putInt(i == 0 ? 2 : 0);
            }
            body.writeBytes(contents.get(i));
        }
        long at = start + body.size();
        body.writeBytes(table.array());
        return at;
    }
}
