"""Pictures of a run: which are written, that they show what they should, and that odd data draw too."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

from pbtui.backtest.pictures import Candles, Curve, draw_fills, draw_pictures
from pbtui.backtest.pictures_chart import Panel, Series, render, save_chart
from pbtui.backtest.pictures_ticks import log_ticks, number_ticks, time_ticks
from pbtui.engine.backtest import BacktestOutcome, Fills
from tests.engine.test_backtest import LIMITS, Call, market, pair

START_MS = 1_746_835_200_000
ALWAYS = ["balance_and_equity.png", "balance_and_equity_logy.png", "drawdown.png"]
WITH_FILLS = ["total_wallet_exposure.png", "pnl_cumsum.png"]


@pytest.fixture(scope="module")
def candles():
    return market(coins=2)


@pytest.fixture(scope="module")
def outcome(candles) -> BacktestOutcome:
    params = {"coins": ["AA", "x/y:z"], "first_timestamp_ms": START_MS}
    bots = [pair(n_positions=2.0)] * 2
    return Call(hlcvs=candles, bots=bots, limits=[LIMITS] * 2, params=params).run()


def curve_of(outcome: BacktestOutcome) -> Curve:
    equity = outcome.equity
    assert equity is not None
    part = slice(None, None, 60)
    money = np.full(len(equity.usd[part]), 1000.0)
    return Curve(equity.timestamp_ms[part], money, money, equity.usd[part], money * 0, money / 5e4, equity.btc[part])


def none_of(fills: Fills) -> Fills:
    return Fills(**{name: getattr(fills, name)[:0] for name in Fills.__dataclass_fields__})


def ink(image: Image.Image, colour: str) -> int:
    """How many pixels have about this colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int((np.abs(np.asarray(image).astype(int) - wanted).sum(axis=-1) < 12).sum())


def test_writes_the_pictures_of_an_account(tmp_path, outcome):
    drawn = draw_pictures(tmp_path, curve_of(outcome), outcome.fills)
    assert [path.name for path in drawn] == ALWAYS + WITH_FILLS
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(ALWAYS + WITH_FILLS)
    for path in drawn:
        with Image.open(path) as image:
            assert image.size == (1600, 1000)
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 20


def test_draws_each_coin_with_fills(tmp_path, outcome, candles):
    drawn = draw_fills(tmp_path, outcome.fills, ["AA", "x/y:z"], Candles(candles, [0, 1]))
    assert [path.relative_to(tmp_path).as_posix() for path in drawn] == ["fills_plots/AA.png", "fills_plots/x_y_z.png"]
    with Image.open(drawn[0]) as image:
        assert ink(image.convert("RGB"), "#1f77ff") > 50  # long entries
        assert ink(image.convert("RGB"), "#8e44ad") == 0  # no short closes


def test_without_fills_only_money_is_drawn(tmp_path, outcome):
    drawn = draw_pictures(tmp_path, curve_of(outcome), none_of(outcome.fills))
    assert [path.name for path in drawn] == ALWAYS
    assert draw_fills(tmp_path, none_of(outcome.fills), ["AA"], Candles(market(), [0])) == []


@pytest.mark.parametrize("value", [0.0, -50.0, math.nan, math.inf, 1e-12, 1e15])
def test_odd_money_is_drawn_all_the_same(tmp_path, outcome, value):
    curve = curve_of(outcome)
    odd = np.full(len(curve.ts_ms), value)
    flat = Curve(curve.ts_ms, odd, odd, odd, odd, odd, odd)
    assert len(draw_pictures(tmp_path, flat, outcome.fills)) == 5


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_shortest_runs_are_drawn(tmp_path, outcome, n):
    curve = curve_of(outcome)
    few = Curve(**{name: getattr(curve, name)[:n] for name in Curve.__dataclass_fields__})
    assert [path.name for path in draw_pictures(tmp_path, few, none_of(outcome.fills))] == ALWAYS


def test_a_full_disk_leaves_no_half_picture(tmp_path, outcome, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    with pytest.raises(OSError, match="No space"):
        draw_pictures(tmp_path, curve_of(outcome), outcome.fills)
    assert list(tmp_path.iterdir()) == []


def test_the_same_run_gives_the_same_bytes(tmp_path, outcome, candles):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        draw_fills(tmp_path / name, outcome.fills, ["AA", "B"], Candles(candles, [0, 1]))
    first, second = ((tmp_path / name / "fills_plots" / "AA.png").read_bytes() for name in ("a", "b"))
    assert first == second


def test_a_spike_of_one_minute_in_millions_is_seen():
    x = np.arange(2_000_000, dtype=np.float64)
    y = np.ones_like(x)
    y[1_234_567] = 2.0
    image = render("spike", [Panel("p", [Series("s", x, y, "#ff0000")], dates=False)])
    red = np.asarray(image)[..., 1] < 200
    columns = np.flatnonzero(red[200:800].sum(axis=0) > 300)
    columns = columns[(columns > 120) & (columns < 1560)]  # not the frame
    assert len(columns) > 0
    expected = 110 + 1_234_567 / 2_000_000 * (1600 - 110 - 30)
    assert abs(columns.mean() - expected) < 3


def test_steps_end_where_the_value_is_lost(tmp_path):
    series = Series("s", np.array([0.0, 50.0, 100.0]), np.array([1.0, np.nan, np.nan]), "#ff0000", "steps", 4.0)
    wide = Series("w", np.array([0.0, 100.0]), np.array([0.0, 2.0]), "#0000ff")
    image = np.asarray(render("t", [Panel("p", [wide, series], dates=False)]))
    row = image[image.shape[0] // 2 - 60 : image.shape[0] // 2 + 60]
    red = np.flatnonzero(((row[..., 0] > 200) & (row[..., 1] < 60)).any(axis=0))
    assert abs(red.max() - (110 + 0.5 * 1460)) < 6
    save_chart(tmp_path / "x.png", "t", [Panel("p", [wide])])
    assert [path.name for path in tmp_path.iterdir()] == ["x.png"]


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-3.7e-9, 2e-9), (900.0, 1060.0), (1e14, 1.1e14), (0.1, 0.1001)])
def test_values_on_axes_are_round_and_inside(low, high):
    ticks = number_ticks(low, high, 8)
    assert 2 <= len(ticks) <= 10
    assert all(low - 1e-9 * abs(low) - 1e-18 <= value <= high * (1 + 1e-9) + 1e-18 for value, _ in ticks)
    assert len({text for _, text in ticks}) == len(ticks)


def test_logarithmic_axes_have_decades_or_round_values():
    assert [text for _, text in log_ticks(0.5, 2_000, 8)] == ["1", "10", "100", "1,000"]
    assert [text for _, text in log_ticks(900, 1_060, 4)] == ["900", "950", "1,000", "1,050"]
    assert log_ticks(0.0, 1.0, 5) == []


def test_dates_on_axes_fit_the_span():
    hour, day = 3_600_000, 86_400_000
    assert [text for _, text in time_ticks(START_MS, START_MS + 2 * hour, 4)] == [
        "10 May",
        "00:30",
        "01:00",
        "01:30",
        "02:00",
    ]
    days = [text for _, text in time_ticks(START_MS, START_MS + 24 * day, 6)]
    assert days == ["12 May", "16 May", "20 May", "24 May", "28 May", "01 Jun"]
    years = [text for _, text in time_ticks(START_MS, START_MS + 1500 * day, 5)]
    assert years == ["2026", "2027", "2028", "2029"]
