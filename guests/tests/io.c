/* What the system calls answer: sizes, ends of file, errors. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys.h>
#include <unistd.h>

static char block[70000];

int main(void)
{
    printf("fd 7: %ld\n", write(7, "x", 1));
    printf("fd -1: %ld\n", write(-1, "x", 1));
    printf("read fd 9: %ld\n", read(9, block, 1));
    printf("bad range: %ld\n", write(1, (void *)(uintptr_t)16, 4));
    printf("bad buffer: %ld\n", read(0, (void *)(uintptr_t)16, 4));
    printf("no such call: %ld\n", sys_call(9999, 1, 2, 3));
    printf("nothing: %ld\n", write(1, block, 0));
    fflush(stdout);
    long total = 0, n;
    unsigned sum = 0;
    while ((n = read(0, block + 1, 1000)) > 0) {
        for (long i = 0; i < n; i++)
            sum = sum * 31 + (unsigned char)block[1 + i];
        total += n;
    }
    printf("%ld bytes read, %08x, then %ld\n", total, sum, n);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)(i % 64 == 63 ? '\n' : 'a' + i % 23);
    fflush(stdout);
    for (size_t done = 0; done < sizeof block; done += (size_t)n)
        if ((n = write(1, block + done, sizeof block - done)) <= 0)
            return 1;
    fprintf(stderr, "to stderr\n");
    return 255;
}
