"""Faults around the account that must cost neither the bot nor the money: stuck orders, moving balances, full disks."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from live_support import HEAD, LiveRun, Run, StreamedSynthetic, settings, stepped, streamed

from pbtui.core.actions import PanicAll, PauseCreations, SetMode, Target
from pbtui.core.clock import VirtualClock
from pbtui.core.errors import OrderRejected, UnreadableAnswer, VenueUnreachable
from pbtui.core.types import Balance, Fill, Mode, OpenOrder, Ticker
from pbtui.exchange.port import CancelResult, Exchange
from pbtui.live import store
from pbtui.live.stop import wind_down
from pbtui.live.supervisor import Opened, Supervisor
from tests.support.faulty_exchange import FaultPlan, FaultyExchange

V = TypeVar("V", bound=FaultyExchange)

FULL = OSError(errno.ENOSPC, "No space left on device")


class Stubborn(FaultyExchange):
    """A venue where no order can be cancelled any more, once it is `shut`, or whose orders cannot be read."""

    shut = False
    mute = False
    tries = 0

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        if not self.shut:
            return await self.inner.cancel_orders(orders)
        self.tries += 1
        return [
            CancelResult(order, OrderRejected("cancel: the market is halted", reason="invalid")) for order in orders
        ]

    async def fetch_open_orders(self) -> list[OpenOrder]:
        if self.mute:
            raise VenueUnreachable("open orders: no answer")
        return await self.inner.fetch_open_orders()


class Mute(FaultyExchange):
    """A venue that does not tell one thing any more, once it is named in `mute`."""

    mute = ""
    asked = 0

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        self._ask("prices")
        return await self.inner.fetch_tickers(symbols)

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        self._ask("fills")
        return await self.inner.fetch_fills(since_ms)

    async def fetch_balance(self) -> Balance:
        self._ask("balance")
        return await self.inner.fetch_balance()

    def _ask(self, what: str) -> None:
        if self.mute == what:
            self.asked += 1
            raise UnreadableAnswer(f"{what}: a word that nobody knows")


class Drifting(FaultyExchange):
    """A venue whose balance can be set, and is never the same twice: other coins back the account."""

    raw = 0.0
    extra: tuple[Fill, ...] = ()

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        return [*await self.inner.fetch_fills(since_ms), *self.extra]

    async def fetch_balance(self) -> Balance:
        if not self.raw:
            return await self.inner.fetch_balance()
        self.raw *= 1.0001
        return Balance(self.raw)


def kept(made: list[V], kind: Callable[[Exchange, FaultPlan], V]) -> Callable[[Exchange], Exchange]:
    """Put a faulty venue around the real one, and keep hold of it."""

    def around(venue: Exchange) -> Exchange:
        made.append(kind(venue, FaultPlan(seed=1)))
        return made[-1]

    return around


async def test_an_order_that_cannot_be_cancelled_does_not_end_the_bot(tmp_path: Path) -> None:
    made: list[Stubborn] = []
    run = await streamed(tmp_path, settings(), around=kept(made, Stubborn))
    await run.go(600, step=5.0)
    (venue,) = made
    venue.shut = True
    order = run.bot.core.observer.account.own_orders()[0]
    assert (await run.bot.act(SetMode((Target(order.symbol, order.pside),), Mode.TP_ONLY))).ok
    await run.go(1_800, step=5.0)  # ErrorBudgetSpent would come out here
    assert venue.tries > 10
    assert run.task is not None
    assert not run.task.done()
    venue.shut = False
    await run.stop()


async def test_a_balance_that_moves_all_the_time_is_believed_at_the_second_reading(tmp_path: Path) -> None:
    made: list[Drifting] = []
    run = await streamed(tmp_path, settings(), around=kept(made, Drifting))
    await run.bot.core.turn()
    account = run.bot.core.observer.account
    (venue,) = made
    venue.raw = account.raw * 0.7  # withdrawn
    await run.bot.core.turn()
    assert account.doubts
    assert account.raw > venue.raw * 1.2
    await run.bot.core.turn()
    assert account.doubts == ()
    assert account.raw == pytest.approx(venue.raw)
    # What comes back to where it was before was a flicker; what falls further is not the same reading.
    before = account.raw
    venue.raw = before * 10.0  # entries of ten times the size would go out
    await run.bot.core.turn()
    assert account.doubts
    assert account.raw == before
    venue.raw = before * 0.5
    await run.bot.core.turn()
    venue.raw = before
    await run.bot.core.turn()
    assert account.raw == pytest.approx(before, rel=0.01)
    venue.raw = before * 0.8
    await run.bot.core.turn()
    venue.raw = before * 0.1
    await run.bot.core.turn()
    assert account.doubts
    venue.raw = before * 0.1
    await run.bot.core.turn()
    assert account.doubts == ()
    assert account.raw == pytest.approx(before * 0.1, rel=0.01)
    await run.venue.close()


async def test_a_fill_explains_no_more_of_a_balance_than_it_cost(tmp_path: Path) -> None:
    made: list[Drifting] = []
    run = await streamed(tmp_path, settings(), around=kept(made, Drifting))
    await run.bot.core.turn()
    account = run.bot.core.observer.account
    (venue,) = made
    before, symbol = account.raw, "BTC/USDT:USDT"

    def lose(name: str, pnl: float) -> Fill:
        now = run.venue.now_ms()
        return Fill(name, now, symbol, "long", "sell", -0.001, 90_000.0, pnl, -0.1, "close_grid_long", name, name)

    venue.raw, venue.extra = 1.5, (lose("a", -1.0),)
    await run.bot.core.turn()
    assert account.raw == before
    assert any("balance went" in text for text in account.doubts)
    venue.raw, venue.extra = before - 400.0, (*venue.extra, lose("b", -399.0))
    await run.bot.core.turn()
    assert account.raw == pytest.approx(before - 400.0, rel=0.001)
    assert not any("balance went" in text for text in account.doubts)
    await run.venue.close()


async def held(run: Run) -> None:
    for _ in range(1_000):
        await run.minutes(1)
        if run.venue.books.positions:
            return
    pytest.fail("nothing was ever held")


async def test_a_full_disk_stops_entries_but_neither_the_bot_nor_a_panic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await stepped(tmp_path, settings())
    await held(run)
    state = run.bot.core.store

    def refuse(*_: object, **__: object) -> None:
        raise FULL

    monkeypatch.setattr(store, "write_private", refuse)
    run.venue.books.balance *= 1.1  # the anchor of sizes has to move
    await run.minutes(1)
    assert state.state.balance_anchor == pytest.approx(run.bot.core.observer.account.snapped)
    assert any("No space left" in text for text in run.bot.core.last.blocked)
    assert not (await run.bot.act(PauseCreations(paused=False))).ok, "what raises risk has to be on the disk"
    told = await run.bot.act(PanicAll("PANIC"))
    assert told.ok
    assert "No space left" in told.text
    await run.minutes(60)
    assert run.venue.books.positions == {}
    assert state.state.paused
    monkeypatch.undo()
    await run.minutes(1)
    assert not any("No space left" in text for text in run.bot.core.last.blocked)
    found = store.RunStore(tmp_path).state
    assert found.paused
    assert set(found.hand_modes) == set(state.state.hand_modes)
    assert found.balance_anchor == state.state.balance_anchor
    await run.venue.close()


@pytest.mark.parametrize("what", ["prices", "fills", "balance"])
async def test_a_panic_ends_though_the_venue_does_not_tell_everything(tmp_path: Path, what: str) -> None:
    made: list[Mute] = []
    run = await streamed(tmp_path, settings(), around=kept(made, Mute))
    await run.go(1_800, step=5.0)
    assert run.venue.books.positions
    (venue,) = made
    venue.mute = what
    for _ in range(60):
        await run.go(1, step=1.0)
        if venue.asked:
            break
    assert venue.asked
    count = len(run.venue.books.orders)
    assert (await run.bot.act(PanicAll("PANIC"))).ok
    for _ in range(40):
        await run.go(10, step=1.0)
        if not run.venue.books.positions:
            break
    assert not run.venue.books.positions
    assert len(run.venue.books.orders) <= count
    await run.stop()


async def test_panicking_before_anything_was_read_is_not_said_to_be_done(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    told = await run.bot.act(PanicAll("PANIC"))
    assert not told.ok
    assert "try again" in told.text
    await run.minutes(1)
    assert (await run.bot.act(PanicAll("PANIC"))).ok
    await run.venue.close()


async def test_a_venue_that_is_away_for_long_uses_up_no_restarts(tmp_path: Path) -> None:
    """Its account does not answer for an hour, though everything else does: the bot is there when it does again."""
    clock = VirtualClock(1_735_700_000_000)
    feed = StreamedSynthetic(clock)
    plan = FaultPlan(seed=1, rates={"timeout": 1.0})
    runs: list[LiveRun] = []

    async def opened(_: Supervisor) -> Opened:
        run = await streamed(
            tmp_path, settings(), clock=clock, feed=feed, around=lambda venue: FaultyExchange(venue, plan)
        )
        runs.append(run)
        return Opened(run.bot, HEAD, run.venue.close)

    session = Supervisor(opened, HEAD, clock, max_restarts=2)
    task = asyncio.ensure_future(session.run())
    for _ in range(720):
        await clock.advance(5.0)
        feed.play()
    assert not task.done()
    assert len(runs) > 3
    assert session.restarts == len(runs) - 1
    plan.rates = {}
    for _ in range(120):
        await clock.advance(5.0)
        feed.play()
    assert session.latest is not None
    assert session.latest.health.state == "running"
    session.request_stop("keep")
    for _ in range(60):
        await clock.advance(1.0)
    assert task.done()
    assert task.result().error is None


async def test_a_stop_without_an_answer_says_what_may_still_rest(tmp_path: Path) -> None:
    made: list[Stubborn] = []
    run = await stepped(tmp_path, settings(), around=kept(made, Stubborn))
    await run.minutes(5)
    (venue,) = made
    resting = len(run.bot.core.observer.account.own_orders())
    assert resting
    venue.mute = True
    text = await wind_down(run.bot.core, "cancel_all", run.bot._clock)
    assert f"{resting} could not be" in text
    await run.venue.close()
