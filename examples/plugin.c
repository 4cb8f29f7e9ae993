/* A plug-in: a filter for lines of text. The host puts a line into `line` and calls `accept`. */
#include <string.h>

#define EXPORT __attribute__((used, retain))

EXPORT char line[4096];
static const char *const wanted[] = {"error", "denied", "timeout"};
static unsigned accepted;

EXPORT int accept(int length)
{
    for (unsigned w = 0; w < sizeof wanted / sizeof *wanted; w++) {
        int size = (int)strlen(wanted[w]);
        for (int i = 0; i + size <= length; i++)
            if (!memcmp(line + i, wanted[w], (size_t)size)) {
                accepted++;
                return 1;
            }
    }
    return 0;
}

/* What a plug-in may do wrong, to show that the host lives on. */
EXPORT int crash(int how)
{
    if (how == 0)
        return *(volatile int *)8;
    if (how == 1)
        for (;;)
            __asm__ volatile("");
    __builtin_trap();
}

EXPORT unsigned count(void)
{
    return accepted;
}

int main(void)
{
    return 0;
}
