"""The candles screen: what it shows, how it moves, what it checks and deletes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pbtui.console.dialogs.confirm import ConfirmDialog
from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.screens.candles import CandlesScreen
from pbtui.console.screens.live import LiveScreen
from pbtui.core.clock import DAY_MS
from pbtui.market import survey as surveys

from .candles_support import BTC, ETH, TODAY, at_rest, candles, fill, picker, rows, shards, store
from .sample import starting
from .support import SMALL, Desk, desk


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder that no test changes."""
    base = tmp_path_factory.mktemp("base")
    fill(base)
    return base


def row_of(d: Desk, *words: str) -> str:
    """Return the line of the screen that holds all words."""
    return next(line for line in d.lines if all(word in line for word in words))


@pytest.mark.parametrize("way", [(), ("enter",), ("7",)], ids=["live", "coin", "log"])
async def test_five_leads_there_from_every_screen(way: tuple[str, ...], full: Path) -> None:
    async with desk(base_dir=full) as d:
        await d.press(*way, "5")
        await at_rest(d)
        assert isinstance(d.app.screen, CandlesScreen)
        assert "4 coins · 3 exchanges" in d.text
        await d.press("escape")
        assert isinstance(d.app.screen, LiveScreen)


async def test_it_needs_no_bot(full: Path) -> None:
    async with desk(starting(), base_dir=full) as d:
        d.link.end("the bot has crashed")
        await d.press("5")
        await at_rest(d)
        assert "100 %" in row_of(d, "SOL", "binance")


async def test_without_candles_it_says_what_to_do(tmp_path: Path) -> None:
    async with candles(tmp_path, size=SMALL) as d:
        assert "no candles in" in d.text
        assert "w   download what the backtest of a config needs" in d.text
        await d.press("V", "left", "[", "space", "A", "enter")
        assert d.app.draw_fault == ""
        await d.press("X")
        assert d.message == "delete: no candles on this row"


async def test_rows_tell_share_missing_and_size(full: Path) -> None:
    async with candles(full) as d:
        assert "96.96 %" in row_of(d, "BTC", "binance", "13,113")
        assert "binance" in row_of(d, "SOL", "100 %", "2025-01-14")
        assert "3 exchanges" in d.text
        assert "1000PEPE" in d.text


async def test_the_cell_under_the_cursor_is_told(full: Path) -> None:
    async with candles(full, size=(200, 50)) as d:
        await d.press("end", "home")
        d.app.state.candles.current = ("binance", BTC)
        d.app.refresh_views()
        assert "BTC binance · week of 2025-05-12" in d.text
        assert "ends 05-13 23:59Z · parquet 2025-05-12, 2025-05-13" in d.text
        await d.press(*["left"] * 17)
        assert "week of 2025-01-13 · 98.51 % · 150 min missing · parquet 2025-01 " in d.text
        await d.press("[")
        assert "week of 2024-07-15 · " in d.text
        await d.press("]")
        assert "week of 2025-05-12" in d.text


async def test_day_files_of_passivbot_are_named_as_such(full: Path) -> None:
    async with candles(full) as d:
        await d.press("end")
        assert "BTC okx" in d.text
        assert "day files of Passivbot" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, WordsDialog)
        assert "Passivbot's, read only" in d.text


async def test_gaps_come_with_their_reason_and_lead_to_their_week(full: Path) -> None:
    async with candles(full) as d:
        assert "Gaps: BTC · 3 · 13,113 min" in d.text
        assert "no trades" in row_of(d, "2025-01-13 18:00Z", "150")
        assert "not asked for yet" in row_of(d, "2025-03-15 00:00Z", "12,960")
        await d.press("tab", "down")
        assert "week of 2025-01-13" in d.text
        await d.press("s", "s")
        assert "gaps sorted by minutes" in d.message


async def test_filter_sort_and_marks_and_the_way_back(full: Path) -> None:
    async with candles(full) as d:
        await d.press("slash")
        await d.type("exchange:bybit")
        await d.press("enter")
        shown = [line for line in d.lines if "binance " in line and "%" in line]
        assert shown == []
        assert "bybit" in row_of(d, "1000PEPE")
        await d.press("A")
        assert {pair[0] for pair in d.app.state.candles.marked} == {"bybit"}  # type: ignore[index]
        await d.press("s", "s", "s", "s", "S")
        assert "missing▾" in d.text
        await d.press("escape")
        assert d.app.state.filters.get("coverage", "") == ""
        assert len(d.app.state.candles.marked) == 2
        await d.press("escape")
        assert not d.app.state.candles.marked
        assert isinstance(d.app.screen, CandlesScreen)
        await d.press("escape")
        assert isinstance(d.app.screen, LiveScreen)


async def test_views_go_round_at_eighty_columns(full: Path) -> None:
    async with candles(full, size=SMALL) as d:
        assert "Gaps: BTC" in d.text
        await d.press("v")
        assert "V checks the marked coins" in d.text
        await d.press("v")
        assert "w downloads what" in d.text
        await d.press("v")
        assert "Gaps: BTC" in d.text


async def test_the_mouse_chooses_a_row_and_a_week(full: Path) -> None:
    async with candles(full) as d:
        table = d.app.screen.query_one("#coverage")
        await d.pilot.click(table, offset=(table.size.width - 8, 4))
        await d.settle()
        assert d.app.state.candles.current == ("binance", "SOL/USDT:USDT")
        assert d.app.state.candles.week is not None
        assert d.app.state.candles.week < TODAY - 14 * DAY_MS


async def test_plain_terminals_get_plain_shades(full: Path) -> None:
    async with candles(full, ascii_only=True) as d:
        assert d.text.isascii()
        assert "####=####" in row_of(d, "BTC", "binance")


async def test_reading_happens_beside_the_loop(full: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[int] = set()
    real = surveys.survey

    def spy(*args: object) -> surveys.Survey:
        seen.add(threading.get_ident())
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(surveys, "survey", spy)
    async with candles(full):
        assert seen
        assert threading.get_ident() not in seen


# -- checking ------------------------------------------------------------------------------------------------------


async def test_a_check_counts_what_it_finds(tmp_path: Path) -> None:
    spoilt = rows(6)
    spoilt["h"][3000] = 300.0
    store(tmp_path).write(BTC, spoilt)
    store(tmp_path).write(ETH, rows(2))
    async with candles(tmp_path) as d:
        await d.press("V")
        await at_rest(d)
        assert "Findings 1 · 1 outlier · 1 checked" in d.text
        assert "candles: 1 checked, 1 finding" in d.message
        await d.press("A", "V")
        await at_rest(d)
        assert "Findings 1 · 1 outlier · 2 checked" in d.text
        await d.press("tab", "tab", "enter")
        assert isinstance(d.app.screen, WordsDialog)
        assert "a wick" in d.text


async def test_a_broken_file_is_put_aside_and_told(tmp_path: Path) -> None:
    store(tmp_path).write(BTC, rows(40))
    broken = tmp_path / "caches/ohlcv/binance/1m/BTC_USDT:USDT/2025-04.parquet"
    data = bytearray(broken.read_bytes())
    data[len(data) // 2] ^= 0xFF
    async with candles(tmp_path) as d:
        broken.write_bytes(bytes(data))
        await d.press("V")
        await at_rest(d)
        assert "1 file" in row_of(d, "Findings")
        assert not broken.exists()
        assert "2025-05-01" in row_of(d, "BTC", "binance", "100 %")  # what is left begins there


async def test_a_check_can_be_stopped_and_two_do_not_run_at_once(tmp_path: Path) -> None:
    for number in range(4):
        store(tmp_path).write(f"C{number}/USDT:USDT", rows(30))
    async with candles(tmp_path) as d:
        await d.press("A")
        d.app.perform("candles.verify")
        d.app.perform("candles.verify")
        assert "a check runs already" in d.app.notes.current(d.clock.monotonic()).text  # type: ignore[union-attr]
        d.app.perform("candles.stop")
        await at_rest(d)
        assert not d.app.state.candles.check.running
        assert "stopped at" in d.text
        await d.press("x")
        assert d.message == "stop: nothing runs"


# -- deleting ------------------------------------------------------------------------------------------------------


async def test_deleting_wants_the_letter_y(tmp_path: Path) -> None:
    store(tmp_path).write(BTC, rows(40))
    kept = shards(tmp_path, "binance", BTC, 2)
    before = [path.read_bytes() for path in kept]
    folder = kept[0].parent
    async with candles(tmp_path) as d:
        await d.press("X")
        assert isinstance(d.app.screen, ConfirmDialog)
        assert "binance BTC/USDT:USDT" in d.text
        assert "57,600 candles" in d.text
        assert "stay: they are read only" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, CandlesScreen)
        assert (folder / "2025-04.parquet").exists()
        await d.press("X", "y")
        await at_rest(d)
        assert not list(folder.glob("*.parquet"))
        assert [path.read_bytes() for path in kept] == before
        assert "of 1 symbol deleted" in d.message
        assert "2025-05-12" in row_of(d, "BTC", "binance", "100 %")
        await d.press("X")
        assert "day files of Passivbot are never deleted" in d.message


async def test_marked_symbols_are_deleted_together(tmp_path: Path) -> None:
    for coin in ("ADA", "BTC", "SOL"):
        store(tmp_path).write(f"{coin}/USDT:USDT", rows(3))
    async with candles(tmp_path) as d:
        await d.press("space", "space")
        await d.press("X")
        assert "ADA/USDT:USDT" in d.text
        assert "SOL/USDT:USDT" not in d.text
        await d.press("y")
        await at_rest(d)
        assert store(tmp_path).symbols("1m") == ["SOL/USDT:USDT"]
        assert d.app.state.candles.current == ("binance", "SOL/USDT:USDT")


async def test_a_disk_that_refuses_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "caches").mkdir()
    (tmp_path / "caches" / "ohlcv").write_text("a file where a folder should be")
    async with candles(tmp_path) as d:
        assert "ohlcv" in d.message
        assert "\n" not in d.message


async def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "caches/ohlcv/bin\x1b]0;x\x07ance/1m").mkdir(parents=True)
    store(tmp_path).write("[b]X/USDT:USDT", rows(2))
    (tmp_path / "evil\x1b[31m[red].json").write_text("{}")
    async with candles(tmp_path) as d:
        assert "\x1b" not in d.text
        assert "[b]X" in row_of(d, "binance", "100 %")
        await picker(d)
        assert "\x1b" not in d.text
        assert "[red].json" in d.text
