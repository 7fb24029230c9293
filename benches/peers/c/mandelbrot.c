/* Floats: how many steps the points of a picture of SIZE times SIZE need to escape, at most 50 each. */
#include "harness.h"

static int64_t run(int64_t size) {
    int64_t sum = 0;
    for (int64_t y = 0; y < size; y++) {
        double ci = 2.0 * (double)y / (double)size - 1.0;
        for (int64_t x = 0; x < size; x++) {
            double cr = 2.0 * (double)x / (double)size - 1.5;
            double zr = 0.0;
            double zi = 0.0;
            int64_t steps = 0;
            while (steps < 50 && zr * zr + zi * zi <= 4.0) {
                double next = zr * zr - zi * zi + cr;
                zi = 2.0 * zr * zi + ci;
                zr = next;
                steps++;
            }
            sum += steps;
        }
    }
    return sum;
}

int main(int argc, char **argv) {
    return measure("mandelbrot", run, argc, argv);
}
