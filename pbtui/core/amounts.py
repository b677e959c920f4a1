"""Prices and quantities in sentences."""

from __future__ import annotations

import math
import struct

_DECIMALS = 10  # of the engine's rounding (orders.md 1.1): no step is finer


def plain(value: float) -> str:
    """Return a number with thousands separators and all its digits, never with an exponent.

    Recorded candles are of single precision: a price that came from one is written with the digits it has there.
    """
    if not math.isfinite(value):
        return str(value)
    text = f"{_as_recorded(value):,.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _as_recorded(value: float) -> float:
    """Return the shortest number that single precision cannot tell from `value`, where that is all `value` has."""
    if float(value).is_integer() or _single(value) != value:
        return value
    shorter = (float(f"{value:.{digits}g}") for digits in range(6, 10))
    return next((each for each in shorter if _single(each) == value), value)


def _single(value: float) -> float:
    return struct.unpack("f", struct.pack("f", value))[0]
