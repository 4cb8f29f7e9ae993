/* Pointer chasing: a chained hash table under a mix of updates and look-ups, then a list reversed again and again. */
#include <workload.h>

enum { BUCKETS = 8192, NODES = 12000, KEYS = 16000 };

struct node {
    struct node *next;
    u32 key, value;
};

static struct node *table[BUCKETS], pool[NODES];
static u32 used;

static u32 bucket(u32 key)
{
    return key * 2654435761u >> 19;
}

static NOINLINE struct node *find(u32 key)
{
    for (struct node *n = table[bucket(key)]; n; n = n->next)
        if (n->key == key)
            return n;
    return 0;
}

static NOINLINE void add(u32 key, u32 value)
{
    struct node *n = find(key);
    if (n) {
        n->value += value;
    } else if (used < NODES) {
        n = &pool[used++];
        *n = (struct node){table[bucket(key)], key, value};
        table[bucket(key)] = n;
    }
}

static u32 run(u32 rounds)
{
    u32 random = 12345, sum = 0;
    for (u32 i = 0; i < rounds * 10000; i++) {
        u32 key = (next_u32(&random) >> 8) % KEYS;
        if (i % 4 == 0) {
            add(key, i);
        } else {
            struct node *n = find(key);
            if (n)
                sum += n->value;
        }
    }
    struct node *list = 0;
    for (u32 i = 0; i < used; i++) {
        pool[i].next = list;
        list = &pool[i];
    }
    for (u32 i = 0; i < rounds; i++) {
        struct node *turned = 0;
        while (list) {
            struct node *rest = list->next;
            sum = sum * 3 + list->key;
            list->next = turned;
            turned = list;
            list = rest;
        }
        list = turned;
    }
    return sum;
}

WORKLOAD("hash", 250, run)
