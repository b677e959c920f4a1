"""How far a download is, for a terminal line and for JSON lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pbtui.core.clock import Clock
from pbtui.core.sanitize import sanitize_line

Source = Literal["archive", "venue", "store"]
_WINDOW_S = 20.0  # the rate is that of so long ago until now


@dataclass(frozen=True, slots=True)
class Progress:
    """State of one symbol's download and of the whole: candles wanted, dealt with, and the speed."""

    exchange: str
    symbol: str
    timeframe: str
    source: Source  # where the last candles came from; store: nothing was missing
    done: int  # candles of this symbol dealt with: fetched, or known not to exist
    total: int  # candles of this symbol that were missing
    all_done: int
    all_total: int
    rate: float  # candles a second, over all symbols
    seconds_left: float | None  # of the whole; None while nobody can tell

    def line(self) -> str:
        """Return one line for a terminal."""
        share = 100.0 if not self.all_total else self.all_done / self.all_total * 100.0
        left = "" if self.seconds_left is None else f", {_span(self.seconds_left)} left"
        symbol = sanitize_line(self.symbol, limit=40)
        return (
            f"{self.exchange} {symbol} {self.timeframe} {self.done:,}/{self.total:,} from {self.source} · "
            f"{share:.1f} % of {self.all_total:,} candles, {self.rate:,.0f}/s{left}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for a JSON line."""
        values = asdict(self)
        values["symbol"] = sanitize_line(self.symbol, limit=80)
        values["rate"] = round(self.rate, 1)
        values["seconds_left"] = None if self.seconds_left is None else round(self.seconds_left, 1)
        return values


OnProgress = Callable[[Progress], None]


class Meter:
    """Counts the candles of one or many symbols and tells what comes of it."""

    def __init__(self, clock: Clock, tell: OnProgress) -> None:
        self._clock = clock
        self._tell = tell
        self._done: dict[tuple[str, str, str], int] = {}
        self._total: dict[tuple[str, str, str], int] = {}
        self._marks: deque[tuple[float, int]] = deque([(clock.monotonic(), 0)])

    def expect(self, exchange: str, symbol: str, timeframe: str, total: int) -> None:
        """Count a symbol in whose turn has not come yet."""
        key = (exchange, symbol, timeframe)
        self._total[key] = self._done.setdefault(key, 0) + total

    def begin(self, exchange: str, symbol: str, timeframe: str, total: int) -> None:
        """Say how many candles of a symbol are missing."""
        key = (exchange, symbol, timeframe)
        self._done.setdefault(key, 0)
        self._total[key] = self._done[key] + total
        if not total:
            self._say(key, "store", 0)

    def add(self, exchange: str, symbol: str, timeframe: str, source: Source, count: int) -> None:
        """Say that `count` more of them are dealt with."""
        self._say((exchange, symbol, timeframe), source, count)

    def _say(self, key: tuple[str, str, str], source: Source, count: int) -> None:
        done = self._done.get(key, 0) + count
        self._done[key] = done
        self._total[key] = max(self._total.get(key, 0), done)
        all_done, all_total = sum(self._done.values()), sum(self._total.values())
        rate = self._rate(all_done)
        left = (all_total - all_done) / rate if rate > 0.0 else (0.0 if all_done >= all_total else None)
        exchange, symbol, timeframe = key
        self._tell(
            Progress(exchange, symbol, timeframe, source, done, self._total[key], all_done, all_total, rate, left)
        )

    def _rate(self, all_done: int) -> float:
        now = self._clock.monotonic()
        self._marks.append((now, all_done))
        while len(self._marks) > 2 and self._marks[1][0] < now - _WINDOW_S:
            self._marks.popleft()
        since, before = self._marks[0]
        return (all_done - before) / (now - since) if now > since else 0.0


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
