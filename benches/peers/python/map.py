"""Maps: SIZE counts in a map with 1000 text keys and in one with 4093 integer keys."""

from harness import measure


def run(size):
    keys = []
    texts = {}
    numbers = {}
    for i in range(1000):
        keys.append("key" + str(i))
        texts["key" + str(i)] = 0
    for i in range(size):
        text = keys[i * 31 % 1000]
        texts[text] = texts[text] + 1
        number = i * 7919 % 4093
        if number in numbers:
            numbers[number] = numbers[number] + i % 3
        else:
            numbers[number] = 1
    total = 0
    for i in range(1000):
        total += texts[keys[i]] * i
    for i in range(4093):
        if i in numbers:
            total += numbers[i] * i
    return total


measure("map", run)
