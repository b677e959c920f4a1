"""Price extremes since the last fill of each position with trailing orders (live.md 15, backtest.md 2.7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import ExchangeError
from pbtui.engine.indicators import TrailingTracker
from pbtui.exchange.port import Candles, Exchange
from pbtui.live.calls import Calls
from pbtui.live.events import EventLog
from pbtui.live.fills import FillBook
from pbtui.live.gaps import without_gaps
from pbtui.live.keys import Key

DEFAULT_BUNDLE = TrailingTracker().as_dict()
UNKNOWN_FILL_DAYS = 7


@dataclass(slots=True)
class _Track:
    since_ms: int  # time of the last fill: later candles count
    next_ms: int  # open time of the next candle to take in
    tracker: TrailingTracker = field(default_factory=TrailingTracker)


class TrailingBook:
    """One tracker per position; only candles that open after the last fill count, so partial fills restart it.

    A restarted bot rebuilds the same values from fills and candles. Where candles can't be read the former values stay.
    """

    def __init__(self, exchange: Exchange, calls: Calls, events: EventLog, fills: FillBook) -> None:
        self._exchange = exchange
        self._calls = calls
        self._events = events
        self._fills = fills
        self._tracks: dict[Key, _Track] = {}

    def bundle(self, key: Key) -> dict[str, float]:
        """Return the extremes in the engine's form; the default when nothing was seen."""
        track = self._tracks.get(key)
        return track.tracker.as_dict() if track else DEFAULT_BUNDLE

    async def refresh(
        self, keys: Collection[Key], fresh: Mapping[str, Candles], newest_ms: Callable[[str], int | None]
    ) -> None:
        """Keep trackers for these positions and feed them.

        `fresh` are candles that were just fetched anyway, `newest_ms` tells the newest candle known of a symbol.
        """
        for gone in [key for key in self._tracks if key not in keys]:
            del self._tracks[gone]
        end = self._exchange.now_ms() // MINUTE_MS * MINUTE_MS
        for key in keys:
            track = self._current_track(key, end)
            newest = newest_ms(key[0])
            if newest is not None and newest >= track.next_ms:
                await self._feed(key, track, fresh.get(key[0]), end)

    def _current_track(self, key: Key, end: int) -> _Track:
        last = self._fills.last_fill(key)
        track = self._tracks.get(key)
        unknown = track.since_ms if track else end - UNKNOWN_FILL_DAYS * DAY_MS
        since = last.ts_ms if last is not None else unknown
        if track is None or track.since_ms != since:
            # Strictly later: the candle of the fill's own minute is left out.
            track = self._tracks[key] = _Track(since, (since // MINUTE_MS + 1) * MINUTE_MS)
        return track

    async def _feed(self, key: Key, track: _Track, fresh: Candles | None, end: int) -> None:
        if fresh is None or len(fresh) == 0 or int(fresh.ts_ms[0]) > track.next_ms:
            fresh = await self._history(key, track.next_ms, end)
            if fresh is None:
                return
        candles = fresh.since(track.next_ms)
        if len(candles):
            track.tracker.update_many(candles.high, candles.low, candles.close)
            track.next_ms = int(candles.ts_ms[-1]) + MINUTE_MS

    async def _history(self, key: Key, start: int, end: int) -> Candles | None:
        """Fetch the candles since a fill, and a day before: a gap at its start is filled as it was seen live."""
        try:
            request = self._exchange.fetch_candles(key[0], "1m", start - DAY_MS, end)
            found = await self._calls.run(f"trailing candles {key[0]}", request)
        except ExchangeError as error:
            self._events.warn_rarely(f"trailing {key}", "candle", f"trailing extremes kept: {error}", coin=key[0])
            return None
        stepped = self._exchange.capabilities.stepped
        return without_gaps(found, after=None, until_ms=end if stepped and len(found) else None)
