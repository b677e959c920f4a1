"""Where results lie, and where the candles of a result are read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pbtui.console.backtest.candles_of import candles_of
from pbtui.console.backtest.finding import find_runs
from pbtui.console.backtest.reading import Result, read_result
from pbtui.core.clock import VirtualClock
from pbtui.core.errors import DataError, PbtuiError
from pbtui.market.holdings import Library

from .backtest_support import (
    FIRST,
    SECOND,
    START_MS,
    at_rest,
    backtests,
    candles,
    home,
    result,
    suite,
    view_of,
    write_config,
)
from .sample import NOW_MS

HOUR = 3_600_000


def changed(base: Path, stamp: str, name: str, **changes: object) -> Result:
    """Return a result with other keys in one of its small files."""
    path = result(base, stamp, ours=True) / name
    told = json.loads(path.read_text())
    if name == "config.json":
        told["backtest"] |= changes
    path.write_text(json.dumps(told | ({} if name == "config.json" else changes)))
    return read_result(path.parent)


def test_candles_are_read_where_the_run_read_them(tmp_path: Path) -> None:
    base = home(tmp_path)
    candles(base)  # the store holds SYNB, too, and no BTC
    library = Library(base, VirtualClock(NOW_MS), lambda trouble: None)

    def read(of: Result, coin: str) -> tuple[str, str, int, float]:
        exchange, symbol, rows = candles_of(library, base, of, coin, START_MS, START_MS + HOUR)
        return exchange, symbol, len(rows), float(rows["c"][0])

    stored = read(changed(base, FIRST, "config.json", ohlcv_source_dir=None), "SYNB")
    assert stored[:3] == ("binance", "SYNB/USDT:USDT", 60)
    plain = read_result(result(base, SECOND))
    from_tree = read(plain, "SYNB")
    assert from_tree[:3] == ("binance", "SYNB", 60)
    assert from_tree[3] != stored[3]
    assert read(plain, "BTC")[2] == 60
    # A result of ours tells the symbol and the exchange; what its tree lacks is in the store.
    coins = {"SYNB": {"ohlcv_source": "binance", "symbol": "SYNB/USDT:USDT"}, "BTC": {"ohlcv_source": "okx"}}
    ours = changed(base, "2024-04-04T10_00_00", "run.json", dataset={"coins": coins})
    assert read(ours, "SYNB") == ("binance", "SYNB/USDT:USDT", *from_tree[2:])
    shutil.rmtree(base / "ohlcv")
    assert read(ours, "SYNB") == stored
    with pytest.raises(PbtuiError, match="no candles of coin 'BTC'"):
        read(ours, "BTC")
    with pytest.raises(DataError, match="no candles of SYNB are held of that time"):
        candles_of(library, base, ours, "SYNB", NOW_MS, NOW_MS + HOUR)


def test_results_of_other_folders_are_found_where_they_lie_by_rule(tmp_path: Path) -> None:
    first, other = tmp_path / "a" / "backtests", tmp_path / "b" / "mine"
    result(tmp_path / "a")
    suite(tmp_path / "b")
    result(tmp_path / "b", SECOND)
    deep = other / "binance" / "x" / "y" / SECOND
    (tmp_path / "b" / "backtests").rename(other)
    shutil.copytree(other / "binance" / SECOND, deep)
    (first / "x" / "y").mkdir(parents=True)
    shutil.copytree(deep, first / "x" / "y" / SECOND)
    found = find_runs((first, other, other), {})
    assert sorted(run.name for _, run in found.values()) == [
        "binance",
        "mine",
        "mine/binance",
        "mine/calm/binance",
        "x/y",
    ]
    assert find_runs((first, other), found) == found
    assert find_runs((tmp_path / "nowhere",), {}) == {}


async def test_a_config_leads_to_its_results(tmp_path: Path) -> None:
    base = home(tmp_path / "base")
    result(base)
    result(tmp_path / "far", SECOND)
    path = write_config(base, base_dir=str(tmp_path / "far" / "backtests"))
    async with backtests(base) as d:
        assert "Runs 1" in d.text
        d.app.backtests.choose_config(path)
        await at_rest(d)
        assert "Runs 2" in d.text
        assert sorted(run.name for run in view_of(d).runs.values()) == ["backtests/binance", "binance"]
