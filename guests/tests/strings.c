/* The libc's memory and string functions against byte-by-byte ones, at all alignments and small sizes. */
#include <stdio.h>
#include <string.h>
#include <workload.h>

static u8 a[256], b[256], c[256];

static void fresh(u32 *random)
{
    for (int i = 0; i < 256; i++) {
        a[i] = c[i] = (u8)next_u32(random);
        b[i] = (u8)(next_u32(random) >> 8);
    }
}

static int same(void)
{
    for (int i = 0; i < 256; i++)
        if (a[i] != c[i])
            return 0;
    return 1;
}

static int sign(int x)
{
    return (x > 0) - (x < 0);
}

int main(void)
{
    u32 random = 3, bad = 0, checks = 0;
    for (int size = 0; size < 75; size += size < 40 ? 1 : 7)
        for (int from = 0; from < 9; from++)
            for (int to = 0; to < 9; to += 2) {
                fresh(&random);
                memcpy(a + 100 + to, b + from, (size_t)size);
                for (int i = 0; i < size; i++)
                    c[100 + to + i] = b[from + i];
                bad += !same();
                memset(a + to, size, (size_t)size);
                for (int i = 0; i < size; i++)
                    c[to + i] = (u8)size;
                bad += !same();
                u8 copy[256];
                for (int i = 0; i < 256; i++)
                    copy[i] = c[i];
                memmove(a + 20 + to, a + 20 + from, (size_t)size);
                for (int i = 0; i < size; i++)
                    c[20 + to + i] = copy[20 + from + i];
                bad += !same();
                bad += memcmp(a, c, 256) != 0;
                c[from + size] ^= 0x80;
                bad += sign(memcmp(a + from, c + from, (size_t)size + 1)) != sign(a[from + size] - c[from + size]);
                bad += memcmp(a + from, c + from, (size_t)size) != 0;
                checks += 6;
            }
    for (int length = 0; length < 40; length++)
        for (int start = 0; start < 9; start++) {
            char *s = (char *)a + start, *t = (char *)b + start % 3 * (start % 2 + 1);
            memset(a, 'x', 256);
            memset(b, 'x', 256);
            s[length] = t[length] = 0;
            bad += strlen(s) != (size_t)length;
            bad += strcmp(s, t) != 0;
            bad += memchr(s, 0, 100) != s + length;
            bad += memchr(s, 'q', (size_t)length) != 0;
            if (length) {
                t[length / 2] = 'y';
                bad += strcmp(s, t) >= 0 || strcmp(t, s) <= 0 || strncmp(s, t, (size_t)length / 2) != 0;
                bad += strchr(t, 'y') != t + length / 2 || strchr(s, 'y') != 0;
            }
            checks += 6;
        }
    printf("strings: %u checks, %u bad\n", (unsigned)checks, (unsigned)bad);
    return bad != 0;
}
