"""The backtest screen on results of the past: what it shows, compares, filters, copies and takes over."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pbtui.config import load
from pbtui.console.backtest import reading
from pbtui.console.dialogs.adopt import AdoptDialog
from pbtui.console.dialogs.fill import FillDialog
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.live import LiveScreen

from .backtest_support import FIRST, SECOND, at_rest, backtests, field, full, home, keys, result, view_of
from .sample import starting
from .support import LARGE, SMALL, Desk, desk, until


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder that no test changes."""
    return full(tmp_path_factory.mktemp("base"))


def row_of(d: Desk, *words: str) -> str:
    """Return the line of the screen that holds all words."""
    return next((line for line in d.lines if all(word in line for word in words)), "")


@pytest.mark.parametrize("way", [(), ("enter",), ("7",), ("5",)], ids=["live", "coin", "log", "candles"])
async def test_two_leads_there_from_every_screen(way: tuple[str, ...], base: Path) -> None:
    async with desk(base_dir=base) as d:
        await d.press(*way, "2")
        await at_rest(d)
        assert isinstance(d.app.screen, BacktestScreen)
        assert "Runs 4" in d.text
        await d.press("escape")
        assert isinstance(d.app.screen, LiveScreen)
        await d.app.candles.idle()


async def test_it_needs_no_bot(base: Path) -> None:
    async with desk(starting(), base_dir=base) as d:
        d.link.end("the bot has crashed")
        await d.press("2")
        await at_rest(d)
        assert "+5.0%" in row_of(d, "24-04-02 10:00")


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_without_results_it_says_what_to_do(tmp_path: Path, size: tuple[int, int]) -> None:
    async with backtests(tmp_path, size=size) as d:
        assert "no results yet in" in d.text
        assert "^r   run what the form says" in d.text
        await keys(d, "enter", "v", "[", "]", "g", "b", "r", "s", "S", "down", "G")
        for key, verb in (("c", "compare"), ("d", "live config"), ("o", "copy path")):
            await d.press(key)
            assert d.message == f"{verb}: no run on this row"
        await d.press("x")
        assert d.message == "stop: nothing runs"


async def test_runs_come_newest_first_ours_and_passivbot_s(base: Path) -> None:
    async with backtests(base) as d:
        found = list(view_of(d).runs.values())
        assert [(run.kind, run.ours) for run in found] == [
            ("run", True), ("run", False), ("suite", True), ("run", False),
        ]  # fmt: skip
        assert "pbtui 0.1.0" in d.text
        await keys(d, "down")
        assert "Passivbot" in row_of(d, "made by")
        await keys(d, "down")
        assert "aggregated" in d.text
        assert "0.75" in row_of(d, "calm", "1.75")
        await keys(d, "]")
        assert "its runs are in the list" in d.text
        await d.press("c")
        assert d.message == "compare: a suite: choose one of its runs"


async def test_metrics_stand_in_groups_in_dollars_or_bitcoins(base: Path) -> None:
    async with backtests(base) as d:
        assert [name for name in ("return", "risk", "exposure") if row_of(d, f"│{name} ")] != []
        assert "1.0500" in row_of(d, "gain ")
        assert "8.000%" in row_of(d, "drawdown_worst ")
        await keys(d, "b")
        told = json.loads((base / f"backtests/binance/{SECOND}/analysis.json").read_text())
        assert f"{told['gain_btc']:.4f}" in row_of(d, "gain ")
        await keys(d, "tab", "end")
        assert "everything else" in d.text or "volume_pct_per_day_avg" in d.text


async def test_two_runs_side_by_side_with_the_difference(base: Path) -> None:
    async with backtests(base, size=(200, 50)) as d:
        await keys(d, "c")
        assert "now choose the run to hold against it" in d.message
        assert "c: choose the other one" in d.text
        await keys(d, "down")
        assert "▼-0.1280" in row_of(d, "gain ", "0.9220", "1.0500")
        assert "▲+4.215%" in row_of(d, "drawdown_worst ", "12.215%", "8.000%")
        assert "=" in row_of(d, "sharpe_ratio ", "-0.3405")
        assert "≈ binance" in d.text
        await keys(d, "]")
        assert "the other" in d.text
        await keys(d, "escape")
        assert "the other" not in d.text
        assert isinstance(d.app.screen, BacktestScreen)
        await keys(d, "c", "c")
        assert d.message == "no comparison"


async def test_equity_on_both_scales_with_the_drawdown_below(base: Path) -> None:
    async with backtests(base) as d:
        await keys(d, "]")
        assert "equity 8,838.34" in d.text
        assert "balance 9,820.62" in d.text
        assert "worst -12.02%" in d.text
        assert "linear" in d.text
        linear = d.text
        await keys(d, "g")
        assert "USD · log" in d.text
        await keys(d, "g", "b")
        assert "BTC · linear" in d.text
        assert d.text != linear


async def test_coins_lead_to_their_fills(base: Path) -> None:
    async with backtests(base) as d:
        await keys(d, "]", "]", "tab")
        assert "▲+98.50" in row_of(d, "BTC", "531", "29.3")
        assert "▼-277.88" in row_of(d, "SYNB", "708")
        await keys(d, "s", "s")
        assert "run-coins sorted by pnl" in d.message
        assert row_of(d, "SYNB").index("SYNB") > 0
        await keys(d, "home", "enter")
        assert "708 of 1,239 fills /coin:SYNB" in d.text
        await keys(d, "escape")
        assert "1,239 fills" in d.text


async def test_fills_are_filtered_and_sorted_beside_the_loop(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pbtui.console.backtest import arranging

    threads: set[int] = set()
    real = arranging.arranged

    def spy(*args: object) -> list[int]:
        threads.add(threading.get_ident())
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(arranging, "arranged", spy)
    async with backtests(base, size=(200, 50)) as d:
        await keys(d, "]", "]", "]", "tab", "slash")
        await d.type("type:unstuck day:2024-03-04 !coin:synb")
        await keys(d, "enter")
        shown = [line for line in d.lines if "close_unstuck" in line]
        assert shown
        assert all("2024-03-04" in line and "BTC" in line for line in shown)
        await keys(d, "escape", "s", "s", "s", "S", "home")
        assert "pnl▾" in d.text
        table = d.app.screen.query_one("#run-fills")
        best = view_of(d).result().fills.figures["pnl"].max()  # type: ignore[union-attr]
        assert f"▲{best:+,.2f}" in "".join(text for text, _ in table.lines[1])  # type: ignore[attr-defined]
        assert threads
        assert threading.get_ident() not in threads


@pytest.mark.parametrize("size", [SMALL, LARGE, (200, 50)])
async def test_a_fill_stands_in_its_candles(base: Path, size: tuple[int, int]) -> None:
    async with backtests(base, size=size) as d:
        await keys(d, "enter", "]", "]", "]", "enter")
        dialog = d.app.screen
        assert isinstance(dialog, FillDialog)
        assert "SYNB" in row_of(d, "2024-03-02 00:02Z", "buy 0.47 @ 401.75")
        assert "holds +0.47 @ 401.75" in d.text
        assert "▲" in d.text
        assert "401.75" in row_of(d, "┤ 401.75")
        await keys(d, "full_stop")
        assert "candles (15m)" in d.text
        await keys(d, "full_stop", "full_stop", "comma", "comma", "comma")
        assert "candles (1m)" in d.text
        await keys(d, "right")
        assert "BTC" in row_of(d, "2024-03-02 00:03Z", "buy 0.004")
        assert "▲" in d.text  # read where the run read: of BTC there are only the day files of its config
        await keys(d, "left", "left", "enter")
        assert isinstance(d.app.screen, BacktestScreen)


async def test_exposure_of_both_sides(base: Path) -> None:
    async with backtests(base) as d:
        await keys(d, "[")
        assert "long, most 1.1000" in d.text
        assert "short, most 0.6001" in d.text


def copied(d: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Return a function that returns what was sent to the terminal's clipboard since."""
    monkeypatch.delenv("TMUX", raising=False)
    driver, caught = d.app._driver, list[str]()
    assert driver is not None
    monkeypatch.setattr(driver, "write", caught.append)

    def text() -> str:
        (only,) = [part for part in caught if part.startswith("\x1b]52;c;")]
        return base64.b64decode(only.removeprefix("\x1b]52;c;").removesuffix("\x1b\\")).decode()

    return text


async def test_the_path_is_copied(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with backtests(base) as d:
        sent = copied(d, monkeypatch)
        await d.press("o")
        assert sent() == str(base / "backtests" / "binance" / SECOND)
        assert "copied:" in d.message


async def test_narrow_terminals_turn_pages(base: Path) -> None:
    async with backtests(base, size=SMALL) as d:
        assert "Runs 4" in d.text
        await keys(d, "v")
        assert "[Summary]" in d.text
        assert "Runs 4" not in d.text
        await keys(d, "v", "v", "v", "v")
        assert "[Exposure]" in d.text
        await keys(d, "v")
        assert "Runs 4" in d.text
        await keys(d, "enter", "escape")
        assert "Runs 4" in d.text
    async with backtests(base, size=(50, 20)) as d:
        await keys(d, "v", "v", "v", "v", "v", "v")
        assert "exchanges" in d.text
        await keys(d, "v")
        assert "Runs 4" in d.text


async def test_the_mouse_chooses_runs_tabs_and_columns(base: Path) -> None:
    async with backtests(base) as d:
        await d.pilot.click("#runs", offset=(10, 3))
        await at_rest(d)
        assert view_of(d).current == base / "backtests" / "binance" / FIRST
        await d.pilot.click("#tabs", offset=(12, 0))
        await at_rest(d)
        assert "[Equity]" in d.text
        title = next(line for line in d.lines if " gain " in line and "when" in line)
        await d.pilot.click("#runs", offset=(title.index("gain"), 1))
        await at_rest(d)
        assert "gain▴" in d.text


async def test_filter_of_runs_and_the_way_back(base: Path) -> None:
    async with backtests(base) as d:
        await keys(d, "slash")
        await d.type("kind:passivbot !calm")
        await keys(d, "enter")
        assert view_of(d).current == base / "backtests" / "binance" / FIRST
        assert "/kind:passivbot" in d.text
        await keys(d, "escape")
        assert "/kind:passivbot" not in d.text
        await field(d, "start")
        await d.press("slash")
        assert d.message == "filter: this panel has no list to filter"


async def test_a_new_result_is_found_and_a_changed_one_read_again(tmp_path: Path) -> None:
    home(tmp_path)
    folder = result(tmp_path)
    async with backtests(tmp_path) as d:
        assert "0.9220" in row_of(d, "gain ")
        result(tmp_path, SECOND)
        told = json.loads((folder / "analysis.json").read_text()) | {"gain_usd": 2.0}
        (folder / "analysis.json").write_text(json.dumps(told))
        await keys(d, "r")
        assert "Runs 2" in d.text
        assert "2.0000" in row_of(d, "gain ")


async def test_damaged_results_say_so(tmp_path: Path) -> None:
    home(tmp_path)
    result(tmp_path, "2024-04-09T00_00_00", exchange="a")
    for name, file, content in (
        ("b", "analysis.json", b"{"),
        ("c", "fills.csv", b"nonsense\n1\n"),
        ("d", "balance_and_equity.csv.gz", gzip.compress(b",usd_total_balance\nnever,1\n")),
    ):
        (result(tmp_path, f"2024-04-0{ord('i') - ord(name)}T00_00_00", exchange=name) / file).write_bytes(content)
    (result(tmp_path, "2024-04-01T00_00_00", exchange="e") / "balance_and_equity.csv.gz").unlink()
    async with backtests(tmp_path) as d:
        await keys(d, "down")
        assert "damaged" in row_of(d, "› 24-04-07")
        assert "cannot be read" in d.text
        await d.press("d")
        assert d.message == "live config: its result is damaged"
        await keys(d, "]", "]", "]", "down")
        assert "has no column" in d.text
        await keys(d, "[", "[", "down")
        assert "holds no times" in d.text
        await keys(d, "down")
        assert "is not there" in d.text
        await keys(d, "[")
        assert "1,239" in row_of(d, "fills ")


async def test_older_tables_of_passivbot_are_read(tmp_path: Path) -> None:
    home(tmp_path)
    folder = result(tmp_path)
    (folder / "balance_and_equity.csv.gz").unlink()
    (folder / "balance_and_equity.csv").write_text(
        ",balance,equity\n2024-03-02 00:00:00,100.0,90.0\n2024-03-02 01:00:00,101.0,95.5\n"
    )
    async with backtests(tmp_path) as d:
        await keys(d, "]")
        assert "equity 95.50" in d.text
        await keys(d, "b")
        assert "tells nothing in BTC" in d.text


async def test_a_run_without_fills_is_a_result(tmp_path: Path) -> None:
    home(tmp_path)
    folder = result(tmp_path)
    head = (folder / "fills.csv").read_text().splitlines()[0]
    (folder / "fills.csv").write_text(head + "\n")
    async with backtests(tmp_path) as d:
        assert " 0 " in row_of(d, "fills ")
        await keys(d, "[")
        assert "no fills: nothing was ever exposed" in d.text
        await keys(d, "[")
        assert "no fills" in d.text
        await keys(d, "tab", "enter", "[")
        assert "no coin was traded" in d.text


async def test_hostile_names_reach_no_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home(tmp_path)
    folder = result(tmp_path, exchange="b\x1b]0;x\x07in[red]")
    text = (folder / "fills.csv").read_text().replace("SYNB", "S\x1b[31mB")
    (folder / "fills.csv").write_text(text)
    async with backtests(tmp_path) as d:
        for _ in range(5):
            assert "\x1b" not in d.text
            assert "\x07" not in d.text
            await keys(d, "]")
        assert "in[red]" in d.text
        sent = copied(d, monkeypatch)
        await d.press("o")
        assert "in[red]" in sent()
        assert "\x1b" not in sent()


async def test_plain_terminals_get_plain_curves(base: Path) -> None:
    async with backtests(base, ascii_only=True) as d:
        for _ in range(5):
            assert d.text.isascii()
            await keys(d, "]")
        await keys(d, "]")
        assert "****" in d.text


async def test_results_are_read_beside_the_loop(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()
    real = reading.read_result

    def spy(folder: Path) -> reading.Result:
        threads.add(threading.get_ident())
        return real(folder)

    monkeypatch.setattr(reading, "read_result", spy)
    async with backtests(base) as d:
        await keys(d, "down", "down", "down", "up")
        assert threads
        assert threading.get_ident() not in threads
        assert len(view_of(d).results) <= 4


# -- taking a config over ------------------------------------------------------------------------------------------


async def adoption(d: Desk) -> AdoptDialog:
    """Press d and wait for what it would mean."""
    await d.press("d")
    dialog = d.app.screen
    assert isinstance(dialog, AdoptDialog)
    await until(lambda: dialog.adoption is not None)
    await d.settle()
    return dialog


async def test_a_config_is_taken_over_after_a_look(tmp_path: Path) -> None:
    home(tmp_path)
    result(tmp_path)
    running = tmp_path / "configs" / "paper.hjson"
    running.parent.mkdir()
    raw = json.loads((tmp_path / "config.json").read_text())
    raw["bot"]["long"]["total_wallet_exposure_limit"] = 0.25
    raw["live"]["user"] = "mine"
    running.write_text(json.dumps(raw))
    before = running.read_bytes()
    target = tmp_path / "configs" / f"live_{FIRST}.json"
    async with backtests(tmp_path) as d:
        await adoption(d)
        assert "1 key differs from paper.hjson" in d.text
        assert "1.1" in row_of(d, "bot.long.total_wallet_exposure_limit", "0.25")
        assert f"pbtui run configs/live_{FIRST}.json" in d.text
        await keys(d, "enter")
        assert isinstance(d.app.screen, BacktestScreen)
        assert not target.exists()
        await adoption(d)
        await d.press("y")
        await until(target.exists)
        await at_rest(d)
        assert "written; start with: pbtui run configs/live_" in d.message
        assert running.read_bytes() == before
        written = load(target, command="live", base_dir=tmp_path)
        assert written.live.user == "mine"
        assert written.bot.long.total_wallet_exposure_limit == 1.1
        await adoption(d)
        assert f"live_{FIRST}_2.json" in d.text
        await keys(d, "escape")


async def test_a_config_that_cannot_trade_is_not_taken_over(tmp_path: Path) -> None:
    home(tmp_path)
    folder = result(tmp_path)
    raw = json.loads((folder / "config.json").read_text())
    raw["bot"]["long"]["n_positions"] = "many"
    (folder / "config.json").write_text(json.dumps(raw))
    async with backtests(tmp_path) as d:
        await d.press("d")
        await until(lambda: "n_positions" in d.text)
        await keys(d, "y")
        assert isinstance(d.app.screen, AdoptDialog)
        await keys(d, "escape")
        assert not (tmp_path / "configs").exists()


async def test_a_disk_that_refuses_is_one_line(tmp_path: Path) -> None:
    home(tmp_path)
    result(tmp_path)
    (tmp_path / "configs").write_text("a file where a folder should be")
    async with backtests(tmp_path) as d:
        await adoption(d)
        await d.press("y")
        await until(lambda: "configs:" in d.message)
        assert "\n" not in d.message
