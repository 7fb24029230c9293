"""A loop of SIZE turns over integers."""

from harness import measure


def run(size):
    total = 0
    for i in range(size):
        total += i % 7
    return total


measure("loop", run)
