"""The pictures of a result folder, named as Passivbot's users know them (backtest.md 3.3), and the drawdown besides."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.pictures_chart import Panel, Series, save_chart
from pbtui.engine.backtest import Fills

Floats = NDArray[np.float64]
_HOUR_MS = 3_600_000
_CASH, _BALANCE, _EQUITY = "#8a8a8a", "#1f5fbf", "#e07b00"
_LONG, _SHORT, _LOSS = "#2e8b57", "#c0392b", "#d98880"
_UNSAFE = re.compile(r"[^\w.\-]")


@dataclass(frozen=True, slots=True)
class Curve:
    """Money over time, one value a bucket: the columns of `balance_and_equity.csv.gz`."""

    ts_ms: NDArray[np.int64]
    usd_cash_wallet: Floats
    usd_total_balance: Floats
    usd_total_equity: Floats
    btc_cash_wallet: Floats
    btc_total_balance: Floats
    btc_total_equity: Floats


@dataclass(frozen=True, slots=True)
class Candles:
    """Candles of a run, (bars, coins, 4) with high, low, close first; `columns` is the place of each traded coin."""

    hlcvs: Floats
    columns: Sequence[int]


def draw_pictures(folder: Path, curve: Curve, fills: Fills, *, title: str = "") -> list[Path]:
    """Write the pictures of the whole account into a folder; return those written. Raises OSError.

    Exposure and profit are left out where there are no fills.
    """
    drawn: list[Path] = []

    def save(name: str, *panels: Panel) -> None:
        save_chart(folder / name, title or name.removesuffix(".png"), panels)
        drawn.append(folder / name)

    save("balance_and_equity.png", *_money(curve, log=False))
    save("balance_and_equity_logy.png", *_money(curve, log=True))
    save("drawdown.png", _drawdown(curve))
    if len(fills):
        end = max(int(fills.timestamp_ms[-1]), int(curve.ts_ms[-1]) if len(curve.ts_ms) else 0)
        save("total_wallet_exposure.png", _exposure(fills, end))
        save("pnl_cumsum.png", _profit(curve, fills))
    return drawn


def draw_fills(folder: Path, fills: Fills, coins: Sequence[str], candles: Candles) -> list[Path]:
    """Write `fills_plots/{coin}.png` for every coin with fills; return those written. Raises OSError."""
    drawn: list[Path] = []
    for number in map(int, np.unique(fills.coin)):
        coin = coins[number]
        own = fills.coin == number
        target = folder / "fills_plots" / f"{_UNSAFE.sub('_', coin).lstrip('.') or 'coin'}.png"
        target.parent.mkdir(exist_ok=True)
        panel = _coin(fills, own, candles.hlcvs[:, candles.columns[number], :])
        save_chart(target, f"{coin}: {int(own.sum()):,} fills", [panel])
        drawn.append(target)
    return drawn


def _money(curve: Curve, *, log: bool) -> list[Panel]:
    x = curve.ts_ms.astype(np.float64)
    panels: list[Panel] = []
    for unit in ("usd", "btc"):
        columns: list[tuple[str, Floats, str]] = [
            ("cash wallet", getattr(curve, f"{unit}_cash_wallet"), _CASH),
            ("total equity", getattr(curve, f"{unit}_total_equity"), _EQUITY),
            ("total balance", getattr(curve, f"{unit}_total_balance"), _BALANCE),
        ]
        series = [Series(label, x, y, colour) for label, y, colour in columns]
        panels.append(Panel(unit.upper(), series, log=log, empty="nothing above zero" if log else "no values"))
    return panels


def _drawdown(curve: Curve) -> Panel:
    x, equity = curve.ts_ms.astype(np.float64), curve.usd_total_equity
    peak = np.maximum.accumulate(np.where(np.isfinite(equity), equity, -np.inf)) if len(equity) else equity
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(peak > 0, (equity / peak - 1.0) * 100.0, np.nan)
    return Panel("drawdown of equity, %", [Series("USD", x, share, _LOSS, "area")], around=(0.0,))


def _exposure(fills: Fills, end_ms: int) -> Panel:
    hours = fills.timestamp_ms // _HOUR_MS
    starts = np.flatnonzero(np.diff(hours, prepend=hours[0] - 1))
    counts = np.diff(np.append(starts, len(hours)))
    x = np.append(hours[starts] * _HOUR_MS, end_ms).astype(np.float64)

    def hourly(values: Floats) -> Floats:
        means = np.add.reduceat(values, starts) / counts
        return np.append(means, means[-1])

    long = Series("long", x, hourly(fills.twe_long), _LONG, "area")
    short = Series("short", x, -np.abs(hourly(fills.twe_short)), _SHORT, "area")
    return Panel("total wallet exposure, share of balance", [long, short], around=(0.0,))


def _profit(curve: Curve, fills: Fills) -> Panel:
    x = curve.ts_ms.astype(np.float64)
    step = int(np.median(np.diff(curve.ts_ms))) if len(curve.ts_ms) > 1 else 1
    sums = np.concatenate([[0.0], np.cumsum(fills.pnl + fills.fee_paid)])
    # A bucket holds the fills up to the start of the next.
    realised = sums[np.searchsorted(fills.timestamp_ms, curve.ts_ms + step, side="left")]
    with np.errstate(invalid="ignore"):
        whole = realised + (curve.usd_total_equity - curve.usd_total_balance)
    series = [
        Series("with open positions", x, whole, _EQUITY),
        Series("realised, after fees", x, realised, _BALANCE, "steps"),
    ]
    return Panel("profit, USD", series, around=(0.0,))


def _coin(fills: Fills, own: NDArray[np.bool_], candles: Floats) -> Panel:
    bars = np.arange(len(candles), dtype=np.float64)
    index, price = fills.index[own].astype(np.float64), fills.fill_price[own]
    kinds = np.array(fills.order_types())[own]
    long = np.array([kind.endswith("_long") for kind in kinds], dtype=bool)
    entry = np.array([kind.startswith("entry_") for kind in kinds], dtype=bool)
    buy = fills.fill_qty[own] > 0
    series = [
        Series("high", bars, candles[:, 0], "#cfe3d6", width=1.0),
        Series("low", bars, candles[:, 1], "#f0d4d0", width=1.0),
        Series("close", bars, candles[:, 2], "#707070", width=1.0),
    ]
    size, average = fills.position_size[own], fills.position_price[own]
    for side, mask, colour in (("long", long, _LONG), ("short", ~long, _SHORT)):
        if mask.any():
            held = np.where(size[mask] != 0.0, average[mask], np.nan)
            x, y = np.append(index[mask], bars[-1]), np.append(held, np.nan)
            series.append(Series(f"{side} position", x, y, colour, "steps"))
    marks = (("long entry", long & entry, "#1f77ff"), ("long close", long & ~entry, "#d62728"))
    marks += (("short entry", ~long & entry, "#b8860b"), ("short close", ~long & ~entry, "#8e44ad"))
    for label, mask, colour in marks:
        if mask.any():
            up = bool(buy[mask][0])
            series.append(Series(label, index[mask], price[mask], colour, "up" if up else "down", 1.2))
    return Panel("price by bar", series, dates=False)
