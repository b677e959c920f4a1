"""What the paper venue refuses, with the codes a real one would give (exchanges.md)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

from pbtui.core.errors import OrderRejected
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market, OrderRequest
from pbtui.engine.numerics import qty_to_cost, round_
from pbtui.exchange.paper.account import Account

# Steps are decimals that floats only come near to; this share of a step is noise, not a wrong price.
_NOISE = 1e-4


def market_of(request: OrderRequest, markets: Mapping[str, Market]) -> Market:
    """Return the market an order names; raises OrderRejected (unknown_symbol, not_tradable)."""
    market = markets.get(request.symbol)
    if market is None:
        _refuse(request, "unknown_symbol", "no such symbol here")
    if not market.active or market.ineligible:
        _refuse(request, "not_tradable", market.ineligible or "the market is not active")
    return market


def check_order(
    request: OrderRequest, market: Market, account: Account, *, price: float, last: float = math.nan
) -> None:
    """Raise OrderRejected unless numbers, steps, minimums, reduce-only and client id are in order.

    `price` is the order's own, or for a market order the one it will get; one at the `last` price of recorded candles,
    which are in single precision, is on the tick. Reducing orders are free of the minimum
    cost, and may be of any size when they close the whole position.
    """
    if not all(math.isfinite(number) and number > 0.0 for number in (request.qty, price)):
        _refuse(request, "bad_number", "price and quantity must be positive numbers")
    if any(resting.order.client_id == request.client_id for resting in account.orders.values()):
        _refuse(request, "duplicate_client_id", "an order with this client id rests already")
    reducible = account.reducible(request)
    if reducible == 0.0 and not account.may_open(request):
        _refuse(request, "reduce_only", "there is no position to reduce")
    if request.kind == "limit" and price != last and not _on_step(price, market.price_step):
        _refuse(request, "tick", f"the price is not a multiple of {market.price_step}")
    whole = 0.0 < reducible <= request.qty and not account.may_open(request)
    if not whole:
        _check_size(request, market, price, reducing=not account.may_open(request) or request.qty <= reducible)


def check_post_only(request: OrderRequest, *, bid: float, ask: float, strict: bool) -> None:
    """Raise OrderRejected (post_only) if a post-only order would trade on arrival; `strict`: only strictly through."""
    if request.post_only and crosses(request, bid=bid, ask=ask, strict=strict):
        _refuse(request, "post_only", "it would trade at once")


def crosses(request: OrderRequest, *, bid: float, ask: float, strict: bool) -> bool:
    """Tell whether an order reaches the opposite best (`strict`: goes through it)."""
    gap = request.price - ask if request.side == "buy" else bid - request.price
    return gap > 0.0 if strict else gap >= 0.0


def refuse_without_price(request: OrderRequest) -> NoReturn:
    """Raise OrderRejected for an order on a symbol that has no price yet."""
    _refuse(request, "no_price", "the market has no price yet")


def _check_size(request: OrderRequest, market: Market, price: float, *, reducing: bool) -> None:
    if not _on_step(request.qty, market.qty_step):
        _refuse(request, "lot", f"the quantity is not a multiple of {market.qty_step}")
    if request.qty < market.min_qty * (1.0 - 1e-9):
        _refuse(request, "min_qty", f"the quantity is below {market.min_qty}")
    if not reducing and qty_to_cost(request.qty, price, market.c_mult) < market.min_cost * (1.0 - 1e-9):
        _refuse(request, "min_cost", f"the cost is below {market.min_cost} {market.quote}")


def _on_step(value: float, step: float) -> bool:
    return step <= 0.0 or abs(value - round_(value, step)) <= step * _NOISE


def _refuse(request: OrderRequest, reason: str, why: str) -> NoReturn:
    raise OrderRejected(
        f"{sanitize_line(request.symbol, limit=40)} {request.side} {request.qty} at {request.price} refused: {why}",
        reason=reason,
    )
