"""Writes `ducet-6.3.0.bin`, the data of `mod.rs`, from Unicode's allkeys.txt of UCA 6.3.0.

    python3.12 generate.py allkeys-6.3.0.txt

The input is Unicode's file (https://www.unicode.org/Public/UCA/6.3.0/allkeys.txt; the Python package `pyuca` 1.2 ships
it). Combining classes and decompositions are those of Unicode 15.0, the version that Python 3.12 knows.

The output is a sequence of LEB128 numbers; differences are zigzag-coded. Three sections, each preceded by its count:

1. collation entries, sorted by their code points: first code point minus that of the entry before, times 4, plus the
   number of code points beyond the first; these code points as they are; number of elements; and for each element the
   primary minus the one before (in the whole section), and the index of its (secondary, tertiary) pair in section 0.
2. combining classes: first code point minus the one before of a range, its length, class of the first and of the last
   code point of the canonical decomposition.
3. base letters: code point minus the one before, code point of the upper-case base letter.

Section 0, before them, is the list of (secondary, tertiary) pairs, the commonest first.
"""

import collections
import pathlib
import re
import sys
import unicodedata

assert unicodedata.unidata_version == "15.0.0", "run with Python 3.12"

out = bytearray()


def number(value):
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def difference(value):
    number(value << 1 if value >= 0 else (-value << 1) - 1)


entries = []
for line in open(sys.argv[1], encoding="utf-8"):
    found = re.match(r"([0-9A-F ]+?)\s*;\s*((?:\[[^]]*\])+)", line)
    if found:
        points = tuple(int(point, 16) for point in found[1].split())
        elements = re.findall(r"\[[.*]([0-9A-F]{4})\.([0-9A-F]{4})\.([0-9A-F]{4})", found[2])
        entries.append((points, [tuple(int(weight, 16) for weight in element) for element in elements]))
entries.sort()

pairs = collections.Counter(element[1:] for _, elements in entries for element in elements)
pairs = [pair for pair, _ in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))]
index = {pair: position for position, pair in enumerate(pairs)}
number(len(pairs))
for secondary, tertiary in pairs:
    number(secondary)
    number(tertiary)

number(len(entries))
before, primary_before = 0, 0
for points, elements in entries:
    number((points[0] - before) * 4 + len(points) - 1)
    before = points[0]
    for point in points[1:]:
        number(point)
    number(len(elements))
    for primary, *pair in elements:
        difference(primary - primary_before)
        primary_before = primary
        number(index[tuple(pair)])

classes = []
for point in range(0x110000):
    if 0xD800 <= point <= 0xDFFF:
        continue
    decomposed = unicodedata.normalize("NFD", chr(point))
    first, last = unicodedata.combining(decomposed[0]), unicodedata.combining(decomposed[-1])
    if first and classes and classes[-1][0] + classes[-1][1] == point and classes[-1][2:] == [first, last]:
        classes[-1][1] += 1
    elif first:
        classes.append([point, 1, first, last])
number(len(classes))
before = 0
for point, length, first, last in classes:
    number(point - before)
    before = point
    for value in (length, first, last):
        number(value)


def upper(letter):
    return letter.upper() if len(letter.upper()) == 1 else letter


letters = []
for page in (0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x1E, 0x1F):
    for point in range(page * 256, page * 256 + 256):
        base, *marks = unicodedata.normalize("NFD", chr(point))
        # utf8mb4_general_ci tells й from и, but no other accent of these pages; its ß is an s.
        if marks and all(unicodedata.combining(mark) for mark in marks) and point not in (0x0419, 0x0439):
            letters.append((point, ord(upper(base))))
        elif point == 0xDF:
            letters.append((point, ord("S")))
number(len(letters))
before = 0
for point, base in letters:
    number(point - before)
    before = point
    number(base)

path = pathlib.Path(__file__).with_name("ducet-6.3.0.bin")
path.write_bytes(out)
print(f"{path.name}: {len(entries)} entries, {len(classes)} class ranges, {len(letters)} letters, {len(out)} bytes")
