"""Catching up with a venue's fills: after downtime, in windows, over holes, and with a disk that refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS, VirtualClock
from pbtui.core.errors import VenueUnreachable
from pbtui.core.types import Fill
from pbtui.exchange.fills.store import FillStore, Owner
from pbtui.exchange.private.fills import LOOK_EVERY_S, OVERLAP_MS, FillLog
from pbtui.exchange.private.quirks import Look
from pbtui.live.fills import FillBook

SOL = "SOL/USDT:USDT"
OWNER = Owner("binance", "USDT", "1", "k")
WEEK_MS = 7 * DAY_MS
START_MS = 1_000 * DAY_MS


class Venue:
    """Tells the fills it has, of the time asked for; `broken` says which questions get no answer."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.fills: list[Fill] = []
        self.asked: list[Look] = []
        self.broken: Callable[[Look], bool] = lambda _: False
        self.offset_ms = START_MS - clock.now_ms()

    def now_ms(self) -> int:
        return self.clock.now_ms() + self.offset_ms

    async def ask(self, look: Look) -> list[Fill]:
        self.asked.append(look)
        if self.broken(look):
            raise VenueUnreachable("gone")
        return [each for each in reversed(self.fills) if look.since_ms <= each.ts_ms <= look.end_ms]

    def happens(self, name: str, ts_ms: int, *, pnl: float = 0.0, known: bool = True) -> None:
        self.fills.append(
            Fill(name, ts_ms, SOL, "long", "sell", -1.0, 9.0, pnl, -0.1, "unknown", "c", name, pnl_known=known)
        )

    def log(self, folder: Path) -> FillLog:
        store = FillStore.open(folder / "fills.db", OWNER)
        return FillLog(self.clock, self.ask, self.now_ms, window_ms=WEEK_MS, store=store)


@pytest.fixture
def venue() -> Venue:
    return Venue(VirtualClock())


def ids(fills: list[Fill]) -> list[str]:
    return [fill.id for fill in fills]


async def test_a_long_time_away_is_caught_up_in_windows_and_each_is_kept(venue: Venue, tmp_path: Path) -> None:
    since = START_MS - 30 * DAY_MS
    for day in range(30):
        venue.happens(str(day), since + day * DAY_MS + HOUR_MS)
    third = since + 2 * WEEK_MS
    venue.broken = lambda look: look.since_ms >= third
    first = venue.log(tmp_path)
    with pytest.raises(VenueUnreachable):
        await first.read(since)
    assert first.store.spans() == [(since, third)]
    first.store.close()

    venue.broken = lambda _: False
    venue.asked.clear()
    second = venue.log(tmp_path)
    assert ids(await second.read(since)) == [str(day) for day in range(30)]
    assert min(look.since_ms for look in venue.asked) >= third - DAY_MS, "what is kept is not asked for again"
    assert all(look.end_ms - look.since_ms <= WEEK_MS for look in venue.asked)
    assert second.gaps(since, START_MS) == []
    second.store.close()


async def test_after_a_restart_the_cursor_goes_on_a_little_before_the_newest(venue: Venue, tmp_path: Path) -> None:
    since = START_MS - DAY_MS
    venue.happens("1", START_MS - HOUR_MS)
    first = venue.log(tmp_path)
    await first.read(since)
    first.store.close()
    venue.happens("late", START_MS - HOUR_MS - MINUTE_MS)
    await venue.clock.advance(3 * 3600.0)
    venue.happens("2", venue.now_ms() - MINUTE_MS)
    second = venue.log(tmp_path)
    assert ids(await second.read(since)) == ["late", "1", "2"]
    assert venue.asked[-1].since_ms == START_MS - HOUR_MS - OVERLAP_MS
    assert second.before(START_MS)[-1].id == "1"
    second.store.close()


async def test_a_hole_older_than_the_look_back_is_filled_or_stays_known(venue: Venue, tmp_path: Path) -> None:
    venue.happens("old", START_MS - DAY_MS)
    first = venue.log(tmp_path)
    await first.read(START_MS - 2 * DAY_MS)
    first.store.close()
    venue.happens("meanwhile", START_MS + DAY_MS)
    away_ms = 60 * DAY_MS
    await venue.clock.advance(away_ms / 1000)
    venue.happens("now", venue.now_ms() - HOUR_MS)
    since = venue.now_ms() - 5 * DAY_MS
    venue.broken = lambda look: look.end_ms <= since
    second = venue.log(tmp_path)
    assert ids(await second.read(since)) == ["now"], "what a venue no longer tells keeps no bot from trading"
    gaps = second.gaps(START_MS - DAY_MS, venue.now_ms())
    assert gaps[0][0] == START_MS
    assert gaps[-1][1] <= since
    second.store.close()

    venue.broken = lambda _: False
    third = venue.log(tmp_path)
    assert ids(await third.read(since)) == ["now"]
    assert ids(third.before(since)) == ["old", "meanwhile"]
    assert third.gaps(START_MS - DAY_MS, venue.now_ms()) == []
    third.store.close()


async def test_a_disk_that_refuses_keeps_fills_in_memory_until_it_takes_them(venue: Venue, tmp_path: Path) -> None:
    since = START_MS - DAY_MS
    log = venue.log(tmp_path)
    await log.read(since)
    log.store._db.execute("PRAGMA query_only=ON")
    for n in range(3):
        venue.happens(str(n), START_MS - n * MINUTE_MS, pnl=1.0)
    await venue.clock.advance(LOOK_EVERY_S)
    assert ids(await log.read(since)) == ["2", "1", "0"]
    assert "cannot be written" in log.trouble
    await venue.clock.advance(LOOK_EVERY_S)
    assert ids(await log.read(since)) == ["2", "1", "0"], "they are not lost meanwhile"
    log.store._db.execute("PRAGMA query_only=OFF")
    await venue.clock.advance(LOOK_EVERY_S)
    await log.read(since)
    assert log.trouble == ""
    assert ids(log.store.fills()) == ["2", "1", "0"]
    log.store.close()


async def test_a_close_without_a_profit_is_asked_for_at_once_and_entries_wait(venue: Venue, tmp_path: Path) -> None:
    log = venue.log(tmp_path)
    venue.happens("a", START_MS - 1_000, known=False)
    await log.read(START_MS - DAY_MS)
    assert log.waits_for_profit
    venue.fills[0] = replace(venue.fills[0], pnl=-4.0, pnl_known=True)
    await venue.clock.advance(1.0)
    assert [fill.pnl for fill in await log.read(START_MS - DAY_MS)] == [-4.0]
    assert not log.waits_for_profit
    log.store.close()


async def test_a_profit_told_late_is_counted_once_it_is_told(venue: Venue, tmp_path: Path) -> None:
    since = START_MS - DAY_MS
    log, book = venue.log(tmp_path), FillBook()
    venue.happens("a", START_MS - 2 * HOUR_MS, pnl=5.0)
    venue.happens("b", START_MS - HOUR_MS, known=False)
    venue.happens("c", START_MS - MINUTE_MS, pnl=1.0)
    assert ids(book.take(await log.read(since))) == ["a", "b", "c"]
    assert (book.pnl_last, book.count) == (6.0, 3)
    venue.fills[1] = replace(venue.fills[1], pnl=-4.0, fee=-0.3, pnl_known=True)
    for _ in range(8):
        await venue.clock.advance(LOOK_EVERY_S)
        assert book.take(await log.read(book.read_from(since))) == []
    assert (book.pnl_last, book.pnl_max, book.count) == (2.0, 6.0, 3)
    # A fee that came late, too, is counted, and kept.
    assert book.fees == pytest.approx(-0.5)
    assert [fill.fee for fill in log.before(venue.now_ms())] == [-0.1, -0.3, -0.1]
    assert log.store.unknown() == []
    log.store.close()
