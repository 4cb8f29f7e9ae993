/* Recursion over pointers with unpredictable branches: a binary tree, evaluated by a different rule at each node. */
#include <workload.h>

enum { NODES = 20000 };

struct node {
    struct node *left, *right;
    u32 key, value;
};

static struct node pool[NODES];
static u32 used;

static NOINLINE struct node *insert(struct node *tree, u32 key)
{
    if (!tree) {
        tree = &pool[used++];
        *tree = (struct node){0, 0, key, key >> 3};
    } else if (key < tree->key) {
        tree->left = insert(tree->left, key);
    } else {
        tree->right = insert(tree->right, key);
    }
    return tree;
}

static NOINLINE u32 evaluate(const struct node *tree)
{
    if (!tree->left)
        return tree->right ? evaluate(tree->right) + 1 : tree->value;
    if (!tree->right)
        return evaluate(tree->left) ^ 3;
    u32 left, right;
    switch (tree->value & 3) {
    case 0:
        left = evaluate(tree->left);
        right = evaluate(tree->right);
        return left + right;
    case 1:
        right = evaluate(tree->right);
        left = evaluate(tree->left);
        return left - 3 * right;
    case 2:
        left = evaluate(tree->left);
        right = evaluate(tree->right);
        return left ^ right >> 1;
    default:
        right = evaluate(tree->right);
        left = evaluate(tree->left);
        return 2 * left + right;
    }
}

/* 0 rounds: a small tree, for tests. */
static u32 run(u32 rounds)
{
    u32 random = 1, sum = 0, nodes = rounds ? NODES : NODES / 20;
    struct node *tree = 0;
    for (u32 i = 0; i < nodes; i++)
        tree = insert(tree, next_u32(&random) >> 4);
    for (u32 round = 0; round < (rounds ? rounds : 5); round++) {
        sum = sum * 31 + evaluate(tree);
        pool[(sum >> 3) % nodes].value ^= sum;
    }
    return sum;
}

WORKLOAD("tree", 400, run)
