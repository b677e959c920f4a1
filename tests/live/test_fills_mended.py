"""Fills mended beside a running bot, in the real file: from its next turn on it counts what a restarted one would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from live_support import LiveRun, settings, streamed

from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock
from pbtui.core.types import Fill
from pbtui.exchange.fills.store import FILE_NAME, FillStore, Owner
from pbtui.exchange.port import Exchange
from pbtui.exchange.private.fills import FillLog
from pbtui.exchange.private.quirks import Look
from pbtui.live.fills import FillBook
from pbtui.live.inputs import allowances
from tests.support.faulty_exchange import FaultPlan, FaultyExchange

SOL = "SOL/USDT:USDT"
OWNER = Owner("testvenue", "USDT", "1", "k")


class Kept(FaultyExchange):
    """Keeps what the venue tells as a real account does: in a store, asked for in windows."""

    def __init__(self, inner: Exchange, folder: Path, clock: VirtualClock) -> None:
        super().__init__(inner, FaultPlan(seed=1))
        self.told: list[Fill] = []
        store = FillStore.open(folder / FILE_NAME, OWNER)
        self.log = FillLog(clock, self._ask, inner.now_ms, window_ms=7 * DAY_MS, store=store)

    async def _ask(self, look: Look) -> list[Fill]:
        return [each for each in self.told if look.since_ms <= each.ts_ms <= look.end_ms]

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        return await self.log.read(since_ms)

    def fills_before(self, until_ms: int) -> list[Fill]:
        return self.log.before(until_ms)

    def fills_mended(self) -> list[Fill] | None:
        return self.log.mended()

    def fills_file(self) -> Path | None:
        return self.log.store.path


def close(name: str, ts_ms: int, pnl: float) -> Fill:
    return Fill(name, ts_ms, SOL, "long", "sell", -1.0, 100.0, pnl, -0.05, "close_grid_long", f"c{name}", name)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[FillStore]:
    """The store as `pbtui fills` has it open in a process of its own."""
    FillStore.open(tmp_path / FILE_NAME, OWNER).close()
    store = FillStore.open(tmp_path / FILE_NAME, OWNER)
    yield store
    store.close()


def restarted(command: FillStore) -> FillBook:
    book = FillBook()
    book.take(command.fills())
    return book


def figures(book: FillBook) -> tuple[object, ...]:
    last = book.last_fill((SOL, "long"))
    return (book.count, book.pnl_last, book.pnl_max, book.fees, last and last.id, [each.id for each in book.recent])


async def start(folder: Path) -> tuple[LiveRun, Kept]:
    clock, found = VirtualClock(1_735_700_000_000), []

    def around(venue: Exchange) -> Exchange:
        found.append(Kept(venue, folder, clock))
        return found[0]

    config = settings(values={"live.approved_coins": "SOL"})
    return await streamed(folder, config, clock=clock, around=around), found[0]


async def test_mended_fills_count_from_the_next_turn_on(tmp_path: Path, command: FillStore) -> None:
    run, kept = await start(tmp_path)
    core = run.bot.core
    now = kept.inner.now_ms()
    kept.told = [close("a", now - 3 * DAY_MS, 20.0), close("b", now - 2 * DAY_MS, -5.0), close("c", now - DAY_MS, 4.0)]
    await core.turn()
    assert (core.fills.count, core.fills.pnl_last, core.fills.pnl_max) == (3, 19.0, 20.0)
    before = allowances(core.rules, core.observer.account, core.fills)["long"]

    missing = close("missing", now - 2 * DAY_MS - MINUTE_MS, 40.0)
    command.take([missing], [])
    command.replace([replace(kept.told[1], pnl=-15.0)])
    turn = await core.turn()
    assert turn.fills == [], "what is old is not told as news"
    assert (core.fills.count, core.fills.pnl_last, core.fills.pnl_max) == (4, 49.0, 60.0)
    assert figures(core.fills) == figures(restarted(command))
    assert allowances(core.rules, core.observer.account, core.fills)["long"] < before, "11 lost since the peak, not 1"
    said = [event.text for event in core.events.tail(50) if event.tag == "fills"]
    assert said == [
        "another command changed the kept fills: counted anew, 4 instead of 3, profit +49.00 instead of +19.00, "
        "its peak +60.00"
    ]

    command.drop(["missing"])
    kept.told.append(close("new", now + 1, 1.0))  # beside a change by a command
    await run.clock.advance(61.0)
    turn = await core.turn()
    assert [fill.id for fill in turn.fills] == ["new"]
    assert figures(core.fills) == figures(restarted(command))
    assert core.fills.pnl_last == 10.0
    kept.log.store.close()
    await run.venue.close()


async def test_a_bot_s_own_writing_and_a_refresh_without_news_change_nothing(
    tmp_path: Path, command: FillStore
) -> None:
    run, kept = await start(tmp_path)
    core = run.bot.core
    kept.told = [close("a", kept.inner.now_ms() - DAY_MS, 2.0)]
    await core.turn()
    assert kept.log.mended() is None, "its own writing is no mending"
    command.take([], [(0, 10)])
    await core.turn()
    assert kept.log.gaps(0, 10) == [], "what another process was told need not be asked again"
    assert figures(core.fills) == figures(restarted(command))
    assert not [event for event in core.events.tail(50) if event.tag == "fills"]
    assert kept.log.mended() is None
    kept.log.store.close()
    await run.venue.close()
