/* Arithmetic of 8 to 64 bits on edge values: every operator on every pair. */
#include <stdio.h>
#include <workload.h>

static const u64 edges[] = {
    0, 1, 2, 3, 5, 7, 10, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 1000, 0x7fff, 0x8000, 0xffff, 0x10000,
    0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x100000000, 0x123456789, 0x7fffffffffffffff,
    0x8000000000000000, 0x8000000000000001, 0xfedcba9876543210, 0xfffffffffffffffe, 0xffffffffffffffff,
    0xffffffff80000000, 0xffffffff7fffffff, 0xaaaaaaaaaaaaaaaa, 0x5555555555555555,
};
enum { EDGES = sizeof edges / sizeof *edges };

static u64 mix(u64 sum, u64 value)
{
    return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

static NOINLINE u64 high_product(u64 a, u64 b)
{
    u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
    u64 low = al * bl, m1 = ah * bl + (low >> 32), m2 = al * bh + (u32)m1;
    return ah * bh + (m1 >> 32) + (m2 >> 32);
}

static NOINLINE u64 on64(u64 a, u64 b)
{
    u64 s = 1;
    i64 x = (i64)a, y = (i64)b;
    unsigned n = (unsigned)b & 63;
    s = mix(s, a + b);
    s = mix(s, a - b);
    s = mix(s, a * b);
    s = mix(s, high_product(a, b));
    s = mix(s, (a & b) ^ (a | b));
    s = mix(s, (a & ~b) ^ (a | ~b));
    s = mix(s, a << n);
    s = mix(s, a >> n);
    s = mix(s, (u64)(x >> n));
    s = mix(s, (u64)(a < b) | (u64)(x < y) << 1 | (u64)(a <= b) << 2 | (u64)(x <= y) << 3 | (u64)(a == b) << 4);
    if (b) {
        s = mix(s, a / b);
        s = mix(s, a % b);
        if (!(x == INT64_MIN && y == -1)) {
            s = mix(s, (u64)(x / y));
            s = mix(s, (u64)(x % y));
        }
    }
    s = mix(s, x < y ? a : b);
    s = mix(s, a > b ? a : b);
    s = mix(s, n ? a << n | a >> (64 - n) : a);
    return s;
}

static NOINLINE u64 on32(u32 a, u32 b)
{
    u64 s = 2;
    i32 x = (i32)a, y = (i32)b;
    unsigned n = b & 31;
    s = mix(s, (u32)(a + b));
    s = mix(s, (u64)(i64)(i32)(a - b));
    s = mix(s, (u32)(a * b));
    s = mix(s, (u64)a * b);
    s = mix(s, (u64)((i64)x * y));
    s = mix(s, (u64)((i64)x * (i64)(u64)b));
    s = mix(s, (u32)(a << n));
    s = mix(s, a >> n);
    s = mix(s, (u64)(i64)(x >> n));
    s = mix(s, (u64)(a < b) | (u64)(x < y) << 1);
    if (b) {
        s = mix(s, a / b);
        s = mix(s, a % b);
        if (!(x == INT32_MIN && y == -1)) {
            s = mix(s, (u64)(i64)(x / y));
            s = mix(s, (u64)(i64)(x % y));
        }
    }
    s = mix(s, n ? a << n | a >> (32 - n) : a);
    s = mix(s, (u64)(i64)(i8)a ^ (u64)(i64)(int16_t)b);
    s = mix(s, (u8)a * (u32)(u16)b);
    s = mix(s, (u64)(i64)((i8)a / ((i8)b | 1)));
    return s;
}

static NOINLINE u64 by_constants(u64 a)
{
    u64 s = 3;
    i64 x = (i64)a;
    u32 w = (u32)a;
    s = mix(s, a * 3 + w * 5u);
    s = mix(s, a * 9 ^ a * 10);
    s = mix(s, a / 3 + a % 7);
    s = mix(s, (u64)(x / 10) + (u64)(x % 1000));
    s = mix(s, w / 10 + w % 10 + w / 641);
    s = mix(s, (u64)((i32)w / 7 + (i32)w % -13));
    s = mix(s, (u64)__builtin_popcountll(a) + (u64)__builtin_popcount(w) * 100);
    s = mix(s, a ? (u64)__builtin_clzll(a) * 64 + (u64)__builtin_ctzll(a) : 99);
    s = mix(s, w ? (u64)__builtin_clz(w) * 64 + (u64)__builtin_ctz(w) : 77);
    s = mix(s, __builtin_bswap64(a) ^ __builtin_bswap32(w) ^ __builtin_bswap16((u16)a));
    s = mix(s, (a << 13 | a >> 51) ^ (w << 7 | w >> 25));
    s = mix(s, a >> 5 & 0x3ff);
    s = mix(s, (u64)((i64)(a << 40) >> 40));
    return s;
}

int main(void)
{
    u64 s64 = 0, s32 = 0, sc = 0, random = 1;
    for (int i = 0; i < EDGES; i++) {
        for (int k = 0; k < EDGES; k++) {
            s64 = mix(s64, on64(edges[i], edges[k]));
            s32 = mix(s32, on32((u32)edges[i], (u32)edges[k]));
        }
        sc = mix(sc, by_constants(edges[i]));
    }
    for (int i = 0; i < 300; i++) {
        u64 a = next_u64(&random), b = next_u64(&random) >> (a & 63);
        s64 = mix(s64, on64(a, b));
        s32 = mix(s32, on32((u32)a, (u32)b));
        sc = mix(sc, by_constants(a));
    }
    printf("64: %016llx\n32: %016llx\nconstants: %016llx\n", (unsigned long long)s64, (unsigned long long)s32,
           (unsigned long long)sc);
    return (int)(s64 & 127);
}
