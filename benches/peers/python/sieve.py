"""An array of booleans: how many primes there are up to SIZE."""

from harness import measure


def run(size):
    prime = []
    for _ in range(size + 1):
        prime.append(True)
    count = 0
    for i in range(2, size + 1):
        if prime[i]:
            count += 1
            for multiple in range(i + i, size + 1, i):
                prime[multiple] = False
    return count


measure("sieve", run)
