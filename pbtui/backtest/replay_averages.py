"""Averages and trailing extremes at the end of any bar, by the engine's own recursions (backtest.md 2.6, 2.7)."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
import orjson

from pbtui.backtest.inputs import EngineInputs
from pbtui.backtest.replay_account import Books, Holder
from pbtui.backtest.replay_rules import ReplayRules
from pbtui.engine.indicators import SymbolIndicators, TrailingTracker

_BLOCK = 360  # bars whose averages are kept together, so that going back costs nothing
_MOST_CELLS = 60_000  # of coins times bars kept
NO_EXTREMES = TrailingTracker().as_dict()


class ReplayAverages:
    """The averages of every coin, block by block: forward from where it stands, backward from the beginning."""

    def __init__(self, inputs: EngineInputs, rules: ReplayRules) -> None:
        self._inputs = inputs
        self._rules = rules
        self._front: list[SymbolIndicators] = []
        self._at = -1  # the bar last taken in
        self._blocks: OrderedDict[int, list[list[orjson.Fragment]]] = OrderedDict()
        self._most = max(2, _MOST_CELLS // (_BLOCK * max(1, len(rules.coins))))

    def at(self, bar: int) -> list[orjson.Fragment]:
        """Return the `emas` of each coin at the end of a bar, as JSON."""
        number, place = divmod(bar, _BLOCK)
        if number not in self._blocks:
            self._blocks[number] = self._make(number)
            while len(self._blocks) > self._most:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(number)
        return self._blocks[number][place]

    def _make(self, number: int) -> list[list[orjson.Fragment]]:
        first, end = number * _BLOCK, min((number + 1) * _BLOCK, self._rules.bars)
        if not self._front or self._at >= first:
            self._begin()
        self._feed(first - 1)
        count = len(self._front)
        columns = [self._block_of(place, first, end) for place in range(count)]
        self._at = end - 1
        return [[columns[place][at] for place in range(count)] for at in range(end - first)]

    def _block_of(self, place: int, first: int, end: int) -> list[orjson.Fragment]:
        """Return the `emas` of a coin after each bar of a block, taking the bars in."""
        one, own = self._front[place], self._rules.ranges[place]
        rows: list[list[float]] = self._inputs.hlcvs[first:end, own.column].tolist()
        found: list[orjson.Fragment] = []
        for bar, (high, low, close, volume) in enumerate(rows, first):
            if bar == own.first > 0:
                self._take(one, place, bar, bar + 1, shift=-1)
            if bar > own.last:
                high = low = close = volume = math.nan  # nothing counts any more, but hours go on
            if bar >= own.first:
                one.update(self._time(bar), high, low, close, volume)
            found.append(orjson.Fragment(orjson.dumps(one.emas())))
        return found

    def _time(self, bar: int) -> int:
        return self._rules.first_ms + bar * self._rules.interval_ms

    def _begin(self) -> None:
        rules = self._rules
        self._front = [
            SymbolIndicators(
                rules.spans(place, "long"),
                rules.spans(place, "short"),
                interval_minutes=rules.interval_ms // 60_000,
                needs_long=rules.needs("long"),
                needs_short=rules.needs("short"),
            )
            for place in range(len(rules.coins))
        ]
        self._at = -1

    def _feed(self, to: int) -> None:
        """Take in the bars up to one."""
        if to <= self._at:
            return
        for place, one in enumerate(self._front):
            own = self._rules.ranges[place]
            if own.first > 0 and self._at < own.first <= to:
                # The bar that gives first values is taken in once more where it is not the run's first (2.6).
                self._take(one, place, own.first, own.first + 1, shift=-1)
            self._take(one, place, max(self._at + 1, own.first), to + 1)
        self._at = to

    def _take(self, one: SymbolIndicators, place: int, start: int, end: int, *, shift: int = 0) -> None:
        if start >= end:
            return
        own = self._rules.ranges[place]
        rows = self._inputs.hlcvs[start:end, own.column]
        if end - 1 > own.last:  # nothing counts any more after a coin's last bar, but hours go on
            rows = rows.copy()
            rows[max(0, own.last + 1 - start) :] = np.nan
        times = self._rules.first_ms + (np.arange(start, end) + shift) * self._rules.interval_ms
        one.update_many(times.astype(np.int64), rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3])


class ReplayTrailing:
    """Price extremes since the last fill of each position."""

    def __init__(self, inputs: EngineInputs, rules: ReplayRules) -> None:
        self._inputs = inputs
        self._rules = rules
        self._known: dict[Holder, tuple[int, int, TrailingTracker]] = {}  # since which fill, up to which bar

    def at(self, bar: int, books: Books, key: Holder) -> dict[str, float]:
        """Return the `trailing` object of a side of a coin at the end of a bar."""
        held = books.held.get(key)
        if held is None or not self._rules.trails(*key):
            return NO_EXTREMES
        since, upto, tracker = self._known.get(key, (-1, -1, TrailingTracker()))
        if since != held.since or upto > bar:
            since, upto, tracker = held.since, held.since, TrailingTracker()
        own = self._rules.ranges[key[0]]
        rows = self._inputs.hlcvs[upto + 1 : min(bar, own.last) + 1, own.column]
        if len(rows):
            tracker.update_many(rows[:, 0], rows[:, 1], rows[:, 2])
        self._known[key] = (since, max(upto, bar), tracker)
        return tracker.as_dict()
