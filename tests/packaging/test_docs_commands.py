"""Every command that README and the documentation print is one the program understands; nothing is started."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pbtui.cli.main import main
from pbtui.config.schema import KEYS
from pbtui.console.actions import BY_ID

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
)
_FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BEFORE = r"(?:^|\| |\$ |bot |uv run |\.venv/bin/|state )"  # what stands before the program's name in a line
_COMMAND = re.compile(rf"{_BEFORE}pbtui((?: [^\n]*)?)$", re.MULTILINE)
_INLINE = re.compile(r"`((?:uv run |\.venv/bin/)?pbtui(?: [^`\n]+)?)`")
_ENDS = re.compile(r"\s+(?:#|>|\||&&|2>).*$| … .*$")
_VALUES = {"N": "7", "H": "12", "TIME": "2025-05-10T12:30"}


class Understood(BaseException):
    """Raised in place of what a command would do."""


def commands(page: Path) -> Iterator[str]:
    """Yield the command lines of a page, without the program's name."""
    text = page.read_text("utf-8")
    for block in _FENCE.findall(text):
        if block.startswith("account   "):  # an answer
            continue
        yield from (found.strip() for found in _COMMAND.findall(block) if not found.startswith(" /"))
    for found in _INLINE.findall(_FENCE.sub("", text)):
        yield found.partition("pbtui")[2].strip().replace("\\|", "|")


def variants(line: str) -> Iterator[list[str]]:
    """Yield the words of a line: without and with what stands in [brackets], for each of the a|b|c."""
    line = _ENDS.sub("", f" {line}").strip().removesuffix("…").strip()
    bare = re.sub(r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]", "", line)
    for each in dict.fromkeys((bare, line.replace("[", "").replace("]", ""))):
        words = [_VALUES.get(word, word) for word in shlex.split(each) if word not in ("…", "DIR…")]
        options = [word.split("|") if "|" in word else [word] for word in words]
        for turn in range(max(map(len, options), default=1)):
            yield [option[turn % len(option)] for option in options]


def lines() -> list[tuple[str, str]]:
    return sorted({(line, page.name) for page in PAGES for line in commands(page)})


@pytest.fixture
def nothing_done(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = argparse.ArgumentParser.parse_args

    def understood(self: argparse.ArgumentParser, *args: Any, **named: Any) -> NoReturn:
        parse(self, *args, **named)
        raise Understood

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", understood)


@pytest.mark.usefixtures("nothing_done")
def test_every_command_in_the_documentation_is_understood(capsys: pytest.CaptureFixture[str]) -> None:
    wrong: list[str] = []
    found = lines()
    for line, page in found:
        for words in variants(line):
            try:
                code = main(words)
            except Understood:
                continue
            told = capsys.readouterr()
            if " are required" in told.err:  # only the command's name
                code, told = main([*words, "--help"]), capsys.readouterr()
            if code != 0 or not told.out:  # --help and --version answer by themselves
                wrong.append(f"{page}: pbtui {' '.join(words)}: {told.err.strip()}")
    assert not wrong, "\n".join(wrong)
    assert len(found) > 100


def test_lines_are_taken_apart() -> None:
    assert list(variants("stop paper --orders keep|cancel_all")) == [
        ["stop", "paper", "--orders", "keep"],
        ["stop", "paper", "--orders", "cancel_all"],
    ]
    assert list(variants("tool x [DIR …] [-n 1]   # says so")) == [["tool", "x"], ["tool", "x", "DIR", "-n", "1"]]
    assert list(variants("doctor --json | jq .")) == [["doctor", "--json"]]


def test_words_that_are_wrong_are_found(nothing_done: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["candles", "verify", "--no-such-flag"]) == 2
    assert main(["completions", "powershell"]) == 2
    assert capsys.readouterr().err


def test_files_and_keys_that_the_pages_name_exist() -> None:
    wrong: list[str] = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for file in re.findall(r"`((?:docs|scripts|deploy|tests|pbtui(?!/bin)|pb_rust|\.ci)/[A-Za-z0-9_./-]+)`", text):
            if not (ROOT / file.rstrip("/")).exists():
                wrong.append(f"{page.name}: {file}")
        for name in re.findall(r"`(test_\w+\.py)`", text):
            if not any((ROOT / "tests").rglob(name)):
                wrong.append(f"{page.name}: {name}")
        for key in re.findall(r"`((?:live|backtest|optimize|logging|bot\.long|bot\.short)\.[a-z0-9_.]+)[`:]", text):
            known = any(each == key or each.startswith(f"{key}.") for each in KEYS)
            if not (known or key in BY_ID or key.endswith(".py")):
                wrong.append(f"{page.name}: {key}")
    assert not wrong, "\n".join(wrong)
