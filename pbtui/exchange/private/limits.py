"""Orders above a venue's largest: a refusal names that size and what makes orders smaller (live.md 30.6).

Nothing is refused here: what a venue takes is its own matter. Only panics are sent in parts, by the engine.
"""

from __future__ import annotations

from dataclasses import replace

from pbtui.core.amounts import plain
from pbtui.core.errors import OrderRejected
from pbtui.core.types import OrderRequest
from pbtui.exchange.port import CreateResult
from pbtui.exchange.private.book import Book

_VAGUE = ("max_qty", "invalid")  # some venues have no code of its own for it
_ENTRY = "lower total_wallet_exposure_limit or raise n_positions of its side: entries become smaller"
_CLOSE = "lower close_grid_qty_pct of its side: closes become smaller; a panic goes out in parts by itself"


def explained(result: CreateResult, book: Book) -> CreateResult:
    """Return a refusal of an order that is too large with the largest and what to change, anything else as it is."""
    error, request = result.error, result.request
    if not isinstance(error, OrderRejected) or error.reason not in _VAGUE:
        return result
    largest = _largest(request, book)
    if error.reason != "max_qty" and not 0.0 < largest < request.qty:
        return result
    known = f"a {request.kind} order of {plain(request.qty)} is above the venue's largest"
    text = f"{error.message}: {known}, {plain(largest)}" if largest > 0.0 else error.message
    hint = _CLOSE if request.reduce_only else _ENTRY
    return replace(result, error=OrderRejected(text, reason="max_qty", hint=hint))


def _largest(request: OrderRequest, book: Book) -> float:
    """Return the largest order of this kind, 0 where nobody tells."""
    if not book.knows(request.symbol):
        return 0.0
    market = book.market(request.symbol)
    return market.max_market_qty if request.kind == "market" else market.max_qty
