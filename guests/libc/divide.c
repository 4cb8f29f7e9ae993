/* What the compiler calls where the machine has no instruction for it: 64-bit division on 32-bit machines. */
#include <stdint.h>

#if __SIZEOF_POINTER__ == 4

/* Divides (high, low) by d, high < d, d normalised: two 32 ÷ 16 steps (Knuth's algorithm D). */
static uint32_t divide_2by1(uint32_t high, uint32_t low, uint32_t d, uint32_t *rest)
{
    uint32_t d1 = d >> 16, d0 = d & 0xffff, digits[2] = {low >> 16, low & 0xffff}, quotient = 0;
    for (int i = 0; i < 2; i++) {
        uint32_t q = high / d1, r = high - q * d1;
        while (q >> 16 || q * d0 > (r << 16 | digits[i])) {
            q--;
            r += d1;
            if (r >> 16)
                break;
        }
        high = (high << 16 | digits[i]) - q * d;
        quotient = quotient << 16 | q;
    }
    *rest = high;
    return quotient;
}

static uint64_t divide(uint64_t n, uint64_t d, uint64_t *rest)
{
    uint32_t dh = (uint32_t)(d >> 32), nh = (uint32_t)(n >> 32);
    if (dh == 0) {
        uint32_t dl = (uint32_t)d, r;
        if (dl == 0) { /* as the divu instruction has it */
            *rest = n;
            return UINT64_MAX;
        }
        if (nh == 0) {
            *rest = (uint32_t)n % dl;
            return (uint32_t)n / dl;
        }
        int shift = __builtin_clz(dl);
        uint32_t qh = nh / dl;
        uint64_t part = ((uint64_t)(nh % dl) << 32 | (uint32_t)n) << shift;
        uint32_t ql = divide_2by1((uint32_t)(part >> 32), (uint32_t)part, dl << shift, &r);
        *rest = r >> shift;
        return (uint64_t)qh << 32 | ql;
    }
    if (n < d) {
        *rest = n;
        return 0;
    }
    /* The quotient has at most 32 bits: guess it from the top word of the divisor, mend it. */
    int shift = __builtin_clz(dh);
    uint64_t top = n >> 1, dn = d << shift;
    uint32_t r;
    uint32_t q = divide_2by1((uint32_t)(top >> 32), (uint32_t)top, (uint32_t)(dn >> 32), &r);
    q = (uint32_t)((uint64_t)q << shift >> 31);
    if (q)
        q--;
    uint64_t left = n - q * d;
    while (left >= d) {
        q++;
        left -= d;
    }
    *rest = left;
    return q;
}

uint64_t __udivdi3(uint64_t n, uint64_t d)
{
    uint64_t rest;
    return divide(n, d, &rest);
}

uint64_t __umoddi3(uint64_t n, uint64_t d)
{
    uint64_t rest;
    divide(n, d, &rest);
    return rest;
}

int64_t __divdi3(int64_t n, int64_t d)
{
    uint64_t rest, q = divide(n < 0 ? -(uint64_t)n : (uint64_t)n, d < 0 ? -(uint64_t)d : (uint64_t)d, &rest);
    return (int64_t)((n ^ d) < 0 ? -q : q);
}

int64_t __moddi3(int64_t n, int64_t d)
{
    uint64_t rest;
    divide(n < 0 ? -(uint64_t)n : (uint64_t)n, d < 0 ? -(uint64_t)d : (uint64_t)d, &rest);
    return (int64_t)(n < 0 ? -rest : rest);
}

#endif
