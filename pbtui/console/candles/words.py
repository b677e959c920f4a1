"""Figures of candles in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pbtui.console.text import safe

if TYPE_CHECKING:
    from pbtui.market.sources.holes import Hole

_MINUTE_MS = 60_000
_REASONS = {
    "not asked": "not asked for yet",
    "pre_inception": "before it was listed",
    "no_trades": "no trades",
    "no_archive": "no file in the archive",
    "fetch_failed": "could not be fetched",
    "auto_detected": "nobody had them",
    "exchange_downtime": "the exchange was down",
    "manual": "noted by hand",
}


def size_word(size: float) -> str:
    """Return a number of bytes in its largest fitting unit."""
    for unit in ("B", "kB", "MB"):
        if size < 1_000:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1_000
    return f"{size:,.1f} GB"


def span_word(seconds: float) -> str:
    """Return how long something lasts: 45 s, 2 min 10 s, 3 h 05 min."""
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60:02d} min"


def share_word(share: float) -> str:
    """Return a share in percent that says 100 only of what is whole."""
    if share >= 1.0:
        return "100 %"
    return f"{min(share * 100, 99.99):.2f} %"


def reason_word(reason: str) -> str:
    """Return why candles are missing."""
    return _REASONS.get(reason) or safe(reason, 60).replace("_", " ")


def minutes_of(hole: Hole) -> int:
    """Return the length of a gap."""
    return (hole.end_ms - hole.start_ms) // _MINUTE_MS


def hole_words(holes: Sequence[Hole]) -> str:
    """Return what is still missing in few words, empty when nothing is."""
    if not holes:
        return ""
    return f"{sum(map(minutes_of, holes)):,} min missing in {len(holes)} gap{'s' * (len(holes) > 1)}"
