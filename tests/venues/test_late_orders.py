"""Orders that arrive at a venue after everybody has given up on them: none is doubled, and none is taken too late."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from pbtui.core.errors import OutcomeUnknown
from pbtui.core.types import OrderRequest
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.port import CreateResult
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.live.guards import LATE_MARGIN_MS, RECENT_MS
from pbtui.live.stop import wind_down
from pbtui.live.underway import FILE_NAME
from tests.venues.accounts import CREATE, DIALECTS, StandingClock, bitcoin, connect, entry, ready
from tests.venues.gateio import GateIoDialect
from tests.venues.hyperliquid import HyperliquidDialect
from tests.venues.loop import Loop
from tests.venues.okx import OkxDialect
from tests.venues.simulator import Simulator

TOO_LATE = {  # what a venue says of an order that comes after its time
    "binance": "-1021",
    "bitget": "40008",
    "bybit": "10002",
    "gateio": "REQUEST_EXPIRED",
    "hyperliquid": "expired",
    "kucoin": "400002",
    "okx": "51149",
    "paradex": "recv_window",
}


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def venue(request: pytest.FixtureRequest, simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(request.param, speed=0.0, moving=False, patient=False)


@pytest.fixture
async def loop(venue: Simulator, tmp_path: Path) -> AsyncIterator[Loop]:
    clock = StandingClock(venue)
    # Nobody but the test lets time go by: neither a budget that is waited for, nor a poll of prices.
    account = connect(venue, clock=clock, budget=Budget(clock, 1e9, reserve=0.0), streams=False)
    account._watched.add(bitcoin(account.name))
    await ready(account)
    yield Loop(account, tmp_path, clock)
    await account.close()


class Meanwhile(StandingClock):
    """Lets what is on its way arrive in the middle of the first sleep."""

    def __init__(self, venue: Simulator) -> None:
        super().__init__(venue)
        self.venue = venue

    async def sleep(self, seconds: float) -> None:
        self.venue.skip(seconds / 2.0)
        self.venue.arrive()
        self.venue.skip(seconds / 2.0)


class BotKilled(BaseException):
    """The end of a process, at the moment when a request has left it."""


class Killed:
    """An account whose process dies while its orders are on their way; they arrive when told to."""

    def __init__(self, account: PrivateExchange) -> None:
        self._account = account
        self._requests: Sequence[OrderRequest] = ()

    async def send(self, loop: Loop, order: ExecutableOrder) -> None:
        async def die(requests: Sequence[OrderRequest]) -> list[CreateResult]:
            self._requests = requests
            raise BotKilled

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(self._account, "create_orders", die)
            await loop.turn(order)

    async def arrive(self) -> None:
        (result,) = await self._account.create_orders(self._requests)
        assert result.order is not None


async def lose(venue: Simulator, loop: Loop, price: float) -> None:
    """Send an entry whose request stays on its way while its sender gives up."""
    venue.delayed.append(CREATE[loop.account.name])
    sent = await loop.turn(loop.entry(price))
    assert [type(error) for error in sent.errors] == [OutcomeUnknown]
    assert not venue.delayed


async def test_an_order_that_comes_late_is_neither_doubled_nor_taken_too_late(venue: Simulator, loop: Loop) -> None:
    created, resting = venue.books.requests, venue.books.books.orders
    window_s = loop.account.capabilities.late_ms / 1000.0
    price = round((await loop.account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    wanted, moved, other = (loop.entry(round(price * part, -2)) for part in (1.0, 0.99, 0.9))
    # Within its time the venue takes it: it is waited for, also where the plan has moved meanwhile, and found.
    await lose(venue, loop, wanted.price)
    for plan in (wanted, moved, wanted):
        venue.skip(window_s / 6.0)
        await loop.turn(plan)
        assert not created
    venue.arrive()
    assert len(created) == len(resting) == 1
    venue.skip(window_s)
    await loop.turn(wanted)
    assert len(created) == len(resting) == 1
    await loop.turn()
    assert not resting
    # Past its time the venue refuses it: it never arrived, and a new one rests.
    await lose(venue, loop, other.price)
    venue.skip(window_s)
    await loop.turn(other)
    assert len(created) == 1
    venue.skip((LATE_MARGIN_MS + RECENT_MS) / 1000.0)
    for _ in range(2):
        await loop.turn(other)
    assert (len(created), len(resting)) == (2, 1)
    (answer,) = venue.arrive()
    assert answer is not None
    assert TOO_LATE[loop.account.name] in str(answer.document)
    await loop.turn(other)
    assert (len(created), len(resting)) == (2, 1)
    assert sum("never arrived" in text for text in loop.said()) == 1


async def test_a_bot_killed_with_an_order_on_its_way_waits_for_it_in_its_next_life(
    venue: Simulator, loop: Loop, tmp_path: Path
) -> None:
    window_s = loop.account.capabilities.late_ms / 1000.0
    price = round((await loop.account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    sent, moved = loop.entry(price), loop.entry(round(price * 0.9, -2))
    killed = Killed(loop.account)
    with pytest.raises(BotKilled):
        await killed.send(loop, sent)
    # The next life's plan has moved: without a word of the first life it would open twice.
    again = Loop(loop.account, tmp_path, loop.clock)
    await again.core.start()
    assert any("sent before this start" in text for text in again.said())
    venue.skip(window_s / 4.0)
    await again.turn(moved)
    assert not venue.books.requests
    await killed.arrive()
    assert len(venue.books.requests) == 1
    await again.turn(moved)
    assert [r.order.price for r in venue.books.books.orders.values()] == [moved.price]
    # And what was answered is forgotten: a third life has nothing to ask for.
    third = Loop(loop.account, tmp_path, loop.clock)
    await third.core.start()
    assert not any("sent before this start" in text for text in third.said())
    # Half a file tells nothing: whatever may be on its way is waited for before the account is read.
    (tmp_path / "loop" / FILE_NAME).write_bytes(b'{"version":1,"orders":[{"symbol"')
    fourth = Loop(loop.account, tmp_path, loop.clock)
    before_ms = loop.clock.now_ms()
    await fourth.core.start()
    assert loop.clock.now_ms() - before_ms >= 1000.0 * window_s
    assert any("cannot be read" in text and "waiting" in text for text in fourth.said())


async def test_the_end_of_an_earlier_order_of_that_name_is_not_the_end_of_this_one(
    venue: Simulator, loop: Loop
) -> None:
    resting = venue.books.books.orders
    price = round((await loop.account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    wanted, moved = (loop.entry(round(price * part, -2)) for part in (1.0, 0.95))
    await loop.turn(wanted)
    assert len(resting) == 1
    await loop.turn()
    assert not resting
    venue.skip(RECENT_MS / 1000.0 + 1.0)
    venue.delayed.append(CREATE[loop.account.name])
    sent = await loop.turn(wanted)
    assert [type(error) for error in sent.errors] == [OutcomeUnknown]
    # It may still come: whatever the venue says of the one before, nothing is opened beside it.
    venue.skip(loop.account.capabilities.late_ms / 1000.0 / 4.0)
    await loop.turn(moved)
    assert not resting
    venue.arrive()
    assert len(resting) <= 1
    await loop.turn(moved)
    assert len(resting) <= 1


async def test_a_stop_that_cancels_orders_waits_for_one_on_its_way(venue: Simulator, loop: Loop) -> None:
    price = round((await loop.account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    await lose(venue, loop, price)
    assert await wind_down(loop.core, "cancel_all", Meanwhile(venue)) == "1 orders cancelled"
    assert (len(venue.books.requests), len(venue.books.books.orders)) == (1, 0)
    assert any("may still arrive" in text for text in loop.said())
    assert await wind_down(loop.core, "keep", Meanwhile(venue)) == "all orders are left where they are"


@pytest.mark.parametrize("venue", [GateIoDialect, HyperliquidDialect, OkxDialect], indirect=True)
async def test_a_clock_that_is_behind_does_not_let_every_deadline_pass(venue: Simulator, loop: Loop) -> None:
    account = loop.account
    price = round((await account.fetch_tickers([loop.symbol]))[loop.symbol].bid * 0.8, -2)
    account._feed._offset_ms -= 12_000.0
    (result,) = await account.create_orders([entry(account, price)])
    if account.name == "okx":
        # Its code says that nobody knows: the clock is measured after that failure, with the next prices.
        assert isinstance(result.error, OutcomeUnknown)
        venue.skip(60.0)
        await account.fetch_tickers([loop.symbol])
        (result,) = await account.create_orders([entry(account, price)])
    assert result.order is not None
    assert len(venue.books.requests) == 1
    assert abs(account.now_ms() - venue.fast_clock.now_ms()) < 1_000
