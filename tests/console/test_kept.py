"""Choices of view kept between starts: used again, ignored when damaged, never half written, never waited for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.kept import Kept, encode, kept_file, kept_of, read_kept, use_kept, write_kept
from pbtui.console.screens.config import ConfigScreen
from pbtui.console.state import Sort, ViewState
from pbtui.core.errors import StateError

from .sample import snapshot
from .support import desk


def chosen() -> ViewState:
    state = ViewState()
    state.place, state.event_level, state.timeframe, state.view, state.orders_all = "config", 3, "1h", 2, True
    state.sorts["positions"] = Sort("upnl", True)
    state.filters |= {"positions": "sol", "run-fills": "coin:BTC", "events": "  "}
    state.config.folded, state.config.only_changed = {"live"}, True
    state.hidden = {"positions": frozenset({"mark", "bar"})}
    return state


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "console" / "main.json"
    write_kept(path, kept_of(chosen(), "light"))
    assert path.stat().st_mode & 0o777 == 0o600
    kept = read_kept(path)
    assert kept is not None
    assert (kept.place, kept.theme) == ("config", "light")
    assert kept.hidden == {"positions": ["bar", "mark"]}
    state = ViewState()
    use_kept(kept, state)
    assert (state.event_level, state.timeframe, state.view, state.orders_all) == (3, "1h", 2, True)
    assert state.sorts["positions"] == Sort("upnl", True)
    assert state.filters == {"positions": "sol"}
    assert (state.config.folded, state.config.only_changed) == ({"live"}, True)
    assert read_kept(tmp_path / "nobody.json") is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b'{"version": 2}', b"\xff\xfe", b"x" * 100_000, b"[" * 5_000,
     encode(kept_of(ViewState(), "dark")).replace(b'"1m"', b'"7m"'),
     encode(kept_of(ViewState(), "dark")).replace(b'"version": 1', b'"version": 9'),
     encode(kept_of(ViewState(), "dark")).replace(b'"view": 0', b'"view": -1')],
)  # fmt: skip
def test_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "main.json"
    path.write_bytes(content)
    with pytest.raises(StateError):
        read_kept(path)


def test_nothing_is_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(StateError):
            read_kept(path)


@given(st.binary(max_size=300))
def test_no_content_raises_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_bytes(content)
    with pytest.raises(StateError):
        read_kept(path)


def test_accounts_have_files_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert kept_file("main") == tmp_path / "pbtui" / "console" / "main.json"
    names = {kept_file(user).name for user in ("a/b", "a_b", "../a", "a\x00b", "", "ä")}
    assert len(names) == 6
    assert all(kept_file(user).parent == tmp_path / "pbtui" / "console" for user in ("../a", "a/b", ""))


_WRITER = """
import sys, itertools
from dataclasses import replace
from pathlib import Path
from pbtui.console.kept import kept_of, write_kept
from pbtui.console.state import ViewState
state = ViewState()
print("go", flush=True)
for number in itertools.count():
    state.event_level, state.filters = number % 4, {"positions": "x" * (number % 200)}
    write_kept(Path(sys.argv[1]), kept_of(state, "dark"))
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    for pause in (0.0, 0.003, 0.011, 0.02):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(timeout=pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        found = read_kept(path)
        assert found is None or isinstance(found, Kept)
    assert read_kept(path) is not None


async def test_a_console_starts_where_the_last_one_was_left(tmp_path: Path) -> None:
    path = tmp_path / "main.json"
    async with desk(snapshot(), kept=path, theme="") as d:
        await d.press("f", "T", "6")
        theme = d.app.theme
        d.app.leave("detach")
    async with desk(snapshot(), kept=path, theme="") as d:
        assert isinstance(d.app.screen, ConfigScreen)
        assert (d.app.state.event_level, d.app.theme) == (2, theme)
        await d.press("escape", "s")
        d.app.tick()
        await d.ended("keep")
        kept = read_kept(path)
        assert kept is not None
        assert kept.place == "live"
        assert kept.sorts


async def test_a_theme_is_kept_when_chosen_not_when_the_terminal_wanted_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "main.json"
    monkeypatch.setenv("NO_COLOR", "1")
    for chosen_before in ("", "light"):
        if chosen_before:
            write_kept(path, kept_of(ViewState(), chosen_before))
        async with desk(snapshot(), kept=path, theme="") as d:
            assert d.app.theme == "mono"
            d.app.leave("detach")
        kept = read_kept(path)
        assert kept is not None
        assert kept.theme == chosen_before


async def test_a_damaged_file_is_one_line_and_no_hindrance(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "main.json"
    path.write_text("{", encoding="utf-8")
    async with desk(snapshot(), kept=path) as d:
        assert "main.json is of another version or damaged" in d.message
        assert len([each for each in caplog.records if "main.json" in each.getMessage()]) == 1
        d.app.leave("detach")
    assert read_kept(path) is not None
    folder = tmp_path / "closed"
    folder.write_text("a file where the folder should be", encoding="utf-8")
    async with desk(snapshot(), kept=folder / "main.json") as d:
        await d.press("f")
        d.app.leave("detach")
