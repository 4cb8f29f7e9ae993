/* Unpredictable branches: quicksort with insertion sort for short ranges. */
#include <workload.h>

enum { COUNT = 400000, SHORT = 12 };

static i32 values[COUNT];

static void insertion_sort(i32 *low, i32 *high)
{
    for (i32 *at = low + 1; at <= high; at++) {
        i32 value = *at, *hole = at;
        for (; hole > low && hole[-1] > value; hole--)
            *hole = hole[-1];
        *hole = value;
    }
}

static NOINLINE void sort(i32 *low, i32 *high)
{
    while (high - low >= SHORT) {
        i32 pivot = low[(high - low) / 2], *i = low, *j = high;
        while (i <= j) {
            while (*i < pivot)
                i++;
            while (*j > pivot)
                j--;
            if (i <= j) {
                i32 t = *i;
                *i++ = *j;
                *j-- = t;
            }
        }
        if (j - low < high - i) { /* the shorter part by recursion: depth stays logarithmic */
            sort(low, j);
            low = i;
        } else {
            sort(i, high);
            high = j;
        }
    }
    insertion_sort(low, high);
}

/* 0 rounds: one of a few values, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 2463534242u, sum = 0, count = rounds ? COUNT : COUNT / 80;
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        for (u32 i = 0; i < count; i++)
            values[i] = (i32)next_u32(&random);
        sort(values, values + count - 1);
        for (u32 i = 0; i < count; i += 97)
            sum = sum * 31 + (u32)values[i];
        for (u32 i = 1; i < count; i++)
            sum += values[i - 1] > values[i];
    }
    return sum;
}

WORKLOAD("qsort", 2, run)
