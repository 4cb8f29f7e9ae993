/*
 * Compression as archives do it: LZ77 with hash chains and lazy matching, canonical Huffman codes for literals, lengths
 * and distances, a checksum; and the way back. A round packs and unpacks one generated file of 256 KiB.
 */
#include <stdbool.h>
#include <string.h>
#include <workload.h>

enum {
    WINDOW = 32768, SHORTEST = 3, LONGEST = 258, HASH_BITS = 15, CHAIN = 24, BLOCK = 24000,
    LITERALS = 286, DISTANCES = 30, END_OF_BLOCK = 256, LONGEST_CODE = 15,
};

static const u16 length_base[29] = {3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99,
                                    115, 131, 163, 195, 227, 258};
static const u8 length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
static const u16 distance_base[30] = {1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025,
                                      1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const u8 distance_bits[30] = {0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12,
                                     12, 13, 13};

/* ---- Bits, lowest first ---- */

struct bits {
    u8 *bytes;
    u32 at, room;
    u64 held;
    u32 count;
    bool bad;
};

static void put_bits(struct bits *b, u32 value, u32 count)
{
    b->held |= (u64)value << b->count;
    b->count += count;
    while (b->count >= 8) {
        if (b->at == b->room) {
            b->room = b->room * 2 + 4096;
            b->bytes = realloc(b->bytes, b->room);
        }
        b->bytes[b->at++] = (u8)b->held;
        b->held >>= 8;
        b->count -= 8;
    }
}

static void refill(struct bits *b)
{
    while (b->count <= 48) {
        if (b->at < b->room)
            b->held |= (u64)b->bytes[b->at] << b->count;
        else if (b->at > b->room + 8)
            b->bad = true;
        b->at++;
        b->count += 8;
    }
}

static u32 get_bits(struct bits *b, u32 count)
{
    if (b->count < count)
        refill(b);
    u32 value = (u32)(b->held & ((1u << count) - 1));
    b->held >>= count;
    b->count -= count;
    return value;
}

/* ---- Huffman codes ---- */

static u32 reverse_bits(u32 x, u32 count)
{
    u32 r = 0;
    while (count--) {
        r = r << 1 | (x & 1);
        x >>= 1;
    }
    return r;
}

/* Code lengths for these frequencies, none above LONGEST_CODE: a heap of trees; frequencies are halved until it fits. */
static void code_lengths(const u32 *frequency, u32 n, u8 *lengths)
{
    static u32 weight[2 * LITERALS], heap[LITERALS + 1];
    static u16 parent[2 * LITERALS];
    for (u32 shift = 0;; shift++) {
        u32 count = 0, nodes = n, deepest = 0;
        for (u32 i = 0; i < n; i++) {
            weight[i] = frequency[i] ? (frequency[i] >> shift) + 1 : 0;
            lengths[i] = 0;
            if (!weight[i])
                continue;
            u32 hole = ++count;
            for (; hole > 1 && weight[heap[hole / 2]] > weight[i]; hole /= 2)
                heap[hole] = heap[hole / 2];
            heap[hole] = i;
        }
        if (count == 0)
            return;
        if (count == 1) {
            lengths[heap[1]] = 1;
            return;
        }
        while (count > 1) {
            u32 two[2];
            for (int k = 0; k < 2; k++) {
                two[k] = heap[1];
                u32 moved = heap[count--], hole = 1;
                for (u32 child; (child = 2 * hole) <= count; hole = child) {
                    if (child < count && weight[heap[child + 1]] < weight[heap[child]])
                        child++;
                    if (weight[heap[child]] >= weight[moved])
                        break;
                    heap[hole] = heap[child];
                }
                heap[hole] = moved;
            }
            weight[nodes] = weight[two[0]] + weight[two[1]];
            parent[two[0]] = parent[two[1]] = (u16)nodes;
            u32 hole = ++count;
            for (; hole > 1 && weight[heap[hole / 2]] > weight[nodes]; hole /= 2)
                heap[hole] = heap[hole / 2];
            heap[hole] = nodes++;
        }
        for (u32 i = 0; i < n; i++) {
            if (!weight[i])
                continue;
            u32 depth = 0;
            for (u32 at = i; at != nodes - 1; at = parent[at])
                depth++;
            lengths[i] = (u8)depth;
            deepest = depth > deepest ? depth : deepest;
        }
        if (deepest <= LONGEST_CODE)
            return;
    }
}

static void canonical(const u8 *lengths, u32 n, u16 *codes)
{
    u32 count[LONGEST_CODE + 2] = {0}, next[LONGEST_CODE + 2], code = 0;
    for (u32 i = 0; i < n; i++)
        count[lengths[i]]++;
    count[0] = 0;
    for (u32 bits = 1; bits <= LONGEST_CODE; bits++)
        next[bits] = code = (code + count[bits - 1]) << 1;
    for (u32 i = 0; i < n; i++)
        if (lengths[i])
            codes[i] = (u16)reverse_bits(next[lengths[i]]++, lengths[i]);
}

/* Decoding table: symbol and length by the next LONGEST_CODE bits. */
struct table {
    u16 entry[1 << LONGEST_CODE]; /* symbol << 4 | length; 0 for no code */
};

static bool make_table(struct table *t, const u8 *lengths, u32 n)
{
    u16 codes[LITERALS];
    u32 filled = 0;
    canonical(lengths, n, codes);
    memset(t, 0, sizeof *t);
    for (u32 i = 0; i < n; i++)
        if (lengths[i])
            for (u32 at = codes[i]; at < 1 << LONGEST_CODE; at += 1u << lengths[i]) {
                t->entry[at] = (u16)(i << 4 | lengths[i]);
                filled++;
            }
    return filled > 0 && filled <= 1 << LONGEST_CODE;
}

static u32 decode(struct bits *b, const struct table *t)
{
    if (b->count < LONGEST_CODE)
        refill(b);
    u32 entry = t->entry[b->held & ((1 << LONGEST_CODE) - 1)], length = entry & 15;
    b->bad |= length == 0;
    b->held >>= length;
    b->count -= length;
    return entry >> 4;
}

/* ---- Packing ---- */

struct token {
    u16 length; /* 0: a literal */
    u16 distance;
};

static struct token tokens[BLOCK];
static i32 head[1 << HASH_BITS], previous[WINDOW];
static u8 length_symbol[LONGEST + 1];

static u32 distance_symbol(u32 distance)
{
    if (distance <= 4)
        return distance - 1;
    u32 log = 31 - (u32)__builtin_clz(distance - 1);
    return 2 * log + ((distance - 1) >> (log - 1) & 1);
}

static u32 hash3(const u8 *p)
{
    return (p[0] | (u32)p[1] << 8 | (u32)p[2] << 16) * 0x9e3779b1u >> (32 - HASH_BITS);
}

static void enter(const u8 *source, u32 i)
{
    u32 h = hash3(source + i);
    previous[i % WINDOW] = head[h];
    head[h] = (i32)i;
}

static u32 longest_match(const u8 *source, u32 i, u32 size, u32 *distance)
{
    u32 best = SHORTEST - 1, limit = size - i < LONGEST ? size - i : LONGEST;
    i32 candidate = head[hash3(source + i)];
    for (int tries = CHAIN; candidate >= 0 && i - (u32)candidate <= WINDOW - 1 && tries--;
         candidate = previous[candidate % WINDOW]) {
        const u8 *a = source + candidate, *b = source + i;
        if (best < limit && a[best] != b[best])
            continue;
        u32 n = 0;
        while (n < limit && a[n] == b[n])
            n++;
        if (n > best) {
            best = n;
            *distance = i - (u32)candidate;
            if (n == limit)
                break;
        }
    }
    return best >= SHORTEST ? best : 0;
}

static void write_lengths(struct bits *b, const u8 *lengths, u32 n)
{
    for (u32 i = 0; i < n;) { /* 4 bits each; runs of zeros as 15 and a count */
        u32 run = 0;
        while (i + run < n && lengths[i + run] == 0 && run < 255 + 4)
            run++;
        if (run >= 4) {
            put_bits(b, 15, 4);
            put_bits(b, run - 4, 8);
            i += run;
        } else {
            put_bits(b, lengths[i] == 15 ? 14 : lengths[i], 4);
            if (lengths[i] >= 14)
                put_bits(b, lengths[i] - 14u, 1);
            i++;
        }
    }
}

static void write_block(struct bits *b, u32 count, const u8 *source, u32 from)
{
    static u32 literals[LITERALS], distances[DISTANCES];
    static u8 literal_lengths[LITERALS], distance_lengths[DISTANCES];
    static u16 literal_codes[LITERALS], distance_codes[DISTANCES];
    memset(literals, 0, sizeof literals);
    memset(distances, 0, sizeof distances);
    literals[END_OF_BLOCK] = 1;
    u32 at = from;
    for (u32 i = 0; i < count; i++) {
        if (tokens[i].length) {
            literals[257 + length_symbol[tokens[i].length]]++;
            distances[distance_symbol(tokens[i].distance)]++;
            at += tokens[i].length;
        } else {
            literals[source[at++]]++;
        }
    }
    code_lengths(literals, LITERALS, literal_lengths);
    code_lengths(distances, DISTANCES, distance_lengths);
    canonical(literal_lengths, LITERALS, literal_codes);
    canonical(distance_lengths, DISTANCES, distance_codes);
    write_lengths(b, literal_lengths, LITERALS);
    write_lengths(b, distance_lengths, DISTANCES);
    at = from;
    for (u32 i = 0; i < count; i++) {
        u32 length = tokens[i].length;
        if (length) {
            u32 s = length_symbol[length], d = distance_symbol(tokens[i].distance);
            put_bits(b, literal_codes[257 + s], literal_lengths[257 + s]);
            put_bits(b, length - length_base[s], length_bits[s]);
            put_bits(b, distance_codes[d], distance_lengths[d]);
            put_bits(b, tokens[i].distance - (u32)distance_base[d], distance_bits[d]);
            at += length;
        } else {
            put_bits(b, literal_codes[source[at]], literal_lengths[source[at]]);
            at++;
        }
    }
    put_bits(b, literal_codes[END_OF_BLOCK], literal_lengths[END_OF_BLOCK]);
}

static u32 adler(const u8 *p, u32 n)
{
    u32 a = 1, b = 0;
    while (n) {
        u32 part = n < 5552 ? n : 5552;
        n -= part;
        while (part--) {
            a += *p++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

static void pack(const u8 *source, u32 size, struct bits *b)
{
    for (u32 s = 0; s < 29; s++)
        for (u32 n = length_base[s]; n <= LONGEST && (s == 28 || n < length_base[s + 1]); n++)
            length_symbol[n] = (u8)s;
    for (u32 h = 0; h < 1 << HASH_BITS; h++)
        head[h] = -1;
    put_bits(b, size, 32);
    put_bits(b, adler(source, size) & 0xffff, 16);
    put_bits(b, adler(source, size) >> 16, 16);
    for (u32 i = 0; i < size;) {
        u32 from = i, count = 0;
        while (i < size && count + 1 < BLOCK) {
            u32 distance = 0, length = 0;
            if (i + SHORTEST < size) {
                length = longest_match(source, i, size, &distance);
                enter(source, i);
            }
            if (length && length < 32 && i + 1 + SHORTEST < size) { /* lazy: is the next one better? */
                u32 other, next = longest_match(source, i + 1, size, &other);
                if (next > length)
                    length = 0;
            }
            tokens[count++] = (struct token){(u16)length, (u16)distance};
            for (u32 k = 1; k < length; k++)
                if (i + k + SHORTEST < size)
                    enter(source, i + k);
            i += length ? length : 1;
        }
        put_bits(b, 1, 1);
        write_block(b, count, source, from);
    }
    put_bits(b, 0, 1);
    put_bits(b, 0, 7);
}

/* ---- Unpacking ---- */

static void read_lengths(struct bits *b, u8 *lengths, u32 n)
{
    for (u32 i = 0; i < n && !b->bad;) {
        u32 length = get_bits(b, 4);
        if (length == 15) {
            for (u32 run = get_bits(b, 8) + 4; run-- && i < n;)
                lengths[i++] = 0;
        } else {
            lengths[i++] = (u8)(length + (length == 14 ? get_bits(b, 1) : 0));
        }
    }
}

/* Bytes made, or −1 for damaged input. */
static i32 unpack(u8 *packed, u32 packed_size, u8 *out, u32 room)
{
    static struct table literal_table, distance_table;
    u8 lengths[LITERALS];
    struct bits b = {.bytes = packed, .room = packed_size};
    u32 size = get_bits(&b, 16);
    size |= get_bits(&b, 16) << 16;
    u32 sum = get_bits(&b, 16);
    sum |= get_bits(&b, 16) << 16;
    u32 at = 0;
    if (size > room)
        return -1;
    while (get_bits(&b, 1) && !b.bad) {
        read_lengths(&b, lengths, LITERALS);
        if (!make_table(&literal_table, lengths, LITERALS))
            return -1;
        read_lengths(&b, lengths, DISTANCES);
        make_table(&distance_table, lengths, DISTANCES);
        for (;;) {
            u32 symbol = decode(&b, &literal_table);
            if (b.bad || symbol == END_OF_BLOCK)
                break;
            if (symbol < 256) {
                if (at == size)
                    return -1;
                out[at++] = (u8)symbol;
                continue;
            }
            symbol -= 257;
            u32 length = length_base[symbol] + get_bits(&b, length_bits[symbol]);
            u32 code = decode(&b, &distance_table);
            u32 distance = distance_base[code] + get_bits(&b, distance_bits[code]);
            if (b.bad || distance > at || length > size - at)
                return -1;
            for (const u8 *from = out + at - distance; length--;)
                out[at++] = *from++;
        }
    }
    return b.bad || at != size || adler(out, size) != sum ? -1 : (i32)size;
}

/* ---- Files to pack: prose, tables, numbers, noise ---- */

static void make_file(u8 *file, u32 size, u32 *random)
{
    static const char *const words[] = {"gas", "is", "charged", "on", "entering", "a", "block", "for", "every", "instruction",
        "from", "the", "entry", "point", "to", "its", "end", "exactly", "enough", "leaves", "registers", "as", "they", "were"};
    char text[64];
    for (u32 at = 0; at < size;) {
        u32 x = next_u32(random), kind = at * 8 / size, n = 0;
        if (kind < 4)
            n = (u32)snprintf(text, sizeof text, "%s%s", words[x % 24], x >> 8 & 7 ? " " : ".\n");
        else if (kind < 6)
            n = (u32)snprintf(text, sizeof text, "%u;%u;%s;%d\n", (unsigned)(at / 30), (unsigned)(x & 1023), words[x >> 10 & 7],
                              (int)(x >> 20) - 2048);
        else if (kind < 7)
            for (n = 0; n < 8; n++)
                text[n] = (char)(n & 1 ? 0 : x >> (n * 2));
        else
            for (n = 0; n < 4; n++)
                text[n] = (char)(x >> (n * 8));
        for (u32 k = 0; k < n && at < size; k++)
            file[at++] = (u8)text[k];
    }
}

enum { FILE_SIZE = 256 << 10 };
static u8 file[FILE_SIZE], again[FILE_SIZE];

/* 0 rounds: a small file, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 4711, sum = 0, size = rounds ? FILE_SIZE : 6000, bad = 0;
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        struct bits b = {0};
        make_file(file, size, &random);
        pack(file, size, &b);
        memset(again, 0, size);
        bad += unpack(b.bytes, b.at, again, size) != (i32)size || memcmp(file, again, size) != 0;
        sum = sum * 31 + b.at + adler(b.bytes, b.at);
        if (round == 0) { /* damage must be noticed */
            for (int i = 0; i < 8; i++) {
                u32 where = 8 + next_u32(&random) % (b.at - 9);
                b.bytes[where] ^= (u8)(1 << i);
                bad += unpack(b.bytes, b.at, again, size) >= 0;
                b.bytes[where] ^= (u8)(1 << i);
            }
            printf("%u bytes to %u\n", (unsigned)size, (unsigned)b.at);
        }
        free(b.bytes);
    }
    printf("%u bad\n", (unsigned)bad);
    return sum;
}

WORKLOAD("pack", 2, run)
