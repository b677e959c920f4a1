"""`pbtui candles`: fetch, show, check, mend, take in and give out the stored minutes of every market."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from pbtui.cli.parsing import Parser, add_global_flags, moment_ms, words
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_text

_ENDLESS = 1 << 62


def main(argv: list[str]) -> int:
    """Run `pbtui candles …`; returns the exit code. Data go to stdout, narration to stderr."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if options.start is not None and options.end is not None and options.start >= options.end:
        raise ConfigError("--from is not before --to", hint="both are UTC; --to is exclusive")
    module, _, name = str(options.run).partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(module), name)
    code = run(options)
    sys.stdout.flush()
    return code


def _parser() -> Parser:
    common = Parser(add_help=False)
    add_global_flags(common)
    which = Parser(add_help=False)
    which.add_argument("--exchange", "-e", type=words, default=(), metavar="A,B", help="default: all that are held")
    which.add_argument("--coins", type=words, default=(), metavar="A,B", help="default: all that are held")
    times = Parser(add_help=False)
    times.add_argument("--from", dest="start", type=moment_ms, metavar="DATE", help="first minute (UTC)")
    times.add_argument("--to", dest="end", type=moment_ms, metavar="DATE", help="first minute after it (UTC)")
    parser = Parser(prog="pbtui candles", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="download|coverage|verify|repair|import|export")

    def command(name: str, run: str, text: str, *parents: Parser) -> argparse.ArgumentParser:
        one = commands.add_parser(name, parents=[common, *parents], help=text, description=text)
        one.set_defaults(run=run, start=None, end=None)
        return one

    one = command("download", "pbtui.cli.candles_fetch:download", "fetch what is missing", which, times)
    one.add_argument("config", nargs="?", type=Path, help="take exchanges, coins and dates from this config's backtest")
    _add_fetching(one)
    command("coverage", "pbtui.cli.candles_look:coverage", "show what is held, and what is missing in it", which)
    command(
        "verify", "pbtui.cli.candles_look:verify", "look for what is wrong; exit code 1 if something is", which, times
    )
    one = command("repair", "pbtui.cli.candles_fetch:repair", "fetch what verify found missing or broken", which, times)
    _add_fetching(one)
    one = command(
        "import", "pbtui.cli.candles_move:take_in", "take candles from files: parquet, feather, json, csv, npy, npz"
    )
    one.add_argument("place", type=Path, metavar="DIR", help="a folder, or one file")
    one.add_argument("--exchange", "-e", required=True, metavar="NAME", help="where these candles come from")
    one.add_argument("--coins", type=words, default=(), metavar="A,B", help="default: all that are found")
    one = command("export", "pbtui.cli.candles_move:give_out", "write candles to files, one a coin", which, times)
    one.add_argument("place", type=Path, metavar="DIR", help="folder to write into")
    one.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    return parser


def _add_fetching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-archives", action="store_true", help="ask the venues only, not their archives of files")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")


def span_of(options: argparse.Namespace) -> tuple[int, int]:
    """Return the range asked for, everything where none is named."""
    start: int | None = options.start
    end: int | None = options.end
    return (0 if start is None else start, _ENDLESS if end is None else end)


def show(line: str) -> None:
    """Write a line of data."""
    print(sanitize_text(line, limit=2_000).replace("\n", " "))


def show_json(record: dict[str, Any]) -> None:
    """Write one JSON object on one line."""
    print(json.dumps(record, ensure_ascii=False, sort_keys=False, allow_nan=False), flush=True)
