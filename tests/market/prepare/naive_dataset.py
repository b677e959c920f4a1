"""Preparation written down minute by minute from the text (backtest.md 1.7, 1.8, 4.2-4.6), to compare with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

MINUTE = 60_000
DAY = 86_400_000
Candle = tuple[float, float, float, float]  # high, low, close, volume
Real = dict[int, Candle]  # by open time
NAN: Candle = (math.nan, math.nan, math.nan, math.nan)


class Impossible(Exception):
    """There is no such dataset."""


@dataclass
class Naive:
    t0: int
    coins: list[str]
    sources: list[str]
    valid: list[tuple[int, int]]
    bars: list[list[Candle]]  # by coin
    btc: list[float]
    stamps: list[int]


def filled(real: Real, start: int, end: int, tolerance: float) -> Real | None:
    """Return the gapless series of [start, end], both included; None when it cannot be used."""
    times = sorted(ts for ts in real if start <= ts <= end)
    if not times:
        return None
    if any((b - a) // MINUTE > tolerance for a, b in pairwise(times)):
        return None
    series: Real = {}
    ts = times[0]
    while ts <= end:
        if ts in real:
            series[ts] = real[ts]
        else:
            close = series[ts - MINUTE][2]
            series[ts] = (close, close, close, 0.0)
        ts += MINUTE
    return series


def best(candidates: dict[str, Real]) -> str:
    chosen = ""
    for name in sorted(candidates):
        series = candidates[name]
        rank = (len(series), math.fsum(candle[3] for candle in series.values()))
        if not chosen or rank > (len(candidates[chosen]), math.fsum(c[3] for c in candidates[chosen].values())):
            chosen = name
    return chosen


def ratio(a: str, b: str, used: list[str], daily: dict[str, dict[str, dict[int, float]]]) -> float:
    found = []
    for coin in sorted(daily):
        if any(name not in daily[coin] for name in used):
            continue
        days = [day for day in sorted(daily[coin][a]) if all(day in daily[coin][name] for name in used)]
        sum_a, sum_b = sum(daily[coin][a][day] for day in days), sum(daily[coin][b][day] for day in days)
        found.append(sum_a / sum_b if sum_b > 0 else 0.0)
    if not found or sum(found) == 0:
        raise Impossible("volumes")
    return sum(found) / len(found)


def factors(source: dict[str, str], daily: dict[str, dict[str, dict[int, float]]]) -> dict[str, float]:
    used = sorted(set(source.values()))
    if len(used) == 1:
        return {used[0]: 1.0}
    count = {name: list(source.values()).count(name) for name in used}
    tied = [name for name in used if count[name] == max(count.values())]
    firsts = {name: min(coin for coin in source if source[coin] == name) for name in tied}
    reference = max(tied, key=lambda name: firsts[name])
    result = {reference: 1.0}
    for name in used:
        if reference < name:
            result[name] = ratio(reference, name, used, daily)
        elif name < reference:
            result[name] = 1.0 / ratio(name, reference, used, daily)
    return result


def dataset(
    world: dict[str, dict[str, Real]],
    coins: list[str],
    start: int,
    end: int,
    tolerance: float,
    interval: int,
    forced: dict[str, str],
) -> Naive:
    """Prepare `coins` of the exchanges in `world` (exchange to coin to candles) over [start, end]."""
    combined = len(world) > 1
    series: dict[str, Real] = {}
    source: dict[str, str] = {}
    for coin in sorted(coins):
        names = [forced[coin]] if combined and coin in forced else sorted(world)
        tried = {name: filled(world[name].get(coin, {}), start, end, tolerance) for name in names}
        usable = {name: found for name, found in tried.items() if found is not None}
        if usable:
            source[coin] = best(usable)
            series[coin] = usable[source[coin]]
    if not series:
        raise Impossible("no coin")
    scale = factors(source, _daily(world, list(series), start, end, tolerance)) if combined else {}
    t0 = min(min(found) for found in series.values())
    btc = _btc(world, combined, start, t0, end)
    trimmed = -t0 // MINUTE % interval
    first = t0 + trimmed * MINUTE
    rows = (end - first) // MINUTE + 1
    bars = rows // interval
    if rows < interval:
        raise Impossible("no bar")
    stamps = [first + k * interval * MINUTE for k in range(bars)]
    columns: list[list[Candle]] = []
    valid: list[tuple[int, int]] = []
    for coin, found in series.items():
        factor = scale.get(source[coin], 1.0)
        one = [(*found[ts][:3], found[ts][3] * factor) if ts in found else NAN for ts in range(first, end + 1, MINUTE)]
        columns.append([_bar(one[k * interval : (k + 1) * interval]) for k in range(bars)])
        valid.append(_valid((min(found) - t0) // MINUTE, (end - t0) // MINUTE, trimmed, bars, interval))
    closes = [btc[stamp + (interval - 1) * MINUTE] for stamp in stamps]
    return Naive(first, list(series), [source[coin] for coin in series], valid, columns, closes, stamps)


def _daily(
    world: dict[str, dict[str, Real]], coins: list[str], start: int, end: int, tolerance: float
) -> dict[str, dict[str, dict[int, float]]]:
    begin = max(start, end - 60 * DAY)
    result: dict[str, dict[str, dict[int, float]]] = {}
    for coin in coins:
        result[coin] = {}
        for name in world:
            found = filled(world[name].get(coin, {}), begin, end, tolerance)
            if found is not None:
                days: dict[int, float] = {}
                for ts, candle in found.items():
                    days[ts // DAY] = days.get(ts // DAY, 0.0) + candle[3]
                result[coin][name] = days
    return result


def _btc(world: dict[str, dict[str, Real]], combined: bool, start: int, t0: int, end: int) -> dict[int, float]:
    names = ["binance"] if combined else [*world, "binance"]
    for name in names:
        real = {ts: c for ts, c in world.get(name, {}).get("BTC", {}).items() if t0 <= ts <= end}
        found = filled(real, start, end, math.inf)
        if found:
            earliest = found[min(found)][2]
            return {ts: found[ts][2] if ts in found else earliest for ts in range(t0, end + 1, MINUTE)}
    raise Impossible("no BTC")


def _bar(group: list[Candle]) -> Candle:
    if any(math.isnan(candle[0]) for candle in group):
        tail = group[-1]
        return (math.nan, math.nan, tail[2], math.nan)
    volume = group[0][3]
    for candle in group[1:]:
        volume += candle[3]
    return (max(c[0] for c in group), min(c[1] for c in group), group[-1][2], volume)


def _valid(first: int, last: int, trimmed: int, bars: int, interval: int) -> tuple[int, int]:
    minutes = bars * interval
    f = min(max(first - trimmed, 0), minutes)
    end = min(max(last - trimmed, 0), minutes - 1)
    return min(math.ceil(f / interval), bars), min(end // interval, bars - 1)
