/* Recursive calls: the Fibonacci number SIZE. */
#include "harness.h"

static int64_t fib(int64_t n) {
    if (n < 2) {
        return n;
    }
    return fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
    return measure("fib", fib, argc, argv);
}
