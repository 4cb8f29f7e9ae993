/* A token after ERC-20: balances and allowances in the host's storage, a log line for each transfer. */
#include "contract.h"

static const uint64_t round_constants[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b, 0x0000000080000001,
    0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
    0x000000000000800a, 0x800000008000000a, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static uint64_t rotate(uint64_t x, unsigned by)
{
    return x << (by & 63) | x >> (-by & 63);
}

/* Keccak-f[1600], FIPS 202 section 3. */
static void permute(uint64_t s[25])
{
    for (int round = 0; round < 24; round++) {
        uint64_t c[5];
        for (int x = 0; x < 5; x++)
            c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5)
                s[x + y] ^= d;
        }
        uint64_t moving = s[1];
        for (int t = 0, x = 1, y = 0; t < 24; t++) {
            int next = (2 * x + 3 * y) % 5;
            x = y;
            y = next;
            uint64_t there = s[x + 5 * y];
            s[x + 5 * y] = rotate(moving, (unsigned)((t + 1) * (t + 2) / 2));
            moving = there;
        }
        for (int y = 0; y < 25; y += 5) {
            for (int x = 0; x < 5; x++)
                c[x] = s[x + y];
            for (int x = 0; x < 5; x++)
                s[x + y] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
        }
        s[0] ^= round_constants[round];
    }
}

/* SHA3-256 of what fits one block, FIPS 202 section 6.1. */
static word hash(const void *data, unsigned size)
{
    union { uint64_t lanes[25]; uint8_t bytes[200]; } state = {{0}};
    for (unsigned i = 0; i < size; i++)
        state.bytes[i] = ((const uint8_t *)data)[i];
    state.bytes[size] ^= 6;
    state.bytes[135] ^= 0x80;
    permute(state.lanes);
    return (word){{state.lanes[0], state.lanes[1], state.lanes[2], state.lanes[3]}};
}

/* Where a balance (of a) or an allowance (of b, given by a) is kept. */
static word key_of(uint64_t kind, const address *a, const address *b)
{
    struct { uint64_t kind; address a, b; } place = {kind, *a, b ? *b : (address){{0}}};
    return hash(&place, sizeof place);
}

static uint64_t load(const word *key)
{
    word value;
    storage_load(key, &value);
    return value.limbs[0];
}

static void store(const word *key, uint64_t amount)
{
    word value = {{amount, 0, 0, 0}};
    storage_store(key, &value);
}

static int move(const address *from, const address *to, uint64_t amount)
{
    word giver = key_of(1, from, 0), taker = key_of(1, to, 0);
    uint64_t has = load(&giver);
    if (has < amount)
        return NOT_ENOUGH;
    store(&giver, has - amount);
    store(&taker, load(&taker) + amount);
    struct { address from, to; uint64_t amount; } event = {*from, *to, amount};
    emit_log(&event, sizeof event);
    return OK;
}

EXPORT long entry(void)
{
    request in;
    address caller;
    if (get_input(&in, sizeof in) != sizeof in)
        return -BAD_INPUT;
    get_caller(&caller);
    switch (in.method) {
    case MINT: {
        word key = key_of(1, &caller, 0);
        store(&key, load(&key) + in.amount);
        return OK;
    }
    case TRANSFER:
        return -move(&caller, &in.to, in.amount);
    case APPROVE: {
        word key = key_of(2, &caller, &in.to);
        store(&key, in.amount);
        return OK;
    }
    case TRANSFER_FROM: {
        word key = key_of(2, &in.from, &caller);
        uint64_t allowed = load(&key);
        if (allowed < in.amount)
            return -NOT_ALLOWED;
        int status = move(&in.from, &in.to, in.amount);
        if (status == OK)
            store(&key, allowed - in.amount);
        return -status;
    }
    case BALANCE: {
        word key = key_of(1, &in.to, 0);
        return (long)load(&key);
    }
    default:
        return -BAD_INPUT;
    }
}

int main(void)
{
    return 0; /* the host calls entry */
}
