"""Arguments of `pbtui optimize`: the reference's (optimizer.md 13), and a flag for every key."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbtui.cli import parsing
from pbtui.cli.trial_args import TrialOptions, read, trial_parser
from pbtui.core.errors import ConfigError
from pbtui.optimize.cluster_address import check_address

_EPILOG = """
Every key of the sections optimize and backtest is a flag too, every bound among them, as in -i 20000 -ps 200
-lnp 1,10,1; list them with `pbtui config keys`. A bound is LOW,HIGH or LOW,HIGH,STEP, or one value to fix it.
The result folder is named last; with --json standard output carries one JSON object a line, the last one the result.
Ctrl+C ends the running evaluations and writes everything; go on with --resume.
"""
_CPUS = "optimize.n_cpus"
_MOST_SEED = 2**63


@dataclass(frozen=True, slots=True)
class OptimizeOptions(TrialOptions):
    """What was asked for; `seed` is None where nothing was said of it."""

    start: Path | None = None
    fine_tune: tuple[str, ...] = ()
    seed: int | None = None
    resume: Path | None = None
    cluster: str | None = None

    @property
    def cpus(self) -> int | None:
        """Return the CPUs asked for with a flag."""
        found = self.flags.get(_CPUS)
        return int(found) if found is not None else None


def parse(argv: Sequence[str]) -> OptimizeOptions:
    """Return the options; raises SystemExit for --help and wrong arguments, ConfigError for wrong combinations."""
    parser = trial_parser(
        "optimize", "Search the bounds of a configuration for the best trade-offs between its objectives.", _EPILOG
    )
    parser.add_argument("-t", "--start", type=Path, metavar="PATH", help="begin with these configs: a file or a folder")
    parser.add_argument(
        "-ft",
        "--fine_tune_params",
        "--fine-tune-params",
        dest="fine_tune",
        type=parsing.words,
        default=(),
        metavar="A,B",
        help="search these bounds only, the others stay as the config has them",
    )
    parser.add_argument("--seed", type=_seed, metavar="N", help="the same seed gives the same result (default: drawn)")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="go on with the run in this folder")
    parser.add_argument(
        "--cluster",
        metavar="HOST:PORT",
        help="evaluate on the Ray cluster whose head this is, or on the one this machine is in with auto",
    )
    given, shared = read(parser, argv, "optimize")
    options = OptimizeOptions(
        **shared,
        start=given.start,
        fine_tune=given.fine_tune,
        seed=given.seed,
        resume=given.resume,
        cluster=given.cluster if given.cluster is None else check_address(given.cluster),
    )
    _check(options)
    return options


def _seed(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
    if not 0 <= number < _MOST_SEED:
        raise argparse.ArgumentTypeError(f"{text!r} is no seed; write a whole number from 0 up")
    return number


def _check(options: OptimizeOptions) -> None:
    if options.cluster is not None and options.cpus is not None:
        raise ConfigError("the nodes of a cluster say how many CPUs they give", hint="leave out -c, or --cluster")
    if options.resume is None:
        return
    flags = set(options.flags) - {_CPUS}
    others = (options.config, options.suite, options.suite_config, options.start, options.seed)
    if flags or options.scenarios or options.fine_tune or any(item is not None for item in others):
        raise ConfigError(
            "--resume goes on with what is written in its folder", hint="leave out all but -c, --cluster and --offline"
        )
    if options.cpus is not None and options.cpus < 1:
        raise ConfigError(f"{options.cpus} CPUs can't evaluate anything", hint="-c must be at least 1")
