/* Table look-ups and bit tricks: CRC-32 by table and by bit, bit reversal, population and zero counts, rotates. */
#include <workload.h>

static u32 table[256];
static u8 data[32768];

static NOINLINE u32 reverse(u32 x)
{
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(x);
}

static u32 run(u32 rounds)
{
    u32 random = 7, crc = ~0u, sum = 0, size = rounds ? sizeof data : sizeof data / 16;
    for (u32 i = 0; i < 256; i++) {
        u32 x = i;
        for (int bit = 0; bit < 8; bit++)
            x = x & 1 ? 0xedb88320u ^ x >> 1 : x >> 1;
        table[i] = x;
    }
    for (u32 i = 0; i < size; i++)
        data[i] = (u8)(next_u32(&random) >> 24);
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        for (u32 i = 0; i < size; i++)
            crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
        for (u32 i = 0; i < size / 16; i++) {
            u32 x = crc ^ i;
            for (int bit = 0; bit < 8; bit++)
                x = x >> 1 ^ (0xedb88320u & -(x & 1));
            sum += x + reverse(x) + (u32)__builtin_popcount(x) + (u32)__builtin_ctz(x | 0x100)
                + (u32)__builtin_clz(x | 1) + (x >> (i & 31) | x << (-i & 31));
        }
    }
    return crc ^ sum;
}

WORKLOAD("crc", 400, run)
