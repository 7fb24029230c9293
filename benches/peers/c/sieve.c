/* An array of booleans: how many primes there are up to SIZE. */
#include "harness.h"
#include <stdbool.h>
#include <string.h>

static int64_t run(int64_t size) {
    bool *prime = malloc((size_t)size + 1);
    if (prime == NULL) {
        return -1;
    }
    memset(prime, true, (size_t)size + 1);
    int64_t count = 0;
    for (int64_t i = 2; i <= size; i++) {
        if (prime[i]) {
            count++;
            for (int64_t multiple = i + i; multiple <= size; multiple += i) {
                prime[multiple] = false;
            }
        }
    }
    free(prime);
    return count;
}

int main(int argc, char **argv) {
    return measure("sieve", run, argc, argv);
}
