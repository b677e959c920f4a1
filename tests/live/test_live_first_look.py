"""What a bot believes of an account at its first look, and of creates whose answer cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from live_support import settings, stepped, streamed

from pbtui.core.errors import UnreadableAnswer
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.port import CreateResult, HeldPosition
from pbtui.live.keys import is_entry
from tests.support.faulty_exchange import FaultPlan, FaultyExchange


class Garbling(FaultyExchange):
    """Takes every order and answers nonsense."""

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        results = await self.inner.create_orders(requests)
        return [replace(each, order=None, error=UnreadableAnswer("create: no order id")) for each in results]


class FirstEmpty(FaultyExchange):
    """Answers the first question for positions and the first one for orders with nothing."""

    asked: frozenset[str] = frozenset()

    async def fetch_positions(self) -> list[HeldPosition]:
        return await self.inner.fetch_positions() if self._again("positions") else []

    async def fetch_open_orders(self) -> list[OpenOrder]:
        return await self.inner.fetch_open_orders() if self._again("orders") else []

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """As real venues tell them: not what was held after them."""
        return [replace(each, psize=0.0, pprice=0.0) for each in await self.inner.fetch_fills(since_ms)]

    def _again(self, what: str) -> bool:
        known = what in self.asked
        self.asked |= {what}
        return known


async def test_an_order_whose_answer_makes_no_sense_may_exist(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), around=lambda venue: Garbling(venue, FaultPlan(seed=1)))
    guards = run.bot.core.guards
    noted: list[str] = []
    inner = guards.doubtful
    guards.doubtful = lambda request, *at, **more: (noted.append(request.client_id), inner(request, *at, **more))[1]  # type: ignore[method-assign]
    await run.minutes(1)
    resting = {resting.order.client_id for resting in run.venue.books.orders.values()}
    assert resting
    assert resting <= set(noted)
    await run.venue.close()


async def test_a_first_look_that_finds_nothing_opens_nothing(tmp_path: Path) -> None:
    """A bot started again on an account with positions and orders, whose first answers are wrongly empty."""
    config = settings(values={"live.approved_coins": "BTC,ETH,SOL"})
    run = await streamed(tmp_path, config)
    await run.go(1_800, step=5.0)
    held, resting = dict(run.venue.books.positions), set(run.venue.books.orders)
    assert held
    assert resting
    clock, feed = run.clock, run.feed
    run.bot.request_stop("keep")
    await run.stop()
    await clock.advance(60.0)  # longer than any guard of time
    again = await streamed(tmp_path, config, clock=clock, feed=feed, around=lambda v: FirstEmpty(v, FaultPlan(seed=1)))
    turn = await again.bot.core.turn()
    assert again.bot.core.observer.account.positions.keys() == held.keys()
    assert turn.blocked
    assert not any(is_entry(order.order_type) for order in turn.diff.creates)
    assert again.bot.core.observer.account.orders
    turn = await again.bot.core.turn()
    assert not turn.blocked
    again.venue.ledger.abandon()
