"""The loop's small parts one by one: state file, fills, guards, gaps, budgets, pacers, logs, coin lists."""

from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_support import feed_of, settings

from pbtui.config import load
from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock, settle
from pbtui.core.errors import StateError
from pbtui.core.ids import is_ours
from pbtui.core.types import Fill, Mode, OrderRequest
from pbtui.engine.execution import ExecutableOrder
from pbtui.exchange.paper.factory import open_paper
from pbtui.exchange.port import Candles
from pbtui.live.account import Account
from pbtui.live.coins import CoinBook
from pbtui.live.events import EventLog
from pbtui.live.fills import KEPT, FillBook
from pbtui.live.forager import FetchBudget, target_age_ms, to_refresh
from pbtui.live.gaps import without_gaps
from pbtui.live.guards import Guards
from pbtui.live.logfile import LogFile
from pbtui.live.pacer import RealPacer, StepPacer
from pbtui.live.rules import Rules
from pbtui.live.store import HandMode, RunStore

SYMBOL = "AAA/USDT:USDT"


def order(qty: float = 1.0, price: float = 100.0, name: str = "entry_grid_normal_long") -> ExecutableOrder:
    closing = name.startswith("close")
    return ExecutableOrder(SYMBOL, "sell" if closing else "buy", "long", qty, price, closing, name, "limit")


def request(base: ExecutableOrder, client_id: str) -> OrderRequest:
    return OrderRequest(
        SYMBOL, base.side, base.pside, base.qty, base.price, base.reduce_only, base.kind, client_id, base.order_type
    )


def fill(number: int, ts_ms: int, *, pnl: float = 0.0, fee: float = 0.0, client_id: str = "") -> Fill:
    return Fill(
        str(number), ts_ms, SYMBOL, "long", "buy", 1.0, 100.0, pnl, fee, "entry_grid_normal_long",
        client_id or f"c{number}", f"o{number}",
    )  # fmt: skip


# --- state file -----------------------------------------------------------------------------------------------------


def test_state_is_on_disk_private_and_read_back(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run")
    entry = HandMode(SYMBOL, "long", Mode.PANIC, "anna", 5)
    store.set_hand_modes([entry], cleared=[])
    store.set_paused(True)
    store.set_anchor(123.5)
    store.set_panic_since({(SYMBOL, "long"): 7})
    again = RunStore(tmp_path / "run").state
    assert again.hand_modes == {(SYMBOL, "long"): entry}
    assert (again.paused, again.balance_anchor, again.panic_since) == (True, 123.5, {(SYMBOL, "long"): 7})
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    store.set_hand_modes([], cleared=[(SYMBOL, "long")])
    assert RunStore(tmp_path / "run").state.hand_modes == {}
    assert [path.name for path in (tmp_path / "run").iterdir()] == [store.path.name]


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"version": 99}', b"\xff\xfe", b'{"version": 1, "paused": 3}'])
def test_a_broken_state_file_is_one_clear_line(tmp_path: Path, text: bytes) -> None:
    store = RunStore(tmp_path)
    store.path.write_bytes(text)
    with pytest.raises(StateError) as caught:
        RunStore(tmp_path)
    assert str(store.path) in caught.value.line()
    assert "\n" not in caught.value.line()


def test_a_disk_that_refuses_is_told_before_anything_is_acted_on(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "run")
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(StateError):
        store.set_paused(True)
    assert not store.state.paused


# --- fills ----------------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(-50, 50), max_size=60), st.integers(1, 7))
def test_fill_sums_are_those_of_all_fills_however_read(pnls: list[float], page: int) -> None:
    fills = [fill(i, 1_000 * i, pnl=pnl, fee=-0.1) for i, pnl in enumerate(pnls)]
    book = FillBook(overlap_ms=5_000)
    for end in range(0, len(fills) + page, page):
        since = book.read_from(0)
        book.take([f for f in fills[:end] if f.ts_ms >= since])
    total, peak = 0.0, 0.0
    for pnl in pnls:
        total += pnl
        peak = max(peak, total)
    assert (book.pnl_last, book.pnl_max, book.count) == (total, peak, len(fills))
    assert book.fees == pytest.approx(-0.1 * len(fills))


def test_fill_memory_is_bounded_and_days_change() -> None:
    book = FillBook(overlap_ms=0)
    for i in range(3 * KEPT):
        book.take([fill(i, i * 60_000, pnl=1.0)])
    assert len(book.recent) == KEPT
    assert len(book._seen) <= 2 * KEPT + 1
    assert len(book._ids) == KEPT
    last_ms = (3 * KEPT - 1) * 60_000
    assert book.day_pnl(last_ms) == (last_ms % DAY_MS) // 60_000 + 1
    assert book.day_pnl(last_ms + DAY_MS) == 0.0
    assert book.filled(f"c{3 * KEPT - 1}")
    assert not book.filled("c0")


# --- guards ---------------------------------------------------------------------------------------------------------


def test_ids_are_the_same_in_every_process_and_differ_once_used() -> None:
    book = FillBook()
    one, two = Guards("v:paper", book, stepped=False), Guards("v:paper", book, stepped=False)
    name = one.client_id(order(), [])
    assert name == two.client_id(order(), [])
    assert is_ours(name)
    assert one.client_id(order(), [name]) != name
    book.take([fill(1, 0, client_id=name)])
    assert two.client_id(order(), []) == one.client_id(order(), [name])


def test_the_time_guard_lives_on_fills_and_orders_of_the_venue_too() -> None:
    book = FillBook()
    guards = Guards("v:paper", book, stepped=False)
    account = Account()
    now = 1_000_000
    assert guards.why_not(order(), account, now) == ""
    guards.sent(request(order(), "x"), now)
    assert "lately" in guards.why_not(order(price=100.1), account, now + 5_000)
    assert guards.why_not(order(price=101.0), account, now + 5_000) == ""
    assert guards.why_not(order(), account, now + 15_000) == ""
    book.take([fill(1, now)])
    fresh = Guards("v:paper", book, stepped=False)
    assert "lately" in fresh.why_not(order(), account, now + 10_000)
    assert Guards("v:paper", book, stepped=True).why_not(order(), account, now + 10_000) == ""


def test_doubts_end_when_seen_or_after_two_readings() -> None:
    book = FillBook()
    guards = Guards("v:paper", book, stepped=True)
    account = Account()
    name = guards.client_id(order(), [])
    guards.doubtful(request(order(), name), 0)
    assert "waiting" in guards.why_not(order(), account, 0)
    assert guards.after_read(account, 0) == []
    assert guards.after_read(account, 0) == [name]
    assert guards.why_not(order(), account, 0) == ""
    assert guards.client_id(order(), []) == name
    guards.doubtful(request(order(), name), 0, id_used=True)
    guards.after_read(account, 0)
    guards.after_read(account, 0)
    assert guards.client_id(order(), []) != name


def test_no_kind_of_order_is_refused_more_than_three_times_a_minute() -> None:
    guards = Guards("v:paper", FillBook(), stepped=False)
    account = Account()
    tried: list[int] = []
    for now in range(0, 3_600_000, 1_000):
        wanted = order(price=100.0 + now / 10_000)
        if guards.why_not(wanted, account, now) == "":
            guards.refused(request(wanted, str(now)), now)
            tried.append(now)
    assert all(sum(start <= t < start + 60_000 for t in tried) <= 3 for start in range(0, 3_600_000, 5_000))
    same = Guards("v:paper", FillBook(), stepped=False)
    waits = [same.refused(request(order(), "x"), now * 100_000) for now in range(8)]
    assert waits[:4] == [20_000, 40_000, 80_000, 160_000]
    assert waits[-1] == 900_000


# --- candles --------------------------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 40), min_size=1), st.integers(0, 5))
def test_gaps_become_flat_candles(present: set[int], more: int) -> None:
    minutes = sorted(present)
    ts = np.array([m * MINUTE_MS for m in minutes], dtype=np.int64)
    close = np.array([100.0 + m for m in minutes])
    candles = Candles(ts, close, close + 1, close - 1, close, np.ones(len(ts)))
    until = (minutes[-1] + 1 + more) * MINUTE_MS
    found = without_gaps(candles, after=(-MINUTE_MS, 50.0), until_ms=until)
    assert found.ts_ms.tolist() == list(range(0, until, MINUTE_MS))
    last = 50.0
    for i, minute in enumerate(range(len(found))):
        if minute in present:
            last = 100.0 + minute
            assert (found.high[i], found.low[i], found.volume[i]) == (last + 1, last - 1, 1.0)
        else:
            assert (found.open[i], found.high[i], found.low[i], found.volume[i]) == (last, last, last, 0.0)
        assert found.close[i] == last


def test_no_candles_stay_none() -> None:
    assert len(without_gaps(Candles.empty(), after=None, until_ms=10 * MINUTE_MS)) == 0
    assert len(without_gaps(Candles.empty(), after=(0, 1.0), until_ms=3 * MINUTE_MS)) == 2


# --- forager --------------------------------------------------------------------------------------------------------


def test_the_fetch_budget_is_a_token_bucket() -> None:
    budget = FetchBudget(30)
    assert budget.take(0) == 30
    assert budget.take(1_000) == 0
    assert budget.take(3_000) == 1
    budget.give_back(5)
    assert budget.take(3_000) == 5
    assert budget.take(10 * MINUTE_MS) == 30
    assert FetchBudget(0).take(0) is None


def test_candidates_are_refreshed_stalest_first() -> None:
    ages = {"A": 100, "B": 500, "C": None, "D": 500, "E": 50}
    assert to_refresh(ages, target_ms=60, budget=None) == ["C", "D", "B", "A"]
    assert to_refresh(ages, target_ms=60, budget=2) == ["C", "D"]
    assert target_age_ms(60, per_minute=30, ttl_minutes=10, slots_open=False) == 2 * MINUTE_MS
    assert target_age_ms(3, per_minute=30, ttl_minutes=10, slots_open=True) == MINUTE_MS
    assert target_age_ms(3, per_minute=0, ttl_minutes=10, slots_open=False) == 10 * MINUTE_MS


# --- pacers ---------------------------------------------------------------------------------------------------------


async def test_the_real_pacer_waits_the_delay_and_then_for_something_to_happen() -> None:
    clock = VirtualClock()
    pacer = RealPacer(clock, delay_s=2.0)
    assert await pacer.next_turn()
    waiting = asyncio.ensure_future(pacer.next_turn())
    await clock.advance(31.9)
    assert not waiting.done()
    await clock.advance(0.2)
    assert waiting.done()
    waiting = asyncio.ensure_future(pacer.next_turn())
    await clock.advance(0.5)
    pacer.wake()
    await settle()
    assert not waiting.done()
    await clock.advance(1.6)
    assert waiting.done()


@pytest.mark.parametrize(("speed", "minutes"), [(60.0, 10), (600.0, 100)])
async def test_the_step_pacer_keeps_its_speed(tmp_path: Path, speed: float, minutes: int) -> None:
    clock = VirtualClock()
    venue = open_paper(feed_of(), tmp_path / "ledger.db", clock=clock)
    await venue.start()
    pacer = StepPacer(clock, venue, speed=speed)

    async def drive() -> None:
        while True:
            await pacer.next_turn()

    task = asyncio.ensure_future(drive())
    await clock.advance(10.0)
    assert (venue.now_ms() - venue.first_ms) // MINUTE_MS in (minutes, minutes + 1)
    before = venue.now_ms()
    pacer.set_speed(1.0)
    await clock.advance(5.0)
    assert venue.now_ms() - before <= 2 * MINUTE_MS
    task.cancel()
    await venue.close()


# --- events and log -------------------------------------------------------------------------------------------------


def test_events_are_clean_bounded_and_levelled() -> None:
    log = EventLog(lambda: 5, level=1, keep=10)
    heard: list[str] = []
    log.subscribe(lambda row: heard.append(row.text))
    log.info("order", "a\x1b[31mred\nline", coin="B\x07TC")
    log.debug("call", "not kept")
    for i in range(20):
        log.warn_rarely("same", "x", f"again {i}")
    log.error("loop", "bad")
    rows = log.tail()
    assert [row.seq for row in rows] == [1, 2, 3]
    assert "\x1b" not in rows[0].text
    assert "\n" not in rows[0].text
    assert "\x07" not in rows[0].coin
    assert heard == [row.text for row in rows]
    assert (rows[-1].is_error, log.errors) == (True, 1)
    for i in range(30):
        log.info("x", str(i))
    assert len(log.tail()) == 10
    assert [row.text for row in log.tail(2)] == ["28", "29"]


def test_the_log_file_is_private_and_bounded(tmp_path: Path) -> None:
    path = tmp_path / "run" / "bot.log"
    sink = LogFile(path, max_bytes=2_000, keep=2)
    log = EventLog(lambda: 1_700_000_000_000)
    log.subscribe(sink)
    for i in range(100):
        log.info("order", f"line {i}", coin="BTC")
    sink.close()
    files = sorted(path.parent.iterdir())
    assert [file.name for file in files] == ["bot.log", "bot.log.1", "bot.log.2"]
    assert all(file.stat().st_size <= 2_000 for file in files)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    records = [json.loads(line) for line in path.read_text().splitlines()]
    assert records[-1] == {
        "time": "2023-11-14T22:13:20.000+00:00", "level": "info", "tag": "order", "coin": "BTC",
        "text": "line 99", "error": False, "seq": 100,
    }  # fmt: skip


def test_a_log_that_cannot_be_written_costs_lines_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sink = LogFile(tmp_path / "file" / "bot.log")
    log = EventLog(lambda: 0)
    log.subscribe(sink)
    log.info("x", "y")
    assert sink.lost == 1


def test_a_log_that_was_moved_or_deleted_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "bot.log"
    log = EventLog(lambda: 0)
    sink = LogFile(path)
    log.subscribe(sink)
    log.info("x", "first")
    path.rename(tmp_path / "moved")
    log.info("x", "second")
    path.unlink()
    log.info("x", "third")
    assert [json.loads(line)["text"] for line in path.read_text().splitlines()] == ["third"]
    assert "second" not in (tmp_path / "moved").read_text()
    assert sink.lost == 0


# --- coin lists -----------------------------------------------------------------------------------------------------


async def test_coin_files_are_read_again_while_running(tmp_path: Path) -> None:
    listing = tmp_path / "coins.json"
    listing.write_text('["ETH", "SOL"]')
    config = load(None, flags={"live.approved_coins": str(listing), "live.empty_means_all_approved": False})
    clock = VirtualClock()
    events = EventLog(lambda: 0)
    book = CoinBook(config, "USDT", events, clock)
    book.take_markets(await feed_of().markets())
    rules = Rules(settings())
    assert book.refresh(rules)
    assert book.approved["long"] == ("ETH/USDT:USDT", "SOL/USDT:USDT")
    listing.write_text('["ETH", "XRP"]')
    await clock.advance(3.0)
    assert book.refresh(rules)
    assert book.approved["long"] == ("ETH/USDT:USDT", "XRP/USDT:USDT")
    listing.unlink()
    await clock.advance(3.0)
    assert not book.refresh(rules)
    assert book.approved["long"] == ("ETH/USDT:USDT", "XRP/USDT:USDT")
    assert book.warning
    assert any("dropped SOL" in row.text for row in events.tail())
