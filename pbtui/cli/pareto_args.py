"""Arguments of `pbtui pareto`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbtui.cli import parsing

_EPILOG = """
DIR is a run's folder or its pareto folder, ours or Passivbot's; without it the latest run below optimize_results.
A KEY is a metric (adg, drawdown_worst_btc; of suites what it is aggregated to), a metric with .min, .max, .mean or
.std or .oos (out of sample), or w_0, w_1 … for an objective as it is minimised.
"""


@dataclass(frozen=True, slots=True)
class ParetoOptions:
    """What was asked for."""

    folder: Path | None = None
    base_dir: Path = Path()
    json: bool = False
    mode: str = "weighted"
    weights: tuple[float, ...] = ()
    tolerance: float = 0.0
    unseen: bool = False
    limits: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    sort: str = ""
    columns: tuple[str, ...] = ()
    top: int | None = None
    diverse: int | None = None
    member: str = ""
    compare: tuple[str, ...] = ()
    metrics: bool = False
    everything: bool = False
    write: Path | None = None
    export: Path | None = None
    html: Path | None = None
    png: Path | None = None
    force: bool = False


def parse(argv: Sequence[str]) -> ParetoOptions:
    """Return the options; raises SystemExit for --help and wrong arguments, ConfigError for an unknown mode."""
    from pbtui.optimize.picking import mode_named

    given = _parser().parse_args(_attached(argv))
    return ParetoOptions(
        folder=given.folder,
        base_dir=given.base_dir,
        json=given.json,
        mode=mode_named(given.mode),
        weights=given.weights,
        tolerance=given.tolerance,
        unseen=given.select == "out-of-sample",
        limits=tuple(given.limit),
        objectives=given.objectives,
        sort=given.sort,
        columns=given.columns,
        top=given.top,
        diverse=given.diverse,
        member=given.member,
        compare=given.compare,
        metrics=given.metrics,
        everything=given.everything,
        write=given.write,
        export=given.export,
        html=given.html,
        png=given.png,
        force=given.force,
    )


def _parser() -> parsing.Parser:
    parser = parsing.Parser(
        prog="pbtui pareto",
        description="Look at the front of an optimisation, and choose from it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR")
    parsing.add_global_flags(parser)
    _add_choosing(parser)
    _add_writing(parser)
    return parser


def _add_choosing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "-l",
        "--limit",
        action="append",
        default=[],
        metavar="EXPR",
        help="only members with e.g. adg>=0.001; repeatable",
    )
    add(
        "-s",
        "--sort",
        default="",
        metavar="KEY",
        help="order by KEY, or -KEY for the largest first (default: distance)",
    )
    add("--columns", type=parsing.words, default=(), metavar="A,B", help="show these keys besides the objectives")
    add("-n", "--top", type=_count, metavar="N", help="show so many members (default: all)")
    add("--diverse", type=_count, metavar="N", help="show so many members that lie far apart, and the picked one")
    add("-m", "--mode", default="weighted", metavar="MODE", help=(
        "how to pick: weighted (default), min, utopian, percentile, midrange, geomedian, knee, lexicographic"
    ))  # fmt: skip
    add(
        "-w",
        "--weights",
        type=_numbers,
        default=(),
        metavar="W,…",
        help="of mode weighted: 0 best … 1 worst (default 0)",
    )
    add(
        "-o",
        "--objectives",
        type=parsing.words,
        default=(),
        metavar="A,B",
        help="pick by these objectives only, in this order",
    )
    add(
        "--tolerance",
        type=_share,
        default=0.0,
        metavar="X",
        help="of mode lexicographic: share of the range to give away",
    )
    add(
        "--select",
        type=_sample,
        default="in-sample",
        metavar="in-sample|out-of-sample",
        help="pick and order by the days searched on (default), or by those kept unseen",
    )
    add("--id", dest="member", default="", metavar="ID", help="take this member instead of picking one")
    add("--compare", type=parsing.words, default=(), metavar="A,B", help="show members side by side where they differ")
    add(
        "--all", dest="everything", action="store_true", help="every evaluation of all_results.bin, not the front alone"
    )
    add("--metrics", action="store_true", help="list the metrics that the members tell")


def _add_writing(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--write", type=Path, metavar="FILE", help="write the picked member as a configuration")
    add(
        "--export", type=Path, metavar="FILE", help="write all shown members with metrics and parameters: .json or .csv"
    )
    add("--html", type=Path, metavar="FILE", help="write a web page of the front")
    add("--png", type=Path, metavar="FILE", help="write a picture of the front")
    add("--force", action="store_true", help="replace files that are there")


def _attached(argv: Sequence[str]) -> list[str]:
    """Attach a value that begins with a minus to its flag."""
    words: list[str] = []
    for word in argv:
        if words and words[-1] in ("-s", "--sort", "-w", "--weights") and word.startswith("-"):
            words[-1] = f"{words[-1]}={word}" if words[-1].startswith("--") else f"{words[-1]}{word}"
        else:
            words.append(word)
    return words


def _numbers(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or any(number - number != 0.0 for number in found):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of numbers")
    return found


def _sample(text: str) -> str:
    word = text.strip().lower().replace("_", "-")
    found = {"is": "in-sample", "oos": "out-of-sample"}.get(word, word)
    if found not in ("in-sample", "out-of-sample"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither in-sample nor out-of-sample")
    return found


def _share(text: str) -> float:
    found = _numbers(text)
    if len(found) != 1 or not 0.0 <= found[0] <= 1.0:
        raise argparse.ArgumentTypeError(f"{text!r} is no share; write a number from 0 to 1")
    return found[0]


def _count(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 1_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no count")
    return int(text)
