/* Byte copies and matching: an LZ77 compressor with one hash entry a position, and its decompressor. */
#include <workload.h>

enum { SIZE = 200000, HASHES = 4096, WINDOW = 65536, SHORTEST = 4, LONGEST = 255 };

static u8 source[SIZE], packed[2 * SIZE], unpacked[SIZE + LONGEST];
static u32 seen[HASHES];

/* Output: 0 byte | 1 length distance-low distance-high. */
static NOINLINE u32 compress(u32 size)
{
    u32 out = 0, i = 0;
    for (u32 h = 0; h < HASHES; h++)
        seen[h] = 0;
    while (i + SHORTEST < size) {
        u32 three = source[i] | (u32)source[i + 1] << 8 | (u32)source[i + 2] << 16;
        u32 hash = three * 0x9e3779b1u >> 20, length = 0, candidate = seen[hash];
        seen[hash] = i + 1;
        if (candidate-- && i - candidate < WINDOW)
            while (length < LONGEST && i + length < size && source[candidate + length] == source[i + length])
                length++;
        if (length >= SHORTEST) {
            packed[out++] = 1;
            packed[out++] = (u8)length;
            packed[out++] = (u8)(i - candidate);
            packed[out++] = (u8)((i - candidate) >> 8);
            i += length;
        } else {
            packed[out++] = 0;
            packed[out++] = source[i++];
        }
    }
    while (i < size) {
        packed[out++] = 0;
        packed[out++] = source[i++];
    }
    return out;
}

static NOINLINE u32 decompress(u32 size)
{
    u8 *out = unpacked;
    for (const u8 *p = packed; p < packed + size;) {
        if (p[0]) {
            u32 length = p[1];
            const u8 *from = out - (p[2] | (u32)p[3] << 8);
            p += 4;
            do
                *out++ = *from++;
            while (--length);
        } else {
            *out++ = p[1];
            p += 2;
        }
    }
    return (u32)(out - unpacked);
}

/* Text-like bytes: pieces of a sentence, now and then changed. */
static void make_source(u32 size, u32 *random)
{
    static const char words[] = "a rivet joins two plates for good; the hammer is loud, the joint is silent, and holds. ";
    for (u32 i = 0; i < size;) {
        u32 x = next_u32(random), from = (x >> 16) % 70, length = 3 + (x >> 8 & 7);
        while (length-- && i < size)
            source[i++] = (u8)(words[from++] ^ (x >> 28 == 0));
    }
}

/* 0 rounds: one of a small source, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 99, sum = 0, size = rounds ? SIZE : SIZE / 40;
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        make_source(size, &random);
        u32 length = compress(size);
        for (int again = 0; again < 6; again++)
            sum = sum * 31 + decompress(length) + length;
        for (u32 i = 0; i < size; i++)
            sum = sum * 33 + unpacked[i] + (unpacked[i] != source[i]);
    }
    return sum;
}

WORKLOAD("lz", 12, run)
