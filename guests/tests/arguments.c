/* Shows its arguments and environment, and standard input line by line, turned round. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    printf("%d arguments\n", argc - 1);
    for (int i = 1; i < argc; i++)
        printf("%d: [%s] %zu\n", i, argv[i], strlen(argv[i]));
    printf("ends with null: %d\n", argv[argc] == 0);
    char line[100];
    int lines = 0;
    while (fgets(line, sizeof line, stdin)) {
        size_t n = strlen(line);
        int whole = n && line[n - 1] == '\n';
        n -= (size_t)whole;
        for (size_t i = n; i-- > 0;)
            putchar(line[i]);
        putchar(whole ? '\n' : '|');
        lines++;
    }
    printf("%d lines\n", lines);
    return 7;
}
