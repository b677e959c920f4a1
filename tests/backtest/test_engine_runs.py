"""From a configuration to numbers: what runs, what is told on the way, and what cannot run."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from backtest_desk import DAYS, Desk
from candle_walk import FIRST

from pbtui.backtest.condense import condensed
from pbtui.backtest.inputs import engine_inputs, whole
from pbtui.backtest.run import dataset_of
from pbtui.core.clock import DAY_MS
from pbtui.core.errors import ConfigError, DataError
from pbtui.jobs.events import EquitySample, FillsCount, Progress, Stage
from pbtui.market.prepare import NoData
from tests.vectors.support import vectors_dir


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.keep()
    return made


def test_a_run_and_what_is_told_of_it(desk: Desk) -> None:
    run = desk.run(desk.config())
    assert len(run.fills) > 20
    assert run.inputs.coins == ("SOL", "XRP")
    assert (run.start_ms, run.end_ms) == (FIRST + DAY_MS, FIRST + 5 * DAY_MS)
    assert run.fills.timestamp_ms.min() > run.start_ms
    assert run.equity.timestamp_ms[0] >= run.start_ms
    stages = [event.text for event in desk.events if isinstance(event, Stage)]
    assert stages[0] == "candles"
    assert stages.index("simulating") < stages.index("metrics")
    kinds = {type(event) for event in desk.events}
    assert {Progress, EquitySample, FillsCount} <= kinds
    last = [event for event in desk.events if isinstance(event, FillsCount)][-1]
    assert last.n == len(run.fills)


def test_metrics_carry_the_names_of_the_reference(desk: Desk) -> None:
    case = next(iter(sorted(vectors_dir().glob("**/e2e/*/expected/analysis.json"))))
    assert set(desk.run(desk.config()).analysis) == set(json.loads(case.read_text()))


def test_the_same_twice_to_the_last_bit(desk: Desk) -> None:
    one, two = desk.run(desk.config()), desk.run(desk.config())
    assert one.analysis == two.analysis
    for name in ("timestamp_ms", "fill_qty", "fill_price", "usd_total_balance"):
        assert np.array_equal(getattr(one.fills, name), getattr(two.fills, name))
    assert one.data.fingerprint == two.data.fingerprint


def test_overrides_reach_only_their_coin_and_fees_can_be_set(desk: Desk) -> None:
    config = desk.config(
        coin_overrides={"XRP": {"bot": {"long": {"entry_grid_spacing_pct": 0.05, "wallet_exposure_limit": 0.1}}}},
        backtest__maker_fee_override=0.001,
    )
    data = asyncio.run(dataset_of(config, desk.sourcing, desk.events.append))
    inputs = engine_inputs(config, whole(data))
    spacings = [pair["long"]["entry_grid_spacing_pct"] for pair in inputs.bots]
    limits = [pair["long"]["wallet_exposure_limit"] for pair in inputs.bots]
    assert spacings == [0.01, 0.05]
    assert limits == [-1.0, 0.1]
    assert inputs.parameters["maker_fee"] == 0.001
    assert inputs.facts()["parameters"]["coins"] == ["SOL", "XRP"]


def test_coin_lists_act_on_each_side_where_they_are_honoured(desk: Desk) -> None:
    lists = {"long": ["SOL"], "short": ["XRP"]}
    both = {"live__approved_coins": lists, "bot__short__total_wallet_exposure_limit": 1.0}

    def traded(**changes: Any) -> set[tuple[str, str]]:
        run = desk.run(desk.config(**both, **changes))
        sides = ("long" if "long" in kind else "short" for kind in run.fills.order_types())
        return {(run.inputs.coins[coin], side) for coin, side in zip(run.fills.coin.tolist(), sides, strict=True)}

    assert traded(backtest__honour_coin_lists=True) == {("SOL", "long"), ("XRP", "short")}
    assert len(traded(backtest__honour_coin_lists=False)) == 4
    ignored = {"live__ignored_coins": {"long": [], "short": ["XRP"]}}
    assert traded(backtest__honour_coin_lists=True, **ignored) == {("SOL", "long")}


def test_several_exchanges_are_combined(desk: Desk) -> None:
    desk.keep("bybit", ("SOL", "XRP"), seed=1)
    run = desk.run(desk.config(backtest__exchanges=["binance", "bybit"]))
    assert run.name == "combined"
    assert {item.ohlcv_source for item in run.data.coins} <= {"binance", "bybit"}


def test_no_fills_and_a_lost_account_are_results(desk: Desk) -> None:
    idle = desk.run(desk.config(bot__long__total_wallet_exposure_limit=0.0))
    assert len(idle.fills) == 0
    assert set(idle.curve.usd_total_balance) == {1000.0}
    assert idle.analysis["positions_held_per_day"] == 0.0
    tiny = desk.run(desk.config(backtest__starting_balance=0.5))
    assert len(tiny.equity) > 0


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"backtest__starting_balance": -5}, ConfigError, "starting_balance"),
        ({"backtest__start_date": "2025-05-15", "backtest__end_date": "2025-05-11"}, ConfigError, "is not before"),
        ({"backtest__exchanges": []}, ConfigError, "exchanges"),
        ({"live__approved_coins": ["NOPE"]}, NoData, "NOPE"),
        ({"backtest__exchanges": ["binanse"]}, ConfigError, "did you mean binance?"),
        ({"backtest__exchanges": ["kucoin"]}, ConfigError, "no candles of kucoin are held"),
        ({"backtest__start_date": "2031-01-01", "backtest__end_date": "2031-02-01"}, NoData, "no candle of it"),
        ({"backtest__start_date": "2024-01-01", "backtest__end_date": "2024-02-01"}, DataError, "no coin is left"),
        ({"bot__long__ema_span_0": float("nan")}, ConfigError, "NaN is no number"),
        ({"bot__long__entry_grid_spacing_pct": "wide"}, ConfigError, "entry_grid_spacing_pct"),
        ({"live__minimum_coin_age_days": 4000}, NoData, "age"),
    ],
)
def test_what_cannot_run_is_one_line(desk: Desk, changes: dict[str, Any], error: type, says: str) -> None:
    with pytest.raises(error) as found:
        desk.run(desk.config(**changes))
    assert says in found.value.line()
    assert "\n" not in found.value.line()
    assert found.value.exit_code == 2
    assert not (desk.base / "backtests").exists()


def test_candles_that_begin_late_are_told_of_once(desk: Desk) -> None:
    desk.run(desk.config(backtest__start_date="2025-05-09", live__approved_coins=["SOL", "XRP", "ADA", "BTC"]))
    told = [note for note in desk.notes() if "begin only" in note]
    assert len(told) == 1
    assert "likewise" in told[0]
    assert DAYS > 1


def test_notes_alike_but_for_figures_are_one() -> None:
    notes = [f"C{n} on x: candles begin only at 2025-05-0{n}" for n in range(1, 6)]
    assert condensed([*notes, "D: other"]) == [f"{notes[0]} (likewise C2, C3, C4, C5)", "D: other"]
    assert condensed(notes[:3]) == notes[:3]
