"""Entries and closes of one symbol and side (orders.md 3 and 4).

The decision step (`pbtui.engine.orchestrator`) calls the same rules; these are for tools, tests and explanations.
Any mapping or row with the named keys will do; further keys are ignored, except among the bot parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from pbtui import _pb_rust
from pbtui.core.types import Pside
from pbtui.engine.errors import call


class ExchangeRow(TypedDict):
    """Limits of a market: steps and min_qty in contracts or quote, min_cost in quote, c_mult coins a contract."""

    qty_step: float
    price_step: float
    min_qty: float
    min_cost: float
    c_mult: float


class StateRow(TypedDict):
    """Sizing balance, order book, EMA bands and hourly log-range average; closes need only the first three."""

    balance: float
    bid: float
    ask: float
    ema_lower: NotRequired[float]
    ema_upper: NotRequired[float]
    entry_volatility_logrange_ema_1h: NotRequired[float]


class PositionRow(TypedDict):
    """Size signed by side, and average entry price."""

    size: float
    price: float


class TrailingRow(TypedDict):
    """Price extremes since the last fill."""

    min_since_open: float
    max_since_min: float
    max_since_open: float
    min_since_max: float


@dataclass(frozen=True, slots=True)
class EngineOrder:
    """A wanted order; qty signed (buy +, sell −), `empty` or an untriggered trailing type with qty and price 0."""

    qty: float
    price: float
    order_type: str


def _parameters(bot: Mapping[str, float]) -> dict[str, float]:
    return dict(bot)


def next_entry(
    pside: Pside,
    exchange: ExchangeRow,
    state: StateRow,
    bot: Mapping[str, float],
    position: PositionRow,
    trailing: TrailingRow,
) -> EngineOrder:
    """Return the one entry wanted now, not snapped to steps (orders.md 3.6).

    Parameters that `bot` leaves out count as 0. Raises InvalidInput for a missing key, a wrong type or an unknown
    parameter.
    """
    return EngineOrder(
        *call(_pb_rust.calc_next_entry, pside, exchange, state, call(_parameters, bot), position, trailing)
    )


def all_entries(
    pside: Pside,
    exchange: ExchangeRow,
    state: StateRow,
    bot: Mapping[str, float],
    position: PositionRow,
    trailing: TrailingRow,
) -> list[EngineOrder]:
    """Return the whole ladder of entries, snapped to steps, in the order of filling (orders.md 3.7).

    Raises InvalidInput as `next_entry` does.
    """
    rows = call(_pb_rust.calc_entries, pside, exchange, state, call(_parameters, bot), position, trailing)
    return [EngineOrder(*row) for row in rows]


def next_close(
    pside: Pside,
    exchange: ExchangeRow,
    state: StateRow,
    bot: Mapping[str, float],
    position: PositionRow,
    trailing: TrailingRow,
) -> EngineOrder:
    """Return the one close wanted now, not snapped to steps (orders.md 4.5).

    Raises InvalidInput as `next_entry` does.
    """
    return EngineOrder(
        *call(_pb_rust.calc_next_close, pside, exchange, state, call(_parameters, bot), position, trailing)
    )


def all_closes(
    pside: Pside,
    exchange: ExchangeRow,
    state: StateRow,
    bot: Mapping[str, float],
    position: PositionRow,
    trailing: TrailingRow,
) -> list[EngineOrder]:
    """Return all closes, snapped to steps, nearest to the position's price first (orders.md 4.6).

    Raises InvalidInput as `next_entry` does.
    """
    rows = call(_pb_rust.calc_closes, pside, exchange, state, call(_parameters, bot), position, trailing)
    return [EngineOrder(*row) for row in rows]
