"""Read what the report packs, as its script does, but written apart from it."""

import base64
import json
import re
import zlib


def packs_of(page):
    """Return the bytes of every pack of a report by name."""
    found = re.findall(r'id="pack-([\w-]+)">([^<]*)</script>', page)
    return {name: zlib.decompress(base64.b64decode(text)) for name, text in found}


def json_pack(packs, name):
    return json.loads(packs[name].decode("utf-8"))


def integers(data):
    """Read LEB128 numbers."""
    numbers, number, shift = [], 0, 0
    for byte in data:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(number)
            number, shift = 0, 0
    return numbers


def geometry(data):
    """Return for each feature its parts, each a list of points in steps of the grid."""
    numbers = iter(integers(data))
    parts = [next(numbers) for _ in range(next(numbers))]
    points = [[next(numbers) for _ in range(count)] for count in parts]
    x = y = 0
    features = []
    for sizes in points:
        feature = []
        for size in sizes:
            part = []
            for _ in range(size):
                x += _signed(next(numbers))
                y += _signed(next(numbers))
                part.append((x, y))
            feature.append(part)
        features.append(feature)
    assert next(numbers, None) is None
    return features


def _signed(number):
    return -(number + 1) // 2 if number % 2 else number // 2


def column_values(data, description, number):
    """Return the values (None where unknown) and marks of one column of a kind of place."""
    count = len(description["ids"])
    start = 3 * count * number
    low = data[start : start + count]
    high = data[start + count : start + 2 * count]
    column = description["columns"][number]
    codes = [a + 256 * b for a, b in zip(low, high, strict=True)]
    values = [column["low"] + (code - 1) * column["step"] if code else None for code in codes]
    return values, list(data[start + 2 * count : start + 3 * count])
