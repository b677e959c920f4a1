"""How numbers, times and modes are written: thousands separators, fixed decimals, signs, UTC with Z."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from pbtui.core.types import Mode, Pside

NOTHING = "–"
_EIGHTHS = " ▏▎▍▌▋▊▉"
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_MODE_WORDS: dict[str, str] = {
    Mode.NORMAL: "norm",
    Mode.GRACEFUL_STOP: "gs",
    Mode.TP_ONLY: "tp",
    Mode.MANUAL: "man",
    Mode.PANIC: "PANIC",
}


def money(value: float, decimals: int = 2) -> str:
    """Return an amount with thousands separators; large ones keep two decimals."""
    return f"{value:,.{decimals}f}" if math.isfinite(value) else NOTHING


def signed(value: float, decimals: int = 2) -> str:
    """Return an amount that always carries its sign; zero (as rounded) carries +."""
    if not math.isfinite(value):
        return NOTHING
    text = f"{value:+,.{decimals}f}"
    return "+" + text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def arrow(value: float, decimals: int = 2) -> str:
    """Return ▲, ▼ or a blank: a sign that works without colour; what rounds to zero gets none."""
    return " " if not math.isfinite(value) or round(value, decimals) == 0 else "▲" if value > 0 else "▼"


def gain(value: float, decimals: int = 2) -> str:
    """Return a profit or loss: arrow, sign, amount."""
    return arrow(value, decimals) + signed(value, decimals)


def gain_ink(value: float, decimals: int = 2) -> str:
    """Return the ink of a profit or loss."""
    return {"▲": "up", "▼": "down"}.get(arrow(value, decimals), "text")


def pct(value: float, decimals: int = 2) -> str:
    """Return a fraction as a signed percentage."""
    return signed(value * 100, decimals) + "%" if math.isfinite(value) else NOTHING


def price(value: float, decimals: int) -> str:
    """Return a price with the decimals of its tick; nothing for no price."""
    return f"{value:,.{decimals}f}" if math.isfinite(value) and value > 0 else NOTHING


def size(value: float, decimals: int) -> str:
    """Return a signed quantity with the decimals of its lot; nothing for none."""
    return f"{value:,.{decimals}f}" if math.isfinite(value) and value != 0 else NOTHING


def compact(value: float) -> str:
    """Return an amount in at most six characters, for places without room."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (1e3 if unit == 'k' else limit):.1f}{unit}"
    return f"{value:.2f}"


def ratio(value: float, limit: float) -> str:
    """Return an exposure against its limit."""
    return f"{value:.2f}/{limit:.2f}"


def bar(share: float, cells: int) -> tuple[str, str]:
    """Return the filled and the empty part of a bar `cells` wide for a share of 0..1."""
    share = min(1.0, max(0.0, share)) if math.isfinite(share) else 0.0
    eighths = round(share * cells * 8)
    if share > 0:
        eighths = max(1, eighths)
    full, rest = divmod(eighths, 8)
    filled = "█" * full + (_EIGHTHS[rest] if rest else "")
    return filled, "·" * (cells - len(filled))


def age(seconds: float) -> str:
    """Return a duration in its largest fitting unit: 0.4s, 12s, 5m, 3h, 2d."""
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f}s"
    for limit, unit, letter in ((_MINUTE_S, 1, "s"), (_HOUR_S, _MINUTE_S, "m"), (_DAY_S, _HOUR_S, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds // _DAY_S)}d"


def utc(ms: int, form: str = "%H:%M:%S") -> str:
    """Return an epoch time in UTC; nothing where there is none."""
    if ms <= 0:
        return NOTHING
    try:
        return datetime.fromtimestamp(ms / 1000, UTC).strftime(form)
    except (OverflowError, OSError, ValueError):
        return NOTHING


def clock(ms: int) -> str:
    """Return the time of day with its Z."""
    return utc(ms, "%H:%M:%SZ")


def side_letter(pside: Pside) -> str:
    """Return L or S."""
    return "L" if pside == "long" else "S"


def mode_word(mode: str, *, by_hand: bool = False) -> str:
    """Return the short word of a mode, with a * when a hand has set it."""
    word = _MODE_WORDS.get(mode, mode)
    return word + "*" if by_hand else word


def mode_ink(mode: str) -> str:
    """Return the ink of a mode: the stricter the louder."""
    return {"normal": "text", "graceful_stop": "accent", "tp_only": "warn", "manual": "warn", "panic": "bad"}.get(
        mode, "dim"
    )
