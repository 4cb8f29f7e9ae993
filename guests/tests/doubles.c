/* Doubles: every operation on every pair of edge values and on random ones, then planets and a fractal. */
#include <stdio.h>
#include <string.h>
#include <workload.h>

static const u64 edges[] = {
    0, 0x8000000000000000, 1, 0x8000000000000001, 0xfffffffffffff, 0x10000000000000, 0x10000000000001, 0x1fffffffffffff,
    0x3ff0000000000000, 0xbff0000000000000, 0x3ff0000000000001, 0x3fefffffffffffff, 0x4000000000000000, 0x3fe0000000000000,
    0x4330000000000000, 0x4330000000000001, 0x4340000000000000, 0x43e0000000000000, 0xc3e0000000000000, 0x41dfffffffc00000,
    0x41e0000000000000, 0xc1e0000000200000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7fe0000000000000, 0x7ff0000000000000,
    0xfff0000000000000, 0x7ff8000000000000, 0x3fb999999999999a, 0x400921fb54442d18, 0x3ca0000000000000, 0x3c90000000000001,
    0x20000000000000, 0x1ff0000000000000, 0x1e60000000000000,
};
enum { EDGES = sizeof edges / sizeof *edges };

static double make(u64 u)
{
    double d;
    memcpy(&d, &u, sizeof d);
    return d;
}

/* The bits; all NaNs are one. */
static u64 look(double d)
{
    u64 u;
    memcpy(&u, &d, sizeof u);
    return d != d ? 0x7ff8000000000000 : u;
}

static u64 mix(u64 sum, u64 value)
{
    return (sum ^ value) * 0x9e3779b97f4a7c15u + (sum >> 29);
}

static NOINLINE u64 operations(double x, double y)
{
    u64 s = 1;
    s = mix(s, look(x + y));
    s = mix(s, look(x - y));
    s = mix(s, look(x * y));
    s = mix(s, look(x / y));
    s = mix(s, (u64)(x < y) | (u64)(x <= y) << 1 | (u64)(x == y) << 2 | (u64)(x != y) << 3 | (u64)(x > y) << 4
                   | (u64)(x >= y) << 5 | (u64)!(x < y) << 6 | (u64)!(x >= y) << 7);
    if (x > -9e18 && x < 9e18)
        s = mix(s, (u64)(i64)x);
    if (x > -2147483648.0 && x < 2147483647.0)
        s = mix(s, (u64)(i64)(i32)x);
    if (x > -1 && x < 1.8e19)
        s = mix(s, (u64)x);
    return s;
}

static NOINLINE u64 conversions(u64 n)
{
    u64 s = look((double)n);
    s = mix(s, look((double)(i64)n));
    s = mix(s, look((double)(u32)n));
    return mix(s, look((double)(i32)n));
}

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static double root(double v) /* Newton's, from a power of two near it */
{
    double r = make((look(v) >> 1) + 0x1ff8000000000000);
    for (int i = 0; i < 6; i++)
        r = 0.5 * (r + v / r);
    return r;
}

static u64 planets(int steps)
{
    static struct body b[5] = {
        {0, 0, 0, 0, 0, 0, 39.5}, {4.84, -1.16, -0.10, 0.6, 2.81, -0.02, 0.037}, {8.34, 4.12, -0.4, -1.01, 1.82, 0.008, 0.011},
        {12.9, -15.1, -0.22, 1.08, 0.87, -0.01, 0.0017}, {15.4, -25.9, 0.18, 0.98, 0.59, -0.03, 0.002},
    };
    u64 sum = 0;
    while (steps--) {
        for (int i = 0; i < 5; i++)
            for (int k = i + 1; k < 5; k++) {
                double dx = b[i].x - b[k].x, dy = b[i].y - b[k].y, dz = b[i].z - b[k].z;
                double d2 = dx * dx + dy * dy + dz * dz, m = 0.01 / (d2 * root(d2));
                b[i].vx -= dx * b[k].mass * m, b[i].vy -= dy * b[k].mass * m, b[i].vz -= dz * b[k].mass * m;
                b[k].vx += dx * b[i].mass * m, b[k].vy += dy * b[i].mass * m, b[k].vz += dz * b[i].mass * m;
            }
        for (int i = 0; i < 5; i++)
            b[i].x += 0.01 * b[i].vx, b[i].y += 0.01 * b[i].vy, b[i].z += 0.01 * b[i].vz;
        sum = mix(sum, look(b[1].x)) + look(b[4].vz);
    }
    return sum;
}

static u32 fractal(int size)
{
    u32 sum = 0;
    for (int row = 0; row < size; row++)
        for (int column = 0; column < size; column++) {
            double cx = 3.0 * column / size - 2.0, cy = 2.0 * row / size - 1.0, x = 0, y = 0;
            u32 n = 0;
            for (; n < 50 && x * x + y * y < 4.0; n++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
            }
            sum = sum * 31 + n;
        }
    return sum;
}

int main(void)
{
    u64 sum = 0, random = 17;
    for (int i = 0; i < EDGES; i++) {
        for (int k = 0; k < EDGES; k++)
            sum = mix(sum, operations(make(edges[i]), make(edges[k])));
        sum = mix(sum, conversions(edges[i]));
        sum = mix(sum, conversions(edges[i] >> (i + 5)));
    }
    printf("edges %016llx\n", (unsigned long long)sum);
    for (int i = 0; i < 1500; i++) {
        u64 a = next_u64(&random), b = next_u64(&random);
        if (i % 3) /* near each other: cancellation, rounding */
            b = (a & 0x7ff0000000000000) + (b & 0x807fffffffffffff);
        sum = mix(sum, operations(make(a), make(b)));
        sum = mix(sum, conversions(a >> (b & 63)));
    }
    printf("random %016llx\n", (unsigned long long)sum);
    printf("planets %016llx\n", (unsigned long long)planets(40));
    printf("fractal %08x\n", (unsigned)fractal(20));
    return 0;
}
