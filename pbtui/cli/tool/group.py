"""`pbtui tool NAME`: helpers for configurations, for coming from Passivbot, and for candles and fills."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from pbtui.cli.parsing import Parser, add_global_flags, positive, words
from pbtui.cli.tool.datasets_args import add_flags as add_dataset_flags
from pbtui.cli.tool.hlcvs_args import add_commands, with_command
from pbtui.cli.tool.replay_args import add_flags as add_replay_flags

# name → the command it leads to
ALIASES = {
    "candle-doctor": (
        "candles",
        "looks for what is wrong in candles: pbtui candles verify (--fix: pbtui candles repair)",
    ),
    "fills-doctor": ("fills", "looks for what is wrong in kept fills: pbtui fills doctor"),
}


def main(argv: list[str]) -> int:
    """Run `pbtui tool …`; returns the exit code. Data go to stdout, narration to stderr."""
    if argv and argv[0] in ALIASES and not {"-h", "--help"} & set(argv[1:]):
        return _lead(argv[0], argv[1:])
    if argv and argv[0] == "verify-hlcvs":
        argv = [argv[0], *with_command(argv[1:])]
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    module, _, name = str(options.run).partition(":")
    run: Callable[[argparse.Namespace], int] = getattr(import_module(module), name)
    code = run(options)
    sys.stdout.flush()
    return code


def _lead(name: str, rest: list[str]) -> int:
    """Run the command a name stands for, with everything that was typed behind it."""
    if name == "fills-doctor":
        return int(import_module("pbtui.cli.fills_cmd").main(["doctor", *rest]))
    word = "repair" if "--fix" in rest else "verify"
    return int(import_module("pbtui.cli.candles_cmd").main([word, *(each for each in rest if each != "--fix")]))


def _parser() -> Parser:
    common = Parser(add_help=False)
    add_global_flags(common)
    parser = Parser(prog="pbtui tool", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="NAME")

    def command(name: str, run: str, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, parents=[common], help=text, description=text)
        one.set_defaults(run=run)
        return one

    one = command(
        "streamline", "pbtui.cli.tool.streamline:run", "lay out configs anew: values, order and comments stay"
    )
    one.add_argument("place", type=Path, metavar="FILE|DIR", help="a file, or a folder with .json and .hjson files")
    one.add_argument("--apply", action="store_true", help="write the files (without it only the changes are shown)")
    one.add_argument("--sort-keys", action="store_true", help="order keys by name")
    one.add_argument("--max-inline", type=int, default=72, metavar="N", help="longest list or object on one line")
    one.add_argument("--indent", type=int, default=4, metavar="N", help="spaces a level")

    one = command(
        "config-from-passivbot",
        "pbtui.cli.tool.adopt:run",
        "take over a Passivbot folder: configs, keys, candles, results; it is read only",
    )
    one.add_argument("place", type=Path, metavar="DIR", help="the folder Passivbot was started in")
    one.add_argument("--to", type=Path, metavar="BASE", help="folder to copy into (default: --base-dir)")
    one.add_argument("--apply", action="store_true", help="copy (without it only the plan is shown)")

    one = command("mcap-list", "pbtui.cli.tool.mcap:run", "write the largest coins by market cap as a list of coins")
    one.add_argument("-n", "--n-coins", "--n_coins", type=_count, default=100, metavar="N", help="most coins")
    one.add_argument(
        *("-m", "--minimum-market-cap-dollars", "--minimum_market_cap_dollars"),
        type=_amount,
        default=300.0,
        metavar="MILLIONS",
        help="smallest market cap in millions of USD (default 300)",
    )
    one.add_argument("--min-volume", type=_amount, default=0.0, metavar="MILLIONS", help="smallest volume of 24 hours")
    one.add_argument("--min-age-days", type=_amount, default=0.0, metavar="DAYS", help="days since the first on -e")
    one.add_argument(
        "-e", "--exchange", type=words, default=(), metavar="A,B", help="only coins traded on one of these"
    )
    one.add_argument("-o", "--output", type=Path, metavar="FILE", help="default: a name with the date in configs/")
    one.add_argument("--overwrite", action="store_true", help="replace files that are there")
    one.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")
    one.add_argument("--address", default="", metavar="URL", help="another address of the list of market caps")

    text = "show what prepared datasets hold, or how two differ; the same for old day files"
    add_commands(commands.add_parser("verify-hlcvs", help=text, description=text), common)

    text = "show how much room prepared datasets take, and clear them; they are made anew when a run needs them"
    add_dataset_flags(command("datasets", "pbtui.cli.tool.datasets:run", text))

    text = "step through a backtest order by order: what was wanted, why, and what filled"
    add_replay_flags(commands.add_parser("replay-backtest", parents=[common], help=text, description=text))

    for name, (_, text) in ALIASES.items():
        commands.add_parser(name, help=text, description=text)
    return parser


def _amount(text: str) -> float:
    return 0.0 if text.strip() in ("0", "0.0") else positive(text)


def _count(text: str) -> int:
    if not text.strip().isdecimal() or not 0 < int(text) <= 5_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of coins; allowed: 1 to 5000")
    return int(text)
