"""Candles of a symbol with every level worth seeing, for the console's chart."""

from __future__ import annotations

import numpy as np

from pbtui.core.actions import ChartQuery
from pbtui.core.clock import HOUR_MS, MINUTE_MS
from pbtui.core.errors import ConfigError
from pbtui.core.ids import order_type_of
from pbtui.core.snapshot import Chart, Level
from pbtui.core.types import PSIDES, Pside
from pbtui.exchange.port import Candles
from pbtui.live.keys import is_entry
from pbtui.live.rows import decimals
from pbtui.live.turn import LoopCore
from pbtui.live.why import trailing_levels

MOST_CANDLES = 1_000
_PERIOD_MS = {"1m": MINUTE_MS, "15m": 15 * MINUTE_MS, "1h": HOUR_MS}


async def chart(core: LoopCore, query: ChartQuery) -> Chart:
    """Return the last candles of a symbol; raises ConfigError for an unknown one, ExchangeError without candles."""
    market = core.coins.markets.get(query.symbol)
    if market is None:
        raise ConfigError(f"no market {query.symbol} here")
    period = _PERIOD_MS[query.timeframe]
    n = max(1, min(query.n, MOST_CANDLES))
    now = core.exchange.now_ms()
    start = now // period * period - (n - 1) * period
    end = now // MINUTE_MS * MINUTE_MS
    if query.timeframe == "1h":
        found = await core.exchange.fetch_candles(query.symbol, "1h", start, end)
    else:
        found = await core.exchange.fetch_candles(query.symbol, "1m", start, end)
    bars = grouped(found, period)
    return Chart(
        symbol=query.symbol,
        timeframe=query.timeframe,
        ts_ms=tuple(int(ts) for ts in bars.ts_ms),
        open=tuple(map(float, bars.open)),
        high=tuple(map(float, bars.high)),
        low=tuple(map(float, bars.low)),
        close=tuple(map(float, bars.close)),
        levels=tuple(levels(core, query.symbol)),
        price_decimals=decimals(market.price_step),
    )


def grouped(candles: Candles, period_ms: int) -> Candles:
    """Return candles of a longer period made from shorter ones; the last may be unfinished."""
    if len(candles) == 0:
        return candles
    slots = candles.ts_ms // period_ms
    first = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
    last = np.r_[first[1:], len(candles)] - 1
    return Candles(
        ts_ms=slots[first] * period_ms,
        open=candles.open[first],
        high=np.maximum.reduceat(candles.high, first),
        low=np.minimum.reduceat(candles.low, first),
        close=candles.close[last],
        volume=np.add.reduceat(candles.volume, first),
    )


def levels(core: LoopCore, symbol: str) -> list[Level]:
    """Return mark, positions, bands, every order that rests or is wanted, and what trailing orders wait for."""
    account = core.observer.account
    found: list[Level] = []
    price = account.price(symbol)
    if price is not None:
        found.append(Level("mark", "", price))
    for pside in PSIDES:
        held = account.position(symbol, pside)
        if held.size:
            found.append(Level("entry(pos)", pside, held.price, held.size))
        found += _bands(core, symbol, pside)
    seen: set[tuple[str, float]] = set()
    for order in account.orders:
        if order.symbol == symbol:
            sign = 1.0 if order.side == "buy" else -1.0
            kind = order_type_of(order.client_id) or "foreign"
            found.append(Level(kind, order.pside, order.price, sign * order.qty))
            seen.add((kind, order.price))
    for ideal in core.last.decision.plan.ideal.orders.get(symbol, ()):
        if (ideal.order_type, ideal.price) not in seen and (is_entry(ideal.order_type) or ideal.price > 0):
            found.append(Level(ideal.order_type, ideal.pside, ideal.price, ideal.qty))
    return found + trailing_levels(core, symbol)


def _bands(core: LoopCore, symbol: str, pside: Pside) -> list[Level]:
    emas = core.candles.averages.known(symbol)
    if emas is None or not core.rules.side(pside).enabled:
        return []
    closes = emas["m1"]["close"]
    own = closes[:3] if pside == "long" else closes[3:]
    values = [value for _, value in own]
    if not values:
        return []
    return [Level("ema_lower", pside, min(values)), Level("ema_upper", pside, max(values))]
