"""An operator reads the log: follows it, goes back, searches, filters, unfolds, copies."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pbtui.console.dialogs.words import WordsDialog
from pbtui.console.screens.live import LiveScreen
from pbtui.core.snapshot import EventRow

from .log_files import TRACEBACK, row, write
from .log_support import ask, cursor_line, log_screen, on_file, press, read_log
from .sample import NOW_MS, snapshot
from .sizes_support import compare, pictures
from .support import Desk, desk


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


async def test_the_log_is_followed_until_the_cursor_leaves_the_end(path: Path) -> None:
    log = write(path, [row(number) for number in range(1, 61)])
    async with log_screen(path) as d:
        assert "line 60" in cursor_line(d)
        log(row(61))
        await read_log(d)
        assert "line 61" in cursor_line(d)
        assert "paused" not in d.text
        await press(d, "up")
        assert "line 60" in cursor_line(d)
        log(row(62))
        log(row(63))
        await read_log(d)
        assert "paused, 2 new: G follows" in d.text
        assert "line 62" not in d.text
        assert "line 60" in cursor_line(d)
        await press(d, "home")
        assert "line 1 " in cursor_line(d)
        assert "line 28" not in d.text
        await press(d, "pagedown", "j")
        assert d.app.state.log.row == d.app.screen.query_one("#log").page + 1  # type: ignore[attr-defined]
        await press(d, "G")
        assert "line 63" in cursor_line(d)
        assert "paused" not in d.text
        await press(d, "escape")
        assert isinstance(d.app.screen, LiveScreen)
    log.close()


async def test_levels_go_round_and_the_next_error_is_a_key(path: Path) -> None:
    rows = [row(number, f"candle {number}", level=2) for number in range(1, 40)]
    rows += [row(40, "rejected once", level=0, tag="order", is_error=True), row(41, "quiet"), row(42, level=0)]
    rows += [row(43, "rejected twice", level=0, tag="order", is_error=True), row(44, "later", level=3), row(45)]
    write(path, rows).close()
    async with log_screen(path) as d:
        assert "Log · down to info" in d.text
        assert "candle" not in d.text
        await press(d, "e")
        assert "E !order" in cursor_line(d), "from the end: the newest"
        assert "rejected twice" in cursor_line(d)
        await press(d, "E")
        assert "rejected once" in cursor_line(d)
        await press(d, "E")
        assert "rejected twice" in cursor_line(d)
        assert d.message == "on from the end"
        await press(d, "f", "f")
        assert "down to trace" in d.text
        assert "rejected twice" in cursor_line(d), "the cursor stays on its line"
        assert "candle 39" in d.text
        await press(d, "f")
        assert "down to error" in d.text
        assert "quiet" not in d.text
        assert "line 42" in d.text


async def test_words_and_expressions_are_found_and_marked(path: Path) -> None:
    texts = ["alpha one", "beta two", "Alpha three", "gamma code -2021", "delta", "alpha four"]
    write(path, [row(number, text) for number, text in enumerate(texts)]).close()
    async with log_screen(path) as d:
        await ask(d, "slash", "alpha t")
        assert "Alpha three" in cursor_line(d)
        await ask(d, "slash", "")
        assert d.app.state.log.search is None or d.app.state.log.search.text == "alpha t"
        await press(d, "escape")
        assert d.app.state.log.search is None
        await ask(d, "slash", r"code -\d+")
        assert "gamma" in cursor_line(d)
        assert [span for span in d.app.screen.query_one("#log").lines[3] if span[1] == "badge_note"] == [  # type: ignore[attr-defined]
            ("code -2021", "badge_note")
        ]
        await press(d, "escape")
        await ask(d, "slash", "alpha")
        assert "alpha four" in cursor_line(d)
        await press(d, "n")
        assert "alpha one" in cursor_line(d)
        assert d.message == "on from the beginning"
        await press(d, "N")
        assert "alpha four" in cursor_line(d)
        await press(d, "escape")
        await ask(d, "slash", "a(b")
        assert d.message.startswith("not a regular expression: missing )")
        assert d.app.state.log.search is None
        await ask(d, "slash", "nowhere")
        assert d.message == "nowhere does not occur in the lines shown"


async def test_coin_tag_and_text_narrow_the_log(path: Path) -> None:
    rows = [
        row(1, "buy", coin="SOL/USDT:USDT", tag="order"),
        row(2, "sell", coin="BTC", tag="order"),
        row(3, "buy more", coin="SOL", tag="fill"),
        row(4, "nothing"),
    ]
    write(path, rows).close()
    async with log_screen(path) as d:
        await press(d, "up", "c")
        assert "coin:sol" in d.text
        assert [d.app.state.log.index.record(at).head for at in range(len(d.app.state.log.index))] == [
            "buy",
            "buy more",
        ]
        await press(d, "c")
        assert len(d.app.state.log.index) == 4
        await press(d, "home", "t")
        assert [d.app.state.log.index.record(at).head for at in range(len(d.app.state.log.index))] == ["buy", "sell"]
        await press(d, "escape")
        await ask(d, "o", "!tag:fill buy")
        assert len(d.app.state.log.index) == 1
        await ask(d, "o", " zzz")
        assert "no line down to info passes !tag:fill buy zzz" in d.text
        await ask(d, "o", " x(")
        assert "not a regular expression" in d.message
        await press(d, "escape")
        assert len(d.app.state.log.index) == 4
        assert not isinstance(d.app.screen, LiveScreen)


async def test_a_traceback_is_one_line_until_it_is_unfolded(path: Path) -> None:
    write(path, [row(1), row(2, TRACEBACK, level=0, is_error=True), row(3, "w" * 3_000)]).close()
    async with log_screen(path) as d:
        assert "▸ +2 lines" in d.text
        assert "no price" not in d.text
        await press(d, "e", "enter")
        assert 'File "bot.py", line 7' in d.text
        assert "ValueError: no price" in d.text
        assert not isinstance(d.app.screen, WordsDialog)
        await press(d, "enter")
        assert isinstance(d.app.screen, WordsDialog)
        assert "2025-05-14 12:00:02Z error note" in d.text
        await press(d, "escape", "down", "enter")
        assert isinstance(d.app.screen, WordsDialog)
        assert d.text.count("w" * 60) > 10


async def test_an_hour_back_and_on(path: Path) -> None:
    write(path, [row(minute * 60, f"minute {minute}") for minute in range(200)]).close()
    async with log_screen(path) as d:
        await press(d, "left_square_bracket")
        assert "minute 139" in cursor_line(d)
        await press(d, "left_square_bracket", "left_square_bracket")
        assert "minute 19 " in cursor_line(d)
        await press(d, "right_square_bracket")
        assert "minute 79" in cursor_line(d)
        await press(d, "home", "left_square_bracket")
        assert d.message == "the log begins within the hour"


def sent(d: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Catch what goes to the terminal by itself."""
    caught: list[str] = []
    monkeypatch.setattr(d.app._driver, "write", caught.append)
    return caught


def copies(folder: Path) -> list[Path]:
    """Return the files that were written to copy from."""
    return list(folder.glob("pbtui-copy-*.txt"))


async def test_lines_are_marked_and_copied(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    rows = [row(number, coin="SOL") for number in range(1, 10)]
    write(path, [*rows, row(10, TRACEBACK), row(11, "k" * 90_000)]).close()
    async with log_screen(path) as d:
        caught = sent(d, monkeypatch)
        await press(d, "home", "space", "down", "down", "V")
        assert "4 marked" in d.text
        await press(d, "y")
        assert d.message == "copied: 4 lines"
        copied = base64.b64decode(caught[0].removeprefix("\x1b]52;c;").removesuffix("\x1b\\")).decode()
        assert copied.splitlines() == [f"2025-05-14 12:00:0{n}Z info note SOL line {n}" for n in range(1, 5)]
        await press(d, "escape")
        assert "marked" not in d.text
        await press(d, "G", "up", "y")
        assert base64.b64decode(caught[1][7:-2]).decode() == f"2025-05-14 12:00:10Z info note {TRACEBACK}".replace(
            "\n", "\n    "
        )
        await press(d, "down", "y")
        assert len(caught) == 2
        (written,) = copies(tmp_path)
        assert "1 line: too long for a clipboard, written to" in d.message
        assert "k" * 90_000 in written.read_text()
        assert written.stat().st_mode & 0o777 == 0o600
        await press(d, "home", "Y")
        assert "1 line: written to" in d.message
        assert len(copies(tmp_path)) == 2


async def test_a_log_that_cannot_be_read_gives_way_to_the_events(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "log.jsonl"
    async with log_screen(path, size=(120, 36)) as d:
        assert "not the file, events only" in d.text
        assert "No such file" in d.text
        assert "order would immediately trigger" in d.text
        assert "!reject" in d.text
        path.parent.mkdir()
        write(path, [row(1, "here I am")]).close()
        await read_log(d)
        await read_log(d)
        assert "here I am" in d.text
        assert "events only" not in d.text


async def test_events_that_come_over_the_link_are_followed(path: Path) -> None:
    many = tuple(EventRow(NOW_MS, 1, "note", "", f"line {number}", number) for number in range(1, 61))
    async with desk(snapshot(events=many)) as d:
        await d.press("7")
        await read_log(d)
        assert "line 60" in d.text
        await press(d, "home")
        assert "paused" in d.text
        await d.give(snapshot(2, events=(*many, EventRow(NOW_MS, 1, "note", "", "line 61", 61))))
        await read_log(d)
        assert "line 61" not in d.text
        await press(d, "G")
        assert "line 61" in d.text


async def test_events_held_in_memory_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbtui.console.log.desk.MOST_MEMORY", 2_000)
    async with desk(snapshot(events=())) as d:
        await d.press("7")
        for number in range(1, 5):
            d.app.state.events.clear()  # as a full memory forgets the oldest
            rows = tuple(EventRow(NOW_MS, 1, "note", "", f"line {number} {at}", number * 10 + at) for at in range(10))
            await d.give(snapshot(number + 1, events=rows))
            await read_log(d)
            assert f"line {number} 9" in d.text
        assert "line 3 9" in d.text
        assert "line 1 9" not in d.text


async def test_without_a_bot_the_screen_says_what_to_do() -> None:
    async with desk(size=(100, 30)) as d:
        d.app.state.snapshot = None
        d.app.state.events.clear()
        await d.press("7")
        await read_log(d)
        assert "no bot here yet" in d.text
        assert "pbtui -u paper" in d.text


async def test_empty_logs_and_levels_say_so(path: Path) -> None:
    path.touch()  # noqa: ASYNC240 - the test itself may wait
    async with log_screen(path, snap=on_file(path, events=())) as d:
        assert "nothing down to info has been written" in d.text
        await press(d, "y", "e")
        assert "no lines yet" in d.message
        write(path, [row(1, "東京" * 80, coin="東"), row(2, "a\x1b]52;c;aGk=\x07b", coin="SOL")]).close()
        await read_log(d)
        assert "東京東" in d.text
        assert "�]52" in d.text
        path.unlink()  # noqa: ASYNC240 - the test itself may wait
        await read_log(d)
        assert "gone" in d.text


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


def panels(text: str) -> str:
    """Return pictures without what lies around the log's panel."""
    parts: list[str] = []
    for part in text.split("═══ ")[1:]:
        head, *lines = part.rstrip().split("\n")
        first = next(number for number, line in enumerate(lines) if "─ Log" in line)
        parts.append("\n".join([f"═══ {head}", *lines[first:-2], ""]))
    return "\n".join(parts)


async def test_at_every_size_it_is_followed_searched_and_unfolded(path: Path, update: bool) -> None:
    rows = [row(n, f"buy 1.1 @148.{n:03} entry_grid_normal_long", coin="SOL", tag="order") for n in range(100, 150)]
    rows += [row(150, "order would immediately trigger, code -2021", level=0, tag="reject", coin="XRP", is_error=True)]
    rows += [row(151, "the venue answered 429, backing off 2 s", level=0, tag="warn")]
    rows += [row(152, f"a turn failed\n{TRACEBACK}", level=0, tag="loop", is_error=True)]
    rows += [row(153, "東京 says: " + "a long sentence that goes on and on, " * 9, tag="venue"), row(154, tag="mode")]
    write(path, rows).close()
    async with log_screen(path) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        compare("log", panels(await pictures(d, "log")), update=update)
        await ask(d, "slash", "turn|429")
        await press(d, "enter", "up", "space")
        compare("log_searched", panels(await pictures(d, "log searched")), update=update)
        await ask(d, "o", "coin:sol zzz")
        compare("log_empty", panels(await pictures(d, "log without lines")), update=update)
