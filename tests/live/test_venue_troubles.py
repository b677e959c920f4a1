"""What a venue knows against new entries: they wait, the screen and the log say why, closes and panics go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_support import settings, stepped

from pbtui.core.actions import PanicAll
from pbtui.core.ids import order_type_of
from pbtui.exchange.port import StreamState
from pbtui.live.keys import is_entry


@pytest.mark.parametrize("trouble", ["deaf", "unwritten"])
async def test_entries_wait_and_the_rest_goes_on(tmp_path: Path, trouble: str) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(60)
    assert run.venue.books.positions
    if trouble == "deaf":
        run.venue.stream_state = lambda: StreamState("stale", deaf=True)  # type: ignore[method-assign]
    else:
        run.venue.troubles = lambda: ("fills cannot be written: disk full",)  # type: ignore[attr-defined]
    resting = {order.order.id for order in run.venue.books.orders.values()}
    await run.minutes(60)
    core = run.bot.core
    assert core.last.blocked
    fresh = [order.order for name, order in run.venue.books.orders.items() if name not in resting]
    assert not [order for order in fresh if is_entry(order_type_of(order.client_id) or "")]
    said = [row.text for row in run.bot.events.tail(1_000) if row.tag == "venue"]
    assert len(said) == 1, "it is said once"
    assert said[0].startswith("entries wait: ")
    result = await run.bot.act(PanicAll("PANIC"))
    assert result.ok
    for _ in range(60):
        if not run.venue.books.positions:
            break
        await run.minutes(1)
    assert not run.venue.books.positions
    del run.venue.__dict__["stream_state" if trouble == "deaf" else "troubles"]
    await run.minutes(1)
    assert [row.text for row in run.bot.events.tail(1_000) if row.tag == "venue"][1].startswith("over: ")
    await run.venue.close()
