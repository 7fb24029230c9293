/* A loop of SIZE turns over integers. */
#include "harness.h"

static int64_t run(int64_t size) {
    int64_t sum = 0;
    for (int64_t i = 0; i < size; i++) {
        sum += i % 7;
    }
    return sum;
}

int main(int argc, char **argv) {
    return measure("loop", run, argc, argv);
}
