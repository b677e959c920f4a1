"""Filling a reason's sentence with its numbers."""

from __future__ import annotations

from pbtui.console.levels import short_kind
from pbtui.console.numbers import money, pct, price, signed
from pbtui.console.text import safe
from pbtui.console.why.sentences import SENTENCES
from pbtui.core.amounts import plain
from pbtui.core.record import record
from pbtui.core.snapshot import CoinFacts, ReasonRow

_UNKNOWN = "?"
_COUNTS = frozenset({"slots", "taken", "rank", "coins", "kept", "dropped", "n_positions", "orders", "least_days"})
_PRICES = frozenset({"price", "trigger"})
_AMOUNTS = frozenset({"has", "needed", "allowance", "balance", "balance_after", "floor"})
_EXPOSURES = frozenset({"exposure", "limit", "share", "threshold", "total_limit"})
# Moves with a direction; all others are distances.
_SIGNED = frozenset({"band_pct", "from_position_pct"})


@record
class Decimals:
    """How many decimals prices and quantities of a coin have."""

    price: int
    qty: int

    @classmethod
    def of(cls, facts: CoinFacts) -> Decimals:
        """Return those of a coin."""
        return cls(facts.price_decimals, facts.qty_decimals)


def sentence(row: ReasonRow, decimals: Decimals) -> str:
    """Return the sentence of a reason; one that this console does not know is named by its code."""
    found = SENTENCES.get(row.code)
    if found is None:
        return f"{safe(row.code, 40).replace('_', ' ')}{_detail(row)}"
    return found.text.format_map(_Words(row, decimals)) + _detail(row)


def _detail(row: ReasonRow) -> str:
    text = safe(row.detail, 200).strip()
    return f": {text}" if text else ""


def number(name: str, value: float, decimals: Decimals) -> str:
    """Return a number as its name asks for: percentage, price, amount, count, exposure or quantity."""
    if name.endswith("_pct"):
        return pct(value) if name in _SIGNED else pct(value).lstrip("+")
    if name.endswith("_price") or name in _PRICES:
        return price(value, decimals.price)
    if name in _COUNTS:
        return f"{value:,.0f}"
    if name in _AMOUNTS:
        return money(value)
    if name in _EXPOSURES:
        return f"{value:.2f}"
    return signed(value) if name == "projected_pnl" else plain(value)


class _Words(dict[str, str]):
    """The words of one reason by the names in its sentence."""

    def __init__(self, row: ReasonRow, decimals: Decimals) -> None:
        super().__init__({name: number(name, value, decimals) for name, value in row.numbers.items()})
        long = row.pside == "long"
        self["side"] = row.pside
        self["band"] = "lower" if long else "upper"
        dist = row.numbers.get("ema_dist_pct")
        self["price_off"] = _off(row.numbers.get("band_pct"))
        self["entry_off"] = _off(None if dist is None else -dist if long else dist)
        self["order"] = f"{short_kind(row.order_type)} at {price(row.price, decimals.price)}"
        self["where"] = _where(row, decimals)

    def __missing__(self, key: str) -> str:
        return _UNKNOWN


def _off(value: float | None) -> str:
    if value is None:
        return f"{_UNKNOWN} from"
    return f"{pct(abs(value)).lstrip('+')} {'below' if value < 0 else 'above'}"


def _where(row: ReasonRow, decimals: Decimals) -> str:
    at, away = price(row.price, decimals.price), row.numbers.get("distance_pct")
    if away is None:
        return f"at {at}"
    return f"at the market, {at}" if away <= 0 else f"at {at}, {pct(away).lstrip('+')} away"
