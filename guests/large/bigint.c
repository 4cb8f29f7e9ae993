/*
 * Big integers: schoolbook and Karatsuba products, division, Montgomery powers (an RSA round trip of 1024 bits, a
 * probable-prime test), decimal output, and points of the curve secp256k1. A round is one of each.
 */
#include <stdbool.h>
#include <string.h>
#include <workload.h>

/* One limb is a word, so that the same source shows what each width can do. */
#if __SIZEOF_POINTER__ == 8
typedef u64 limb;
typedef unsigned __int128 wide;
typedef __int128 signed_wide;
#else
typedef u32 limb;
typedef u64 wide;
typedef i64 signed_wide;
#endif
enum { LIMB_BITS = 8 * sizeof(limb), MOST = 4096 / (8 * sizeof(limb)) };

/* ---- Naturals of n limbs, lowest first ---- */

static limb add_n(limb *r, const limb *a, const limb *b, u32 n)
{
    limb carry = 0;
    for (u32 i = 0; i < n; i++) {
        wide t = (wide)a[i] + b[i] + carry;
        r[i] = (limb)t;
        carry = (limb)(t >> LIMB_BITS);
    }
    return carry;
}

static limb sub_n(limb *r, const limb *a, const limb *b, u32 n)
{
    limb borrow = 0;
    for (u32 i = 0; i < n; i++) {
        wide t = (wide)a[i] - b[i] - borrow;
        r[i] = (limb)t;
        borrow = (limb)(t >> LIMB_BITS) & 1;
    }
    return borrow;
}

static int compare_n(const limb *a, const limb *b, u32 n)
{
    while (n--)
        if (a[n] != b[n])
            return a[n] < b[n] ? -1 : 1;
    return 0;
}

static bool is_zero(const limb *a, u32 n)
{
    while (n--)
        if (a[n])
            return false;
    return true;
}

/* r[0..n] += a × b; the carry out. */
static limb add_product(limb *r, const limb *a, u32 n, limb b)
{
    limb carry = 0;
    for (u32 i = 0; i < n; i++) {
        wide t = (wide)a[i] * b + r[i] + carry;
        r[i] = (limb)t;
        carry = (limb)(t >> LIMB_BITS);
    }
    return carry;
}

static limb sub_product(limb *r, const limb *a, u32 n, limb b)
{
    limb carry = 0;
    for (u32 i = 0; i < n; i++) {
        wide t = (wide)a[i] * b + carry;
        limb low = (limb)t;
        carry = (limb)(t >> LIMB_BITS) + (r[i] < low);
        r[i] -= low;
    }
    return carry;
}

static void multiply_plain(limb *r, const limb *a, const limb *b, u32 n)
{
    memset(r, 0, 2 * n * sizeof *r);
    for (u32 i = 0; i < n; i++)
        r[i + n] = add_product(r + i, a, n, b[i]);
}

/* r (2n limbs) = a × b; scratch of 4n limbs. Karatsuba above 24 limbs. */
static void multiply(limb *r, const limb *a, const limb *b, u32 n, limb *scratch)
{
    if (n < 24 || n % 2) {
        multiply_plain(r, a, b, n);
        return;
    }
    u32 h = n / 2;
    limb *left = scratch, *right = scratch + h, *middle = scratch + n, *deeper = scratch + 2 * n;
    bool negative = false;
    if (compare_n(a + h, a, h) >= 0) {
        sub_n(left, a + h, a, h);
    } else {
        sub_n(left, a, a + h, h);
        negative = true;
    }
    if (compare_n(b + h, b, h) >= 0) {
        sub_n(right, b + h, b, h);
    } else {
        sub_n(right, b, b + h, h);
        negative = !negative;
    }
    multiply(middle, left, right, h, deeper);
    multiply(r, a, b, h, deeper);
    multiply(r + n, a + h, b + h, h, deeper);
    /* r + (low + high ∓ middle) << h limbs */
    limb *sum = scratch + 2 * n;
    limb carry = add_n(sum, r, r + n, n);
    if (negative)
        carry += add_n(sum, sum, middle, n);
    else
        carry -= sub_n(sum, sum, middle, n);
    carry += add_n(r + h, r + h, sum, n);
    for (u32 i = n + h; carry; i++) {
        wide t = (wide)r[i] + carry;
        r[i] = (limb)t;
        carry = (limb)(t >> LIMB_BITS);
    }
}

/* Knuth's algorithm D: q (m − n + 1 limbs) and a (becomes the rest, n limbs); a has room for m + 1 limbs. */
static void divide(limb *q, limb *a, u32 m, const limb *divisor, u32 n)
{
    static limb d[MOST];
    if (n == 1) {
        wide rest = 0;
        for (u32 i = m; i-- > 0;) {
            wide t = rest << LIMB_BITS | a[i];
            limb digit;
#if __SIZEOF_POINTER__ == 8
            /* 128 ÷ 64 by halves: there is no library for it here */
            limb high = (limb)rest, v = divisor[0];
            int norm = __builtin_clzll(v);
            limb vn = v << norm, un1 = norm ? high << norm | a[i] >> (64 - norm) : high, un0 = a[i] << norm;
            limb v1 = vn >> 32, v0 = (u32)vn, digits[2];
            limb parts[2] = {un0 >> 32, (u32)un0};
            for (int k = 0; k < 2; k++) {
                limb qh = un1 / v1, rh = un1 - qh * v1;
                while (qh >> 32 || qh * v0 > (rh << 32 | parts[k])) {
                    qh--;
                    rh += v1;
                    if (rh >> 32)
                        break;
                }
                un1 = (un1 << 32 | parts[k]) - qh * vn;
                digits[k] = qh;
            }
            digit = digits[0] << 32 | digits[1];
#else
            digit = (limb)(t / divisor[0]);
#endif
            q[i] = digit;
            rest = t - (wide)digit * divisor[0];
        }
        a[0] = (limb)rest;
        return;
    }
#if __SIZEOF_POINTER__ == 8
    u32 shift = (u32)__builtin_clzll(divisor[n - 1]);
#else
    u32 shift = (u32)__builtin_clz(divisor[n - 1]);
#endif
    a[m] = 0;
    for (u32 i = n; i-- > 0;)
        d[i] = shift ? divisor[i] << shift | (i ? divisor[i - 1] >> (LIMB_BITS - shift) : 0) : divisor[i];
    for (u32 i = m + 1; shift && i-- > 0;)
        a[i] = a[i] << shift | (i ? a[i - 1] >> (LIMB_BITS - shift) : 0);
    for (u32 j = m - n + 1; j-- > 0;) {
        /* Guess from the top limb by bits: slow but without a wide division. */
        limb guess = 0, rest = a[j + n], next = a[j + n - 1];
        if (rest >= d[n - 1]) {
            guess = ~(limb)0;
        } else {
            for (u32 bit = 0; bit < LIMB_BITS; bit++) {
                limb top = rest >> (LIMB_BITS - 1);
                rest = rest << 1 | next >> (LIMB_BITS - 1);
                next <<= 1;
                guess <<= 1;
                if (top || rest >= d[n - 1]) {
                    rest -= d[n - 1];
                    guess |= 1;
                }
            }
        }
        limb borrow = sub_product(a + j, d, n, guess);
        bool negative = a[j + n] < borrow;
        a[j + n] -= borrow;
        while (negative) { /* too much, at most twice */
            guess--;
            limb carry = add_n(a + j, a + j, d, n);
            a[j + n] += carry;
            negative = !(carry && a[j + n] == 0);
        }
        q[j] = guess;
    }
    for (u32 i = 0; shift && i < n; i++)
        a[i] = a[i] >> shift | a[i + 1] << (LIMB_BITS - shift);
}

/* ---- Montgomery arithmetic modulo an odd number ---- */

struct modulus {
    u32 n;
    limb m[MOST / 2];
    limb one[MOST / 2]; /* R mod m */
    limb square[MOST / 2]; /* R² mod m */
    limb inverse; /* −1/m mod a limb */
};

static void montgomery(limb *r, const limb *a, const limb *b, const struct modulus *m)
{
    static limb t[MOST + 2];
    u32 n = m->n;
    memset(t, 0, (n + 2) * sizeof *t);
    for (u32 i = 0; i < n; i++) {
        limb carry = add_product(t, a, n, b[i]);
        wide top = (wide)t[n] + carry;
        t[n] = (limb)top;
        t[n + 1] = (limb)(top >> LIMB_BITS);
        carry = add_product(t, m->m, n, t[0] * m->inverse);
        top = (wide)t[n] + carry;
        t[n] = (limb)top;
        t[n + 1] += (limb)(top >> LIMB_BITS);
        memmove(t, t + 1, (n + 1) * sizeof *t);
    }
    if (t[n] || compare_n(t, m->m, n) >= 0)
        sub_n(t, t, m->m, n);
    memcpy(r, t, n * sizeof *r);
}

static void double_mod(limb *r, const struct modulus *m)
{
    limb carry = add_n(r, r, r, m->n);
    if (carry || compare_n(r, m->m, m->n) >= 0)
        sub_n(r, r, m->m, m->n);
}

static void set_modulus(struct modulus *m, const limb *value, u32 n)
{
    m->n = n;
    memcpy(m->m, value, n * sizeof *value);
    m->inverse = 1;
    for (int i = 0; i < 6; i++) /* Newton: each step doubles the right bits */
        m->inverse *= 2 - value[0] * m->inverse;
    m->inverse = -m->inverse;
    memset(m->one, 0, n * sizeof(limb));
    m->one[0] = 1;
    for (u32 i = 0; i < n * LIMB_BITS; i++)
        double_mod(m->one, m);
    memcpy(m->square, m->one, n * sizeof(limb));
    for (u32 i = 0; i < n * LIMB_BITS; i++)
        double_mod(m->square, m);
}

/* r = a ^ e mod m, by four bits at a time */
static void power(limb *r, const limb *a, const limb *e, u32 e_limbs, const struct modulus *m)
{
    static limb table[16][MOST / 2];
    u32 n = m->n;
    memcpy(table[0], m->one, n * sizeof(limb));
    montgomery(table[1], a, m->square, m);
    for (int i = 2; i < 16; i++)
        montgomery(table[i], table[i - 1], table[1], m);
    limb x[MOST / 2], unit[MOST / 2] = {1};
    memcpy(x, m->one, n * sizeof(limb));
    for (u32 i = e_limbs * LIMB_BITS / 4; i-- > 0;) {
        for (int k = 0; k < 4; k++)
            montgomery(x, x, x, m);
        montgomery(x, x, table[e[i * 4 / LIMB_BITS] >> (i * 4 % LIMB_BITS) & 15], m);
    }
    montgomery(r, x, unit, m);
}

/* ---- Numbers from and to text ---- */

static void from_hex(limb *r, u32 n, const char *s)
{
    memset(r, 0, n * sizeof *r);
    u32 digits = (u32)strlen(s);
    for (u32 i = 0; i < digits; i++) {
        char c = s[digits - 1 - i];
        limb v = (limb)(c <= '9' ? c - '0' : c - 'a' + 10);
        r[i * 4 / LIMB_BITS] |= v << (i * 4 % LIMB_BITS);
    }
}

static void print_hex(const char *name, const limb *a, u32 bits)
{
    printf("%s ", name);
    for (u32 i = bits / 4; i-- > 0;)
        putchar("0123456789abcdef"[a[i * 4 / LIMB_BITS] >> (i * 4 % LIMB_BITS) & 15]);
    putchar('\n');
}

static u32 digest(const limb *a, u32 bits)
{
    u32 h = 1;
    for (u32 i = 0; i < bits / 32; i++)
        h = h * 0x01000193 ^ (u32)(a[i * 32 / LIMB_BITS] >> (i * 32 % LIMB_BITS));
    return h;
}

static void random_number(limb *r, u32 bits, u32 *random)
{
    memset(r, 0, bits / 8);
    for (u32 i = 0; i < bits / 32; i++)
        r[i * 32 / LIMB_BITS] |= (limb)next_u32(random) << (i * 32 % LIMB_BITS);
}

/* ---- The curve y² = x³ + 7 over the field of p elements; points in Jacobian coordinates, field in Montgomery form ---- */

enum { F = 256 / LIMB_BITS };
typedef limb field[F];
static struct modulus p;

struct point {
    field x, y, z; /* z = 0: the point at infinity */
};

static void f_add(limb *r, const limb *a, const limb *b)
{
    limb carry = add_n(r, a, b, F);
    if (carry || compare_n(r, p.m, F) >= 0)
        sub_n(r, r, p.m, F);
}

static void f_sub(limb *r, const limb *a, const limb *b)
{
    if (sub_n(r, a, b, F))
        add_n(r, r, p.m, F);
}

static void f_mul(limb *r, const limb *a, const limb *b)
{
    montgomery(r, a, b, &p);
}

static void point_double(struct point *r, const struct point *a)
{
    field s, m, t, y2;
    f_mul(y2, a->y, a->y);
    f_mul(s, a->x, y2);
    f_add(s, s, s);
    f_add(s, s, s);
    f_mul(m, a->x, a->x);
    f_add(t, m, m);
    f_add(m, m, t);
    f_mul(t, a->y, a->z);
    f_add(r->z, t, t);
    f_mul(t, m, m);
    f_sub(t, t, s);
    f_sub(r->x, t, s);
    f_sub(s, s, r->x);
    f_mul(t, m, s);
    f_mul(y2, y2, y2);
    for (int i = 0; i < 3; i++)
        f_add(y2, y2, y2);
    f_sub(r->y, t, y2);
}

static void point_add(struct point *r, const struct point *a, const struct point *b)
{
    if (is_zero(a->z, F)) {
        *r = *b;
        return;
    }
    if (is_zero(b->z, F)) {
        *r = *a;
        return;
    }
    field za, zb, u1, u2, s1, s2, h, d, t, h2, h3;
    f_mul(za, a->z, a->z);
    f_mul(zb, b->z, b->z);
    f_mul(u1, a->x, zb);
    f_mul(u2, b->x, za);
    f_mul(t, zb, b->z);
    f_mul(s1, a->y, t);
    f_mul(t, za, a->z);
    f_mul(s2, b->y, t);
    f_sub(h, u2, u1);
    f_sub(d, s2, s1);
    if (is_zero(h, F)) {
        if (is_zero(d, F))
            point_double(r, a);
        else
            memset(r, 0, sizeof *r);
        return;
    }
    f_mul(h2, h, h);
    f_mul(h3, h2, h);
    f_mul(u1, u1, h2);
    f_mul(t, a->z, b->z);
    f_mul(r->z, t, h);
    f_mul(t, d, d);
    f_sub(t, t, h3);
    f_sub(t, t, u1);
    f_sub(r->x, t, u1);
    f_sub(t, u1, r->x);
    f_mul(t, t, d);
    f_mul(s1, s1, h3);
    f_sub(r->y, t, s1);
}

static void point_times(struct point *r, const struct point *a, const limb *k)
{
    struct point sum = {0};
    for (u32 i = 256; i-- > 0;) {
        if (!is_zero(sum.z, F))
            point_double(&sum, &sum);
        if (k[i / LIMB_BITS] >> (i % LIMB_BITS) & 1)
            point_add(&sum, &sum, a);
    }
    *r = sum;
}

/* x of a point as a plain number */
static void affine_x(limb *x, const struct point *a)
{
    field e, inverse, two = {2}, unit = {1};
    f_mul(inverse, a->z, unit);
    sub_n(e, p.m, two, F);
    power(inverse, inverse, e, F, &p); /* 1/z */
    f_mul(inverse, inverse, p.square);
    f_mul(inverse, inverse, inverse);
    f_mul(inverse, a->x, inverse);
    f_mul(x, inverse, unit);
}

static u32 curve(const char *key, bool show)
{
    struct point g, q, h, sum;
    field k, x;
    from_hex(p.m, F, "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");
    set_modulus(&p, p.m, F);
    from_hex(x, F, "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    f_mul(g.x, x, p.square);
    from_hex(x, F, "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8");
    f_mul(g.y, x, p.square);
    memcpy(g.z, p.one, sizeof g.z);
    from_hex(k, F, key);
    point_times(&q, &g, k);
    affine_x(x, &q);
    if (show)
        print_hex("curve", x, 256);
    u32 result = digest(x, 256);
    /* (n − 1)·g has the same x as g, and n·g is nothing */
    from_hex(k, F, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140");
    point_times(&h, &g, k);
    affine_x(x, &h);
    result = result * 31 + digest(x, 256);
    point_add(&sum, &h, &g);
    return result * 31 + is_zero(sum.z, F);
}

/* ---- The rest ---- */

static u32 rsa(u32 *random, u32 bits, bool show)
{
    /* Any odd modulus does for powers; a message to the power of e, then the product of both halves checked by division. */
    static limb m[MOST / 2], a[MOST / 2], e[MOST / 2], x[MOST / 2], y[MOST / 2], z[MOST / 2], one[MOST / 2] = {1};
    static struct modulus modulus;
    u32 n = bits / LIMB_BITS;
    random_number(m, bits, random);
    m[0] |= 1;
    m[n - 1] |= (limb)1 << (LIMB_BITS - 1);
    set_modulus(&modulus, m, n);
    random_number(a, bits, random);
    a[n - 1] &= ~(limb)0 >> 1;
    random_number(e, bits, random);
    e[n - 1] &= ~(limb)0 >> 2;
    power(x, a, e, n, &modulus); /* a^e · a = a^(e+1) */
    montgomery(y, x, modulus.square, &modulus);
    montgomery(y, y, a, &modulus);
    add_n(e, e, one, n);
    power(z, a, e, n, &modulus);
    if (compare_n(y, z, n))
        printf("powers do not agree\n");
    if (show)
        printf("power %08x\n", (unsigned)digest(z, bits));
    return digest(z, bits);
}

static u32 products(u32 *random, u32 bits)
{
    static limb a[MOST], b[MOST], r[2 * MOST + 1], plain[2 * MOST], q[2 * MOST], scratch[8 * MOST];
    u32 n = bits / LIMB_BITS;
    random_number(a, bits, random);
    random_number(b, bits, random);
    b[n - 1] |= (limb)1 << (LIMB_BITS - 1);
    multiply(r, a, b, n, scratch);
    multiply_plain(plain, a, b, n);
    if (compare_n(r, plain, 2 * n))
        printf("products do not agree\n");
    r[0] ^= 12345; /* a small rest */
    memcpy(plain, r, 2 * n * sizeof *r);
    divide(q, r, 2 * n, b, n);
    multiply(scratch, q, b, n, scratch + 2 * n);
    limb carry = add_n(scratch, scratch, r, n);
    for (u32 i = n; carry && i < 2 * n; i++)
        carry = ++scratch[i] == 0;
    if (compare_n(scratch, plain, 2 * n) || compare_n(r, b, n) >= 0)
        printf("division does not agree\n");
    return digest(q, bits) * 31 + digest(r, 32);
}

static u32 factorial_digits(u32 of, bool show)
{
    static limb a[MOST + 1], q[MOST + 1];
    static char text[2000];
    u32 n = 1, digits = 0, sum = 0;
    a[0] = 1;
    for (u32 i = 2; i <= of; i++) {
        limb carry = 0;
        for (u32 k = 0; k < n; k++) {
            wide t = (wide)a[k] * i + carry;
            a[k] = (limb)t;
            carry = (limb)(t >> LIMB_BITS);
        }
        if (carry)
            a[n++] = carry;
    }
    limb ten = 1000000000;
    while (n) {
        divide(q, a, n, &ten, 1);
        u32 rest = (u32)a[0];
        for (int k = 0; k < 9; k++, rest /= 10)
            text[digits++] = (char)('0' + rest % 10);
        memcpy(a, q, n * sizeof *a);
        while (n && !a[n - 1])
            n--;
    }
    while (digits && text[digits - 1] == '0')
        digits--;
    for (u32 i = digits; i-- > 0;)
        sum = sum * 33 + (u32)(text[i] - '0');
    if (show)
        printf("%u! has %u digits\n", (unsigned)of, (unsigned)digits);
    return sum;
}

/* 0 rounds: short numbers, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 65537, sum = 0;
    if (!rounds)
        return rsa(&random, 128, true) + products(&random, 2048) * 3 + factorial_digits(60, true) * 5
            + curve("0000000000000000000000000000000000000000000000000000000000000003", true) * 7;
    for (u32 round = 0; round < rounds; round++) {
        sum = sum * 31 + rsa(&random, 1024, round == 0);
        for (int i = 0; i < 20; i++)
            sum = sum * 31 + products(&random, 2048);
        sum = sum * 31 + factorial_digits(400, round == 0);
        sum = sum * 31 + curve("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721", round == 0);
    }
    return sum;
}

WORKLOAD("bigint", 15, run)
