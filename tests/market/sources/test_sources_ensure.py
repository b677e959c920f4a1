"""Making a store hold a range: what is missing only, archives first, then the venue; what remains is known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from sources_support import InstantClock, at, line_of, same, walk
from store_support import store_at
from venue_support import NOW, Venue, venue

from pbtui.core.clock import DAY_MS, HOUR_MS, MINUTE_MS
from pbtui.core.errors import ExchangeError, VenueUnreachable
from pbtui.exchange.public import EndpointOverrides
from pbtui.market.sources import Downloader, Job, Meter, Patience, Progress, VenueArchive, ensure_many
from tests.support.archive_server import ArchiveServer, Spoil

BEGAN = at("2025-03-20T07:31")
WHOLE = walk("2025-03-20", 83, seed=3)
ROWS = WHOLE[WHOLE["ts"] >= BEGAN]


@pytest.fixture
def clock() -> InstantClock:
    return InstantClock()


@pytest.fixture
async def sol(tmp_path: Path, clock: InstantClock) -> AsyncIterator[tuple[Venue, ArchiveServer]]:
    """Binance with its API and its archive, which agree."""
    with ArchiveServer({"binance": {"SOLUSDT": ROWS}}) as server:
        async with venue("binance", tmp_path, {"SOL": ROWS}, clock=clock) as made:
            download = Downloader(clock)
            made.archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to(server.base_url))
            yield made, server
            await download.close()


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the server's thread."""
    if not condition():
        await asyncio.sleep(0.01)
        await until(condition)


def between(start: int, end: int) -> np.ndarray:
    return ROWS[(ROWS["ts"] >= start) & (ROWS["ts"] < end)]


async def test_months_then_days_then_the_venue(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    heard: list[Progress] = []
    start, end = at("2025-03-01"), at("2025-06-09T10:17")
    done = await made.ensure(start, end, meter=Meter(made.clock, heard.append))
    assert same(made.stored(start, end), between(start, end))
    assert made.store.listing(made.symbol()) == BEGAN
    assert [hole.reason for hole in done.holes] == ["pre_inception"]
    assert (done.holes[0].start_ms, done.holes[0].end_ms) == (start, BEGAN)
    assert done.notes == ()
    # Two whole months, days of the begun ones that are 72 h old, the rest from the venue.
    assert len(server.asked("monthly")) == 3
    days = [path[-14:-4] for path in server.asked("daily")]
    assert days == [f"2025-06-0{i}" for i in range(1, 7)]
    last = heard[-1]
    assert (last.done, last.all_done) == (last.total, last.all_total)
    assert last.total == len(between(start, end))
    assert {each.source for each in heard} == {"archive", "venue"}
    assert last.seconds_left == pytest.approx(0.0)
    assert [each.done for each in heard] == sorted(each.done for each in heard)
    assert "SOL/USDT:USDT 1m" in last.line()
    assert last.as_dict()["source"] == "venue"

    asked = len(made.server.requests)
    again = await made.ensure(start, end)
    assert again.rows_added == 0
    assert again.holes == done.holes
    assert len(made.server.requests) == asked
    assert len(server.requests) == 9, "nothing is asked for again"


async def test_a_short_range_is_asked_of_the_venue_alone(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    end = at("2025-05-03")
    await made.ensure(end - DAY_MS, end)
    assert same(made.stored(), between(end - DAY_MS, end))
    assert server.requests == []
    assert len(made.server.candle_requests()) == 2


async def test_holes_of_the_archive_are_filled_by_the_venue(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    kept = (ROWS["ts"] < at("2025-05-10")) | (ROWS["ts"] >= at("2025-05-11"))
    server.books["binance"]["SOLUSDT"] = ROWS[kept & (np.arange(len(ROWS)) % 5000 != 0)]
    server.spoil(Spoil(path="monthly", status=404, times=9))
    done = await made.ensure(at("2025-05-05"), at("2025-05-15"))
    assert same(made.stored(), between(at("2025-05-05"), at("2025-05-15")))
    assert done.holes == ()
    assert done.notes == ()
    assert len(server.asked("daily")) == 10


async def test_an_archive_in_trouble_is_a_note_not_the_end(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    start, end = at("2025-05-05"), at("2025-05-10")
    server.spoil(Spoil(path="2025-05-06", body=b"<html>busy</html>", times=3))
    done = await made.ensure(start, end)
    assert same(made.stored(), between(start, end))
    assert done.notes == ("binance archive: SOLUSDT-1m-2025-05-06.zip is no sound zip: a page instead of a file",)
    server.spoil(Spoil(status=503, times=1000))
    more = await made.ensure(start - 3 * DAY_MS, start)
    assert same(made.stored(), between(start - 3 * DAY_MS, end))
    assert len(more.notes) == 1, "an archive that is gone is told once"
    assert "answers 503" in more.notes[0]


async def test_an_outage_of_the_venue_is_an_error_and_never_a_gap(sol: tuple[Venue, ArchiveServer]) -> None:
    made, _ = sol
    start = at("2025-05-05")
    made.archive = None
    for status in (503, 200):
        made.server.spoils.heal()
        made.server.spoil(Spoil("klines", status=status, body=b"<html>maintenance</html>", times=1000))
        with pytest.raises(ExchangeError) as error:
            await made.ensure(start, start + HOUR_MS)
        assert isinstance(error.value, VenueUnreachable)
        assert "binance" in line_of(error)
        assert made.store.known_gaps(made.symbol()) == []
        assert len(made.stored()) == 0
    made.server.spoils.heal()
    assert (await made.ensure(start, start + HOUR_MS)).rows_added == 60


async def test_what_came_before_an_outage_stays(tmp_path: Path, clock: InstantClock) -> None:
    start = at("2025-06-03")
    end = start + 3_000 * MINUTE_MS
    async with venue("bitget", tmp_path, {"SOL": ROWS}, clock=clock) as made:
        made.store.note_listing(made.symbol(), BEGAN)
        # Questions of 5 pages of 199 new candles: the third one fails for good.
        made.server.spoil(Spoil(f"startTime={start + 1_989 * MINUTE_MS}", status=503, times=1000))
        with pytest.raises(VenueUnreachable):
            await made.ensure(start, end)
        assert same(made.stored(), between(start, start + 1_990 * MINUTE_MS))
        made.server.spoils.heal()
        made.server.requests.clear()
        done = await made.ensure(start, end)
        assert done.rows_added == 1_010
        assert same(made.stored(), between(start, end))
        assert len(made.server.candle_requests()) == 6, "only the rest is asked for"


async def test_gaps_are_counted_and_left_alone_after_three_rounds(tmp_path: Path, clock: InstantClock) -> None:
    start = at("2025-06-01")
    hole = (ROWS["ts"] >= start + 300 * MINUTE_MS) & (ROWS["ts"] < start + 450 * MINUTE_MS)
    async with venue("bybit", tmp_path, {"SOL": ROWS[~hole]}, clock=clock) as made:
        asked: list[int] = []
        for retries in (1, 2, 3, 3):
            made.server.requests.clear()
            done = await made.ensure(start, start + DAY_MS)
            asked.append(len(made.server.candle_requests()))
            (gap,) = done.holes
            assert (gap.start_ms, gap.end_ms) == (start + 300 * MINUTE_MS, start + 450 * MINUTE_MS)
            assert (gap.reason, gap.retry_count) == ("auto_detected", retries)
        assert asked == [2, 1, 1, 0]
        made.server.requests.clear()
        forced = await made.ensure(start, start + DAY_MS, refetch_gaps=True)
        assert len(made.server.candle_requests()) == 1
        assert len(forced.holes) == 1


async def test_what_is_too_recent_to_judge_is_no_gap(tmp_path: Path, clock: InstantClock) -> None:
    late = ROWS[ROWS["ts"] < NOW - 5 * MINUTE_MS]
    async with venue("binance", tmp_path, {"SOL": late}, clock=clock) as made:
        done = await made.ensure(NOW - 60 * MINUTE_MS, NOW)
        assert [(hole.reason, hole.retry_count) for hole in done.holes] == [("not asked", 0)]
        assert made.store.known_gaps(made.symbol()) == []


async def test_a_venue_with_a_short_history(tmp_path: Path, clock: InstantClock) -> None:
    async with venue("hyperliquid", tmp_path, {"SOL": ROWS}, clock=clock) as made:
        end = NOW // MINUTE_MS * MINUTE_MS
        done = await made.ensure(end - 8_000 * MINUTE_MS, end)
        assert same(made.stored(), between(end - 5_000 * MINUTE_MS + MINUTE_MS, end)) or same(
            made.stored(), between(end - 5_000 * MINUTE_MS, end)
        )
        assert done.holes[0].reason == "no_archive"
        assert done.holes[0].retry_count == 3
        questions = len(made.server.candle_requests())
        await made.ensure(end - 8_000 * MINUTE_MS, end)
        assert len(made.server.candle_requests()) <= questions + 1


async def test_hours_are_asked_for_as_hours(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    start = at("2025-04-01")
    done = await made.ensure(start, start + 30 * DAY_MS, timeframe="1h")
    hours = made.store.read(made.symbol(), 0, 1 << 62, "1h")
    assert done.rows_added == len(hours) == 720
    minutes = between(start, start + 30 * DAY_MS)
    assert np.array_equal(hours["h"], minutes["h"].reshape(-1, 60).max(axis=1))
    assert np.array_equal(hours["c"], minutes["c"][59::60])
    assert server.requests == []


async def test_two_at_once_fetch_nothing_twice(sol: tuple[Venue, ArchiveServer]) -> None:
    made, server = sol
    start, end = at("2025-05-01"), at("2025-06-05")
    both = await asyncio.gather(made.ensure(start, end), made.ensure(start, end))
    assert sum(each.rows_added for each in both) == len(between(start, end))
    assert same(made.stored(), between(start, end))
    assert len(server.requests) == len(set(server.requests))


async def test_many_symbols_one_of_them_in_trouble(tmp_path: Path, clock: InstantClock) -> None:
    coins = {f"C{i}": walk("2025-06-05", 6, seed=10 + i) for i in range(6)}
    heard: list[Progress] = []
    async with venue("binance", tmp_path, coins, clock=clock) as made:
        start, end = at("2025-06-07"), at("2025-06-07T08:00")
        jobs = [Job(made.store, made.feed, None, made.symbol(coin), start, end) for coin in [*coins, "NONE"]]
        done = await ensure_many(jobs, clock=clock, on_progress=heard.append)
        assert [each.job for each in done] == jobs
        for coin in coins:
            expected = coins[coin][(coins[coin]["ts"] >= start) & (coins[coin]["ts"] < end)]
            assert same(made.stored(coin=coin), expected)
        assert done[-1].error is not None
        assert "NONE" in line_of(done[-1].error)
        assert [each.error for each in done[:-1]] == [None] * 6
        assert heard[0].all_total == 7 * 480, "totals cover what has not begun"
        assert heard[-1].all_done == 6 * 480
        assert made.server.busiest <= 4


async def test_a_cancelled_run_leaves_no_lock_and_keeps_what_it_had(tmp_path: Path, clock: InstantClock) -> None:
    start = at("2025-06-03")
    end = start + 3_000 * MINUTE_MS
    async with venue("bitget", tmp_path, {"SOL": ROWS}, clock=clock) as made:
        made.store.note_listing(made.symbol(), BEGAN)
        third = f"startTime={start + 1_989 * MINUTE_MS}"
        made.server.spoil(Spoil(third, status=503, drip_s=5.0))
        running = asyncio.create_task(made.ensure(start, end))
        async with asyncio.timeout(10):
            await until(lambda: bool(made.server.asked(third)))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert same(made.stored(), between(start, start + 1_990 * MINUTE_MS))
        await asyncio.wait_for(made.ensure(start, end), 10)
        assert same(made.stored(), between(start, end))


async def test_no_feed_time_no_question(tmp_path: Path, clock: InstantClock) -> None:
    async with venue("binance", tmp_path, {"SOL": ROWS}, clock=clock) as made:
        made.server.requests.clear()
        for start, end in ((NOW, NOW + DAY_MS), (NOW - 10, NOW - 20), (NOW - 20, NOW - 10)):
            assert (await made.ensure(start, end)).rows_added == 0
        assert made.server.requests == []


def test_the_store_of_these_tests_is_what_fetching_asks_for(tmp_path: Path) -> None:
    from pbtui.market.sources.keeping import Store

    store: Store = store_at(tmp_path, "binance")
    assert store.missing("A/B:B", 0, 3 * MINUTE_MS) == [(0, 3 * MINUTE_MS)]
    assert Patience().attempts == 5
