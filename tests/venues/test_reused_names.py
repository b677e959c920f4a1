"""An order sent again under the name of a cancelled one, and lost: what the venue tells is of the earlier one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pbtui.core.errors import OutcomeUnknown
from pbtui.exchange.private.budget import Budget
from pbtui.live.guards import RECENT_MS
from tests.venues.accounts import CREATE, DIALECTS, StandingClock, bitcoin, connect, ready
from tests.venues.loop import Loop
from tests.venues.simulator import Simulator


@pytest.fixture(params=DIALECTS, ids=lambda dialect: dialect.name)
def venue(request: pytest.FixtureRequest, simulate: Callable[..., Simulator]) -> Simulator:
    return simulate(request.param, speed=0.0, moving=False, patient=False)


@pytest.fixture
async def loop(venue: Simulator, tmp_path: Path) -> AsyncIterator[Loop]:
    clock = StandingClock(venue)
    account = connect(venue, clock=clock, budget=Budget(clock, 1e9, reserve=0.0), streams=False)
    account._watched.add(bitcoin(account.name))
    await ready(account)
    yield Loop(account, tmp_path, clock)
    await account.close()


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
