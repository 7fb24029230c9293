"""Recursive calls: the Fibonacci number SIZE."""

from harness import measure


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


measure("fib", fib)
