"""Averages and trailing extremes against a plain transcription of backtest.md 2.6 and orders.md 6."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.engine import InvalidInput
from pbtui.engine.indicators import (
    Floats,
    IndicatorSpans,
    Needs,
    SymbolIndicators,
    TrailingTracker,
    trailing_bundle,
)

MINUTE = 60_000
HOUR = 3_600_000
LONG = IndicatorSpans(90.0, 250.5, 60.0, 30.0, 3.0)
SHORT = IndicatorSpans(200.0, 40.0, 45.0, 20.0, 5.5)


@dataclass
class Candles:
    ts: np.ndarray
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def part(self, start: int, stop: int) -> Candles:
        return Candles(*(values[start:stop] for values in vars(self).values()))


def walk(count: int, seed: int, first_ms: int = 0, interval: int = 1) -> Candles:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 1e-3, count)))
    high = close * (1 + rng.exponential(5e-4, count))
    low = close * (1 - rng.exponential(5e-4, count))
    return Candles(first_ms + np.arange(count) * interval * MINUTE, high, low, close, rng.exponential(50, count))


class PlainEma:
    def __init__(self, first: float, alpha: float) -> None:
        self.num, self.den, self.alpha = first, 1.0, alpha

    def update(self, x: float) -> None:
        self.num = self.alpha * x + (1 - self.alpha) * self.num
        self.den = self.alpha + (1 - self.alpha) * self.den

    @property
    def value(self) -> float:
        return self.num / self.den


def plain_hours(candles: Candles, span: float, interval: int) -> float:
    """Hourly log-range average, the whole history looked at again at every turn of the hour."""
    t0, ema, last, bucket = int(candles.ts[0]), PlainEma(0.0, 2 / (span + 1)), 0, (0.0, 0.0)
    last = t0 // HOUR * HOUR
    for k in range(1, len(candles.ts)):
        now, step = int(candles.ts[k]), interval * MINUTE
        hour = now // HOUR * HOUR
        if hour <= last:
            continue
        start = max(t0, last)
        if now > start + step:
            a = (start - t0) // step
            highs, lows = candles.high[a:k], candles.low[a:k]
            good = np.isfinite(highs) & np.isfinite(lows)
            if good.any():
                bucket = (float(highs[good].max()), float(lows[good].min()))
        last = hour
        if min(bucket) > 0:
            ema.update(math.log(bucket[0] / bucket[1]))
    return ema.value


def plain_minutes(candles: Candles, spans: IndicatorSpans, interval: int) -> dict[str, list[tuple[float, float]]]:
    middle = math.sqrt(spans.ema_span_0 * spans.ema_span_1)

    def alpha(span: float) -> float:
        return min(2 / (span / interval + 1), 1.0)

    high, low, close, volume = candles.high, candles.low, candles.close, candles.volume
    closes = [(s, PlainEma(close[0], alpha(s))) for s in sorted((spans.ema_span_0, spans.ema_span_1, middle))]
    traded = PlainEma(volume[0] * ((high[0] + low[0] + close[0]) / 3), alpha(spans.filter_volume_ema_span))
    ranges = PlainEma(0.0, alpha(spans.filter_volatility_ema_span))
    for k in range(1, len(close)):
        if not (math.isfinite(high[k]) and math.isfinite(low[k]) and math.isfinite(close[k])):
            continue
        for _, ema in closes:
            ema.update(close[k])
        traded.update(volume[k] * ((high[k] + low[k] + close[k]) / 3))
        ranges.update(math.log(high[k] / low[k]))
    return {
        "close": [(span, ema.value) for span, ema in closes],
        "volume": [(spans.filter_volume_ema_span, traded.value)],
        "log_range": [(spans.filter_volatility_ema_span, ranges.value)],
    }


def feed(target: SymbolIndicators, candles: Candles) -> None:
    target.update_many(candles.ts, candles.high, candles.low, candles.close, candles.volume)


def fed(candles: Candles, interval: int = 1) -> SymbolIndicators:
    indicators = SymbolIndicators(LONG, SHORT, interval_minutes=interval)
    feed(indicators, candles)
    return indicators


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 400),
    seed=st.integers(0, 1000),
    first_minute=st.integers(0, 200),
    interval=st.sampled_from([1, 5, 7, 45, 60, 90]),
    holes=st.lists(st.integers(0, 399), max_size=80),
)
def test_averages_are_those_of_the_plain_transcription(
    count: int, seed: int, first_minute: int, interval: int, holes: list[int]
) -> None:
    candles = walk(count, seed, first_minute * MINUTE, interval)
    for hole in holes:
        if 0 < hole < count:
            candles.high[hole] = np.nan
    emas = fed(candles, interval).emas()
    for name in ("close", "volume", "log_range"):
        plain = [pair for spans in (LONG, SHORT) for pair in plain_minutes(candles, spans, interval)[name]]
        np.testing.assert_allclose(emas["m1"][name], plain, rtol=1e-12)
    hours = [s.entry_volatility_ema_span_hours for s in (LONG, SHORT)]
    plain = [(span, plain_hours(candles, span, interval)) for span in hours]
    np.testing.assert_allclose(emas["h1"]["log_range"], plain, rtol=1e-12)
    assert emas["h1"]["close"] == emas["h1"]["volume"] == []


@settings(max_examples=25, deadline=None)
@given(count=st.integers(2, 300), cuts=st.lists(st.integers(1, 299), max_size=5), seed=st.integers(0, 99))
def test_pieces_give_the_same_bits_as_the_whole(count: int, cuts: list[int], seed: int) -> None:
    candles = walk(count, seed)
    whole = fed(candles)
    pieces = SymbolIndicators(LONG, SHORT)
    edges = sorted({0, count, *(cut for cut in cuts if cut < count)})
    for start, stop in pairwise(edges):
        part = candles.part(start, stop)
        if stop - start == 1:
            values = (float(v[0]) for v in (part.high, part.low, part.close, part.volume))
            pieces.update(int(part.ts[0]), *values)
        else:
            feed(pieces, part)
    assert pieces.emas() == whole.emas()
    assert pieces.last_ts_ms == whole.last_ts_ms == candles.ts[-1]


def test_hours_fed_beforehand_continue_into_minutes() -> None:
    candles = walk(20 * 60, 5)
    whole = fed(candles).emas()
    parts = SymbolIndicators(LONG, SHORT)
    hours = 12
    parts.update_hourly(
        candles.high[: hours * 60].reshape(hours, 60).max(axis=1),
        candles.low[: hours * 60].reshape(hours, 60).min(axis=1),
    )
    feed(parts, candles.part(hours * 60, len(candles.ts)))
    assert parts.emas()["h1"] == whole["h1"]
    with pytest.raises(InvalidInput, match="before the first candle"):
        parts.update_hourly(candles.high[:1], candles.low[:1])


def test_what_is_not_needed_keeps_its_first_value() -> None:
    candles = walk(300, 1)
    asleep = Needs(volume=False, log_range=False, log_range_1h=False)
    indicators = SymbolIndicators(LONG, SHORT, needs_long=asleep)
    feed(indicators, candles)
    emas, moving = indicators.emas(), fed(candles).emas()
    typical = (candles.high[0] + candles.low[0] + candles.close[0]) / 3
    assert emas["m1"]["volume"][0] == (60.0, candles.volume[0] * typical)
    assert emas["m1"]["log_range"][0] == (30.0, 0.0)
    assert emas["h1"]["log_range"][0] == (3.0, 0.0)
    assert emas["m1"]["volume"][1:] == moving["m1"]["volume"][1:]
    assert emas["m1"]["close"] == moving["m1"]["close"]


def test_spans_that_make_no_sense_are_left_out() -> None:
    odd = IndicatorSpans(-10.0, 10.0, float("nan"), 10.0, 0.0)
    indicators = SymbolIndicators(odd, odd)
    assert indicators.emas()["m1"]["close"] == []
    feed(indicators, walk(10, 0))
    emas = indicators.emas()
    assert [span for span, _ in emas["m1"]["close"]] == [-10.0, 10.0, -10.0, 10.0]
    assert emas["m1"]["volume"] == emas["h1"]["log_range"] == []


def test_a_gap_a_repeat_or_unequal_arrays_are_refused_as_a_whole() -> None:
    candles = walk(10, 0)
    indicators = fed(candles.part(0, 5))
    before = indicators.emas()
    gap = candles.part(5, 10)
    gap.ts = gap.ts + np.array([0, 0, 1, 1, 1]) * MINUTE
    for bad in (candles.part(6, 10), candles.part(4, 10), gap):
        with pytest.raises(InvalidInput, match="does not follow"):
            feed(indicators, bad)
    with pytest.raises(InvalidInput, match="length"):
        indicators.update_many(candles.ts[5:], candles.high[5:], candles.low[5:], candles.close[5:], candles.volume)
    for odd in ("x", ["x"], [[1.0]], object(), {}):
        with pytest.raises(InvalidInput):
            trailing_bundle(odd, odd, odd)  # pyright: ignore[reportArgumentType]
    for interval in (0, -1, 2**40, 0.5):
        with pytest.raises(InvalidInput):
            SymbolIndicators(LONG, SHORT, interval_minutes=interval)  # pyright: ignore[reportArgumentType]
    assert indicators.emas() == before


def test_weeks_of_minutes_take_a_moment() -> None:
    candles = walk(34_560, 3)
    feed(SymbolIndicators(LONG, SHORT), candles)
    start = time.perf_counter()
    for _ in range(5):
        indicators = fed(candles)
    assert time.perf_counter() - start < 0.5
    last = int(candles.ts[-1])
    start = time.perf_counter()
    for i in range(1, 1001):
        indicators.update(last + i * MINUTE, 101.0, 99.0, 100.0, 5.0)
        indicators.emas()
    assert (time.perf_counter() - start) / 1000 < 50e-6


def test_the_worked_candles_of_the_trailing_bundle() -> None:
    tracker = TrailingTracker()
    rows = [(11.0, 9.0, 10.0), (12.0, 10.0, 11.0), (9.0, 7.5, 8.0), (15.0, 13.0, 14.0)]
    wanted = [(9, 10, 11, 10), (9, 12, 12, 11), (7.5, 8, 12, 7.5), (7.5, 15, 15, 14)]
    for row, bundle in zip(rows, wanted, strict=True):
        tracker.update(*row)
        tracker.update(float("nan"), *row[1:])
        assert tracker.as_tuple() == bundle
    assert trailing_bundle(*(np.array(column) for column in zip(*rows, strict=True))) == wanted[-1]
    assert tracker.as_dict()["min_since_max"] == 14
    tracker.reset()
    assert tracker.as_tuple() == TrailingTracker().as_tuple() == (np.finfo(float).max, 0.0, 0.0, np.finfo(float).max)
    with pytest.raises(InvalidInput, match="length"):
        tracker.update_many(np.zeros(2), np.zeros(1), np.zeros(2))
