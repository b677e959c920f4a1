"""Bars wider than a minute: against the reference's own arrays, and the mapping of valid ranges."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.aggregate import axis_of, bars_of
from tests.vectors.support import vectors_dir


def wide_cases() -> list[Path]:
    found = sorted(vectors_dir().glob("**/engine_candles.parquet"))
    wide = [path.parent for path in found if arguments(path.parent)["candles"]["interval_minutes"] > 1]
    return [case for case in wide if not arguments(case)["candles"].get("use_engine_candles")]


def arguments(case: Path) -> dict[str, Any]:
    return json.loads((case / "args.json").read_text())


def columns(path: Path, *names: str) -> list[np.ndarray[Any, Any]]:
    table = pq.read_table(path, columns=list(names))
    return [table[name].to_numpy() for name in names]


def test_bars_are_the_ones_the_reference_ran_on() -> None:
    for case in wide_cases():
        told = arguments(case)["candles"]
        interval, first = told["interval_minutes"], told["first_timestamp_ms"]
        folder = case.parent / "data" / told["dataset"]
        axis = axis_of(first, first + (told["n_minutes"] - 1) * MINUTE_MS, interval)
        assert axis.bars == told["engine_rows"], case.name
        expected = pq.read_table(case / "engine_candles.parquet")
        for coin in told["coins"]:
            data = columns(folder / f"{coin}.parquet", "timestamp_ms", "high", "low", "close", "volume")
            at = int(np.searchsorted(data[0], first))
            minutes = np.column_stack(data[1:])[at : at + told["n_minutes"]].copy()
            valid = told["valid_range_minutes"][coin]
            minutes[: valid[0]] = np.nan
            minutes[valid[1] + 1 :] = np.nan
            bars = bars_of(minutes[axis.trimmed_minutes :], interval)
            mine = expected.filter(np.array(expected["coin"].to_pylist()) == coin)
            assert mine["timestamp_ms"].to_pylist() == axis.timestamps().tolist(), case.name
            for field, name in enumerate(("high", "low", "close", "volume")):
                assert np.array_equal(bars[:, field], mine[name].to_numpy(), equal_nan=True), (case.name, coin, name)


def test_valid_ranges_are_the_ones_the_reference_derived() -> None:
    for path in sorted(vectors_dir().glob("backtests/*/args.json")):
        told, ran = arguments(path.parent)["candles"], arguments(path.parent)["run_backtest_args"]["backtest_params"]
        number = int(path.parent.name[:2])
        if 25 <= number <= 27:  # altered after they had been derived
            continue
        first = told["first_timestamp_ms"]
        axis = axis_of(first, first + (told["n_minutes"] - 1) * MINUTE_MS, told["interval_minutes"])
        ranges = [axis.valid_bars(*told["valid_range_minutes"][coin]) for coin in told["coins"]]
        assert [found[0] for found in ranges] == ran["first_valid_indices"], path.parent.name
        assert [found[1] for found in ranges] == ran["last_valid_indices"], path.parent.name
        assert axis.first_ms == ran["first_timestamp_ms"], path.parent.name


@given(st.integers(0, 5000), st.integers(0, 3000), st.integers(1, 1500))
def test_an_axis_holds_whole_bars_on_multiples_of_the_interval(first: int, length: int, interval: int) -> None:
    axis = axis_of(first * MINUTE_MS, (first + length) * MINUTE_MS, interval)
    assert axis.first_ms % axis.bar_ms == 0
    assert 0 <= axis.trimmed_minutes < interval
    inside = [
        start
        for start in range(0, first + length + 1, interval)
        if start >= first and start + interval - 1 <= first + length
    ]
    assert axis.bars == len(inside)
    if inside:
        assert axis.timestamps().tolist() == [start * MINUTE_MS for start in inside]
        assert axis.end_ms == (inside[-1] + interval) * MINUTE_MS


def test_a_hole_spreads_over_its_bar_and_the_tail_is_dropped() -> None:
    minutes = np.arange(28.0).reshape(7, 4)
    minutes[1] = np.nan
    bars = bars_of(minutes, 3)
    assert bars.shape == (2, 4)
    assert np.isnan(bars[0, [0, 1, 3]]).all()
    assert bars[0, 2] == 10.0
    assert bars[1].tolist() == [20.0, 13.0, 22.0, 15.0 + 19.0 + 23.0]
