"""Scripts for shells are made from the parsers themselves, and bash completes with them."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pbtui.cli import completions, parsing
from pbtui.cli.commands import COMMANDS


@pytest.fixture(scope="module")
def words() -> dict[tuple[str, ...], completions.Words]:
    return {each.command: each for each in completions.all_words()}


@pytest.fixture(scope="module")
def bash_script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completions") / "pbtui.bash"
    path.write_text(completions.script("bash"), "utf-8")
    return path


def test_every_command_is_there_with_its_own_words(words: dict[tuple[str, ...], completions.Words]) -> None:
    assert set(words[()].subs) == set(COMMANDS)
    assert {command[0] for command in words if command} == set(COMMANDS)
    assert "export" in words["candles",].subs
    assert words["candles", "export"].after["--format"] == ("parquet", "csv")
    assert words["candles", "import"].after.get("--base-dir", "absent") is None  # a folder
    assert "panic" in words["mode",].choices
    flags = {flag for flag, _ in words[()].flags}
    assert {"--live.leverage", "--replay", "--no-ui"} <= flags


def test_looking_at_parsers_leaves_them_as_they_were() -> None:
    completions.parser_of("status")
    parser = parsing.Parser(prog="p")
    parser.add_argument("--n", type=int)
    assert parser.parse_args(["--n", "3"]) == argparse.Namespace(n=3)


def offered(script: Path, folder: Path, *typed: str) -> list[str]:
    """Return what bash offers for a command line whose last word is being typed."""
    line = f'source "{script}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pbtui; printf "%s\\n" "${{COMPREPLY[@]}}"'
    told = subprocess.run(
        ["bash", "-c", line, "bash", "pbtui", *typed], cwd=folder, capture_output=True, text=True, check=True
    )
    assert told.stderr == ""
    return [word for word in told.stdout.splitlines() if word]


def test_bash_completes_commands_flags_choices_and_files(bash_script: Path, tmp_path: Path) -> None:
    (tmp_path / "my config.json").touch()
    (tmp_path / "dogs").mkdir()
    assert offered(bash_script, tmp_path, "do") == ["do", "doctor", "dogs"]
    assert offered(bash_script, tmp_path, "candles", "exp") == ["export"]
    assert offered(bash_script, tmp_path, "candles", "export", "--format", "") == ["parquet", "csv"]
    assert offered(bash_script, tmp_path, "stop", "paper", "--orders", "cancel_a") == ["cancel_all"]
    assert offered(bash_script, tmp_path, "--live.lev") == ["--live.leverage"]
    assert offered(bash_script, tmp_path, "--replay", "my") == ["my config.json"]
    assert offered(bash_script, tmp_path, "config", "check", "my") == ["my config.json"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_every_command(shell: str, tmp_path: Path) -> None:
    text = completions.script(shell)
    assert all(f"' {word}'" in text or f'" {word}"' in text for word in COMMANDS)
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(text, "utf-8")
        checked = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes_commands_flags_choices_and_files(tmp_path: Path) -> None:
    (tmp_path / "script.fish").write_text(completions.script("fish"), "utf-8")
    (tmp_path / "my config.json").touch()
    lines = ("do", "candles exp", "candles export --format ", "stop paper --orders cancel_a", "config check my")
    asked = "; ".join(f"complete -C 'pbtui {line}'; echo ." for line in lines)
    told = subprocess.run(
        ["fish", "--no-config", "-c", f"source script.fish; {asked}"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    offers = [[line.partition("\t")[0] for line in each.split("\n") if line] for each in told.stdout.split(".\n")[:-1]]
    assert {"do", "doctor"} <= set(offers[0])
    assert offers[1] == ["export"]
    assert set(offers[2]) == {"parquet", "csv"}
    assert offers[3] == ["cancel_all"]
    assert offers[4][0].endswith("config.json")


def test_the_command_prints_a_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert completions.main(["bash"]) == 0
    assert "complete -o filenames -F _pbtui pbtui" in capsys.readouterr().out
    assert completions.main(["cmd"]) == 2
