"""Closing positions at once: never post-only, fresh prices every tick, market orders when limits don't do (Safety)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pbtui.core.snapshot import PanicOrder as PanicRow
from pbtui.core.snapshot import PanicPreview
from pbtui.core.types import FLAT, Market, OrderKind
from pbtui.engine.execution import ExecutableOrder, PanicItem, PanicOrder, panic_orders
from pbtui.engine.numerics import qty_to_cost
from pbtui.live.account import Account
from pbtui.live.keys import Key

LIMIT_TRIES_MS = 10_000  # how long limit orders are tried before market orders


def kinds_now(
    keys: Iterable[Key], *, since_ms: Mapping[Key, int], now_ms: int, market_at_once: bool, market_possible: bool
) -> dict[Key, OrderKind]:
    """Return what closes each position now: after ten seconds of limits (or `market_at_once`) a market order."""
    found: dict[Key, OrderKind] = {}
    for key in keys:
        waited = now_ms - since_ms.get(key, now_ms)
        found[key] = "market" if market_possible and (market_at_once or waited >= LIMIT_TRIES_MS) else "limit"
    return found


def panic_items(kinds: Mapping[Key, OrderKind], account: Account, markets: Mapping[str, Market]) -> list[PanicItem]:
    """Return the held positions among the keys with their present book; without market or price none can be priced."""
    items: list[PanicItem] = []
    for (symbol, pside), kind in sorted(kinds.items()):
        held = account.positions.get((symbol, pside), FLAT)
        ticker, market = account.tickers.get(symbol), markets.get(symbol)
        if held.size == 0.0 or market is None or ticker is None:
            continue
        bid = ticker.bid if ticker.bid > 0 else ticker.last
        ask = ticker.ask if ticker.ask > 0 else ticker.last
        most = market.max_market_qty if kind == "market" else market.max_qty
        items.append(PanicItem(symbol, pside, held, bid, ask, market, most))
    return items


def close_orders(items: Iterable[PanicItem], kinds: Mapping[Key, OrderKind]) -> dict[str, list[ExecutableOrder]]:
    """Return the closing orders of the positions by symbol."""
    result: dict[str, list[ExecutableOrder]] = {}
    for order in panic_orders(list(items)):
        kind = kinds[(order.symbol, order.pside)]
        result.setdefault(order.symbol, []).append(_executable(order, kind))
    return result


def _executable(order: PanicOrder, kind: OrderKind) -> ExecutableOrder:
    return ExecutableOrder(
        symbol=order.symbol,
        side=order.side,
        pside=order.pside,
        qty=abs(order.qty),
        price=order.price,
        reduce_only=True,
        order_type=order.order_type,
        kind=kind,
    )


def preview(items: Iterable[PanicItem], account: Account, kinds: Mapping[Key, OrderKind]) -> PanicPreview:
    """Return exactly what a panic of these positions would send now, with the loss and fee it would realise."""
    held = {(item.symbol, item.pside): item for item in items}
    rows: list[PanicRow] = []
    notional = 0.0
    for order in panic_orders(list(held.values())):
        key: Key = (order.symbol, order.pside)
        item = held[key]
        notional += qty_to_cost(order.qty, order.expected_price, item.market.c_mult)
        rows.append(
            PanicRow(
                symbol=order.symbol,
                coin=item.market.coin,
                pside=order.pside,
                qty=order.qty,
                price=order.price,
                mark=account.price(order.symbol) or order.expected_price,
                size=item.position.size,
                entry=item.position.price,
                est_pnl=order.expected_pnl,
                est_fee=order.expected_fee,
                kind=kinds.get(key, "limit"),
            )
        )
    cancels = sum((order.symbol, order.pside) in held for order in account.own_orders())
    return PanicPreview(
        orders=tuple(rows),
        cancels=cancels,
        total_pnl=sum(row.est_pnl for row in rows),
        total_fee=sum(row.est_fee for row in rows),
        notional=notional,
    )
