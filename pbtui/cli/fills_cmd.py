"""`pbtui fills`: what an account's orders filled and earned, news from its venue, and a check of what is kept."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from pbtui.cli import fills_show, fills_venue
from pbtui.cli.fills_where import file_of
from pbtui.cli.narrate import say
from pbtui.cli.parsing import Parser, add_global_flags, add_window_flag, duration_ms, moment_ms, words
from pbtui.core.clock import RealClock
from pbtui.core.errors import ExitCode
from pbtui.core.fill_pages import FillFilter

_MOST_ROWS = 1_000_000


def main(argv: list[str]) -> int:
    """Run `pbtui fills`; exit 0 when done, 1 when something was found or is damaged, 2 usage, 3 no venue, 4 a key."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    match options.what:
        case "show":
            return _show(options)
        case "refresh":
            return asyncio.run(fills_venue.refresh(options, RealClock()))
        case _:
            return asyncio.run(fills_venue.doctor(options, RealClock()))


def _show(options: argparse.Namespace) -> int:
    from pbtui.exchange.fills.reader import FillReader

    only = FillFilter(
        coins=options.coins,
        pside=options.pside,
        since_ms=options.since,
        until_ms=options.until,
        types=tuple(word.lower() for word in options.types),
    )
    each = options.by == "execution"
    with FillReader(file_of(options.user, options.base_dir)) as reader:
        page = reader.page(only, options.last or _MOST_ROWS, each=each)
    shape = "json" if options.json else "csv" if options.csv else "table"
    for line in fills_show.lines(page, options.by, shape):
        print(line)
    sys.stdout.flush()
    if page.more and options.by in ("order", "execution"):
        say(f"the newest {options.last} are shown: --last 0 shows all")
    return ExitCode.OK


def _parser() -> Parser:
    parser = Parser(prog="pbtui fills", description=__doc__)
    below = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    show = below.add_parser("show", help="list filled orders, or sums by day, coin or type")
    _who(show)
    show.add_argument("--coin", "-c", dest="coins", type=words, default=(), metavar="A,B", help="only these coins")
    show.add_argument("--side", dest="pside", choices=("long", "short"), help="only this position side")
    show.add_argument("--since", type=_moment, metavar="WHEN", help="a UTC date or time, or how long ago: 7d")
    show.add_argument("--until", type=_moment, metavar="WHEN", help="before this time")
    show.add_argument(
        "--type", dest="types", type=words, default=(), metavar="WORDS", help="order types with one of these words"
    )
    show.add_argument(
        "--by", choices=("order", "execution", "day", "coin", "type"), default="order", help="what a line is"
    )
    show.add_argument("--last", type=_count, default=50, metavar="N", help="how many rows; 0 for all (default 50)")
    show.add_argument("--csv", action="store_true", help="comma-separated values on standard output")
    refresh = below.add_parser("refresh", help="ask the venue for what is missing; orders and settings stay")
    _who(refresh)
    _asking(refresh)
    refresh.add_argument("--since", type=_moment, metavar="WHEN", help="from when (default: what is kept, else 30d)")
    doctor = below.add_parser("doctor", help="look for gaps, doubles and differences from the venue")
    _who(doctor)
    _asking(doctor)
    doctor.add_argument("--since", type=_moment, metavar="WHEN", help="compare from when (default 7d)")
    doctor.add_argument("--offline", action="store_true", help="look at the file only, ask no venue")
    doctor.add_argument("--repair", action="store_true", help="mend what can be; nothing is deleted without a twin")
    return parser


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("user", metavar="USER", help="an account, paper, or a folder's name below run/")
    add_global_flags(parser)


def _asking(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")
    parser.add_argument("--allow-withdraw-keys", action="store_true", help="accept a key that could withdraw money")
    add_window_flag(parser)


def _moment(text: str) -> int:
    """Return a UTC time in ms, from a date or from how long ago it was."""
    try:
        return RealClock().now_ms() - duration_ms(text)
    except argparse.ArgumentTypeError:
        return moment_ms(text)


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return number
