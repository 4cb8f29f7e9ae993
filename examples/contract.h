/* What ContractHost.java offers contracts, by number. Words are 32 bytes, addresses 20. */
#ifndef CONTRACT_H
#define CONTRACT_H
#include <stdint.h>
#include <sys.h>

/* A contract need not use all of them. */
#define HOST static inline __attribute__((unused))

typedef struct { uint8_t bytes[20]; } address;
typedef struct { uint64_t limbs[4]; } word;

/* Kept in the file though nothing here calls it: the host does, by name. */
#define EXPORT __attribute__((used, retain))

HOST void storage_load(const word *key, word *value)
{
    sys_call(1, (long)key, (long)value, 0);
}

HOST void storage_store(const word *key, const word *value)
{
    sys_call(2, (long)key, (long)value, 0);
}

HOST void get_caller(address *who)
{
    sys_call(3, (long)who, 0, 0);
}

/* What the caller pays with this call. */
HOST uint64_t get_value(void)
{
    return (uint64_t)sys_call(4, 0, 0, 0);
}

/* Copies the call's input and says how many bytes it has. */
HOST long get_input(void *buffer, long size)
{
    return sys_call(5, (long)buffer, size, 0);
}

HOST void emit_log(const void *data, long size)
{
    sys_call(6, (long)data, size, 0);
}

/* Calls another contract with input; its status, or a negative number if it did not come to its end. */
HOST long call_contract(const address *which, const void *input, long size)
{
    return sys_call(7, (long)which, (long)input, size);
}

enum { OK, BAD_INPUT, NOT_ENOUGH, NOT_ALLOWED };
enum { MINT = 1, TRANSFER, APPROVE, TRANSFER_FROM, BALANCE, BUY };

/* What a call's input looks like; fields a method does not need are ignored. */
typedef struct {
    uint32_t method;
    address from, to;
    uint64_t amount;
} request;
#endif
