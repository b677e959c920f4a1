"""The config screen: what is in effect and why, what is wrong, what the file on disk would change, the editor."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from pbtui.console.app import ConsoleApp
from pbtui.console.config.editor import edit, editor_words
from pbtui.console.screens.config import ConfigScreen
from pbtui.console.tables import config_tree as tree
from pbtui.core.clock import VirtualClock
from pbtui.core.errors import ConfigError
from pbtui.core.snapshot import Snapshot
from pbtui.link.base import Role

from .config_support import ConfiguredLink, write
from .sample import NOW_MS, snapshot, starting
from .support import LARGE, Desk, make_app


@asynccontextmanager
async def at_config(
    path: Path,
    size: tuple[int, int] = LARGE,
    role: Role = "controller",
    first: Snapshot | None = None,
    **options: Any,
) -> AsyncIterator[Desk]:
    clock = VirtualClock(NOW_MS)
    link = ConfiguredLink(path, first or snapshot(), role=role)
    app = make_app(link, clock, base_dir=path.parent, **options)
    async with app.run_test(size=size) as pilot:
        found = Desk(app, link, clock, pilot)
        await found.settle()
        await found.press("6")
        await read(found)
        yield found
        assert app.draw_fault == ""


async def read(desk: Desk) -> None:
    """Wait until what was asked for is on the screen."""
    await desk.ended("config", "config.edit")
    await desk.settle()


def leaf_of(app: ConsoleApp) -> tree.Leaf:
    screen = app.console_screen
    assert isinstance(screen, ConfigScreen)
    leaf = screen.leaf()
    assert leaf is not None
    return leaf


def ground_of(desk: Desk, text: str) -> object:
    """Return the colour behind a row of the tree."""
    row = next(number for number, line in enumerate(desk.lines) if text in line)
    strip = desk.app.screen._compositor.render_strips()[row]
    return next(segment.style.bgcolor for segment in strip if segment.style and segment.text.strip("│╭ ─") != "")


def line_with(desk: Desk, text: str) -> str:
    return next(line for line in desk.lines if text in line)


async def test_every_key_shows_its_value_default_origin_and_warnings(tmp_path: Path) -> None:
    async with at_config(write(tmp_path / "mine.json")) as d:
        assert "Config: the bot's · mine.json" in d.text
        assert line_with(d, "  n_positions").strip("│ ").split()[:4] == ["n_positions", "4", "10", "file"]
        assert "⚠" in line_with(d, "entry_grid_double_down_factor")
        await d.press("slash")
        await d.type("leverage")
        await d.press("enter")
        assert "▾ coin_overrides.SOL" in d.text
        assert "file" in line_with(d, "  leverage ")
        await d.press("down", "home", "down")
        leaf = leaf_of(d.app)
        assert (leaf.path, leaf.row.value, leaf.row.origin) == ("live.leverage", "7", "file")
        assert "a higher value raises risk" in d.text
        assert "Leverage set on the venue" in d.text
        await d.press("y")
        assert d.app.clipboard == "live.leverage: 7"
        await d.press("Y")
        assert d.app.clipboard == "live.leverage"
        await d.press("enter")
        assert "a number 1 or more" in d.text
        await d.press("escape", "escape")
        assert "Config: the bot's · mine.json ─" in d.text  # the filter went first


async def test_sections_fold_and_only_what_changed_can_be_kept(tmp_path: Path) -> None:
    async with at_config(write(tmp_path / "mine.json")) as d:
        assert "group:backtest" in tree.rows(d.app.state).keys
        assert "backtest.exchanges" not in tree.rows(d.app.state).keys
        before = len(tree.rows(d.app.state))
        await d.press("down", "left")
        assert d.app.state.config.current == "group:bot.long"
        assert "bot.long" in d.app.state.config.folded
        assert len(tree.rows(d.app.state)) < before
        await d.press("right")
        assert len(tree.rows(d.app.state)) == before
        await d.press("o")
        assert "changed only" in d.text
        assert "execution_delay_seconds" not in d.text
        assert "group:forced by hand" in tree.rows(d.app.state).keys
        await d.press("escape")
        assert "changed only" not in d.text
        assert isinstance(d.app.screen, ConfigScreen)


async def test_what_changed_on_disk_stands_beside_its_key_and_a_reload_says_what_it_costs(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.json")
    async with at_config(path) as d:
        write(path, live__leverage=9, bot__long__n_positions=3, live__hedge_mode=False)
        await d.press("ctrl+r")
        await read(d)
        assert "3 keys differ on disk" in d.text
        assert "may raise risk: on disk 3" in d.text
        await d.press("e")
        assert leaf_of(d.app).path == "bot.long.n_positions"
        assert ground_of(d, "  n_positions") == d.app.cursor_style.bgcolor
        assert ground_of(d, "▾ bot.long") != d.app.cursor_style.bgcolor
        seen = {"bot.long.n_positions"}
        for _ in range(6):
            await d.press("e")
            seen.add(leaf_of(d.app).path)
        assert seen >= {"bot.long.n_positions", "live.hedge_mode", "live.leverage"}
        await d.press("r")
        await d.settle()
        assert "1 of 3 changed keys need a restart" in d.text
        assert "raises risk" in d.text
        await d.press("enter")
        assert d.link.actions == []
        write(path, live__leverage=6)
        await d.press("r")
        await d.settle()
        assert "lowers risk" in d.text
        await d.press("y")
        assert [type(action).__name__ for action in d.link.actions] == ["ReloadConfig"]


async def test_a_file_that_is_wrong_shows_every_fault_and_changes_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.json")
    async with at_config(path) as d:
        write(path, live__leverage="much", bot__long__n_positions="some")
        await d.press("ctrl+r")
        await read(d)
        assert "✗" in line_with(d, "  n_positions")
        await d.press("e")
        assert leaf_of(d.app).faults
        assert "✗" in d.text
        await d.press("r")
        await d.settle()
        assert "the bot goes on with what it has" in " ".join(d.text.split())
        await d.press("y", "escape")
        assert d.link.actions == []
        path.write_text("{ bot: [", encoding="utf-8")
        await d.press("ctrl+r")
        await read(d)
        assert "faults" in d.text or "line 1" in d.text


async def test_without_a_bot_a_file_can_be_looked_at(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.json")
    other = write(tmp_path / "other.json", live__leverage="much")
    async with at_config(path) as d:
        d.link.end("gone")
        await d.settle()
        d.app.configs.choose(other)
        await d.press("ctrl+r")
        await read(d)
        assert "Config: a file · other.json" in d.text
        assert "live.leverage" in d.text
        write(other, live__leverage=8)
        await d.press("ctrl+r")
        await read(d)
        assert d.app.state.config.wrong() == ()
        assert "▾ bot.long" in d.text
        await d.press("b")
        await read(d)
        assert "gone" in d.text
        await d.press("f")
        assert "Look at this config" in d.text


async def test_the_editor_changes_the_file_and_the_screen_says_what_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "mine.json")
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\np = pathlib.Path(sys.argv[1])\n"
        "p.write_text(p.read_text().replace('\"leverage\": 7', '\"leverage\": 12'))\n",
        encoding="utf-8",
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    async with at_config(path) as d:
        await d.press("E")
        await read(d)
        assert "no editor is set; set EDITOR" in d.message
        monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
        await d.press("E")
        await read(d)
        assert d.message == "1 key differs from what runs, 1 of them may cost more: r looks at them and reloads"
        assert "1 key differs on disk" in d.text
        monkeypatch.setenv("VISUAL", "no-such-editor-anywhere")
        await d.press("E")
        await read(d)
        assert "no-such-editor-anywhere cannot be started" in d.message


async def test_a_bot_that_is_starting_is_asked_again(tmp_path: Path) -> None:
    async with at_config(write(tmp_path / "mine.json"), first=starting()) as d:
        assert "the bot is starting" in d.text
        assert "faults of the file" not in d.text
        await d.give(snapshot(9))
        await read(d)
        assert "n_positions" in d.text
        assert "the bot is starting" not in d.text


async def test_a_viewer_reads_all_and_reloads_nothing(tmp_path: Path) -> None:
    async with at_config(write(tmp_path / "mine.json"), role="viewer", size=(80, 24)) as d:
        assert "n_positions" in d.text
        await d.press("r")
        assert "another console has the controls" in d.message
        for size in ((40, 20), (60, 18), (200, 60)):
            await d.pilot.resize_terminal(*size)
            await d.settle()
            assert "n_positions" in d.text
            assert "bot.long" in d.text


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"EDITOR": "nano"}, ["nano"]),
        ({"EDITOR": "nano", "VISUAL": "code --wait"}, ["code", "--wait"]),
        ({"EDITOR": "  ", "VISUAL": ""}, None),
        ({"EDITOR": "vi 'x"}, None),
    ],
)
def test_the_editor_is_the_operators(environ: dict[str, str], words: list[str] | None) -> None:
    if words is None:
        with pytest.raises(ConfigError):
            editor_words(environ)
    else:
        assert editor_words(environ) == words


async def test_an_editor_that_is_stopped_goes_on(tmp_path: Path) -> None:
    script = "import os, signal, sys; os.kill(os.getpid(), signal.SIGSTOP); open(sys.argv[1], 'a').write('done')"
    file = tmp_path / "file"
    assert await edit([sys.executable, "-c", script], file) == 0
    assert file.read_text(encoding="utf-8") == "done"
