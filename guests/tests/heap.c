/* The heap: sizes of all classes, reuse, growth of the break, zeroed memory. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <workload.h>

enum { SLOTS = 200 };

static unsigned char *slot[SLOTS];
static size_t length[SLOTS];

static void fill(unsigned i)
{
    for (size_t k = 0; k < length[i]; k++)
        slot[i][k] = (unsigned char)(i * 7 + k);
}

static int intact(unsigned i)
{
    for (size_t k = 0; k < length[i]; k++)
        if (slot[i][k] != (unsigned char)(i * 7 + k))
            return 0;
    return 1;
}

static int is_zero(const char *p, size_t n)
{
    while (n--)
        if (*p++)
            return 0;
    return 1;
}

int main(void)
{
    u32 random = 5, bad = 0, moved = 0;
    for (int round = 0; round < 3000; round++) {
        u32 i = next_u32(&random) % SLOTS;
        size_t size = (next_u32(&random) >> 8) % (round % 50 ? 200 : 20000);
        if (slot[i] && !intact(i))
            bad++;
        if (round % 3 == 0 && slot[i]) {
            slot[i] = realloc(slot[i], size);
            for (size_t k = 0; k < size && k < length[i]; k++)
                bad += slot[i][k] != (unsigned char)(i * 7 + k);
        } else {
            free(slot[i]);
            slot[i] = malloc(size);
        }
        if (!slot[i] || (uintptr_t)slot[i] % 16)
            bad++;
        length[i] = size;
        fill(i);
    }
    for (u32 i = 0; i < SLOTS; i++)
        bad += slot[i] && !intact(i);
    char *zeroed = calloc(1000, 30);
    bad += !is_zero(zeroed, 30000);
    volatile size_t half = (size_t)1 << (sizeof(size_t) * 4), all = (size_t)-1; /* volatile: else assumed to succeed */
    void *volatile impossible = calloc(half, half);
    bad += impossible != 0;
    impossible = malloc(all);
    bad += impossible != 0;
    /* Down and up again: what comes back is zero. */
    char *end = brk_to(0);
    char *more = brk_to(end + 100000);
    moved = more == end + 100000;
    memset(end, 0x55, 100000);
    moved += brk_to(end + 10) == end + 10;
    moved += brk_to(end + 100000) == end + 100000;
    char *page = (char *)(((uintptr_t)end + 10 + 4095) & ~(uintptr_t)4095);
    bad += !is_zero(page, (size_t)(end + 100000 - page));
    bad += end[9] != 0x55;
    printf("bad %u, break moved %u times\n", bad, moved);
    return (int)bad;
}
