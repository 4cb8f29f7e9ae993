/* Formatted output. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    char small[8];
    printf("[%d] [%i] [%5d] [%-5d] [%05d] [%+d] [% d] [%.3d] [%8.3d]\n", 42, -42, 42, 42, -42, 42, 42, 7, -7);
    printf("[%u] [%x] [%X] [%#x] [%o] [%#o] [%08x]\n", 4000000000u, 48879u, 48879u, 48879u, 8u, 8u, 48879u);
    printf("[%lld] [%llu] [%llx]\n", -9223372036854775807ll - 1, 18446744073709551615ull, 0x123456789abcdefull);
    printf("[%hhd] [%hu] [%zu] [%ld]\n", 300, 70000, sizeof(int64_t), -5L);
    printf("[%c] [%3c] [%s] [%10s] [%-10s] [%.2s] [%s]\n", 'x', 'y', "text", "right", "left", "cut", (char *)0);
    printf("[%*d] [%-*d] [%.*s] [%%] [%d] [%.0d] [%x]\n", 6, 12, 6, 12, 3, "abcdef", 0, 0, 0u);
    int n = snprintf(small, sizeof small, "%s-%d", "much too long", 1234);
    printf("%d [%s]\n", n, small);
    n = snprintf(0, 0, "%d", 12345);
    printf("%d\n", n);
    for (int i = 0; i < 300; i++)
        printf("%d%c", i * i, i % 10 == 9 ? '\n' : ' ');
    fputs("last line without an end", stdout);
    return n;
}
