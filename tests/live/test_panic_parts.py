"""A panic of a position that is more than the venue takes in one order: several orders, none too large, then flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from live_support import settings, stepped

from pbtui.core.actions import PanicAll, PanicQuery
from pbtui.core.snapshot import PanicPreview
from pbtui.core.types import Market, OrderRequest
from pbtui.exchange.port import CreateResult
from pbtui.market.synthetic import SyntheticFeed

LOTS = 7.0  # how many of the smallest orders the venue takes at once


class SmallFeed(SyntheticFeed):
    """Markets that take small orders only; entries are smaller still."""

    async def markets(self) -> dict[str, Market]:
        found = await super().markets()
        return {
            symbol: replace(market, max_qty=LOTS * market.qty_step, max_market_qty=LOTS * market.qty_step)
            for symbol, market in found.items()
        }


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_large_position_is_closed_in_parts(tmp_path: Path, *, at_once: bool) -> None:
    config = settings(values={"live.market_orders_allowed": at_once})
    run = await stepped(tmp_path, config, feed=SmallFeed(7))
    await run.minutes(60)
    held = {key: abs(position.size) for key, position in run.venue.books.positions.items()}
    steps = {symbol: market.qty_step for symbol, market in (await run.venue.load_markets()).items()}
    assert any(size > LOTS * steps[symbol] for (symbol, _), size in held.items())
    preview = await run.bot.ask(PanicQuery())
    assert isinstance(preview, PanicPreview)
    assert all(abs(row.qty) <= LOTS * steps[row.symbol] * (1 + 1e-9) for row in preview.orders)

    sent: list[OrderRequest] = []
    create = run.venue.create_orders

    async def noted(requests: Sequence[OrderRequest]) -> list[CreateResult]:
        sent.extend(requests)
        return await create(requests)

    run.venue.create_orders = noted  # type: ignore[method-assign]
    result = await run.bot.act(PanicAll("PANIC"))
    assert result.ok
    for _ in range(30):
        if not run.venue.books.positions:
            break
        await run.minutes(1)
    assert not run.venue.books.positions
    panics = [request for request in sent if request.order_type.startswith("close_panic")]
    assert len(panics) > len(held)
    assert len({request.client_id for request in panics}) == len(panics)
    assert all(request.qty <= LOTS * steps[request.symbol] * (1 + 1e-9) for request in panics)
    await run.venue.close()
