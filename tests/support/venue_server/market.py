"""Recorded minutes as a market that moves within each minute: open, extremes, close; repeated without end."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from pbtui.exchange.port import Candles

MINUTE_MS = 60_000
DAY_MINUTES = 1_440
_HISTORY = 0.6  # share of the recording that lies before "now"


class VenueClock:
    """The venue's time: wall time, or from a given start on, `speed` times as fast; may stand still."""

    def __init__(self, start_ms: int | None, speed: float) -> None:
        self._began = time.monotonic()
        self._start_ms = round(time.time() * 1000) if start_ms is None else start_ms
        self._speed = speed

    def now_ms(self) -> int:
        return self._start_ms + round((time.monotonic() - self._began) * 1000 * self._speed)

    def jump(self, milliseconds: int) -> None:
        """Move the venue's time by hand."""
        self._start_ms += milliseconds


@dataclass(frozen=True, slots=True)
class Print:
    """One trade of the market."""

    ts_ms: int
    price: float
    qty: float


class VenueMarket:
    """One coin: the recording laid so that it is about 60 % over at the venue's start, then repeated."""

    def __init__(self, coin: str, candles: Candles, now_ms: int) -> None:
        self.coin = coin
        self.id = f"{coin}USDT"
        self._rows = np.column_stack([candles.open, candles.high, candles.low, candles.close, candles.volume])
        self.price_decimals = _decimals(self._rows[:200, :4])
        self.qty_decimals = _decimals(self._rows[:200, 4:])
        recorded_first = int(candles.ts_ms[0]) // MINUTE_MS
        days = (now_ms // MINUTE_MS - int(len(self._rows) * _HISTORY) - recorded_first) // DAY_MINUTES
        self.first_minute = recorded_first + days * DAY_MINUTES
        self.injected: float | None = None  # price of the last trade set by hand

    def row(self, minute: int) -> tuple[float, float, float, float, float]:
        """Return open, high, low, close, volume of a minute since the epoch."""
        o, h, low, c, v = self._rows[(minute - self.first_minute) % len(self._rows)]
        return float(o), float(h), float(low), float(c), float(v)

    def rows(self, first: int, count: int) -> np.ndarray:
        """Return whole minutes as an array."""
        at = (np.arange(first, first + count) - self.first_minute) % len(self._rows)
        return self._rows[at]

    def price(self, ts_ms: int) -> float:
        """Return the price at a moment."""
        if self.injected is not None:
            return self.injected
        minute, part = divmod(ts_ms, MINUTE_MS)
        corners = self._corners(minute)
        share = part / MINUTE_MS * 3
        i = min(int(share), 2)
        between = corners[i] + (corners[i + 1] - corners[i]) * (share - i)
        return round(between, self.price_decimals)

    def prints(self, after_ms: int, until_ms: int) -> Iterator[Print]:
        """Yield trades in (after, until]: at every corner of the path, and one at `until`."""
        third = MINUTE_MS // 3
        for mark in range(after_ms // third + 1, until_ms // third + 1):
            yield Print(mark * third, self.price(mark * third), self._qty(mark * third))
        yield Print(until_ms, self.price(until_ms), self._qty(until_ms))

    def running(self, minute: int, ts_ms: int) -> tuple[float, float, float, float, float]:
        """Return the unfinished minute as it is at `ts_ms`."""
        o = self.row(minute)[0]
        seen = [o, *(p.price for p in self.prints(minute * MINUTE_MS, max(ts_ms, minute * MINUTE_MS + 1)))]
        share = (ts_ms - minute * MINUTE_MS) / MINUTE_MS
        return o, max(seen), min(seen), seen[-1], round(self.row(minute)[4] * share, self.qty_decimals)

    def _corners(self, minute: int) -> tuple[float, float, float, float]:
        o, h, low, c, _ = self.row(minute)
        return (o, low, h, c) if c >= o else (o, h, low, c)

    def _qty(self, ts_ms: int) -> float:
        return max(round(self.row(ts_ms // MINUTE_MS)[4] / 60, self.qty_decimals), 10.0**-self.qty_decimals)


def _decimals(values: np.ndarray) -> int:
    """Return the decimals that the numbers are written with."""
    texts = (repr(float(value)) for value in values.ravel())
    return max((len(text.partition(".")[2].rstrip("0")) for text in texts if "e" not in text), default=2)


def load_candles(folder: Path, coins: Sequence[str] = ()) -> dict[str, Candles]:
    """Read recorded candles, cut to the minutes that all coins cover."""
    paths: Mapping[str, Path] = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
    chosen = {coin: paths[coin] for coin in (coins or paths)}
    read: dict[str, Candles] = {}
    for coin, path in chosen.items():
        table = pq.read_table(path)
        columns = [table[name].to_numpy() for name in ("open", "high", "low", "close", "volume")]
        read[coin] = Candles(table["timestamp"].to_numpy().astype(np.int64), *columns)
    first = max(int(candles.ts_ms[0]) for candles in read.values())
    last = min(int(candles.ts_ms[-1]) for candles in read.values())
    if first >= last:
        raise SystemExit("these coins have no minutes in common")
    return {coin: _until(candles.since(first), last) for coin, candles in read.items()}


def _until(candles: Candles, last_ms: int) -> Candles:
    n = int(np.searchsorted(candles.ts_ms, last_ms, side="right"))
    return Candles(
        candles.ts_ms[:n], candles.open[:n], candles.high[:n], candles.low[:n], candles.close[:n], candles.volume[:n]
    )
