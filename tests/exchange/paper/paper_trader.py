"""A small trader that decides from what the venue says alone, so that a repeated minute repeats its orders.

Run as a program it trades a synthetic market as fast as it can, one line a minute, until it is killed or done.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pbtui.core.clock import RealClock
from pbtui.core.ids import client_order_id
from pbtui.core.types import Fill, Market, OrderRequest, Pside, Side, Ticker
from pbtui.engine.numerics import round_, round_up
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.paper.stepped import SteppedPaper
from pbtui.market.synthetic import SyntheticFeed

SEED = 11


async def open_account(path: Path) -> SteppedPaper:
    feed = SyntheticFeed(SEED, coins=("SOL", "XRP"))
    venue = open_paper(feed, path, clock=RealClock(), market=feed.market_name)
    await venue.start()
    return venue


async def plan(venue: SteppedPaper) -> None:
    """Replace all orders by a ladder either side of the market, and now and then go to the market."""
    await venue.cancel_orders(await venue.fetch_open_orders())
    markets = await venue.load_markets()
    tickers = await venue.fetch_tickers(list(markets))
    held = {(h.symbol, h.pside): h.position.size for h in await venue.fetch_positions()}
    minute = venue.now_ms() // 60_000
    requests: list[OrderRequest] = []
    for symbol, ticker in sorted(tickers.items()):
        market = markets[symbol]
        sides: tuple[tuple[Pside, Side, Side, int], ...] = (("long", "buy", "sell", -1), ("short", "sell", "buy", 1))
        for pside, opening, closing, sign in sides:
            size = abs(held.get((symbol, pside), 0.0))
            for rung in (1, 2):
                requests.append(_order(market, ticker, pside, opening, 1 + sign * 0.001 * rung, 0.0))
            if size:
                requests.append(_order(market, ticker, pside, closing, 1 - sign * 0.0008, size))
            if minute % 37 == 0 and size:
                requests.append(_order(market, ticker, pside, closing, 0.0, size))
    await venue.create_orders(requests)


def _order(market: Market, ticker: Ticker, pside: Pside, side: Side, factor: float, size: float) -> OrderRequest:
    price = round_(ticker.last * factor, market.price_step)
    qty = size or round_up(12.0 / price, market.qty_step)
    order_type = f"close_grid_{pside}" if size else f"entry_grid_normal_{pside}"
    client_id = client_order_id(
        account="t", symbol=market.symbol, pside=pside, side=side, order_type=order_type, qty=qty, price=price, nth=0
    )
    kind = "limit" if price else "market"
    return OrderRequest(market.symbol, side, pside, qty, price, bool(size), kind, client_id, order_type)


async def trade(venue: SteppedPaper, until_minute: int, *, tell: bool = False) -> None:
    """Trade on until the market has moved `until_minute` minutes since its start."""
    first_turn = True
    while (venue.now_ms() - venue.first_ms) // 60_000 < until_minute:
        if not first_turn or venue.plan_done or venue.now_ms() == venue.first_ms:
            await venue.step_minute()
        first_turn = False
        await plan(venue)
        if tell:
            print(venue.now_ms(), flush=True)


async def fills_of(path: Path) -> list[Fill]:
    venue = await open_account(path)
    fills = await venue.fetch_fills(0)
    assert venue.audit().ok
    await venue.close()
    return fills


async def main(path: Path, until_minute: int) -> None:
    venue = await open_account(path)
    await trade(venue, until_minute, tell=True)
    await venue.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
