"""Arguments of `pbtui tool verify-hlcvs`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pbtui.cli.parsing import Parser

COMMANDS = {
    "summarize": "what prepared datasets hold (default: those in caches/datasets)",
    "compare": "how two datasets differ",
    "summarize-historical": "what old day files hold, by coin (default: historical_data/ohlcvs_*)",
    "clean-historical": "which old day files are not 1440 minutes in a row (default: historical_data/ohlcvs_*)",
    "hash-historical": "write the hashes of old day files as a list (default: historical_data/ohlcvs_*)",
    "compare-historical-hashes": "how two such lists differ",
}
_OLD = "pbtui.cli.tool.historical"


def with_command(words: list[str]) -> list[str]:
    """Return the words with `summarize` before them where they begin with no command."""
    return words if words and words[0] in (*COMMANDS, "-h", "--help") else ["summarize", *words]


def add_commands(parser: argparse.ArgumentParser, common: Parser) -> None:
    """Add the commands to the parser of the tool."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, parents=[common], help=COMMANDS[name], description=COMMANDS[name])
        one.set_defaults(run=run)
        return one

    def of_folders(name: str, run: str) -> argparse.ArgumentParser:
        one = command(name, run)
        one.add_argument("places", nargs="*", type=Path, metavar="DIR")
        return one

    def of_two(name: str, run: str) -> argparse.ArgumentParser:
        one = command(name, run)
        one.add_argument("a", type=Path, metavar="A")
        one.add_argument("b", type=Path, metavar="B")
        return one

    for one in (of_folders("summarize", "pbtui.cli.tool.hlcvs:run"), of_two("compare", "pbtui.cli.tool.hlcvs:apart")):
        one.add_argument("--fast", action="store_true", help="hashes only")
    summary = of_folders("summarize-historical", f"{_OLD}:summarize")
    summary.add_argument("--hash", action="store_true", help="with a hash over all files of a coin")
    clean = of_folders("clean-historical", f"{_OLD}:clean")
    clean.add_argument("--apply", action="store_true", help="delete the files (without it they are only named)")
    hashes = of_folders("hash-historical", f"{_OLD}:hashes")
    hashes.add_argument("--output", type=Path, required=True, metavar="FILE", help="list to write")
    for one in (summary, clean, hashes):
        one.add_argument("--progress", action="store_true", help="say which coin is looked at")
    lists = of_two("compare-historical-hashes", f"{_OLD}:compare")
    lists.add_argument("--local-root", type=Path, metavar="DIR", help="folder that holds the files of the lists")
    lists.add_argument("--apply", action="store_true", help="delete those below it that differ")
