"""Downloads started on the candles screen: the real clients of a venue and its archive on the loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.console.candles.view import Fetch, FetchRow
from pbtui.console.configs import find_configs, found_names, fuzzy, short_name, shown_path
from pbtui.console.screens.live import LiveScreen
from pbtui.console.tables.candle_lists import fetch_title
from pbtui.core.clock import DAY_MS
from tests.support.archive_server import ArchiveServer, Spoil
from tests.support.kline_server import KlineServer

from .candles_support import at_rest, candles, picker, rows, store, write_config, write_endpoints
from .support import Desk, until

SOL = "SOL/USDT:USDT"
JUNE_5 = 1_749_081_600_000
NOW = JUNE_5 + 5 * DAY_MS + 30_000
ROWS = rows(6, end_ms=JUNE_5 + 6 * DAY_MS)
NEEDED = 4 * 1440 + 1  # the last day counts with its first minute


@contextmanager
def venue(base: Path) -> Iterator[tuple[KlineServer, ArchiveServer]]:
    """Binance and its archive on the loopback, and a file that leads there."""
    with (
        KlineServer("binance", {"SOL": ROWS}, now_ms=NOW) as api,
        ArchiveServer({"binance": {"SOLUSDT": ROWS}}) as archive,
    ):
        moved = {"archive": f"{archive.base_url}/data.binance.vision"}
        write_endpoints(base, {"rewrite_domains": {"*": api.base_url}, "url_overrides": moved})
        yield api, archive


async def start(d: Desk, letters: str = "alpha") -> None:
    """Choose a config and begin."""
    await picker(d)
    await d.type(letters)
    await d.press("enter")


async def test_a_download_brings_what_the_config_needs(tmp_path: Path) -> None:
    write_config(tmp_path)
    with venue(tmp_path) as (_, archive):
        async with candles(tmp_path, size=(200, 50)) as d:
            await start(d)
            await at_rest(d)
            assert f"{NEEDED:,} candles added" in d.text
            assert "100 %" in next(line for line in d.lines if "SOL" in line and "binance" in line)
            assert f"download of alpha.json: {NEEDED:,} candles added" in d.message
            assert archive.asked("SOLUSDT-1m-2025-06-05")
            held = store(tmp_path).read(SOL, 0, 1 << 62)
            assert np.array_equal(held["c"], ROWS["c"][:NEEDED])
            await start(d)
            await at_rest(d)
            assert "nothing was missing" in d.text


async def test_it_goes_on_when_the_screen_is_left(tmp_path: Path) -> None:
    write_config(tmp_path)
    with venue(tmp_path):
        async with candles(tmp_path) as d:
            await start(d)
            await d.press("1")
            assert isinstance(d.app.screen, LiveScreen)
            await at_rest(d)
            assert "candles added" in d.message
            assert len(store(tmp_path).read(SOL, 0, 1 << 62)) == NEEDED
            await d.press("5")
            await at_rest(d)
            assert "1 coin · 1 exchange" in d.text


async def test_it_can_be_stopped_and_taken_up_again(tmp_path: Path) -> None:
    write_config(tmp_path)
    with venue(tmp_path) as (_, archive):
        async with candles(tmp_path) as d:
            archive.spoil(Spoil("2025-06-06", times=50, drip_s=60.0))
            await start(d)
            await until(lambda: bool(archive.asked("2025-06-06")))
            await d.press("w")
            assert d.message == "download: a download runs already: x stops it"
            await d.press("x")
            await at_rest(d)
            assert "stopped; what was fetched is kept" in d.message
            assert d.app.state.candles.fetch.rows["binance", SOL].state == "stopped"
            archive.spoils.heal()
            await start(d)
            await at_rest(d)
            assert len(store(tmp_path).read(SOL, 0, 1 << 62)) == NEEDED


async def test_what_is_being_fetched_is_not_deleted(tmp_path: Path) -> None:
    write_config(tmp_path)
    store(tmp_path).write(SOL, rows(1, end_ms=JUNE_5))
    with venue(tmp_path) as (_, archive):
        async with candles(tmp_path) as d:
            archive.spoil(Spoil("2025-06-06", times=50, drip_s=60.0))
            await start(d)
            await until(lambda: bool(archive.asked("2025-06-06")))
            await d.press("X")
            assert d.message == "delete: a download of it runs: x stops it"


@pytest.mark.parametrize(
    ("backtest", "words"),
    [
        ({"exchanges": ["binanze"]}, "is no exchange known here"),
        ({"start_date": "2025-07-01"}, "is not before backtest.end_date"),
        ({"end_date": "when it rains"}, "when it rains"),
    ],
)
async def test_a_config_that_makes_no_sense_is_one_line(
    backtest: dict[str, object], words: str, tmp_path: Path
) -> None:
    write_config(tmp_path, **backtest)
    async with candles(tmp_path, size=(200, 50)) as d:
        await start(d)
        await at_rest(d)
        assert words in d.message
        assert not d.app.state.candles.fetch.running


async def test_a_venue_that_cannot_be_reached_is_one_line(tmp_path: Path) -> None:
    write_config(tmp_path)
    write_endpoints(tmp_path, {"rewrite_domains": {"*": "http://127.0.0.1:9"}})
    async with candles(tmp_path, size=(200, 50)) as d:
        await start(d)
        await at_rest(d)
        assert "binance" in d.message
        assert not d.app.state.candles.fetch.running
        assert "download of alpha.json" in d.message


async def test_leaving_the_console_stops_it(tmp_path: Path) -> None:
    write_config(tmp_path)
    with venue(tmp_path) as (_, archive):
        async with candles(tmp_path) as d:
            archive.spoil(Spoil("2025-06-06", times=50, drip_s=60.0))
            await start(d)
            await until(lambda: bool(archive.asked("2025-06-06")))
            d.app.candles.close()
            await at_rest(d)
            assert not d.app.state.candles.fetch.running


# -- choosing a config ---------------------------------------------------------------------------------------------


async def test_the_picker_finds_by_letters_and_leaves_without_one(tmp_path: Path) -> None:
    write_config(tmp_path)
    write_config(tmp_path, "beta_grid.hjson")
    async with candles(tmp_path) as d:
        await picker(d)
        assert "configs/beta_grid.hjson" in d.text
        await d.type("bgr")
        assert "configs/beta_grid.hjson" in d.text
        assert "configs/alpha.json" not in d.text
        await d.press("escape")
        assert not d.app.state.candles.fetch.name


def test_configs_are_found_and_data_and_keys_are_not(tmp_path: Path) -> None:
    wanted = [write_config(tmp_path), tmp_path / "mine.hjson", tmp_path / "a" / "b" / "deep.json"]
    for path in [*wanted[1:], tmp_path / "api-keys.json", tmp_path / ".hidden" / "x.json"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    (tmp_path / "caches" / "binance").mkdir(parents=True)
    (tmp_path / "caches" / "binance" / "markets.json").write_text("{}")
    found = find_configs(tmp_path)
    assert {path for path in found if path.is_relative_to(tmp_path)} == {path.resolve() for path in wanted}
    assert any(path.name == "paper.hjson" for path in found)  # the program's own


def test_of_results_only_their_configs_are_found(tmp_path: Path) -> None:
    run = tmp_path / "optimize_results" / "2025-05-10T00_00_00_binance_22days_BTC_ETH_SOL_0f5bb3ca"
    wanted = [run / "config.json", run / "pareto" / f"001.3648_{'ab' * 32}.json", tmp_path / "configs" / "run.json"]
    for path in [*wanted, run / "run.json", run / "summary.json", tmp_path / "backtests" / "binance" / "analysis.json"]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    found = [path for path in find_configs(tmp_path) if path.is_relative_to(tmp_path)]
    assert set(found) == {path.resolve() for path in wanted}
    told = short_name(shown_path(wanted[1], tmp_path))
    assert told == "optimize_results/2025-05-10…OL_0f5bb3ca/pareto/001.3648_abababab….json"
    assert short_name(shown_path(wanted[1], tmp_path), 46) == "…/pareto/001.3648_abababab….json"
    assert short_name(shown_path(wanted[0], tmp_path)) == "optimize_results/2025-05-10…OL_0f5bb3ca/config.json"
    assert short_name("configs/mine.json") == "configs/mine.json"


def test_a_file_of_the_program_is_not_told_as_one_of_the_base_folder(tmp_path: Path) -> None:
    own, shipped = tmp_path / "configs" / "template.json", PROGRAM_ROOT / "configs" / "template.json"
    assert shown_path(shipped.resolve(), tmp_path) == "configs/template.json"
    own.parent.mkdir()
    own.write_text("{}")
    assert shown_path(own.resolve(), tmp_path) == "configs/template.json"
    assert shown_path(shipped.resolve(), tmp_path) == str(shipped.resolve())


def test_letters_close_together_come_first() -> None:
    names = ["configs/long_grid.hjson", "configs/gold_rally_id.json", "grid.json"]
    assert found_names(names, "grid") == [2, 0, 1]
    assert found_names(names, "long grid") == [0]
    assert found_names(names, "") == [0, 1, 2]
    assert fuzzy("zz", "grid.json") is None


def test_the_title_tells_share_rate_and_time_left() -> None:
    row = FetchRow("binance", SOL, "SOL", done=30, total=100, state="running")
    fetch = Fetch("a.json", True, rows={("binance", SOL): row}, done=30, total=100, rate=1234.5, seconds_left=125.0)
    assert fetch_title(fetch) == "Download 30.00 % · 2 min 05 s left · 1,234/s · a.json"
