"""`pbtui completions bash|zsh|fish`: a script that completes commands, flags and choices, made from the parsers."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from pbtui.cli import completion_scripts, parsing
from pbtui.cli.commands import COMMANDS
from pbtui.cli.completion_scripts import Words
from pbtui.core.errors import ExitCode

SHELLS = ("bash", "zsh", "fish")


class _Seen(BaseException):
    """Carries a parser out of the command that was about to use it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def main(argv: list[str]) -> int:
    """Print the script for a shell; see its head for how to install it."""
    parser = parsing.Parser(prog="pbtui completions", description=__doc__)
    parser.add_argument("shell", choices=SHELLS)
    try:
        given = parser.parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    print(script(given.shell), end="")
    return int(ExitCode.OK)


def script(shell: str) -> str:
    """Return the script for `bash`, `zsh` or `fish`."""
    return {"bash": completion_scripts.bash, "zsh": completion_scripts.zsh, "fish": completion_scripts.fish}[shell](
        list(all_words())
    )


def all_words() -> Iterator[Words]:
    """Yield the words of a bare `pbtui`, then of each command and of each command of those."""
    yield _words((), parser_of(""), subs=tuple(sorted(COMMANDS)))
    for word in sorted(COMMANDS):
        yield from _with_subs((word,), parser_of(word))


def parser_of(word: str) -> argparse.ArgumentParser:
    """Return the parser of a command (empty: of a run), as the command itself sets it up."""
    module = import_module(COMMANDS.get(word, "pbtui.cli.run_args"))
    with _caught():
        try:
            if not word:
                module.parse([])
            else:
                module.main([word] if COMMANDS[word] == "pbtui.cli.steer" else [])
        except _Seen as seen:
            return seen.parser
    raise AssertionError(f"{word or 'pbtui'} parses no arguments")


@contextlib.contextmanager
def _caught() -> Iterator[None]:
    """Let no parser parse meanwhile: the first that is asked to is raised instead."""

    def caught(self: argparse.ArgumentParser, *_args: object, **_named: object) -> NoReturn:
        raise _Seen(self)

    before = argparse.ArgumentParser.parse_known_args
    argparse.ArgumentParser.parse_known_args = caught
    try:
        yield
    finally:
        argparse.ArgumentParser.parse_known_args = before


def _with_subs(command: tuple[str, ...], parser: argparse.ArgumentParser) -> Iterator[Words]:
    below = next((a for a in parser._actions if isinstance(a, argparse._SubParsersAction)), None)
    subs: dict[str, argparse.ArgumentParser] = {} if below is None else dict(below.choices)
    yield _words(command, parser, subs=tuple(subs))
    for name, child in subs.items():
        yield from _with_subs((*command, name), child)


def _words(command: tuple[str, ...], parser: argparse.ArgumentParser, subs: tuple[str, ...]) -> Words:
    flags: list[tuple[str, str]] = []
    choices: list[str] = []
    after: dict[str, tuple[str, ...] | None] = {}
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            continue
        values = tuple(str(choice) for choice in action.choices) if action.choices else None
        if not action.option_strings:
            choices.extend(values or ())
            continue
        told = "" if action.help in (None, argparse.SUPPRESS) else str(action.help).partition(";")[0]
        for name in (text for text in action.option_strings if text.startswith("--")):
            flags.append((name, told))
            if action.nargs != 0 and (values is not None or action.type is Path):
                after[name] = values
    told = " ".join((parser.description or "").split())
    if told.startswith("`pbtui"):
        told = told.partition(": ")[2]
    return Words(command, told, tuple(flags), tuple(choices), after, subs)
