"""Allocation: many binary trees of every second depth from 4 to SIZE are made, counted and dropped."""

from harness import measure


class Tree:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right

    def count(self):
        if self.left is None:
            return 1
        return 1 + self.left.count() + self.right.count()


def tree(depth):
    if depth == 0:
        return Tree(None, None)
    return Tree(tree(depth - 1), tree(depth - 1))


def run(size):
    total = 0
    for depth in range(4, size + 1, 2):
        for _ in range(1 << (size - depth + 4)):
            total += tree(depth).count()
    return total


measure("trees", run)
