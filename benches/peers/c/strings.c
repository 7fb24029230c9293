/* String building: SIZE lines of twenty numbers each, piece by piece, and a look into every line. */
#include "harness.h"

static int64_t run(int64_t size) {
    int64_t sum = 0;
    for (int64_t i = 0; i < size; i++) {
        char line[20 * 5];
        int64_t length = 0;
        for (int64_t j = 0; j < 20; j++) {
            length += sprintf(line + length, "%d,", (int)(i * j % 1000));
        }
        sum += length + line[i % 40];
    }
    return sum;
}

int main(int argc, char **argv) {
    return measure("strings", run, argc, argv);
}
