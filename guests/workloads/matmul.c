/* 64-bit multiplications and strided loads: integer matrices, each product mixed into the next factor. */
#include <workload.h>

enum { N = 160 };

static u64 left[N][N], right[N][N], product[N][N];

static NOINLINE void multiply(u32 n)
{
    for (u32 row = 0; row < n; row++)
        for (u32 column = 0; column < n; column++) {
            u64 sum = 0;
            for (u32 k = 0; k < n; k++)
                sum += left[row][k] * right[k][column];
            product[row][column] = sum;
        }
}

/* 0 rounds: one product of small matrices, for tests. */
static u32 run(u32 rounds)
{
    u64 random = 0x9e3779b97f4a7c15u, sum = 0;
    u32 n = rounds ? N : N / 8;
    for (u32 row = 0; row < n; row++)
        for (u32 column = 0; column < n; column++) {
            left[row][column] = next_u64(&random);
            right[column][row] = left[row][column] * 5 + 1;
        }
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        multiply(n);
        for (u32 row = 0; row < n; row++)
            for (u32 column = 0; column < n; column++)
                left[row][column] = product[row][column] ^ right[column][row];
    }
    for (u32 row = 0; row < n; row++)
        for (u32 column = 0; column < n; column++)
            sum = sum * 31 + product[row][column];
    return (u32)(sum ^ sum >> 32);
}

WORKLOAD("matmul", 12, run)
