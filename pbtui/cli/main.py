"""Which command it is, and what its errors look like: one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module

from pbtui.core.errors import ExitCode, PbtuiError
from pbtui.core.sanitize import sanitize_line

# command → module with `main(argv) -> int`
COMMANDS = {
    "config": "pbtui.cli.config_cmd",
    "attach": "pbtui.cli.attach",
    "status": "pbtui.cli.status",
    "mode": "pbtui.cli.steer",
    "stop": "pbtui.cli.steer",
}
LATER = (
    "backtest",
    "optimize",
    "pareto",
    "candles",
    "markets",
    "fills",
    "keys",
    "sim",
    "doctor",
    "tool",
    "do",
)
_GLOBAL_WITH_VALUE = ("--log-level", "--debug-level", "--base-dir")
_GLOBAL = ("--json", "-v", "--verbose")


def main(argv: list[str]) -> int:
    """Dispatch to a command, or run a bot when none is named; returns the exit code."""
    return report(lambda: _dispatch(argv))


def report(work: Callable[[], int]) -> int:
    """Do `work` and turn its errors into one line and an exit code."""
    try:
        return work()
    except PbtuiError as error:
        say(f"pbtui: {error.line()}")
        return int(error.exit_code)
    except KeyboardInterrupt:
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        # The reader of our data has gone: nothing is left to say to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return int(ExitCode.OK)


def say(line: str) -> None:
    """Write a line of narration; a terminal that is gone does not matter."""
    try:
        print(sanitize_line(line, limit=2_000), file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def _dispatch(argv: list[str]) -> int:
    at = _command_at(argv)
    word = argv[at] if at is not None else ""
    if at is not None and word in COMMANDS:
        rest = argv[:at] + argv[at + 1 :]
        if COMMANDS[word] == "pbtui.cli.steer":
            rest = [word, *rest]
        elif word == "config":
            # Its own sub-command comes first, the global flags after it.
            rest = argv[at + 1 :] + argv[:at]
        return int(import_module(COMMANDS[word]).main(rest))
    if word in LATER:
        say(f"pbtui {word}: not yet in this version (see pbtui --help)")
        return int(ExitCode.USAGE)
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
