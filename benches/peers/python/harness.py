"""The harness of the kernels: see benches/programs/kernels/harness.nyash."""

import sys
from time import perf_counter


def measure(name, run):
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    if len(numbers) not in (1, 2) or len(numbers) != len(sys.argv) - 1 or min(numbers) < 1:
        sys.exit(f"usage: {name}.py SIZE [ITERATIONS], numbers above zero")
    first = None
    for i in range(numbers[1] if len(numbers) == 2 else 1):
        start = perf_counter()
        result = run(numbers[0])
        micros = (perf_counter() - start) * 1e6
        print(f"{name}: iterations=1 runtime: {micros:.0f}us")
        if i == 0:
            first = result
        elif result != first:
            sys.exit(f"{name}: the result was {first} and is {result}")
    print(f"result: {first}")
