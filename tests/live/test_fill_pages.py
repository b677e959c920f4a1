"""A bot asked for its fills: what its ledger holds, by order and summed, also over the wire."""

from __future__ import annotations

import math
from pathlib import Path

from live_support import settings, stepped

from pbtui.core.fill_pages import FillFilter, FillsPage, FillsQuery
from pbtui.link import wire


async def test_a_bot_tells_its_fills_as_the_ledger_holds_them(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings())
    await run.minutes(150)
    run.venue.ledger.commit()  # the last minute would be with the next
    count, pnl, fees = run.venue.ledger.totals()
    page = await run.bot.ask(FillsQuery(n=1))
    assert isinstance(page, FillsPage)
    assert (page.total.fills, page.total.unknown) == (count, 0)
    assert count > 1
    assert page.more
    for sums in (page.days, page.coins, page.types):
        assert sum(each.fills for each in sums) == count
        assert math.isclose(math.fsum(each.pnl for each in sums), pnl, abs_tol=1e-9)
        assert math.isclose(math.fsum(each.fee for each in sums), fees, abs_tol=1e-9)
    newest = run.venue.ledger.fills()[-1]
    assert page.rows[0].ts_ms == newest.ts_ms
    one = await run.bot.ask(FillsQuery(FillFilter(coins=(page.coins[0].name,), types=("entry",)), 2_000))
    assert isinstance(one, FillsPage)
    assert {row.coin for row in one.rows} == {page.coins[0].name}
    assert all("entry" in row.order_type for row in one.rows)
    assert [wire.decode(wire.encode(value)[4:]).value for value in (one, FillsQuery(FillFilter(pside="long")))] == [
        one,
        FillsQuery(FillFilter(pside="long")),
    ]
    await run.venue.close()
