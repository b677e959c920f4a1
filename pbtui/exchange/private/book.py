"""Markets and order names of one account: the venue's ids to ours and back, numbers as the venue wants them written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal

from pbtui.core.errors import OrderRejected
from pbtui.core.ids import order_type_of
from pbtui.core.types import Market, Pside, Side
from pbtui.exchange.port import HeldPosition

_NAMES_KEPT = 20_000
_NOISE = Decimal("1e-9")  # of a number of steps, what floats may be off


class Book:
    """What turns an answer into our types; `hedge` is the account's position mode once it is known."""

    def __init__(self, quote: str) -> None:
        self.quote = quote
        self.hedge = True
        self._markets: dict[str, Market] = {}
        self._symbols: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._entry_prices: dict[tuple[str, Pside], float] = {}

    def take_markets(self, markets: Mapping[str, Market]) -> None:
        """Replace the markets."""
        self._markets = dict(markets)
        # Spot and perpetual may share an id: the one that can be traded wins.
        ranked = sorted(markets.values(), key=lambda market: market.ineligible == "")
        self._symbols = {market.id: market.symbol for market in ranked if market.id}

    def symbol(self, market_id: str) -> str:
        """Return the symbol of a venue's market id; the id itself where it is unknown."""
        return self._symbols.get(market_id, market_id)

    def knows(self, symbol: str) -> bool:
        """Tell whether the venue lists a symbol."""
        market = self._markets.get(symbol)
        return market is not None and bool(market.id)

    def id(self, symbol: str) -> str:
        """Return the venue's id of a symbol; raises OrderRejected for one the venue doesn't have."""
        return self._market(symbol).id

    def told_id(self, symbol: str) -> str:
        """Return the venue's id of a symbol; `symbol` has left that of a market that is listed no more as it was.

        For cancels: one such order must not keep the others from going.
        """
        return self._market(symbol).id if self.knows(symbol) else symbol

    def market(self, symbol: str) -> Market:
        """Return a market; raises OrderRejected for a symbol the venue doesn't have."""
        return self._market(symbol)

    def some_id(self) -> str:
        """Return the id of a market that can be traded, for questions that need any; empty without one."""
        usable = (m for m in self._markets.values() if not m.ineligible and m.quote == self.quote)
        found = min(usable, key=lambda market: (market.coin != "BTC", market.id), default=None)
        return found.id if found else ""

    def qty_text(self, symbol: str, qty: float) -> str:
        """Return a quantity as text with the lot's decimals; the value is the engine's, only float noise goes.

        What is off the grid (a position with dust) is cut: rounded up it would be more than there is to close.
        """
        return _text(qty, self._market(symbol).qty_step, cut=True)

    def price_text(self, symbol: str, price: float) -> str:
        """Return a price as text with the tick's decimals; the value is the engine's, only float noise goes."""
        return _text(price, self._market(symbol).price_step)

    def name(self, order_id: str, client_id: str) -> None:
        """Remember which client id an order carries."""
        if client_id:
            self._names[order_id] = client_id
        while len(self._names) > _NAMES_KEPT:
            del self._names[next(iter(self._names))]

    def client_id(self, order_id: str) -> str | None:
        """Return the client id of an order, None when it is not known."""
        return self._names.get(order_id)

    def take_positions(self, held: Iterable[HeldPosition]) -> None:
        """Remember at what prices positions were entered; closing does not change them."""
        self._entry_prices.update({(item.symbol, item.pside): item.position.price for item in held})

    def entry_price(self, symbol: str, pside: Pside) -> float | None:
        """Return the entry price of the position last seen, None where there was none."""
        return self._entry_prices.get((symbol, pside))

    def pside(self, client_id: str, side: Side, *, reduce_only: bool) -> Pside:
        """Return the position side of an order that names none (one-way mode): by its type, else by direction."""
        kind = order_type_of(client_id) or ""
        if kind.endswith("_long"):
            return "long"
        if kind.endswith("_short"):
            return "short"
        return "long" if (side == "buy") is not reduce_only else "short"

    def _market(self, symbol: str) -> Market:
        market = self._markets.get(symbol)
        if market is None or not market.id:
            raise OrderRejected(f"{symbol}: the venue has no such market", reason="unknown_symbol")
        return market


def _text(value: float, step: float, *, cut: bool = False) -> str:
    grain = Decimal(repr(step))
    steps = Decimal(repr(value)) / grain
    whole = steps.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    if cut and whole - steps > _NOISE * max(Decimal(1), steps):
        whole -= 1
    return f"{(whole * grain).normalize():f}"
