"""Polymorphic dispatch: SIZE calls of one method at one place, on five classes in turn."""

from harness import measure


class Shape:
    def __init__(self, side):
        self.side = side

    def measure_at(self, i):
        return 0


class Square(Shape):
    def measure_at(self, i):
        return self.side * self.side


class Strip(Shape):
    def measure_at(self, i):
        return self.side + i % 3


class Cube(Shape):
    def measure_at(self, i):
        return self.side * self.side * self.side


class Hole(Shape):
    def measure_at(self, i):
        return -self.side


class Counter(Shape):
    def __init__(self, side):
        super().__init__(side)
        self.calls = 0

    def measure_at(self, i):
        self.calls += 1
        return self.calls % self.side


def run(size):
    shapes = [Square(3), Strip(4), Cube(2), Hole(5), Counter(7)]
    total = 0
    for i in range(size):
        total += shapes[i % 5].measure_at(i)
    return total


measure("dispatch", run)
