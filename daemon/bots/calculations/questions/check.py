#!/usr/bin/env python3
"""Checks the answers in questions.tsv without the bot and without mathjs: those whose source is `python: ...` by computing them with Python's own numbers."""
import cmath, csv, math, re, statistics, sys
from decimal import Decimal as D, getcontext
from fractions import Fraction as F
from pathlib import Path

getcontext().prec = 60


def arctan_inverse(n):
    total = term = D(1) / n
    k = 1
    while abs(term) > D(10) ** -58:
        term /= -n * n
        k += 2
        total += term / k
    return total


pi = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))  # Machin 1706
names = {"F": F, "D": D, "math": math, "cmath": cmath, "statistics": statistics, "pi": pi}
number = re.compile(r"(?<![\w^.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?:/\d+)?")


def numbers(answer):
    return [F(found) for found in number.findall(re.sub(r" ([-+]) ", r" \1", answer).replace("i", ""))]


def agrees(value, answer, digits):
    if isinstance(value, str):
        return value == answer
    if isinstance(value, complex):
        value = [value.real, value.imag]
    values = [F(each) for each in (value if isinstance(value, (list, tuple)) else [value])]
    found = numbers(answer)
    if len(values) != len(found):
        return False
    # An answer that is exact has all digits; a rounded one is half of its last digit away.
    within = F(0) if digits == "exact" else F(1, 10 ** int(digits))
    return all(abs(one - other) <= within * max(abs(one), abs(other)) for one, other in zip(values, found))


wrong = checked = 0
with open(Path(__file__).parent / "questions.tsv", encoding="utf-8", newline="") as table:
    for row in csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE):
        _, found, expression = row["source"].partition("python: ")
        if not found:
            continue
        checked += 1
        value = eval(expression, dict(names))
        if not agrees(value, row["answer"], row["digits"]):
            wrong += 1
            print(f"{row['question']}: {row['answer']} is not {value}")
print(f"{checked} answers checked, {wrong} wrong")
sys.exit(wrong != 0)
