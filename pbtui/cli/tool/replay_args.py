"""Arguments of `pbtui tool replay-backtest`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pbtui.cli.parsing import moment_ms

WAYS = ("fill", "change", "minute")
_MOST_STEPS = 10_000_000


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add them; `run` does what they ask for."""
    parser.set_defaults(run="pbtui.cli.tool.replay:run")
    parser.add_argument(
        "place", type=Path, metavar="DIR|CONFIG", help="folder of a backtest, or a config to run for it"
    )
    parser.add_argument("--coin", default="", metavar="COIN", help="the coin to look at (default: those that fill)")
    parser.add_argument("--at", type=moment_ms, metavar="TIME", help="where to begin, as 2025-05-01T12:00 (UTC)")
    parser.add_argument("--plain", action="store_true", help="lines instead of a screen")
    parser.add_argument("--by", choices=WAYS, help="in lines: step by fill, by change of a coin's orders, by minute")
    parser.add_argument("--steps", type=_steps, metavar="N", help="in lines: how many steps (default 20)")
    parser.add_argument("--to", type=moment_ms, metavar="TIME", help="in lines: steps up to this moment")
    parser.add_argument("--whole-ladders", action="store_true", help="every order of a ladder, not the next alone")
    parser.add_argument("--check", action="store_true", help="hold every minute of the run against its replay")
    parser.add_argument("--theme", default="", metavar="NAME", help="colours of the screen")


def _steps(text: str) -> int:
    if not text.strip().isdecimal() or not 0 < int(text) <= _MOST_STEPS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of steps; write 1 or more")
    return int(text)
