/* Polymorphic dispatch: SIZE calls of one method at one place, on five classes in turn. */
#include "harness.h"

struct shape {
    int64_t (*measure_at)(struct shape *, int64_t);
    int64_t side;
    int64_t calls;
};

static int64_t square(struct shape *s, int64_t i) {
    (void)i;
    return s->side * s->side;
}

static int64_t strip(struct shape *s, int64_t i) {
    return s->side + i % 3;
}

static int64_t cube(struct shape *s, int64_t i) {
    (void)i;
    return s->side * s->side * s->side;
}

static int64_t hole(struct shape *s, int64_t i) {
    (void)i;
    return -s->side;
}

static int64_t counter(struct shape *s, int64_t i) {
    (void)i;
    s->calls++;
    return s->calls % s->side;
}

static int64_t run(int64_t size) {
    struct shape shapes[5] = {{square, 3, 0}, {strip, 4, 0}, {cube, 2, 0}, {hole, 5, 0}, {counter, 7, 0}};
    int64_t sum = 0;
    for (int64_t i = 0; i < size; i++) {
        struct shape *s = &shapes[i % 5];
        sum += s->measure_at(s, i);
    }
    return sum;
}

int main(int argc, char **argv) {
    return measure("dispatch", run, argc, argv);
}
