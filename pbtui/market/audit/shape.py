"""Checks of one symbol's rows by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import MINUTE_MS
from pbtui.market.audit.finding import Finding, Kind
from pbtui.market.store.rows import Rows

FLAT_MINUTES = 60  # a liquid coin whose price stands still for an hour is a feed that does
_NEAR = 60  # candles on each side that tell what is usual
_LEAST_SPIKE = 0.03
_SPIKE_TIMES = 30.0  # the usual move of a minute
_MOST_TRADED = 1e8  # of quote in a usual minute: some fifteen times what the largest market has
_BACK = 0.25  # a spike comes back to within this share of its height

Make = Callable[[Kind, int, int, str], Finding]


def findings_of_rows(exchange: str, coin: str, symbol: str, rows: Rows) -> list[Finding]:
    """Return what is wrong with ascending rows, by time; a real crash does not come back at once and is none."""

    def make(kind: Kind, from_ms: int, minutes: int, text: str) -> Finding:
        return Finding(exchange, coin, symbol, kind, from_ms, minutes, text)

    if not len(rows):
        return []
    found = [*_unsound(rows, make), *_steps(rows, make), *_flat(rows, make), *_spikes(rows, make)]
    found += _volume(rows, make)
    return sorted(found, key=lambda each: each.from_ms)


def _steps(rows: Rows, make: Make) -> Iterator[Finding]:
    ts: NDArray[np.int64] = rows["ts"]
    steps = np.diff(ts)
    for at in np.flatnonzero(steps > MINUTE_MS):
        missing = int(steps[at]) // MINUTE_MS - 1
        if missing:
            yield make("gap", int(ts[at]) + MINUTE_MS, missing, f"{missing} candles are missing")
    for at in np.flatnonzero(steps <= 0):
        yield make("duplicate", int(ts[at + 1]), 1, "is not later than the candle before it")


def _unsound(rows: Rows, make: Make) -> Iterator[Finding]:
    prices = np.stack([rows[name] for name in ("o", "h", "l", "c")], axis=1)
    with np.errstate(invalid="ignore"):
        wrong = ~np.isfinite(prices).all(axis=1) | (prices <= 0).any(axis=1) | ~np.isfinite(rows["bv"])
        wrong |= (rows["h"] < prices.max(axis=1)) | (rows["l"] > prices.min(axis=1)) | (rows["bv"] < 0)
    for start, count in _runs(wrong):
        text = "no number, not positive, or open and close outside low and high"
        yield make("unsound", int(rows["ts"][start]), count, text)


def _flat(rows: Rows, make: Make) -> Iterator[Finding]:
    close = rows["c"]
    still = (rows["h"] == rows["l"]) & (rows["o"] == close)
    same = np.concatenate([[False], (close[1:] == close[:-1]) & (np.diff(rows["ts"]) == MINUTE_MS)])
    for start, count in _runs(still & same):
        if count + 1 >= FLAT_MINUTES:
            text = f"the price stands at {float(close[start]):g} without a trade away from it"
            yield make("flat", int(rows["ts"][start - 1]), count + 1, text)


def _spikes(rows: Rows, make: Make) -> Iterator[Finding]:
    """A close far off both its neighbours' middle, or a wick far off its own body, measured by what is usual there."""
    if len(rows) < 5:
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = {name: np.log(rows[name].astype(np.float64)) for name in ("o", "h", "l", "c")}
    close = logs["c"]
    moves = np.abs(np.diff(close, prepend=close[0]))
    usual = _usual(moves)
    limit = np.maximum(_LEAST_SPIKE, _SPIKE_TIMES * usual)
    before, after = np.roll(close, 1), np.roll(close, -1)
    height = np.minimum(np.abs(close - before), np.abs(close - after))
    lonely = (height > limit) & (np.abs(after - before) < _BACK * height)
    lonely[[0, -1]] = False
    top, bottom = np.maximum(logs["o"], close), np.minimum(logs["o"], close)
    wick = np.maximum(logs["h"] - top, bottom - logs["l"])
    # A wick touches prices that the minutes beside it never came near to.
    around_high = np.maximum(np.roll(logs["h"], 1), np.roll(logs["h"], -1))
    around_low = np.minimum(np.roll(logs["l"], 1), np.roll(logs["l"], -1))
    beyond = np.maximum(logs["h"] - around_high, around_low - logs["l"])
    stray = (wick > 2 * limit) & (beyond > 2 * limit)
    for at in np.flatnonzero(lonely | stray):
        size = height[at] if lonely[at] else wick[at]
        what = "a close" if lonely[at] else "a wick"
        text = f"{what} {float(np.expm1(size)) * 100:.1f} % away from the minutes beside it"
        yield make("outlier", int(rows["ts"][at]), 1, text)


def _volume(rows: Rows, make: Make) -> Iterator[Finding]:
    """Quote volumes in place of base volumes: the usual minute would turn over more than any market does."""
    with np.errstate(invalid="ignore"):
        usual = float(np.median(rows["bv"].astype(np.float64) * rows["c"]))
    if usual > _MOST_TRADED:
        text = f"{usual / 1e6:,.0f} million a usual minute: quote volumes may stand where base volumes should"
        yield make("volume", int(rows["ts"][0]), len(rows), text)


def _usual(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median move of the block of two hours a candle lies in; moves that are no number do not count."""
    width = 2 * _NEAR
    blocks = np.full((-(-len(moves) // width), width), np.inf)
    blocks.flat[: len(moves)] = np.where(np.isfinite(moves), moves, np.inf)
    blocks.sort(axis=1)
    counts = np.isfinite(blocks).sum(axis=1)
    rows, middle = np.arange(len(blocks)), np.maximum(counts - 1, 0)
    medians = (blocks[rows, middle // 2] + blocks[rows, (middle + 1) // 2]) / 2
    return np.repeat(np.where(counts > 0, medians, 0.0), width)[: len(moves)]


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield start and length of each run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(start), int(end - start)
