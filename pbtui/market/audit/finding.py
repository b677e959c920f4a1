"""One thing found in candles, for a line on screen and for a JSON line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from pbtui.core.sanitize import sanitize_line

Kind = Literal["gap", "duplicate", "flat", "outlier", "unsound", "volume", "disagreement", "file"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`minutes` candles from `from_ms` on; a finding about a file as such has 0 minutes."""

    exchange: str
    coin: str
    symbol: str
    kind: Kind
    from_ms: int
    minutes: int
    text: str

    def line(self) -> str:
        """Return one line for a terminal."""
        when = f"{stamp(self.from_ms)} " if self.minutes else ""
        length = f"{self.minutes} min " if self.minutes else ""
        return sanitize_line(f"{self.exchange} {self.coin} {when}{self.kind} {length}· {self.text}", limit=400)

    def record(self) -> dict[str, Any]:
        """Return plain values: coin, from (UTC; None of a whole file), minutes, kind, and what else is known."""
        return {
            "coin": sanitize_line(self.coin, limit=40),
            "from": stamp(self.from_ms) if self.minutes else None,
            "minutes": self.minutes,
            "kind": self.kind,
            "exchange": self.exchange,
            "symbol": sanitize_line(self.symbol, limit=60),
            "from_ms": self.from_ms,
            "text": sanitize_line(self.text, limit=300),
        }


def stamp(ms: int) -> str:
    """Return a moment as 2021-04-20T02:00Z."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%MZ")
