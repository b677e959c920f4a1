"""Result folders: whole or not at all, readable by others, and exact."""

from __future__ import annotations

import csv
import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest
from backtest_desk import NOW, Desk
from hypothesis import given
from hypothesis import strategies as st

from pbtui.backtest.result import Pictures, open_result
from pbtui.backtest.tables import curve_of
from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import DataError, StateError
from pbtui.engine.backtest import Equity, Fills
from tests.vectors.support import vectors_dir


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.keep()
    return made


def test_a_folder_holds_everything(desk: Desk) -> None:
    run = desk.run(desk.config())
    folder = desk.put(run, pictures=Pictures())
    assert folder == desk.base / "backtests" / "binance" / "2025-06-15T15_06_40"
    names = {path.name for path in folder.iterdir()}
    assert {"fills.csv", "analysis.json", "config.json", "run.json", "balance_and_equity.csv.gz"} <= names
    assert {path.name for path in (folder / "fills_plots").iterdir()} == {"SOL.png", "XRP.png"}
    assert "balance_and_equity.png" in names
    with (folder / "fills.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["price"]) for row in rows] == run.fills.fill_price.tolist()
    assert [row["type"] for row in rows] == run.fills.order_types()
    opened = open_result(folder)
    assert opened.analysis == json.loads(json.dumps(run.analysis))
    assert opened.facts["dataset"]["fingerprint"] == run.data.fingerprint
    assert opened.facts["program"]["version"]
    assert opened.config["backtest"]["start_date"] == "2025-05-11"


def test_two_in_one_second_do_not_meet(desk: Desk) -> None:
    run = desk.run(desk.config())
    first, second = desk.put(run), desk.put(run)
    assert second.name == f"{first.name}_2"
    for name in ("fills.csv", "balance_and_equity.csv.gz", "analysis.json", "config.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_failure_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = desk.run(desk.config())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pbtui.backtest.result.draw_pictures", full)
    with pytest.raises(StateError, match="No space left"):
        desk.put(run, pictures=Pictures())
    assert list((desk.base / "backtests" / "binance").iterdir()) == []
    (desk.base / "blocked").write_text("")
    blocked = desk.run(desk.config(backtest__base_dir="blocked"))
    with pytest.raises(StateError, match="cannot be written"):
        desk.put(blocked)


def test_drafts_of_the_dead_are_swept_and_those_of_the_living_stay(desk: Desk) -> None:
    parent = desk.base / "backtests" / "binance"
    dead, living = parent / ".unfinished-4194303-x", parent / f".unfinished-{os.getppid()}-x"
    for draft in (dead, living):
        draft.mkdir(parents=True)
        (draft / "fills.csv").write_text("half")
    desk.put(desk.run(desk.config()))
    assert not dead.exists()
    assert living.exists()


def test_folders_of_the_reference_open_too() -> None:
    for analysis in sorted(vectors_dir().glob("**/e2e/*/expected/analysis.json")):
        opened = open_result(analysis.parent)
        assert opened.analysis["gain_usd"] > 0
        assert opened.facts == {}


@pytest.mark.parametrize("data", [None, b"{", b"[]", b"\xff"])
def test_what_is_no_result_is_one_line(tmp_path: Path, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / "analysis.json").write_bytes(data)
    with pytest.raises(DataError) as error:
        open_result(tmp_path)
    assert "analysis.json" in error.value.line()


def fills_at(times: list[int], balances: list[float]) -> Fills:
    n = len(times)
    numbers = np.asarray(balances, dtype=np.float64)
    zeros = np.zeros(n)
    columns = dict.fromkeys(Fills.__dataclass_fields__, zeros)
    stamps = np.asarray(times, dtype=np.int64)
    columns |= {"timestamp_ms": stamps, "usd_total_balance": numbers, "usd_cash_wallet": numbers}
    return Fills(**{**columns, "btc_price": np.full(n, 2.0)})


@given(
    st.lists(st.integers(0, 3 * 1440), min_size=1, max_size=30),
    st.integers(1, 200),
    st.sampled_from([1, 7, 60, 60.4, 1440]),
)
def test_the_curve_is_the_last_of_each_bucket_carried_on(minutes: list[int], length: int, divider: float) -> None:
    day = NOW // DAY_MS * DAY_MS
    times = [day + minute * MINUTE_MS for minute in sorted(minutes)]
    fills = fills_at(times, [float(n) for n in range(len(times))])
    stamps = day + MINUTE_MS * np.arange(100, 100 + length, dtype=np.int64)
    usd = np.arange(length, dtype=np.float64)
    equity = Equity(timestamp_ms=stamps, usd=usd, btc=usd / 2, net_exposure=usd)
    curve = curve_of(fills, equity, divider=divider, start=(5.0, 0.0, 2.0))
    width = max(1, round(divider)) * MINUTE_MS
    by_fill = {time // width * width: n for n, time in enumerate(times)}
    anchor = day if width > MINUTE_MS else 0
    by_bar = {(int(ts) - anchor) // width * width + anchor: n for n, ts in enumerate(stamps)}
    assert curve.ts_ms.tolist() == sorted({*by_fill, *by_bar})

    def carried(known: dict[int, int], at: int) -> float:
        before = [key for key in known if key <= at]
        return float(known[max(before)] if before else known[min(known)])

    for at, balance, worth in zip(curve.ts_ms.tolist(), curve.usd_total_balance, curve.usd_total_equity, strict=True):
        assert balance == carried(by_fill, at)
        assert worth == carried(by_bar, at)


def test_the_curve_file_is_single_precision(desk: Desk) -> None:
    folder = desk.put(desk.run(desk.config()))
    text = gzip.decompress((folder / "balance_and_equity.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(text.splitlines()))
    assert next(iter(rows[0])) == ""
    assert all(str(np.float32(row["usd_total_equity"])) == row["usd_total_equity"] for row in rows)
