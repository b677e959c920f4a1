"""Which command it is: nothing but that command is imported."""

from __future__ import annotations

from importlib import import_module

from pbtui.cli.commands import COMMANDS
from pbtui.cli.narrate import report

_GLOBAL_WITH_VALUE = ("--log-level", "--debug-level", "--base-dir")
_GLOBAL = ("--json", "-v", "--verbose")


def main(argv: list[str]) -> int:
    """Dispatch to a command, or run a bot when none is named; returns the exit code."""
    return report(lambda: _dispatch(argv))


def _dispatch(argv: list[str]) -> int:
    at = _command_at(argv)
    word = argv[at] if at is not None else ""
    if at is not None and word in COMMANDS:
        rest = argv[:at] + argv[at + 1 :]
        if COMMANDS[word] == "pbtui.cli.steer":
            rest = [word, *rest]
        elif word in ("config", "candles", "fills", "tool"):
            # Its own sub-command comes first, the global flags after it.
            rest = argv[at + 1 :] + argv[:at]
        return int(import_module(COMMANDS[word]).main(rest))
    return int(import_module("pbtui.cli.run").main(argv))


def _command_at(argv: list[str]) -> int | None:
    """Return where the command word stands: the first word that is neither a global flag nor its value."""
    i = 0
    while i < len(argv):
        word = argv[i]
        if word in _GLOBAL_WITH_VALUE:
            i += 2
        elif word in _GLOBAL or word.startswith(tuple(f"{name}=" for name in _GLOBAL_WITH_VALUE)):
            i += 1
        else:
            return None if word.startswith("-") else i
    return None
