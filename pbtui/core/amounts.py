"""Prices and quantities in sentences."""

from __future__ import annotations

import math

_DECIMALS = 10  # of the engine's rounding (orders.md 1.1): no step is finer


def plain(value: float) -> str:
    """Return a number with thousands separators and all its digits, never with an exponent."""
    if not math.isfinite(value):
        return str(value)
    text = f"{value:,.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
