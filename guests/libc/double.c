/*
 * Doubles without a floating-point unit (IEEE 754 binary64, round to nearest even): what the compiler calls on guests.
 * NaNs come out as the default one. Hosts have the real thing.
 */
#if defined(__riscv)
#include <stdint.h>

typedef union {
    double d;
    uint64_t u;
} bits;

#define SIGN ((uint64_t)1 << 63)
#define ONE ((uint64_t)1 << 52) /* the hidden bit */
#define INFINITY_BITS ((uint64_t)0x7ff << 52)
#define NAN_BITS ((uint64_t)0x7ff8 << 48)

static double from_bits(uint64_t u)
{
    return (bits){.u = u}.d;
}

static uint64_t to_bits(double d)
{
    return (bits){.d = d}.u;
}

static int leading_zeros(uint64_t x)
{
    return __builtin_clzll(x);
}

/* x × 2^-n, a one in the lowest bit for whatever is lost */
static uint64_t shift_sticky(uint64_t x, int n)
{
    return n == 0 ? x : n > 63 ? x != 0 : x >> n | ((x & (((uint64_t)1 << n) - 1)) != 0);
}

/*
 * Rounds and packs: the value is m × 2^(e − 1023 − 62) with the top bit of m at 62 (any m but 0 is brought there), so ten
 * bits are below the last place.
 */
static double pack(uint64_t sign, int e, uint64_t m)
{
    if (m == 0)
        return from_bits(sign);
    int shift = leading_zeros(m) - 1;
    if (shift < 0) {
        m = shift_sticky(m, 1);
        e++;
    } else {
        m <<= shift;
        e -= shift;
    }
    if (e >= 0x7ff)
        return from_bits(sign | INFINITY_BITS);
    if (e <= 0) { /* subnormal */
        m = shift_sticky(m, 1 - e);
        e = 0;
    } else {
        e--; /* the hidden bit adds one again */
    }
    uint64_t low = m & 1023;
    m >>= 10;
    m += low > 512 || (low == 512 && (m & 1));
    return from_bits(sign | (((uint64_t)e << 52) + m));
}

/* Fraction with its hidden bit, and the exponent as if there were one. */
static uint64_t fraction(uint64_t u, int *e)
{
    *e = (int)(u >> 52 & 0x7ff);
    uint64_t m = u & (ONE - 1);
    if (*e)
        return m | ONE;
    *e = 1;
    return m;
}

static int is_nan(uint64_t u)
{
    return (u & ~SIGN) > INFINITY_BITS;
}

double __adddf3(double x, double y)
{
    uint64_t a = to_bits(x), b = to_bits(y);
    if ((a & ~SIGN) < (b & ~SIGN)) {
        uint64_t t = a;
        a = b;
        b = t;
    }
    if ((a & ~SIGN) >= INFINITY_BITS) {
        if (is_nan(a) || (a ^ b) == SIGN)
            return from_bits(NAN_BITS); /* also ∞ − ∞ */
        return from_bits(a);
    }
    int ea, eb;
    uint64_t ma = fraction(a, &ea) << 10, mb = fraction(b, &eb) << 10;
    mb = shift_sticky(mb, ea - eb);
    if ((a ^ b) & SIGN) {
        ma -= mb;
        return ma ? pack(a & SIGN, ea, ma) : 0.0;
    }
    return ma | mb ? pack(a & SIGN, ea, ma + mb) : from_bits(a & b & SIGN);
}

double __subdf3(double x, double y)
{
    return __adddf3(x, from_bits(to_bits(y) ^ SIGN));
}

double __muldf3(double x, double y)
{
    uint64_t a = to_bits(x), b = to_bits(y), sign = (a ^ b) & SIGN;
    int ea, eb;
    a &= ~SIGN;
    b &= ~SIGN;
    if (a >= INFINITY_BITS || b >= INFINITY_BITS) {
        if (is_nan(a) || is_nan(b) || a == 0 || b == 0)
            return from_bits(NAN_BITS);
        return from_bits(sign | INFINITY_BITS);
    }
    if (a == 0 || b == 0)
        return from_bits(sign);
    uint64_t ma = fraction(a, &ea), mb = fraction(b, &eb);
    int za = leading_zeros(ma) - 11, zb = leading_zeros(mb) - 11;
    ma <<= za + 11;
    mb <<= zb + 11;
    /* The high half of the product of two numbers with their top bits set: its top bit is at 63 or 62. */
    uint64_t al = (uint32_t)ma, ah = ma >> 32, bl = (uint32_t)mb, bh = mb >> 32;
    uint64_t low = al * bl, m1 = ah * bl + (low >> 32), m2 = al * bh + (uint32_t)m1;
    uint64_t high = ah * bh + (m1 >> 32) + (m2 >> 32);
    high |= (uint32_t)low != 0 || (uint32_t)m2 != 0;
    return pack(sign, ea - za + eb - zb - 1023, high);
}

double __divdf3(double x, double y)
{
    uint64_t a = to_bits(x), b = to_bits(y), sign = (a ^ b) & SIGN;
    int ea, eb;
    a &= ~SIGN;
    b &= ~SIGN;
    if (is_nan(a) || is_nan(b) || (a == b && (a == 0 || a == INFINITY_BITS)))
        return from_bits(NAN_BITS);
    if (a == INFINITY_BITS || b == 0)
        return from_bits(sign | INFINITY_BITS);
    if (a == 0 || b == INFINITY_BITS)
        return from_bits(sign);
    uint64_t ma = fraction(a, &ea), mb = fraction(b, &eb);
    int za = leading_zeros(ma) - 11, zb = leading_zeros(mb) - 11;
    ma <<= za;
    mb <<= zb;
    /* 56 bits of quotient, 28 at a time: the rest always stays below the divisor */
    uint64_t quotient = ma >= mb, rest = ma - (ma >= mb ? mb : 0);
    for (int i = 0; i < 56; i++) {
        rest <<= 1;
        quotient <<= 1;
        if (rest >= mb) {
            rest -= mb;
            quotient |= 1;
        }
    }
    return pack(sign, ea - za - eb + zb + 1023 + 6, quotient | (rest != 0));
}

/* −1, 0, 1, or `unordered` when there is a NaN */
static int compare(double x, double y, int unordered)
{
    uint64_t a = to_bits(x), b = to_bits(y);
    if (is_nan(a) || is_nan(b))
        return unordered;
    if (((a | b) & ~SIGN) == 0)
        return 0;
    int64_t s = (int64_t)(a & SIGN ? SIGN - a : a), t = (int64_t)(b & SIGN ? SIGN - b : b);
    return (s > t) - (s < t);
}

int __eqdf2(double x, double y) { return compare(x, y, 1); }
int __nedf2(double x, double y) { return compare(x, y, 1); }
int __ltdf2(double x, double y) { return compare(x, y, 1); }
int __ledf2(double x, double y) { return compare(x, y, 1); }
int __gtdf2(double x, double y) { return compare(x, y, -1); }
int __gedf2(double x, double y) { return compare(x, y, -1); }
int __unorddf2(double x, double y) { return is_nan(to_bits(x)) || is_nan(to_bits(y)); }

double __floatundidf(uint64_t n) { return pack(0, 1023 + 62, n); }
double __floatunsidf(uint32_t n) { return pack(0, 1023 + 62, n); }
double __floatdidf(int64_t n)
{
    return pack((uint64_t)n & SIGN, 1023 + 62, n < 0 ? -(uint64_t)n : (uint64_t)n);
}
double __floatsidf(int32_t n) { return __floatdidf(n); }

/* Towards zero; what does not fit is the nearest end of the range, NaN the lower one. */
static uint64_t truncate(double x, int width, int is_signed)
{
    uint64_t u = to_bits(x), limit = ((uint64_t)1 << (width - 1)) - 1 + (is_signed ? 0 : (uint64_t)1 << (width - 1));
    int negative = (u & SIGN) != 0, e = (int)(u >> 52 & 0x7ff) - 1023;
    uint64_t m = (u & (ONE - 1)) | ONE;
    if (is_nan(u))
        return is_signed ? limit + 1 : 0;
    if (e < 0)
        return 0;
    if (e >= width - is_signed)
        return negative ? is_signed ? limit + 1 : 0 : limit;
    m = e > 52 ? m << (e - 52) : m >> (52 - e);
    return negative ? is_signed ? -m : 0 : m;
}

int64_t __fixdfdi(double x) { return (int64_t)truncate(x, 64, 1); }
uint64_t __fixunsdfdi(double x) { return truncate(x, 64, 0); }
int32_t __fixdfsi(double x) { return (int32_t)truncate(x, 32, 1); }
uint32_t __fixunsdfsi(double x) { return (uint32_t)truncate(x, 32, 0); }

#endif
