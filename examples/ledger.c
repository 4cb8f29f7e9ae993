/*
 * A guest in the style of zkVMs: reads its input, proves something about it, commits to the result. The input is a list of
 * transfers between 256 accounts; the guest applies them and commits to the final balances by a hash. On a zkVM this would
 * be proved; run natively first, a wrong input is found in milliseconds instead of minutes.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ACCOUNTS = 256 };
struct transfer {
    uint8_t from, to;
    uint16_t amount;
};

static uint64_t balance[ACCOUNTS];

static void read_all(void *to, size_t size)
{
    for (size_t got = 0; got < size;) {
        long n = read(0, (char *)to + got, size - got);
        if (n <= 0) {
            puts("input too short");
            exit(1);
        }
        got += (size_t)n;
    }
}

int main(void)
{
    uint32_t count;
    read_all(&count, sizeof count);
    for (int i = 0; i < ACCOUNTS; i++)
        balance[i] = 1000;
    static struct transfer batch[1024];
    unsigned refused = 0;
    while (count) {
        uint32_t n = count < 1024 ? count : 1024;
        read_all(batch, n * sizeof *batch);
        for (uint32_t i = 0; i < n; i++) {
            if (balance[batch[i].from] < batch[i].amount) {
                refused++;
                continue;
            }
            balance[batch[i].from] -= batch[i].amount;
            balance[batch[i].to] += batch[i].amount;
        }
        count -= n;
    }
    uint64_t hash = 0xcbf29ce484222325, sum = 0;
    for (int i = 0; i < ACCOUNTS; i++) {
        sum += balance[i];
        for (int byte = 0; byte < 8; byte++)
            hash = (hash ^ (balance[i] >> byte * 8 & 255)) * 0x100000001b3;
    }
    printf("sum %llu, refused %u, commitment %016llx\n", (unsigned long long)sum, refused, (unsigned long long)hash);
    return sum == 1000 * ACCOUNTS ? 0 : 1;
}
