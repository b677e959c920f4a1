"""Fills and balances of a run as the tables of its result folder (backtest.md 3.3)."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.pictures import Curve
from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.engine.backtest import Equity, Fills

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FILL_COLUMNS = (
    "index", "timestamp", "coin", "pnl", "fee_paid", "usd_total_balance", "btc_cash_wallet", "usd_cash_wallet",
    "btc_price", "qty", "price", "psize", "pprice", "type", "wallet_exposure", "twe_long", "twe_short", "twe_net",
    "minute", "btc_total_balance",
)  # fmt: skip
CURVE_COLUMNS = (
    "usd_cash_wallet", "usd_total_balance", "usd_total_equity",
    "btc_cash_wallet", "btc_total_balance", "btc_total_equity",
)  # fmt: skip


def fills_csv(fills: Fills, coins: Sequence[str]) -> str:
    """Return `fills.csv`: floats in their shortest exact form, times in UTC."""
    price = fills.btc_price
    btc_total = np.full(len(price), np.nan)
    np.divide(fills.usd_total_balance, price, out=btc_total, where=price > 0.0)
    columns: list[Iterable[str]] = [
        map(str, fills.index.tolist()),
        stamps(fills.timestamp_ms),
        [str(coins[number]) for number in fills.coin.tolist()],
        *map(_numbers, (fills.pnl, fills.fee_paid, fills.usd_total_balance, fills.btc_cash_wallet)),
        *map(_numbers, (fills.usd_cash_wallet, price, fills.fill_qty, fills.fill_price)),
        *map(_numbers, (fills.position_size, fills.position_price)),
        fills.order_types(),
        *map(_numbers, (fills.wallet_exposure, fills.twe_long, fills.twe_short, fills.twe_net)),
        map(str, fills.index.tolist()),
        _numbers(btc_total),
    ]
    return _csv(FILL_COLUMNS, map(str, range(len(fills))), columns)


def curve_csv(curve: Curve) -> str:
    """Return `balance_and_equity.csv`: rounded to four decimals and single precision."""
    columns = (np.round(getattr(curve, name), 4).astype(np.float32) for name in CURVE_COLUMNS)
    return _csv(CURVE_COLUMNS, stamps(curve.ts_ms), [_numbers(column) for column in columns])


def curve_of(fills: Fills, equity: Equity, *, divider: float, start: tuple[float, float, float]) -> Curve:
    """Return balances and equity a bucket of `divider` minutes: the last of each, carried forward, then backward.

    `start` holds USD wallet, BTC wallet and BTC price before the first fill, told where there is none at all.
    """
    minutes = max(1, round(divider))
    width = minutes * MINUTE_MS
    filled, last_fill = _last_of(fills.timestamp_ms // width * width)
    # Equity buckets are anchored at midnight of the first day, those of the fills at the epoch.
    anchor = int(equity.timestamp_ms[0]) // DAY_MS * DAY_MS if len(equity) and minutes > 1 else 0
    recorded, last_equity = _last_of((equity.timestamp_ms - anchor) // width * width + anchor)
    times = np.union1d(filled, recorded).astype(np.int64)
    usd, btc, price = start
    price_then = fills.btc_price[last_fill]
    by_fill = {
        "usd_cash_wallet": (fills.usd_cash_wallet[last_fill], usd),
        "usd_total_balance": (fills.usd_total_balance[last_fill], usd + btc * price),
        "btc_cash_wallet": (fills.btc_cash_wallet[last_fill], btc),
        "btc_total_balance": (fills.usd_total_balance[last_fill] / price_then, (usd + btc * price) / price),
    }
    values = {name: _spread(times, filled, seen, empty) for name, (seen, empty) in by_fill.items()}
    values["usd_total_equity"] = _spread(times, recorded, equity.usd[last_equity], usd + btc * price)
    values["btc_total_equity"] = _spread(times, recorded, equity.btc[last_equity], (usd + btc * price) / price)
    return Curve(ts_ms=times, **values)


def stamps(times: Ints) -> list[str]:
    """Return moments as `YYYY-MM-DD HH:MM:SS` in UTC."""
    return [datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") for ms in times.tolist()]


def _last_of(buckets: Ints) -> tuple[Ints, Ints]:
    """Return the buckets and the place of the last entry of each; entries are ascending."""
    if not len(buckets):
        return buckets, np.empty(0, dtype=np.int64)
    last = np.flatnonzero(np.append(np.diff(buckets) != 0, True))
    return buckets[last], last


def _spread(times: Ints, known: Ints, values: Floats, empty: float) -> Floats:
    if not len(known):
        return np.full(len(times), empty)
    return values[np.maximum(np.searchsorted(known, times, side="right") - 1, 0)]


def _numbers(values: NDArray[np.floating]) -> list[str]:
    if values.dtype == np.float32:
        return ["" if text == "nan" else text for text in values.astype(str).tolist()]
    return ["" if value != value else repr(value) for value in values.tolist()]


def _csv(names: Sequence[str], index: Iterable[str], columns: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    out.write("," + ",".join(names) + "\n")
    for row in zip(index, *columns, strict=True):
        out.write(",".join(row) + "\n")
    return out.getvalue()
