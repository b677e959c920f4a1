"""Running averages and trailing extremes, fed candle by candle (backtest.md 2.6, 2.7)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui import _pb_rust
from pbtui.engine.errors import call

Floats = NDArray[np.float64]
Emas = dict[str, dict[str, list[tuple[float, float]]]]
Bundle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class IndicatorSpans:
    """Averaging spans of one side: all in minutes, the last in hours (≤ 0 = unused)."""

    ema_span_0: float
    ema_span_1: float
    filter_volume_ema_span: float
    filter_volatility_ema_span: float
    entry_volatility_ema_span_hours: float


@dataclass(frozen=True, slots=True)
class Needs:
    """Which averages of a side are kept moving; one that is not needed keeps its first value (backtest.md 2.6).

    Judged over all coins of the side: `volume` if any has filter_volume_drop_pct ≠ 0; `log_range` if any has a non-zero
    volatility weight or entry_trailing_grid_ratio; `log_range_1h` if any has entry_volatility_ema_span_hours > 0.
    """

    volume: bool = True
    log_range: bool = True
    log_range_1h: bool = True


ALL_NEEDED = Needs()


def _spans(spans: IndicatorSpans) -> tuple[float, float, float, float, float]:
    return (
        spans.ema_span_0,
        spans.ema_span_1,
        spans.filter_volume_ema_span,
        spans.filter_volatility_ema_span,
        spans.entry_volatility_ema_span_hours,
    )


def _needs(needs: Needs) -> tuple[bool, bool, bool]:
    return (needs.volume, needs.log_range, needs.log_range_1h)


def _floats(values: Floats) -> Floats:
    return call(np.ascontiguousarray, values, np.float64)


def _times(values: NDArray[np.int64]) -> NDArray[np.int64]:
    return call(np.ascontiguousarray, values, np.int64)


class SymbolIndicators:
    """All averages of one symbol, both sides, as one recursion over consecutive candles.

    The first candle seeds (closes and volume with its own values, log ranges with 0); each following one updates.
    Hourly ranges come from the candles themselves; hours before the first candle may be fed by `update_hourly`.
    """

    def __init__(
        self,
        long: IndicatorSpans,
        short: IndicatorSpans,
        *,
        interval_minutes: int = 1,
        needs_long: Needs = ALL_NEEDED,
        needs_short: Needs = ALL_NEEDED,
    ) -> None:
        self._state = call(
            _pb_rust.SymbolIndicators,
            _spans(long),
            _spans(short),
            _needs(needs_long),
            _needs(needs_short),
            interval_minutes,
        )

    @property
    def last_ts_ms(self) -> int | None:
        """Open time of the last candle taken in; None before the first."""
        return self._state.last_ts_ms

    def update(self, ts_ms: int, high: float, low: float, close: float, volume: float) -> None:
        """Take in one candle (open time in ms, volume in base currency).

        Raises InvalidInput when the candle does not follow the last one directly.
        """
        call(self._state.update, ts_ms, high, low, close, volume)

    def update_many(self, ts_ms: NDArray[np.int64], high: Floats, low: Floats, close: Floats, volume: Floats) -> None:
        """Take in consecutive candles, oldest first; the lock of the interpreter is released meanwhile.

        Raises InvalidInput when lengths differ or a candle does not follow the one before it; nothing is taken in then.
        """
        call(
            self._state.update_many,
            _times(ts_ms),
            _floats(high),
            _floats(low),
            _floats(close),
            _floats(volume),
        )

    def update_hourly(self, high: Floats, low: Floats) -> None:
        """Take in completed hours that lie before the first candle, oldest first.

        Raises InvalidInput when lengths differ or a candle was taken in already.
        """
        call(
            self._state.update_hourly,
            _floats(high),
            _floats(low),
        )

    def emas(self) -> Emas:
        """Return the `emas` object of the orchestrator's input: pairs of span and value (orchestrator.md 5).

        Long's pairs come before short's, closes ascending by span; pairs that are not finite are left out.
        Before the first candle all lists are empty.
        """
        return self._state.emas()


class TrailingTracker:
    """Price extremes since the last fill of a side (orders.md section 6), updated candle by candle."""

    def __init__(self) -> None:
        self._state = _pb_rust.TrailingTracker()

    def reset(self) -> None:
        """Forget everything: the side has just filled."""
        self._state.reset()

    def update(self, high: float, low: float, close: float) -> None:
        """Take in one candle; ignored when any value is not finite."""
        call(self._state.update, high, low, close)

    def update_many(self, high: Floats, low: Floats, close: Floats) -> None:
        """Take in candles, oldest first. Raises InvalidInput when lengths differ."""
        call(
            self._state.update_many,
            _floats(high),
            _floats(low),
            _floats(close),
        )

    def as_tuple(self) -> Bundle:
        """Return (min_since_open, max_since_min, max_since_open, min_since_max)."""
        return self._state.as_tuple()

    def as_dict(self) -> dict[str, float]:
        """Return the `trailing` object of the orchestrator's input."""
        keys = ("min_since_open", "max_since_min", "max_since_open", "min_since_max")
        return dict(zip(keys, self.as_tuple(), strict=True))


def trailing_bundle(high: Floats, low: Floats, close: Floats) -> Bundle:
    """Return the extremes over the candles after a fill, from the default bundle (orders.md section 6)."""
    tracker = TrailingTracker()
    tracker.update_many(high, low, close)
    return tracker.as_tuple()
