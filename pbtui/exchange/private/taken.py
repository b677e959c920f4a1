"""The order that a venue has taken, as far as the answer to a create tells of it."""

from __future__ import annotations

from pbtui.core.types import OpenOrder, OrderRequest


def taken(request: OrderRequest, order_id: str, created_ms: int, *, left: float | None = None) -> OpenOrder:
    """Return what rests of a request; `left` is the quantity that the venue tells, None where it tells nothing of it.

    A market order is then taken to be filled, a limit order to rest.
    """
    rests = request.qty if request.kind == "limit" else 0.0
    return OpenOrder(
        id=order_id,
        client_id=request.client_id,
        symbol=request.symbol,
        side=request.side,
        pside=request.pside,
        qty=rests if left is None else left,
        price=request.price,
        reduce_only=request.reduce_only,
        created_ms=created_ms,
    )
