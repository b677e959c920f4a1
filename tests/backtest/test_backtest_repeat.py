"""A finished run comes out the same again, and what has changed since is named."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import numpy as np
import pytest
from backtest_desk import MINUTES, PRICES, Desk
from candle_walk import walk

from pbtui.backtest.repeat import Repeated, repeat
from pbtui.core.clock import RealClock
from pbtui.core.errors import DataError
from pbtui.market.store import CandleStore


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.keep()
    return made


def again(desk: Desk, folder: Path) -> Repeated:
    return asyncio.run(repeat(folder, desk.sourcing, desk.events.append))


def test_the_same_bit_for_bit_whatever_became_of_the_config_file(desk: Desk) -> None:
    overrides = {"XRP": {"bot": {"long": {"entry_grid_spacing_pct": 0.02}}}}
    folder = desk.put(desk.run(desk.config(coin_overrides=overrides)))
    (desk.base / "c.json").unlink()
    assert again(desk, folder) == Repeated(True, ())


def test_changed_candles_are_named(desk: Desk) -> None:
    folder = desk.put(desk.run(desk.config()))
    store = CandleStore(desk.base / "caches" / "ohlcv", "binance", clock=RealClock(), on_trouble=lambda _: None)
    store.write("SOL/USDT:USDT", walk(PRICES["SOL"], 99, MINUTES))
    found = again(desk, folder)
    assert not found.same
    assert any(text.startswith("the data") for text in found.differences)
    assert "fills.csv is different" in found.differences


def test_a_tampered_result_is_found(desk: Desk) -> None:
    folder = desk.put(desk.run(desk.config()))
    analysis = json.loads((folder / "analysis.json").read_text())
    analysis["gain_usd"] = np.nextafter(analysis["gain_usd"], 2.0)
    (folder / "analysis.json").write_text(json.dumps(analysis, indent=4, sort_keys=True))
    assert again(desk, folder) == Repeated(False, ("analysis.json is different",))


def test_another_engine_is_named_though_nothing_differs(desk: Desk) -> None:
    folder = desk.put(desk.run(desk.config()))
    facts = json.loads((folder / "run.json").read_text())
    facts["program"]["engine"] = "0ld"
    (folder / "run.json").write_text(json.dumps(facts))
    found = again(desk, folder)
    assert found.same
    assert found.differences[0].startswith("program engine: 0ld then")


def test_folders_without_facts_are_refused(desk: Desk) -> None:
    bare = desk.put(desk.run(desk.config()))
    (bare / "run.json").unlink()
    with pytest.raises(DataError, match="not written by this program"):
        again(desk, bare)
    with pytest.raises(DataError, match="is not there"):
        again(desk, desk.base / "nowhere")
