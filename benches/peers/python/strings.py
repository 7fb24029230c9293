"""String building: SIZE lines of twenty numbers each, piece by piece, and a look into every line."""

from harness import measure


def run(size):
    total = 0
    for i in range(size):
        line = ""
        for j in range(20):
            line = line + str(i * j % 1000) + ","
        total += len(line) + ord(line[i % 40])
    return total


measure("strings", run)
