/*
 * Ordered maps: a red-black tree with insertion and deletion, a B-tree of fat nodes, a skip list and a heap, all given the
 * same work and compared with each other. A round is 4,000 operations on each.
 */
#include <stdbool.h>
#include <string.h>
#include <workload.h>

/* ---- Red-black tree with parent pointers ---- */

struct rb {
    struct rb *child[2], *parent;
    u32 key, value;
    bool red;
};

static struct rb nil = {{&nil, &nil}, &nil, 0, 0, false}, *rb_root = &nil;

static void rb_rotate(struct rb *x, int side) /* side 0: to the left */
{
    struct rb *y = x->child[!side];
    x->child[!side] = y->child[side];
    if (y->child[side] != &nil)
        y->child[side]->parent = x;
    y->parent = x->parent;
    if (x->parent == &nil)
        rb_root = y;
    else
        x->parent->child[x == x->parent->child[1]] = y;
    y->child[side] = x;
    x->parent = y;
}

static struct rb *rb_find(u32 key)
{
    struct rb *n = rb_root;
    while (n != &nil && n->key != key)
        n = n->child[key > n->key];
    return n == &nil ? 0 : n;
}

static void rb_insert(u32 key, u32 value)
{
    struct rb *parent = &nil, *at = rb_root;
    while (at != &nil) {
        if (at->key == key) {
            at->value += value;
            return;
        }
        parent = at;
        at = at->child[key > at->key];
    }
    struct rb *n = malloc(sizeof *n);
    *n = (struct rb){{&nil, &nil}, parent, key, value, true};
    if (parent == &nil)
        rb_root = n;
    else
        parent->child[key > parent->key] = n;
    while (n->parent->red) {
        struct rb *grand = n->parent->parent;
        int side = n->parent == grand->child[1];
        struct rb *uncle = grand->child[!side];
        if (uncle->red) {
            n->parent->red = uncle->red = false;
            grand->red = true;
            n = grand;
            continue;
        }
        if (n == n->parent->child[!side]) {
            n = n->parent;
            rb_rotate(n, side);
        }
        n->parent->red = false;
        grand->red = true;
        rb_rotate(grand, !side);
    }
    rb_root->red = false;
}

static void rb_replace(struct rb *old, struct rb *by)
{
    if (old->parent == &nil)
        rb_root = by;
    else
        old->parent->child[old == old->parent->child[1]] = by;
    by->parent = old->parent;
}

static bool rb_delete(u32 key)
{
    struct rb *z = rb_find(key), *y = z, *x;
    if (!z)
        return false;
    bool was_red = y->red;
    if (z->child[0] == &nil) {
        x = z->child[1];
        rb_replace(z, x);
    } else if (z->child[1] == &nil) {
        x = z->child[0];
        rb_replace(z, x);
    } else {
        for (y = z->child[1]; y->child[0] != &nil;)
            y = y->child[0];
        was_red = y->red;
        x = y->child[1];
        if (y->parent == z) {
            x->parent = y;
        } else {
            rb_replace(y, x);
            y->child[1] = z->child[1];
            y->child[1]->parent = y;
        }
        rb_replace(z, y);
        y->child[0] = z->child[0];
        y->child[0]->parent = y;
        y->red = z->red;
    }
    free(z);
    while (!was_red && x != rb_root && !x->red) {
        int side = x == x->parent->child[1];
        struct rb *w = x->parent->child[!side];
        if (w->red) {
            w->red = false;
            x->parent->red = true;
            rb_rotate(x->parent, side);
            w = x->parent->child[!side];
        }
        if (!w->child[0]->red && !w->child[1]->red) {
            w->red = true;
            x = x->parent;
            continue;
        }
        if (!w->child[!side]->red) {
            w->child[side]->red = false;
            w->red = true;
            rb_rotate(w, !side);
            w = x->parent->child[!side];
        }
        w->red = x->parent->red;
        x->parent->red = false;
        w->child[!side]->red = false;
        rb_rotate(x->parent, side);
        x = rb_root;
    }
    if (!was_red)
        x->red = false;
    return true;
}

/* Black height, or −1 where a rule is broken. */
static int rb_check(const struct rb *n)
{
    if (n == &nil)
        return 1;
    int a = rb_check(n->child[0]), b = rb_check(n->child[1]);
    if (a < 0 || a != b || (n->red && (n->child[0]->red || n->child[1]->red)))
        return -1;
    if ((n->child[0] != &nil && n->child[0]->key >= n->key) || (n->child[1] != &nil && n->child[1]->key <= n->key))
        return -1;
    return a + !n->red;
}

static u32 rb_walk(const struct rb *n, u32 sum)
{
    return n == &nil ? sum : rb_walk(n->child[1], rb_walk(n->child[0], sum) * 31 + n->key * 7 + n->value);
}

/* ---- B-tree of minimal degree T ---- */

enum { T = 8, FULL = 2 * T - 1 };

struct bt {
    u32 count;
    bool leaf;
    u32 keys[FULL], values[FULL];
    struct bt *child[FULL + 1];
};

static struct bt *bt_root;

static struct bt *bt_new(bool leaf)
{
    struct bt *n = calloc(1, sizeof *n);
    n->leaf = leaf;
    return n;
}

static u32 bt_place(const struct bt *n, u32 key)
{
    u32 low = 0, high = n->count;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (n->keys[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static u32 *bt_find(u32 key)
{
    for (struct bt *n = bt_root;;) {
        u32 i = bt_place(n, key);
        if (i < n->count && n->keys[i] == key)
            return &n->values[i];
        if (n->leaf)
            return 0;
        n = n->child[i];
    }
}

static void bt_shift(struct bt *n, u32 from, int by)
{
    u32 moved = n->count - from;
    memmove(n->keys + from + by, n->keys + from, moved * sizeof *n->keys);
    memmove(n->values + from + by, n->values + from, moved * sizeof *n->values);
}

static void bt_shift_children(struct bt *n, u32 from, int by)
{
    if (!n->leaf)
        memmove(n->child + from + by, n->child + from, (n->count + 1 - from) * sizeof *n->child);
}

static void bt_split(struct bt *parent, u32 i)
{
    struct bt *left = parent->child[i], *right = bt_new(left->leaf);
    right->count = T - 1;
    memcpy(right->keys, left->keys + T, (T - 1) * sizeof *left->keys);
    memcpy(right->values, left->values + T, (T - 1) * sizeof *left->values);
    if (!left->leaf)
        memcpy(right->child, left->child + T, T * sizeof *left->child);
    left->count = T - 1;
    bt_shift_children(parent, i + 1, 1);
    bt_shift(parent, i, 1);
    parent->child[i + 1] = right;
    parent->keys[i] = left->keys[T - 1];
    parent->values[i] = left->values[T - 1];
    parent->count++;
}

static void bt_insert(u32 key, u32 value)
{
    u32 *known = bt_find(key);
    if (known) {
        *known += value;
        return;
    }
    if (bt_root->count == FULL) {
        struct bt *top = bt_new(false);
        top->child[0] = bt_root;
        bt_root = top;
        bt_split(top, 0);
    }
    struct bt *n = bt_root;
    while (!n->leaf) {
        u32 i = bt_place(n, key);
        if (n->child[i]->count == FULL) {
            bt_split(n, i);
            i += key > n->keys[i];
        }
        n = n->child[i];
    }
    u32 i = bt_place(n, key);
    bt_shift(n, i, 1);
    n->keys[i] = key;
    n->values[i] = value;
    n->count++;
}

/* Joins child i, key i and child i + 1. */
static struct bt *bt_join(struct bt *n, u32 i)
{
    struct bt *left = n->child[i], *right = n->child[i + 1];
    left->keys[left->count] = n->keys[i];
    left->values[left->count] = n->values[i];
    memcpy(left->keys + left->count + 1, right->keys, right->count * sizeof *right->keys);
    memcpy(left->values + left->count + 1, right->values, right->count * sizeof *right->values);
    if (!left->leaf)
        memcpy(left->child + left->count + 1, right->child, (right->count + 1) * sizeof *right->child);
    left->count += right->count + 1;
    bt_shift(n, i + 1, -1);
    bt_shift_children(n, i + 2, -1);
    n->count--;
    free(right);
    return left;
}

/* Child i with at least T keys, taking one from a neighbour or joining with it. */
static struct bt *bt_fatten(struct bt *n, u32 i)
{
    struct bt *c = n->child[i];
    if (c->count >= T)
        return c;
    if (i > 0 && n->child[i - 1]->count >= T) {
        struct bt *left = n->child[i - 1];
        bt_shift_children(c, 0, 1);
        bt_shift(c, 0, 1);
        c->keys[0] = n->keys[i - 1];
        c->values[0] = n->values[i - 1];
        c->child[0] = left->child[left->count];
        c->count++;
        n->keys[i - 1] = left->keys[left->count - 1];
        n->values[i - 1] = left->values[left->count - 1];
        left->count--;
        return c;
    }
    if (i < n->count && n->child[i + 1]->count >= T) {
        struct bt *right = n->child[i + 1];
        c->keys[c->count] = n->keys[i];
        c->values[c->count] = n->values[i];
        c->child[c->count + 1] = right->child[0];
        c->count++;
        n->keys[i] = right->keys[0];
        n->values[i] = right->values[0];
        bt_shift(right, 1, -1);
        bt_shift_children(right, 1, -1);
        right->count--;
        return c;
    }
    return bt_join(n, i < n->count ? i : i - 1);
}

static void bt_delete(u32 key)
{
    struct bt *n = bt_root;
    for (;;) {
        u32 i = bt_place(n, key);
        bool here = i < n->count && n->keys[i] == key;
        if (n->leaf) {
            if (here) {
                bt_shift(n, i + 1, -1);
                n->count--;
            }
            break;
        }
        if (here && n->child[i]->count >= T) { /* its predecessor takes its place */
            struct bt *p = n->child[i];
            while (!p->leaf)
                p = p->child[p->count];
            u32 moved = p->keys[p->count - 1];
            n->keys[i] = moved;
            n->values[i] = p->values[p->count - 1];
            key = moved;
            n = n->child[i];
        } else if (here && n->child[i + 1]->count >= T) {
            struct bt *p = n->child[i + 1];
            while (!p->leaf)
                p = p->child[0];
            u32 moved = p->keys[0];
            n->keys[i] = moved;
            n->values[i] = p->values[0];
            key = moved;
            n = n->child[i + 1];
        } else if (here) {
            n = bt_join(n, i);
        } else {
            n = bt_fatten(n, i);
        }
        if (bt_root->count == 0 && !bt_root->leaf) {
            struct bt *old = bt_root;
            bt_root = old->child[0];
            free(old);
        }
    }
}

static u32 bt_walk(const struct bt *n, u32 sum)
{
    for (u32 i = 0; i < n->count; i++) {
        if (!n->leaf)
            sum = bt_walk(n->child[i], sum);
        sum = sum * 31 + n->keys[i] * 7 + n->values[i];
    }
    return n->leaf ? sum : bt_walk(n->child[n->count], sum);
}

/* ---- Skip list ---- */

enum { LEVELS = 12 };

struct skip {
    u32 key, value;
    u32 height;
    struct skip *next[];
};

static struct skip *sl_head;
static u32 sl_random = 99;

static struct skip *sl_before(u32 key, struct skip **before)
{
    struct skip *n = sl_head;
    for (u32 level = LEVELS; level-- > 0;) {
        while (n->next[level] && n->next[level]->key < key)
            n = n->next[level];
        before[level] = n;
    }
    return n->next[0];
}

static void sl_insert(u32 key, u32 value)
{
    struct skip *before[LEVELS], *n = sl_before(key, before);
    if (n && n->key == key) {
        n->value += value;
        return;
    }
    u32 height = 1 + (u32)__builtin_ctz(next_u32(&sl_random) | 1u << (LEVELS - 1));
    n = malloc(sizeof *n + height * sizeof(struct skip *));
    *n = (struct skip){key, value, height};
    for (u32 level = 0; level < height; level++) {
        n->next[level] = before[level]->next[level];
        before[level]->next[level] = n;
    }
}

static void sl_delete(u32 key)
{
    struct skip *before[LEVELS], *n = sl_before(key, before);
    if (!n || n->key != key)
        return;
    for (u32 level = 0; level < n->height; level++)
        before[level]->next[level] = n->next[level];
    free(n);
}

static u32 sl_walk(void)
{
    u32 sum = 0;
    for (struct skip *n = sl_head->next[0]; n; n = n->next[0])
        sum = sum * 31 + n->key * 7 + n->value;
    return sum;
}

/* ---- Pairing heap, emptied once a round ---- */

struct pair {
    struct pair *child, *sibling;
    u32 key;
};

static struct pair *ph_meld(struct pair *a, struct pair *b)
{
    if (!a || !b)
        return a ? a : b;
    if (b->key < a->key) {
        struct pair *t = a;
        a = b;
        b = t;
    }
    b->sibling = a->child;
    a->child = b;
    return a;
}

static struct pair *ph_pop(struct pair *root)
{
    struct pair *pairs = 0, *n = root->child, *merged = 0;
    free(root);
    while (n) {
        struct pair *a = n, *b = n->sibling, *rest = b ? b->sibling : 0;
        a->sibling = 0;
        if (b)
            b->sibling = 0;
        a = ph_meld(a, b);
        a->sibling = pairs;
        pairs = a;
        n = rest;
    }
    while (pairs) {
        struct pair *rest = pairs->sibling;
        pairs->sibling = 0;
        merged = ph_meld(merged, pairs);
        pairs = rest;
    }
    return merged;
}

static u32 heap_round(u32 *random, u32 count)
{
    struct pair *root = 0;
    u32 sum = 0, last = 0;
    for (u32 i = 0; i < count; i++) {
        struct pair *n = malloc(sizeof *n);
        *n = (struct pair){0, 0, next_u32(random) >> 4};
        root = ph_meld(root, n);
        if (i % 3 == 2)
            root = ph_pop(root);
    }
    for (; root; root = ph_pop(root)) {
        if (root->key < last)
            printf("heap out of order\n");
        last = root->key;
        sum = sum * 31 + last;
    }
    return sum;
}

/* 0 rounds: a tenth of one, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 271828, sum = 0, operations = rounds ? 4000 : 400;
    bt_root = bt_new(true);
    sl_head = calloc(1, sizeof *sl_head + LEVELS * sizeof(struct skip *));
    for (u32 round = 0; round < (rounds ? rounds : 1); round++) {
        for (u32 i = 0; i < operations; i++) {
            u32 x = next_u32(&random), key = (x >> 3) % (operations * 2);
            if ((x & 7) < (round % 4 < 2 ? 5u : 3u)) {
                rb_insert(key, i);
                bt_insert(key, i);
                sl_insert(key, i);
            } else {
                rb_delete(key);
                bt_delete(key);
                sl_delete(key);
            }
            struct rb *a = rb_find(x % (operations * 2));
            u32 *b = bt_find(x % (operations * 2));
            if (!a != !b || (a && a->value != *b))
                printf("trees disagree at %u\n", (unsigned)i);
            sum += a ? a->value : 1;
        }
        if (rb_check(rb_root) < 0)
            printf("red-black tree broken in round %u\n", (unsigned)round);
        u32 all = rb_walk(rb_root, 0);
        if (all != bt_walk(bt_root, 0) || all != sl_walk())
            printf("walks disagree in round %u\n", (unsigned)round);
        sum = sum * 31 + all + heap_round(&random, operations);
    }
    return sum;
}

WORKLOAD("trees", 12, run)
