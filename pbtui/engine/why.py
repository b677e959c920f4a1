"""Why an order exists or does not: the engine's own reasons, taken down while it decides.

Asked for on demand only: the decision step itself says nothing and pays nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import msgspec

from pbtui import _pb_rust
from pbtui.core.types import Position, Pside
from pbtui.engine.errors import call
from pbtui.engine.orchestrator import IdealOrder, OrchestratorError
from pbtui.engine.selection import CoinFeature

Effect = Literal["makes", "keeps", "tells"]
_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ReasonKind:
    """One reason there is: `makes` an order, `keeps` one away, or `tells` how far something has come."""

    code: str
    effect: Effect
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its numbers: `*_pct` are fractions, prices and amounts in quote, ranks count from 1.

    `rung` counts from 1, 0 = about no particular place of a ladder. `order_type` "" = about no particular order;
    otherwise `qty` (signed, buy +) and `price` are that order's.
    """

    code: str
    effect: Effect
    numbers: dict[str, float] = field(default_factory=dict)
    rung: int = 0
    order_type: str = ""
    qty: float = 0.0
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class SideReasons:
    """Reasons of one side of a coin; orders that exist come first, nearest to the market first."""

    entries: list[Reason]
    closes: list[Reason]


class _Row(msgspec.Struct):
    code: str
    effect: Effect
    rung: int
    order_type: str
    qty: float | None
    price: float | None
    numbers: dict[str, float | None]


class _SideRow(msgspec.Struct):
    entries: list[_Row]
    closes: list[_Row]


class _WhyRow(msgspec.Struct):
    long: _SideRow
    short: _SideRow


_DECODER = msgspec.json.Decoder(_WhyRow)


@lru_cache(maxsize=1)
def reason_kinds() -> dict[str, ReasonKind]:
    """Return every reason the engine knows, by code, in the order of their declaration."""
    found: dict[str, ReasonKind] = {}
    for code, effect, numbers in _pb_rust.declared_reasons():
        assert effect in ("makes", "keeps", "tells")
        found[code] = ReasonKind(code, effect, tuple(numbers))
    return found


def reason(code: str, **numbers: float) -> Reason:
    """Return a reason that is found outside the engine, by one of its codes.

    Raises KeyError for a code or a number that the engine does not declare.
    """
    kind = reason_kinds()[code]
    return Reason(code, kind.effect, {name: numbers[name] for name in kind.numbers})


def explain(text: str, symbol_idx: int) -> dict[Pside, SideReasons]:
    """Decide as `compute_ideal_orders_json` does and tell the reasons of one symbol of the document.

    Every order has exactly one reason that makes it; a side without entries (or closes) has at least one that keeps
    them away. Raises OrchestratorError for any input that is refused.
    """
    try:
        found = _DECODER.decode(_pb_rust.explain_ideal_orders_json(text, symbol_idx))
    except ValueError as error:
        raise OrchestratorError(*error.args) from None
    return {"long": _side(found.long), "short": _side(found.short)}


def explain_selection(
    features: Sequence[CoinFeature], max_positions: int, volume_drop_pct: float, volatility_drop_pct: float
) -> dict[int, Reason]:
    """Return why coins were not chosen, by their index; arguments as for `select_coin_indices`.

    Raises InvalidInput when an index or `max_positions` is negative.
    """
    rows = [(f.index, f.enabled, f.volume_score, f.volatility_score) for f in features]
    told = call(_pb_rust.explain_selection, rows, max_positions, volume_drop_pct, volatility_drop_pct)
    return {index: reason(code, **dict(numbers)) for index, (code, numbers) in told}


def explain_sending(
    ideal: Sequence[IdealOrder],
    last_price: float,
    long: Position,
    short: Position,
    *,
    price_distance_threshold: float,
    market_orders_allowed: bool,
) -> list[Reason]:
    """Return the wanted orders of one symbol that are not sent yet, each with its reason (live.md 17).

    Raises InvalidInput for an unknown order type.
    """
    rows = call(
        _pb_rust.explain_executable,
        [(order.qty, order.price, order.order_type) for order in ideal],
        last_price,
        long.size,
        short.size,
        price_distance_threshold,
        market_orders_allowed,
    )
    return [
        Reason(code, reason_kinds()[code].effect, dict(numbers), 0, order_type, qty, price)
        for order_type, qty, price, code, numbers in rows
    ]


def _side(rows: _SideRow) -> SideReasons:
    return SideReasons([_reason(row) for row in rows.entries], [_reason(row) for row in rows.closes])


def _reason(row: _Row) -> Reason:
    numbers = {name: _number(value) for name, value in row.numbers.items()}
    return Reason(row.code, row.effect, numbers, row.rung, row.order_type, _number(row.qty), _number(row.price))


def _number(value: float | None) -> float:
    return _NAN if value is None else value
