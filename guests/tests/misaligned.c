/* Loads and stores of every width at every offset, over page borders too. */
#include <stdio.h>
#include <string.h>
#include <workload.h>

static u8 room[3 * 4096] __attribute__((aligned(4096)));

#define ACCESS(type)                                                                                                    \
    static NOINLINE type get_##type(const u8 *p) { type v; memcpy(&v, p, sizeof v); return v; }                        \
    static NOINLINE void put_##type(u8 *p, type v) { memcpy(p, &v, sizeof v); }
ACCESS(u16)
ACCESS(u32)
ACCESS(u64)

static u64 at(u8 *p, u64 value)
{
    u64 sum = 0;
    put_u16(p, (u16)value);
    sum = sum * 31 + get_u16(p) + p[1];
    put_u32(p + 1, (u32)(value >> 7));
    sum = sum * 31 + get_u32(p) + (u64)(i64)(i32)get_u32(p + 2);
    put_u64(p + 2, value * 3);
    sum = sum * 31 + get_u64(p + 1);
    put_u64(p, get_u64(p + 3));
    return sum * 31 + get_u64(p + 2) + (u64)(i64)(int16_t)get_u16(p + 5);
}

int main(void)
{
    u64 sum = 0, random = 9;
    for (int offset = 0; offset < 40; offset++)
        for (int round = 0; round < 4; round++) {
            sum = sum * 31 + at(room + offset, next_u64(&random));
            sum = sum * 31 + at(room + 4096 - 20 + offset, next_u64(&random));
            sum = sum * 31 + at(room + 8192 - 20 + offset, next_u64(&random));
        }
    for (u32 i = 0; i < sizeof room; i++)
        sum = sum * 33 + room[i];
    printf("misaligned %016llx\n", (unsigned long long)sum);
    return 0;
}
