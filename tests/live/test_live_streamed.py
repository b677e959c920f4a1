"""The loop on a market that moves by itself, under a virtual clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_support import HEAD, StreamedSynthetic, settings, streamed

from pbtui.core.clock import MINUTE_MS, VirtualClock
from pbtui.core.errors import VenueUnreachable
from pbtui.exchange.paper.factory import open_paper
from pbtui.live.bot import Bot, RunLimits
from pbtui.live.candles import WarmUp, anchors
from pbtui.live.errors import ErrorBudgetSpent
from pbtui.live.events import EventLog
from tests.support.faulty_exchange import FaultPlan, FaultyExchange

COINS = {"live.approved_coins": "BTC,ETH,SOL", "bot.long.n_positions": 3, "bot.short.n_positions": 3}


async def test_trades_without_ever_needing_a_key(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values=COINS))
    await run.go(2 * 3600)
    snapshot = run.bot.latest
    assert snapshot is not None
    assert snapshot.health.state == "running"
    assert all(item.done for item in snapshot.readiness), snapshot.readiness
    assert snapshot.money.n_fills > 0
    assert snapshot.health.errors_1h == 0
    audit = run.venue.audit()
    assert audit.differences == ()
    outcome = await run.stop()
    assert outcome.reason == "stopped"
    assert outcome.summary.orders_rejected == 0


async def test_reads_come_before_candles_and_orders_rest_only_once(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values=COINS))
    texts: list[str] = []
    run.bot.events.subscribe(lambda row: texts.append(row.text) if row.tag == "call" else None)
    await run.go(60, step=1.0)
    first_candles = next(i for i, text in enumerate(texts) if text.startswith("candles"))
    for name in ("balance", "positions", "open orders", "fills", "tickers"):
        assert any(text.startswith(name) for text in texts[:first_candles]), name
    orders = await run.venue.fetch_open_orders()
    intents = [(o.symbol, o.pside, o.side, o.price, o.qty) for o in orders]
    assert intents
    assert len(intents) == len(set(intents))
    await run.stop()


async def test_the_minute_mode_takes_one_turn_a_minute(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values={**COINS, "live.mimic_backtest_1m_delay": True}))
    times: list[int] = []
    decided = run.bot.core.on_decided
    run.bot.core.on_decided = lambda: (times.append(run.venue.now_ms()), decided())[1]
    await run.go(20 * 60, step=1.0)
    minutes = [ts // MINUTE_MS for ts in times]
    assert len(minutes) == len(set(minutes))
    assert 19 <= len(minutes) <= 22
    assert all(ts % MINUTE_MS <= 3_000 for ts in times[1:])
    await run.stop()


async def test_an_idle_loop_looks_again_within_half_a_minute(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values={**COINS, "live.approved_coins": "BTC", "bot.short.n_positions": 0}))
    await run.go(300)
    before = run.bot.summary().ticks
    await run.go(320)
    turns = run.bot.summary().ticks - before
    assert 9 <= turns <= 170
    await run.stop()


async def test_running_and_restarted_bots_have_the_same_averages(tmp_path: Path) -> None:
    """Across midnight too: a running bot re-anchors as a restarted one would."""
    clock = VirtualClock(1_735_700_000_000)
    feed = StreamedSynthetic(clock, hour=22)
    config = settings(values={**COINS, "live.mimic_backtest_1m_delay": True})
    run = await streamed(tmp_path / "one", config, clock=clock, feed=feed)
    await run.go(60, step=5.0)
    symbols = sorted(await run.venue.load_markets())
    averages = run.bot.core.candles.averages
    before = {symbol: averages._coins[symbol].anchor_ms for symbol in symbols}
    await run.go(3 * 3600, step=15.0)
    assert all(averages._coins[symbol].anchor_ms > before[symbol] for symbol in symbols)
    second = await streamed(tmp_path / "two", config, clock=clock, feed=feed)
    await second.go(180, step=5.0)
    fresh = second.bot.core.candles.averages
    for symbol in symbols:
        assert fresh.newest_ms(symbol) == averages.newest_ms(symbol)
        assert fresh.emas(symbol) is not None
        assert fresh.emas(symbol) == averages.emas(symbol)
    await second.stop()
    await run.stop()


async def test_a_venue_that_does_not_answer_is_no_flat_account(tmp_path: Path) -> None:
    plan = FaultPlan(seed=1)
    run = await streamed(tmp_path, settings(values=COINS), around=lambda venue: FaultyExchange(venue, plan))
    await run.go(3600)
    positions = dict(run.bot.core.observer.account.positions)
    assert positions
    plan.rates = {"timeout": 1.0}
    created = run.bot.summary().orders_created
    await run.go(36, step=0.5)
    assert run.bot.core.observer.account.positions == positions
    assert run.bot.latest is not None
    assert run.bot.latest.health.state == "error"
    assert run.bot.summary().orders_created == created
    with pytest.raises(ErrorBudgetSpent):
        await run.go(120, step=0.5)
    await run.venue.close()


async def test_unexpected_errors_are_shown_and_spend_the_budget(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values=COINS))
    run.feed.tickers = broken  # type: ignore[method-assign]
    with pytest.raises(ErrorBudgetSpent) as caught:
        await run.go(600, step=1.0)
    assert "RuntimeError" in caught.value.line()
    assert run.bot.latest is not None
    assert run.bot.latest.health.state == "error"
    await run.venue.close()


async def broken(_symbols: object) -> dict[str, object]:
    raise RuntimeError("a bug in an adapter")


async def test_once_takes_one_turn_and_keeps_orders(tmp_path: Path) -> None:
    clock = VirtualClock(1_735_700_000_000)
    feed = StreamedSynthetic(clock)
    venue = open_paper(feed, tmp_path / "ledger.db", clock=clock)
    await venue.start()
    bot = Bot(settings(values=COINS), venue, run_dir=tmp_path, clock=clock, head=HEAD, limits=RunLimits(max_ticks=1))
    outcome = await bot.run()
    assert (outcome.reason, outcome.summary.ticks) == ("limit", 1)
    await venue.close()


def test_anchors_do_not_depend_on_the_time_of_day() -> None:
    need = WarmUp(minutes=1_001, hours=100)
    day = 20_000 * 86_400_000
    at = {anchors(day + minute * MINUTE_MS, need) for minute in range(0, 1440, 7)}
    assert len(at) == 1
    minutes, hours = at.pop()
    assert minutes % 86_400_000 == 0
    assert day - minutes >= need.minutes * MINUTE_MS
    assert hours <= minutes


async def test_every_remote_call_leaves_a_timed_debug_line(tmp_path: Path) -> None:
    from pbtui.live.calls import Calls

    events = EventLog(lambda: 0, level=2)
    ticks = iter([1.0, 1.25, 2.0, 2.5, 3.0, 3.5])
    calls = Calls(events, lambda: next(ticks))

    async def fine() -> int:
        return 7

    async def fails() -> int:
        raise VenueUnreachable("no answer")

    assert await calls.run("balance", fine()) == 7
    with pytest.raises(VenueUnreachable):
        await calls.run("balance", fails())
    assert [row.text for row in events.tail()] == ["balance 250.0 ms", "balance failed after 500.0 ms: no answer"]
