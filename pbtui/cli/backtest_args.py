"""Arguments of `pbtui backtest`: the reference's (backtest.md 3.4), and a flag for every key."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbtui.cli.trial_args import TrialOptions, read, trial_parser
from pbtui.core.errors import ConfigError

_EPILOG = """
Every key of the configuration is a flag too, as in -sd 2024-01-01 -sb 1000; list them with `pbtui config keys`.
The result folder is named last; with --json standard output carries one JSON object a line, the last one the result.
"""


@dataclass(frozen=True, slots=True)
class BacktestOptions(TrialOptions):
    """What was asked for; `repeat` is a result folder to run again."""

    level: int | None = None
    fill_plots: bool = True
    repeat: Path | None = None


def parse(argv: Sequence[str]) -> BacktestOptions:
    """Return the options; raises SystemExit for --help and wrong arguments, ConfigError for wrong combinations."""
    parser = trial_parser("backtest", "Run a configuration over recorded candles.", _EPILOG)
    parser.add_argument(
        "-dp", "--disable_plotting", "--disable-plotting", action="store_true", help="draw no fills_plots"
    )
    parser.add_argument("--repeat", type=Path, metavar="DIR", help="run the result folder DIR again and compare")
    # Understood for the sake of old scripts: what is said is ruled by -q and --log-level.
    parser.add_argument("--cm-debug", "--cm-progress", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--cm-remote", action="store_true", help=argparse.SUPPRESS)
    given, shared = read(parser, argv, "backtest")
    options = BacktestOptions(
        **shared,
        level=2 if given.verbose else given.log_level,
        fill_plots=not given.disable_plotting,
        repeat=given.repeat,
    )
    _check(options)
    return options


def _check(options: BacktestOptions) -> None:
    if options.repeat is None:
        return
    clashing = options.config is not None or options.flags or options.scenarios or options.suite_config is not None
    if clashing or options.suite is not None:
        raise ConfigError("--repeat runs what is written in its folder", hint="leave CONFIG and the other flags out")
