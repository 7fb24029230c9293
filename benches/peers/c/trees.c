/* Allocation: many binary trees of every second depth from 4 to SIZE are made, counted and dropped. */
#include "harness.h"

struct tree {
    struct tree *left;
    struct tree *right;
};

static int64_t count(const struct tree *t) {
    if (t->left == NULL) {
        return 1;
    }
    return 1 + count(t->left) + count(t->right);
}

static struct tree *tree(int64_t depth) {
    struct tree *t = malloc(sizeof *t);
    if (t == NULL) {
        abort();
    }
    t->left = depth == 0 ? NULL : tree(depth - 1);
    t->right = depth == 0 ? NULL : tree(depth - 1);
    return t;
}

static void drop(struct tree *t) {
    if (t->left != NULL) {
        drop(t->left);
        drop(t->right);
    }
    free(t);
}

static int64_t run(int64_t size) {
    int64_t sum = 0;
    for (int64_t depth = 4; depth <= size; depth += 2) {
        int64_t trees = (int64_t)1 << (size - depth + 4);
        for (int64_t i = 0; i < trees; i++) {
            struct tree *t = tree(depth);
            sum += count(t);
            drop(t);
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    return measure("trees", run, argc, argv);
}
