"""Whole runs on markets that move when told: they trade, add up, repeat themselves, survive kills."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from live_support import HEAD, PAPER, TRAILING, feed_of, fills_of, settings, stepped

from pbtui.config import Config
from pbtui.core.actions import SetMode, Target
from pbtui.core.clock import VirtualClock
from pbtui.core.ids import order_type_of
from pbtui.core.types import Fill, Mode
from pbtui.exchange.paper.factory import open_paper
from pbtui.live.bot import Bot, RunLimits
from pbtui.market.replay import ReplayFeed

DAY = 1440


async def test_trades_and_agrees_with_its_ledger(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), minutes=DAY)
    outcome = await run.bot.run()
    audit = run.venue.audit()
    await run.venue.close()
    summary = outcome.summary
    assert outcome.reason == "limit"
    assert summary.ticks == DAY
    assert summary.fills > 20
    assert audit.differences == ()
    assert summary.fills == audit.n_fills
    assert summary.balance == pytest.approx(audit.expected_balance, abs=0.01)
    assert summary.balance == pytest.approx(1_000.0 + summary.pnl + summary.fees, abs=0.01)
    assert summary.start_balance == pytest.approx(1_000.0, abs=0.01)
    assert summary.errors == 0
    assert summary.orders_rejected == 0


async def test_every_order_of_ours_carries_its_type_and_no_intent_rests_twice(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), minutes=600)
    await run.bot.run()
    orders = await run.venue.fetch_open_orders()
    await run.venue.close()
    assert orders
    assert all(order_type_of(order.client_id) for order in orders)
    intents = [(o.symbol, o.pside, o.side, o.price, o.qty) for o in orders]
    assert len(intents) == len(set(intents))


async def test_after_a_run_nothing_is_left_to_change(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(), minutes=300)
    await run.bot.run()
    left = run.bot.core.difference_now()
    await run.venue.close()
    assert not left.cancels
    assert not left.creates


@pytest.mark.parametrize("path", [PAPER, TRAILING], ids=["grid", "trailing"])
async def test_killed_runs_equal_an_uninterrupted_one(tmp_path: Path, path: Path) -> None:
    config = settings(path, values={"live.approved_coins": "BTC,ETH,SOL"})
    whole = await stepped(tmp_path / "whole", config, minutes=DAY)
    await whole.go()
    wanted = await fills_of(tmp_path / "whole")
    await _run_with_kills(tmp_path / "killed", config, minutes=DAY, kills=6)
    assert await fills_of(tmp_path / "killed") == wanted
    assert len(wanted) > 5


async def _run_with_kills(folder: Path, config: Config, *, minutes: int, kills: int) -> None:
    chosen = sorted(random.Random(5).sample(range(1, minutes - 1), kills))
    for kill_at in [*chosen, minutes]:
        run = await stepped(folder, config, minutes=kill_at)
        await run.bot.run()
        if kill_at == minutes:
            await run.venue.close()
        else:
            run.venue.ledger.abandon()  # what was not committed is lost, as with kill -9


async def test_hand_modes_survive_and_are_shown(tmp_path: Path) -> None:
    eth = "ETH/USDT:USDT"
    first = await stepped(tmp_path, settings(), minutes=61)
    early = await first.bot.act(SetMode((Target(eth, "long"),), Mode.TP_ONLY))
    assert not early.ok
    await first.minutes(60)
    result = await first.bot.act(SetMode((Target(eth, "long"),), Mode.TP_ONLY, by="anna"))
    assert result.ok
    first.venue.ledger.abandon()
    again = await stepped(tmp_path, settings(), minutes=65)
    await again.bot.run()
    snapshot = again.bot.latest
    await again.venue.close()
    assert snapshot is not None
    row = next(row for row in snapshot.modes if row.symbol == eth and row.pside == "long")
    assert (row.effective, row.hand, row.set_by) == ("tp_only", "tp_only", "anna")


@pytest.mark.parametrize("days", [2, pytest.param(10, marks=pytest.mark.slow)])
async def test_a_replay_killed_twelve_times(tmp_path: Path, candles_dir: Path, days: int) -> None:
    """The fills of the whole run equal an uninterrupted run's, every fill."""
    config = settings(values={"live.approved_coins": "ETH,SOL,XRP"})
    minutes = days * DAY
    wanted = await _replay(tmp_path / "whole", candles_dir, config, [minutes])
    chosen = sorted(random.Random(11).sample(range(1, minutes), 12))
    found = await _replay(tmp_path / "killed", candles_dir, config, [*chosen, minutes])
    assert len(wanted) > 100
    assert found == wanted


async def _replay(folder: Path, candles: Path, config: Config, ends: list[int]) -> list[Fill]:
    feed = ReplayFeed(candles / "binanceusdm", exchange="binanceusdm", coins=["ETH", "SOL", "XRP"])
    for end in ends:
        clock = VirtualClock()
        venue = open_paper(feed, folder / "ledger.db", clock=clock)
        await venue.start()
        bot = Bot(config, venue, run_dir=folder, clock=clock, head=HEAD, limits=RunLimits(for_ms=end * 60_000))
        await bot.run()
        if end != ends[-1]:
            venue.ledger.abandon()
            continue
        fills = await venue.fetch_fills(0)
        assert venue.audit().differences == ()
        venue.ledger.close()
        return fills
    return []


async def test_a_synthetic_market_repeats_itself(tmp_path: Path) -> None:
    for name in ("one", "two"):
        await (await stepped(tmp_path / name, settings(), feed=feed_of(3), minutes=400)).go()
    assert await fills_of(tmp_path / "one", feed_of(3)) == await fills_of(tmp_path / "two", feed_of(3))
