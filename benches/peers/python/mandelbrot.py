"""Floats: how many steps the points of a picture of SIZE times SIZE need to escape, at most 50 each."""

from harness import measure


def run(size):
    total = 0
    for y in range(size):
        ci = 2.0 * y / size - 1.0
        for x in range(size):
            cr = 2.0 * x / size - 1.5
            zr = 0.0
            zi = 0.0
            steps = 0
            while steps < 50 and zr * zr + zi * zi <= 4.0:
                following = zr * zr - zi * zi + cr
                zi = 2.0 * zr * zi + ci
                zr = following
                steps += 1
            total += steps
    return total


measure("mandelbrot", run)
