"""Keys of the operator's own: what a file may say, what is refused in one line, and that every ritual stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.actions import ACTIONS, BY_ID, Danger, key_label, label_of, move_keys
from pbtui.console.dialogs.help import help_rows
from pbtui.console.dialogs.palette import found_rows
from pbtui.console.keymap import key_name, keys_or_default, load_keys, read_keys
from pbtui.console.keys_doc import keys_markdown
from pbtui.console.screens.base import bindings_of
from pbtui.core.errors import ConfigError

from .sample import snapshot
from .support import desk


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "name"),
    [("?", "question_mark"), ("^p", "ctrl+p"), ("Ctrl+P", "ctrl+p"), ("esc", "escape"), ("G", "G"), ("/", "slash"),
     (" ", "space"), ("pgdn", "pagedown"), ("F5", "f5"), ("-", "minus"), ("slash", "slash"), ("ctrl+up", "ctrl+up")],
)  # fmt: skip
def test_keys_are_written_as_the_screen_shows_them(written: str, name: str) -> None:
    assert key_name(written) == name


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_label_names_its_key(action: object) -> None:
    for key in BY_ID[action.id].default_keys:  # type: ignore[attr-defined]
        assert key_name(key) == key
        assert key_name(key_label(key)) == key


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[keys]\n"mode.normol" = "N"', "no action is called mode.normol; did you mean mode.normal?"),
        ('[keys]\n"theme.next" = "q"', "q would be both"),
        ('[keys]\n"theme.next" = "nonsense"', "nonsense is no key"),
        ('[keys]\n"theme.next" = []', "needs a key"),
        ('[keys]\n"theme.next" = 5', "needs a key"),
        ('[keys]\n"theme.next" = ["a", 5]', "5 is no key"),
        ('[keys]\n"theme.next" = "ctrl+c"', "always quits"),
        ('[keys]\n"theme.next" = "^s"', "never arrives as itself"),
        ('[keys]\n"mode.panic" = "y"', "may not begin a dangerous action"),
        ('[keys]\n"panic.all" = "enter"', "may not begin a dangerous action"),
        ('[keys]\n"bot.reload" = " "', "may not begin a dangerous action"),
        ('[keys]\n"candles.delete" = "y"', "may not begin a dangerous action"),
        ('[keys."mode.panic"]\nkey = "!"\nconfirm = false', "needs a key"),
        ('confirm = false\n[keys]', "confirm is not known"),
        ("keys = 1", "keys is no table"),
        ("[keys", "keys.toml:"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_keys(path)
    line = caught.value.line()
    assert words in line
    assert line.startswith("keys.toml")
    assert "\n" not in line
    moved, problem = keys_or_default(path)
    assert moved == {}
    assert "the default keys are in force" in problem


def test_keys_may_be_swapped_and_quit_keeps_ctrl_c(tmp_path: Path) -> None:
    moved = load_keys(write(tmp_path, '[keys]\n"mode.normal" = "g"\n"mode.graceful" = ["n", "é"]\nquit = "Q"'))
    assert moved == {"mode.normal": ("g",), "mode.graceful": ("n", "é"), "quit": ("Q", "ctrl+c")}


def test_no_file_means_default_keys_and_a_pipe_is_no_file(tmp_path: Path) -> None:
    assert keys_or_default(None) == ({}, "")
    assert keys_or_default(tmp_path / "keys.toml") == ({}, "")
    os.mkfifo(tmp_path / "keys.toml")
    assert "is no file of keys" in keys_or_default(tmp_path / "keys.toml")[1]
    (tmp_path / "large").write_text("#" * 100_000, encoding="utf-8")
    assert "is no file of keys" in keys_or_default(tmp_path / "large")[1]


@given(st.dictionaries(st.sampled_from(sorted(BY_ID)) | st.text(max_size=8),
                       st.text(max_size=6) | st.lists(st.text(max_size=4), max_size=3)))  # fmt: skip
def test_whatever_passes_gives_no_screen_two_actions_for_a_key(table: dict[str, object]) -> None:
    try:
        moved = read_keys({"keys": table})
    except ConfigError:
        return
    for place in ("live", "coin", "log", "candles", "backtest", "config"):
        keys = [key for a in ACTIONS if place in a.places for key in moved.get(a.id, a.default_keys)]
        assert len(keys) == len(set(keys))
    for action_id, keys in moved.items():
        if BY_ID[action_id].danger >= Danger.ORDERS:
            assert not set(keys) & {"y", "enter", "space", "escape", "tab"}


async def test_moved_keys_are_shown_everywhere_and_keep_their_ritual(tmp_path: Path) -> None:
    path = write(tmp_path, '[keys]\n"mode.panic" = "!"\n"theme.next" = "p"\nhelp = "F1"\n')
    try:
        async with desk(snapshot(), keys_file=path) as d:
            assert "! PANIC" in d.lines[-1]
            assert "f1 help" in d.lines[-1]
            rows = {row.key: row.cells[0][0][0] for row in (*help_rows(d.app.state), *found_rows(d.app.state, ""))}
            assert (rows["mode.panic"], rows["theme.next"]) == ("!", "p")
            before = d.app.theme
            await d.press("p")
            assert d.app.theme != before
            await d.press("exclamation_mark")
            assert "PANIC" in d.app.screen._title_text  # type: ignore[attr-defined]
            await d.press("exclamation_mark", "enter")
            assert d.link.actions == []
        assert {binding.key for binding in bindings_of("live")} >= {"exclamation_mark", "f1"}
        assert "`!`" not in keys_markdown()
    finally:
        move_keys({})
    assert label_of("mode.panic") == "p"


async def test_a_bad_file_is_told_of_and_the_default_keys_hold(tmp_path: Path) -> None:
    async with desk(snapshot(), keys_file=write(tmp_path, '[keys]\nnothing = "x"')) as d:
        assert "no action is called nothing" in d.message
        assert "p PANIC" in d.lines[-1]
