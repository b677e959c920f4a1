"""Round numbers and dates for the axes of pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_STEPS = tuple(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)) + tuple(n * _HOUR for n in (1, 2, 3, 6, 12))
_DAYS = (1, 2, 4, 7, 14)
_MONTHS = (1, 2, 3, 6, 12, 24, 60)
Tick = tuple[float, str]


def number_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return at most about `most` round values within [low, high], with their texts."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    rough = (high - low) / max(most, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    found: list[Tick] = []
    for n in range(first, first + most + 2):
        value = n * step
        if value > high * (1 + 1e-12) + step * 1e-9:
            break
        found.append((value, f"{value:,.{decimals}f}" if decimals <= 8 else f"{value:.3g}"))
    return found


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return decades, with their halves and fifths where there is room, or plain round values within one decade."""
    if not 0 < low < high:
        return []
    decades = math.log10(high / low)
    if decades < 1:
        return [tick for tick in number_ticks(low, high, most) if tick[0] > 0]
    factors = (1, 2, 5) if decades * 3 <= most else (1,)
    stride = max(1, math.ceil(decades / most))
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    values = (factor * 10.0**power for power in powers if power % stride == 0 for factor in factors)
    return [(value, f"{value:,.10g}") for value in values if low <= value <= high]


def time_ticks(low_ms: float, high_ms: float, most: int) -> list[Tick]:
    """Return round UTC times within [low, high] (epoch ms), with their texts."""
    span = high_ms - low_ms
    if not span > 0:
        return []
    wanted = span / max(most, 1)
    for step in _STEPS:
        if step >= wanted:
            return _every(low_ms, high_ms, step)
    for days in _DAYS:
        if days * _DAY >= wanted:
            return _every(low_ms, high_ms, days * _DAY)
    months = next((n for n in _MONTHS if n * 30.4 * _DAY >= wanted), 120)
    moments = _months(low_ms, high_ms, months)
    return [(ms, _word(ms, "%Y" if months >= 12 else "%b %Y")) for ms in moments]


def _every(low_ms: float, high_ms: float, step: int) -> list[Tick]:
    first = math.ceil(low_ms / step) * step
    moments = range(first, math.floor(high_ms) + 1, step)
    return [(ms, _word(ms, "%d %b" if ms % _DAY == 0 else "%H:%M")) for ms in moments]


def _months(low_ms: float, high_ms: float, months: int) -> Iterator[float]:
    moment = datetime.fromtimestamp(low_ms / 1000, UTC)
    count = -(-(moment.year * 12 + moment.month - 1) // months) * months
    while True:
        ms = datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000
        if ms > high_ms:
            return
        if ms >= low_ms:
            yield ms
        count += months


def _word(ms: float, form: str) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime(form)
