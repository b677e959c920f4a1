"""Choosing coins, one-way accounts, trailing orders: whole runs of the less common settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from live_support import TRAILING, settings, stepped, streamed

from pbtui.core.clock import DAY_MS
from pbtui.core.types import Mode, Position
from pbtui.live.coins import AgeCheck
from pbtui.live.flags import trailing_flag

CHOOSING = {"bot.long.n_positions": 1, "bot.short.n_positions": 1}


async def test_a_choosing_side_waits_for_all_candidates_and_keeps_to_its_slots(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values=CHOOSING))
    normal: list[int] = []

    def looked() -> None:
        core = run.bot.core
        normal.append(
            sum(m is Mode.NORMAL for (_, side), m in core.last.decision.modes.modes.items() if side == "long")
        )
        if normal[-1]:
            assert all(core.candles.averages.tried(symbol) for symbol in core.coins.approved["long"])

    run.bot.core.on_decided = looked
    await run.go(3600)
    assert normal[0] == 0
    assert max(normal) == 1
    sides = [side for _, side in run.venue.books.positions]
    assert len(run.bot.core.coins.approved["long"]) == 3
    fills = await run.venue.fetch_fills(0)
    assert fills
    assert sides.count("long") <= 3
    await run.stop()


async def test_young_coins_are_not_started_by_a_choosing_side(tmp_path: Path) -> None:
    run = await streamed(tmp_path, settings(values={**CHOOSING, "live.minimum_coin_age_days": 400}))
    await run.go(600)
    assert await run.venue.fetch_fills(0) == []
    assert await run.venue.fetch_open_orders() == []
    await run.stop()


async def test_age_is_learnt_from_candles_where_the_venue_does_not_tell_it(tmp_path: Path) -> None:
    from dataclasses import replace

    run = await streamed(tmp_path, settings())
    ages = AgeCheck(run.venue, run.bot.core.calls)
    markets = [replace(market, listed_ms=None) for market in (await run.venue.load_markets()).values()]
    assert not ages.old_enough(markets[0], 1.0)
    await ages.learn(markets, 1.0, at_most=2)
    assert [ages.old_enough(market, 1.0) for market in markets] == [True, True, False]
    await ages.learn(markets, 1.0, at_most=2)
    assert ages.old_enough(markets[2], 1.0)
    await ages.learn(markets, 500.0, at_most=9)
    assert not any(ages.old_enough(market, 500.0) for market in markets)
    told = replace(markets[0], listed_ms=run.venue.now_ms() - 10 * DAY_MS)
    assert ages.old_enough(told, 9.9)
    assert not ages.old_enough(told, 10.0)
    await run.venue.close()


async def test_a_one_way_account_never_holds_both_sides_of_a_coin(tmp_path: Path) -> None:
    config = settings(
        values={
            "live.hedge_mode": False,
            "live.approved_coins": "ETH,SOL",
            "bot.long.n_positions": 2,
            "bot.short.n_positions": 2,
            "bot.short.total_wallet_exposure_limit": 1.2,
        }
    )
    run = await stepped(tmp_path, config)
    seen: set[str] = set()
    for _ in range(12):
        await run.minutes(60)
        held = run.venue.books.positions
        assert len({symbol for symbol, _ in held}) == len(held)
        seen |= {pside for _, pside in held}
    fills = await run.venue.fetch_fills(0)
    assert {fill.pside for fill in fills} == {"long", "short"}
    assert run.venue.audit().differences == ()
    await run.venue.close()


async def test_trailing_orders_trade_and_are_flagged(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(TRAILING), minutes=1_440)
    flags: set[str] = set()
    told = run.bot.core.on_decided

    def looked() -> None:
        told()
        for row in run.bot._publisher.build().positions:
            flags.update(flag.split(" ")[0] for flag in row.flags)

    run.bot.core.on_decided = looked
    await run.bot.run()
    fills = await run.venue.fetch_fills(0)
    assert any("trailing" in fill.order_type for fill in fills)
    assert flags & {"trailing", "armed"}
    await run.venue.close()


def test_trailing_state_in_words() -> None:
    from pbtui.live.rules import Rules

    config = settings(
        TRAILING,
        values={"bot.long.close_trailing_threshold_pct": 0.01, "bot.long.close_trailing_retracement_pct": 0.002},
    )
    own = Rules(config).coin("ETH", "long")
    held = Position(1.0, 100.0)
    start = {"min_since_open": 1e308, "max_since_min": 0.0, "max_since_open": 0.0, "min_since_max": 1e308}
    assert trailing_flag(own, start, held, "long") == "trailing"
    assert trailing_flag(own, {**start, "max_since_open": 100.5}, held, "long") == "trailing 0.50/1.00%"
    armed = {**start, "max_since_open": 102.0, "min_since_max": 101.898}
    assert trailing_flag(own, armed, held, "long") == "armed 0.10/0.20%"
    assert trailing_flag(own, armed, Position(), "long") == ""


@pytest.mark.parametrize("mode", ["graceful_stop", "tp_only", "manual", "panic"])
async def test_a_side_forced_to_anything_but_normal_opens_nothing(tmp_path: Path, mode: str) -> None:
    values = {"live.forced_mode_long": mode, "live.forced_mode_short": mode}
    run = await stepped(tmp_path, settings(values=values))
    await run.minutes(120)
    assert await run.venue.fetch_fills(0) == []
    assert run.venue.books.orders == {}
    await run.venue.close()


async def test_a_side_forced_to_normal_starts_flat_coins(tmp_path: Path) -> None:
    run = await stepped(tmp_path, settings(values={"live.forced_mode_long": "normal"}))
    await run.minutes(120)
    assert any(fill.pside == "long" for fill in await run.venue.fetch_fills(0))
    await run.venue.close()
