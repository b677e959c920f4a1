"""Copying through the terminal: the sequence, its wrapping for tmux, its cap, and the file instead."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from pbtui.console.tty import clipboard
from pbtui.core.errors import StateError


def test_a_terminal_gets_the_text_with_a_terminator_tmux_lets_through() -> None:
    assert clipboard.osc52("hé") == f"\x1b]52;c;{base64.b64encode('hé'.encode()).decode()}\x1b\\"


def test_tmux_gets_it_wrapped_for_the_terminal_outside_and_bare_for_itself() -> None:
    bare = clipboard.osc52("x")
    assert bare is not None
    assert clipboard.osc52("x", tmux=True) == "\x1bPtmux;\x1b\x1b]52;c;eA==\x1b\x1b\\\x1b\\" + bare


def test_what_terminals_would_cut_is_not_sent() -> None:
    longest = "x" * (clipboard.MOST_ENCODED // 4 * 3)
    assert clipboard.osc52(longest) is not None
    assert clipboard.osc52(longest + "xxx") is None


def test_a_text_cannot_leave_its_sequence() -> None:
    sequence = clipboard.osc52("\x1b\\\x07\ud800")
    assert sequence is not None
    assert sequence.count("\x1b") == 2
    assert "\x07" not in sequence


def test_a_folder_that_takes_no_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(StateError, match="cannot write a file to copy from: No such file"):
        clipboard.write_file("x")
