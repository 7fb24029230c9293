/* The harness of the kernels: see benches/programs/kernels/harness.nyash. */
#ifndef HARNESS_H
#define HARNESS_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t micros_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int measure(const char *name, int64_t (*run)(int64_t), int argc, char **argv) {
    int64_t size = argc > 1 ? atoll(argv[1]) : 0;
    int64_t iterations = argc > 2 ? atoll(argv[2]) : 1;
    int64_t first = 0;
    if (size < 1 || iterations < 1) {
        fprintf(stderr, "usage: %s SIZE [ITERATIONS], numbers above zero\n", name);
        return 1;
    }
    for (int64_t i = 0; i < iterations; i++) {
        int64_t start = micros_now();
        int64_t result = run(size);
        int64_t micros = micros_now() - start;
        printf("%s: iterations=1 runtime: %" PRId64 "us\n", name, micros);
        if (i == 0) {
            first = result;
        } else if (result != first) {
            fprintf(stderr, "%s: the result was %" PRId64 " and is %" PRId64 "\n", name, first, result);
            return 1;
        }
    }
    printf("result: %" PRId64 "\n", first);
    return 0;
}

#endif
