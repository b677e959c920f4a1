"""`pbtui tool NAME` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pbtui.cli.completions import all_words
from pbtui.cli.main import main


def test_streamline_shows_first_and_writes_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.hjson"
    file.write_text("live: {leverage: 3} // mine\n")
    assert main(["tool", "streamline", str(file)]) == 1
    told = capsys.readouterr()
    assert '+    "live": {"leverage":3}  // mine' in told.out.splitlines()
    assert "--apply" in told.err
    assert file.read_text() == "live: {leverage: 3} // mine\n"
    assert main(["--json", "tool", "streamline", str(tmp_path), "--apply"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == file.read_text()
    assert main(["tool", "streamline", str(tmp_path)]) == 0
    assert "1 are laid out so already" in capsys.readouterr().err


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.json").write_text('{"a": ')
    (tmp_path / "good.json").write_text('{"a":  1}')
    assert main(["tool", "streamline", str(tmp_path), "--apply"]) == 1
    assert "left alone" in capsys.readouterr().err
    assert [path.read_text() for path in sorted(tmp_path.iterdir())] == ['{"a": ', '{"a":1}\n']
    assert main(["tool", "streamline", str(tmp_path / "bad.json")]) == 2
    assert main(["tool", "streamline", str(tmp_path / "none.json")]) == 2
    assert main(["tool", "streamline", str(tmp_path), "--indent", "99"]) == 2


def test_doctors_lead_to_their_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["--base-dir", str(tmp_path)]
    for old, new in [
        (["candle-doctor"], ["candles", "verify"]),
        (["candle-doctor", "--fix"], ["candles", "repair"]),
        (["fills-doctor", "nobody", "--offline"], ["fills", "doctor", "nobody", "--offline"]),
    ]:
        code = main(["tool", *old, *base])
        told = capsys.readouterr()
        assert main([*new, *base]) == code
        assert capsys.readouterr() == told
        assert told.err
    assert main(["tool", "fills-doctor", "--help"]) == 0
    assert "pbtui fills doctor" in capsys.readouterr().out


def test_every_tool_is_completed_and_told_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    words = {each.command: each for each in all_words()}
    tools = {"streamline", "config-from-passivbot", "mcap-list", "verify-hlcvs", "datasets", "replay-backtest"}
    tools |= {"candle-doctor", "fills-doctor"}
    assert set(words["tool",].subs) == tools
    assert ("--apply", "write the files (without it only the changes are shown)") in words["tool", "streamline"].flags
    assert main(["tool", "--help"]) == 0
    told = capsys.readouterr().out
    page = Path("docs/tools.md").read_text("utf-8")
    assert all(name in told and name in page for name in tools)
