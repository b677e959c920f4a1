"""The parts of an account that need no venue: the shared budget, the log of fills, numbers and names, keys."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pbtui.config.accounts import Account
from pbtui.core.clock import VirtualClock
from pbtui.core.errors import AccountRefused, ConfigError, OrderRejected, VenueUnreachable
from pbtui.core.secret import Secret
from pbtui.core.types import Fill, Market
from pbtui.exchange.keys import judge_key, require_fields
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.fills import LOOK_EVERY_S, OVERLAP_MS, FillLog
from pbtui.exchange.private.quirks import KeyFacts, Look
from pbtui.exchange.private.stream import OrderStream
from pbtui.exchange.venues.binance_history import trades_since

SOL = "SOL/USDT:USDT"


async def spend(budget: Budget, count: int, spent: list[float], clock: VirtualClock) -> None:
    for _ in range(count):
        await budget.take(10.0)
        spent.append(clock.monotonic())


async def test_four_bots_share_one_budget(tmp_path: Path) -> None:
    clock, spent = VirtualClock(), list[float]()
    bots = [Budget(clock, 600.0, reserve=60.0, path=tmp_path / "budget") for _ in range(4)]
    tasks = [asyncio.create_task(spend(bot, 60, spent, clock)) for bot in bots]
    for _ in range(300):
        await clock.advance(1.0)
    assert all(task.done() for task in tasks)
    assert len(spent) == 240
    # What is in the bucket at first may go at once; no minute, the first included, holds more than that and a refill.
    for start in range(-10, 240, 10):
        within = sum(10.0 for at in spent if start < at <= start + 60)
        assert within <= 720.0
    assert sum(10.0 for at in spent if at == 0.0) == 60.0


async def test_the_reserve_is_for_cancels_and_closes(tmp_path: Path) -> None:
    clock = VirtualClock()
    budget = Budget(clock, 60.0, reserve=20.0, path=tmp_path / "budget")
    await budget.take(20.0)
    assert budget.used() == pytest.approx(20 / 40)
    waiting = asyncio.create_task(budget.take(5.0))
    await clock.advance(1.0)
    assert not waiting.done()
    await budget.take(20.0, urgent=True)
    await clock.advance(30.0)
    assert waiting.done()
    (tmp_path / "budget").write_text("torn")
    await budget.take(1.0)
    no_room = Budget(clock, 60.0, reserve=0.0, path=tmp_path / "missing" / "budget")
    await no_room.take(12.0)
    assert no_room.used() == 1.0


async def test_on_a_full_disk_each_process_keeps_its_own_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pbtui.exchange.private.budget.write_at", refuse)
    clock = VirtualClock()
    full = Budget(clock, 600.0, reserve=0.0, path=tmp_path / "budget")
    await full.take(100.0)
    assert full.used() == pytest.approx(100 / 120)
    waiting = asyncio.create_task(full.take(60.0))
    await clock.advance(1.0)
    assert not waiting.done(), "what is spent stays spent"
    await clock.advance(10.0)
    assert waiting.done()


def fill(number: int, ts_ms: int) -> Fill:
    return Fill(str(number), ts_ms, SOL, "long", "buy", 1.0, 100.0, 0.0, -0.01, "unknown", "", "")


async def test_fills_are_asked_for_when_something_happened_and_kept_once() -> None:
    clock, asked = VirtualClock(), list[Look]()
    venue = [fill(2, 20_000_000), fill(1, 10_000_000)]

    async def ask(look: Look) -> list[Fill]:
        asked.append(look)
        if not venue:
            raise VenueUnreachable("gone")
        return [each for each in venue if each.ts_ms >= look.since_ms]

    log = FillLog(clock, ask, lambda: 30_000_000)
    assert [each.id for each in await log.read(0)] == ["1", "2"]
    assert [each.id for each in await log.read(15_000_000)] == ["2"]
    assert len(asked) == 1
    venue.append(fill(3, 20_000_500))
    log.noticed([SOL])
    assert [each.id for each in await log.read(15_000_000)] == ["2", "3"]
    assert (asked[-1].since_ms, asked[-1].symbols) == (20_000_000 - OVERLAP_MS, {SOL})
    await log.read(0)
    assert len(asked) == 2
    await clock.advance(LOOK_EVERY_S)
    kept, venue[:] = list(venue), []
    with pytest.raises(VenueUnreachable):
        await log.read(0)
    venue[:] = kept
    assert len(await log.read(0)) == 3


async def test_the_order_stream_keeps_the_silence_that_is_owed() -> None:
    clock, tried = VirtualClock(), list[float]()

    class Client:
        orders: Any = None
        clients: Mapping[str, Any] = {}

        async def watch_orders(self) -> list[Any]:
            tried.append(clock.monotonic())
            raise OSError("gone")

        async def close(self) -> None:
            self.orders = []

    until = clock.monotonic() + 120.0
    stream = OrderStream("venue", Client, clock, lambda _: None, owed_s=lambda: max(0.0, until - clock.monotonic()))
    stream.start()
    for _ in range(200):
        await clock.advance(1.0)
    await stream.close()
    assert len(tried) > 2
    assert min(tried) >= until


def test_numbers_are_written_as_the_venue_wants_them() -> None:
    book = Book("USDT")
    market = Market(SOL, "SOL", qty_step=0.01, price_step=0.001, min_qty=0.01, min_cost=5.0, id="SOLUSDT")
    spot = Market("SOL/USDT", "SOL", 0.1, 0.1, 0.1, 5.0, ineligible="not swap", id="SOLUSDT")
    book.take_markets({spot.symbol: spot, SOL: market})
    assert book.symbol("SOLUSDT") == SOL
    assert book.symbol("NEWUSDT") == "NEWUSDT"
    assert book.qty_text(SOL, 0.1 + 0.2) == "0.3"
    assert book.qty_text(SOL, 2.9999999999999996) == "3"
    assert book.qty_text(SOL, 1_000_000.0) == "1000000"
    assert book.qty_text(SOL, 0.29 - 1e-17) == "0.29"
    assert book.qty_text(SOL, 1.236) == "1.23", "a close of dust must not be more than the position"
    assert book.price_text(SOL, 133.2) == "133.2"
    assert book.price_text(SOL, 1e-3) == "0.001"
    with pytest.raises(OrderRejected, match="no such market"):
        book.id("XRP/USDT:USDT")


async def test_income_of_the_last_millisecond_of_a_full_page_is_not_lost() -> None:
    start = 1_755_000_000_000
    income = [{"time": start + n // 2, "symbol": "SOLUSDT", "incomeType": "COMMISSION"} for n in range(1, 1_001)]
    income += [{"time": start + 500, "symbol": "ETHUSDT", "incomeType": "REALIZED_PNL"}]
    income += [{"time": start + 501, "symbol": "BTCUSDT", "incomeType": "COMMISSION"}] * 1_500
    income += [{"time": start + 502, "symbol": "XRPUSDT", "incomeType": "COMMISSION"}]
    asked: list[str] = []

    class Venue:
        async def read(self, name: str, method: str, params: Mapping[str, Any], *, cost: float) -> Any:
            if name == "income":
                return [row for row in income if params["startTime"] <= row["time"] <= params["endTime"]][:1_000]
            asked.append(params["symbol"])
            return []

    book = Book("USDT")
    coins = ("SOL", "ETH", "BTC", "XRP")
    symbols = {coin: f"{coin}/USDT:USDT" for coin in coins}
    book.take_markets({s: Market(s, c, 0.01, 0.01, 0.01, 5.0, id=f"{c}USDT") for c, s in symbols.items()})
    venue: Any = Venue()
    assert await trades_since(venue, book, Look(start, start + 1_000)) == []
    assert asked == sorted(f"{coin}USDT" for coin in coins)


def test_keys_are_judged_by_what_they_may_do() -> None:
    allowed = {"allow_withdraw": False}
    assert judge_key(KeyFacts(True, False, True), "me", **allowed) == ()
    with pytest.raises(AccountRefused, match="withdraw"):
        judge_key(KeyFacts(True, True, True), "me", **allowed)
    with pytest.raises(AccountRefused, match="may not trade"):
        judge_key(KeyFacts(False, False, True), "me", **allowed)
    unknown = judge_key(KeyFacts(), "me", **allowed)
    assert any("make sure it can't" in text for text in unknown)
    assert len(judge_key(KeyFacts(True, True, False), "me", allow_withdraw=True)) == 2
    half = Account("me", "bybit", "USDT", credentials={"apiKey": Secret("canary-half")})
    with pytest.raises(ConfigError, match="lacks secret") as caught:
        require_fields(half, ("apiKey", "secret"))
    assert "canary" not in caught.value.line() + repr(half)
