"""A replay decides at every minute as its run did, tells the reason of each order, and says where it would not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backtest_desk import PRICES, SIDE, Desk
from replay_home import DAY, GRID, SHORT, day_of

from pbtui.backtest.replay import Replay, check_all
from pbtui.backtest.run import Run
from pbtui.engine.backtest import run_backtest

TRAILING = {
    "entry_trailing_grid_ratio": 0.5,
    "close_trailing_grid_ratio": -0.6,
    "entry_trailing_threshold_pct": 0.004,
    "entry_trailing_retracement_pct": 0.001,
    "close_trailing_threshold_pct": 0.003,
    "close_trailing_retracement_pct": 0.001,
}
RISKY = {"unstuck_loss_allowance_pct": 0.05, "unstuck_close_pct": 0.05, "unstuck_threshold": 0.2}
CHOOSING = {"n_positions": 2, "filter_volume_drop_pct": 0.3, "entry_grid_spacing_volatility_weight": 2.0}
CASES: dict[str, dict[str, Any]] = {
    "grids on both sides": {"bot__long": {**SIDE, **GRID, **RISKY}, "bot__short": SHORT},
    "trailing": {"bot__long": {**SIDE, **TRAILING}, "bot__short": {**SHORT, **TRAILING}},
    "four coins for two places": {
        "bot__long": {**SIDE, **GRID, **CHOOSING},
        "live__approved_coins": list(PRICES),
    },
    "one side at a time": {"bot__long": {**SIDE, **GRID}, "bot__short": SHORT, "live__hedge_mode": False},
    "part of the balance in bitcoins": {"bot__long": {**SIDE, **GRID}, "backtest__btc_collateral_cap": 0.7},
    "bars of five minutes": {
        "bot__long": {**SIDE, **GRID},
        "backtest__candle_interval_minutes": 5,
        "backtest__end_date": "2025-05-13",
    },
    "a coin of its own limits": {
        "bot__long": {**SIDE, **GRID},
        "coin_overrides": {"XRP": {"bot": {"long": {"wallet_exposure_limit": 0.3, "entry_grid_spacing_pct": 0.004}}}},
    },
}


def ran(desk: Desk, changes: Mapping[str, Any]) -> Replay:
    return Replay(desk.run(desk.config(**{**DAY, **changes})))


@pytest.mark.parametrize("name", CASES)
def test_every_minute_decides_as_the_run_did(name: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.keep()
    replay = ran(desk, CASES[name])
    assert len(replay.ledger) > 5
    assert check_all(replay) == (replay.last_bar, "")


def ending(run: Run, coin: str, last: int, first: int = 0) -> Run:
    """Return a run of which one coin's candles begin and end otherwise, made anew by the engine."""
    given, place = run.inputs, run.inputs.coins.index(coin)
    hlcvs = given.hlcvs.copy()
    hlcvs[:first, place] = hlcvs[last + 1 :, place] = np.nan
    parameters = dict(given.parameters)
    for name, value in (("first_valid_indices", first), ("last_valid_indices", last)):
        parameters[name] = [value if n == place else old for n, old in enumerate(parameters[name])]
    inputs = replace(given, hlcvs=hlcvs, parameters=parameters)
    outcome = run_backtest(hlcvs, inputs.btc_usd, inputs.bots, inputs.markets, parameters)
    assert outcome.fills is not None
    assert outcome.equity is not None
    return replace(run, inputs=inputs, fills=outcome.fills, equity=outcome.equity)


@pytest.mark.parametrize("last", [900, 2_500], ids=["long before the end", "shortly before the end"])
def test_coins_that_come_late_or_end(last: int, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.keep(coins=("BTC", "SOL", "XRP"))
    changes = {**DAY, "bot__long": {**SIDE, **GRID}, "bot__short": SHORT, "backtest__end_date": "2025-05-13"}
    run = ending(desk.run(desk.config(**changes)), "XRP", last, first=37)
    replay = Replay(run)
    own = replay.rules.ranges[replay.coins.index("XRP")]
    assert (own.first, own.last, own.delisted) == (37, last, last == 900)
    assert len(replay.fills_of("XRP")) > 3
    assert check_all(replay) == (replay.last_bar, "")


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    desk, _ = day_of(tmp_path_factory.mktemp("day"))
    return Replay(desk.run(desk.config(**{**DAY, "bot__long": {**SIDE, **GRID}, "bot__short": SHORT})))


def test_every_order_has_one_reason_that_makes_it(replay: Replay) -> None:
    bar = replay.next_fill(replay.first_bar)
    seen = 0
    while bar is not None and seen < 15:
        for whole in (False, True):
            step = replay.step(bar, whole=whole)
            for coin in replay.coins:
                made = [row for row in replay.why(bar, coin, whole=whole) if row.effect == "makes"]
                told = sorted((row.pside, row.order_type, row.qty, row.price) for row in made)
                assert told == sorted((one.pside, one.kind, one.qty, one.price) for one in step.of(coin))
        bar, seen = replay.next_fill(bar), seen + 1
    assert seen == 15


def test_what_fills_next_is_among_the_orders_wanted(replay: Replay) -> None:
    bar = replay.next_fill(replay.first_bar)
    assert bar is not None
    step, after = replay.step(bar - 1), replay.step(bar)
    assert step.coming == after.fills
    wanted = {(one.coin, one.kind, one.price) for one in step.orders}
    assert {(one.coin, one.kind, one.price) for one in step.coming} <= wanted
    assert after.balance == after.fills[-1].balance
    held = {(row.coin, row.pside): row.size for row in after.held}
    assert all(held.get((one.coin, one.pside), 0.0) == one.size for one in after.fills)


def test_changes_are_the_same_both_ways(replay: Replay) -> None:
    on, bar = [], replay.first_bar + 100
    while len(on) < 25:
        found = replay.next_change(bar, "SOL")
        assert found is not None
        on.append(bar := found)
    back = [bar]
    while len(back) < 25:
        found = replay.next_change(back[-1], "SOL", forward=False)
        assert found is not None
        back.append(found)
    assert back == on[::-1]
    before, now = (replay.step(each).of("SOL") for each in (on[3] - 1, on[3]))
    assert before != now or replay.step(on[3]).fills
    assert replay.next_change(bar, "SOL", stop=lambda: True) is None
    assert replay.next_change(replay.last_bar, "SOL") is None


def test_fills_are_found_by_coin_and_way(replay: Replay) -> None:
    for coin in replay.coins:
        bars = sorted({replay.bar_at(fill.time_ms) for fill in replay.fills_of(coin)})
        assert replay.next_fill(bars[0], coin) == bars[1]
        assert replay.next_fill(bars[1], coin, forward=False) == bars[0]
        assert replay.next_fill(bars[-1], coin) is None
    assert replay.next_fill(0) == min(replay.bar_at(replay.fills_of(coin)[0].time_ms) for coin in replay.coins)


def test_going_back_far_tells_the_same(replay: Replay) -> None:
    early = replay.first_bar + 3
    first = replay.step(early)
    replay.step(replay.last_bar)
    again = Replay(replay.run)
    again.step(again.last_bar)
    assert again.step(early) == first == replay.step(early)


def test_a_run_with_other_fills_is_not_passed_over(replay: Replay) -> None:
    price = replay.run.fills.fill_price.copy()
    price[3] = np.nextafter(price[3], 0.0)
    odd = Replay(replace(replay.run, fills=replace(replay.run.fills, fill_price=price)))
    bar = odd.ledger.bar(3)
    assert "the run filled" in odd.step(bar).problem
    assert odd.step(bar - 1).problem == odd.step(bar).problem
    assert check_all(odd) == (bar - 1, odd.step(bar).problem)


def test_a_fill_that_was_left_out_is_named(replay: Replay) -> None:
    names = list(type(replay.run.fills).__dataclass_fields__)
    kept = replace(replay.run.fills, **{name: getattr(replay.run.fills, name)[:-1] for name in names})
    odd = Replay(replace(replay.run, fills=kept))
    assert "which the run did not" in check_all(odd)[1]


def test_moments_are_kept_within_the_run(replay: Replay) -> None:
    first, last = replay.time_ms(replay.first_bar), replay.time_ms(replay.last_bar)
    assert replay.bar_at(first - 60_000_000) == replay.first_bar
    assert replay.bar_at(last + 60_000_000) == replay.last_bar
    assert replay.covers(first)
    assert replay.covers(last)
    assert not replay.covers(first - 1)
    assert not replay.covers(last + 60_000)
