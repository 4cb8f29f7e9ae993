/* Counts the primes up to a number (a million unless told) and prints the largest ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    unsigned limit = argc > 1 ? (unsigned)strtoul(argv[1], 0, 10) : 1000000;
    unsigned char *composite = limit < 100000000 ? calloc(limit + 1, 1) : 0;
    if (!composite) {
        fprintf(stderr, "primes: not enough memory for a sieve up to %u\n", limit);
        return 1;
    }
    unsigned count = 0;
    for (unsigned i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        count++;
        if (i <= limit / i)
            for (unsigned k = i * i; k <= limit; k += i)
                composite[k] = 1;
    }
    printf("%u primes up to %u; the last ones:", count, limit);
    unsigned shown = 0;
    for (unsigned i = limit; i >= 2 && shown < 5; i--)
        if (!composite[i]) {
            printf(" %u", i);
            shown++;
        }
    putchar('\n');
    free(composite);
    return 0;
}
