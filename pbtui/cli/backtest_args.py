"""Arguments of `pbtui backtest`: the reference's (backtest.md 3.4), and a flag for every key."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbtui.cli import parsing
from pbtui.config.check import FALSE_WORDS, TRUE_WORDS
from pbtui.core.errors import ConfigError

_EPILOG = """
Every key of the configuration is a flag too, as in -sd 2024-01-01 -sb 1000; list them with `pbtui config keys`.
The result folder is named last; with --json standard output carries one JSON object a line, the last one the result.
"""
# Understood for the sake of old scripts: the engine comes compiled, and what is said is ruled by -q and --log-level.
_SILENT = ("--skip-rust-compile", "--force-rust-compile", "--fail-on-stale-rust", "--cm-remote")


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What was asked for; `flags` are configuration keys, `suite` is None where nothing was said of it."""

    config: Path | None = None
    base_dir: Path = Path()
    json: bool = False
    quiet: bool = False
    level: int | None = None
    fill_plots: bool = True
    suite: bool | None = None
    scenarios: tuple[str, ...] = ()
    suite_config: Path | None = None
    repeat: Path | None = None
    offline: bool = False
    refetch_gaps: bool = False
    flags: dict[str, Any] = field(default_factory=dict[str, Any])


def parse(argv: Sequence[str]) -> BacktestOptions:
    """Return the options; raises SystemExit for --help and wrong arguments, ConfigError for wrong combinations."""
    from pbtui.config.flags import add_config_flags, flag_values, prepare_argv

    parser = _parser()
    if "-h" in argv or "--help" in argv:
        parser.print_help()
        raise SystemExit(0)
    own = {text for action in parser._actions for text in action.option_strings}
    add_config_flags(parser, "backtest", reserved=own)
    given = parser.parse_args(bare_suite(prepare_argv(argv)))
    options = BacktestOptions(
        config=given.config,
        base_dir=given.base_dir,
        json=given.json,
        quiet=given.quiet,
        level=2 if given.verbose else given.log_level,
        fill_plots=not given.disable_plotting,
        suite=given.suite,
        scenarios=given.scenarios,
        suite_config=given.suite_config,
        repeat=given.repeat,
        offline=given.offline,
        refetch_gaps=given.force_refetch_gaps,
        flags=flag_values(given),
    )
    _check(options)
    return options


def _parser() -> parsing.Parser:
    parser = parsing.Parser(
        prog="pbtui backtest",
        description="Run a configuration over recorded candles.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="default: the shipped template")
    parsing.add_global_flags(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="name the result folder and say nothing else")
    parser.add_argument(
        "-dp", "--disable_plotting", "--disable-plotting", action="store_true", help="draw no fills_plots"
    )
    parser.add_argument("--offline", action="store_true", help="use the candles at hand, download nothing")
    parser.add_argument("--repeat", type=Path, metavar="DIR", help="run the result folder DIR again and compare")
    add_suite_flags(parser)
    parser.add_argument(
        "--force-refetch-gaps", action="store_true", help="ask venues again for minutes known to be missing"
    )
    parser.add_argument("--cm-debug", "--cm-progress", nargs="?", help=argparse.SUPPRESS)
    for name in _SILENT:
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    return parser


def add_suite_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose scenarios; pass the arguments through `bare_suite` before parsing."""
    parser.add_argument(
        "--suite", nargs="?", type=_switch, const=True, metavar="on|off", help="run the scenarios (bare: on), or not"
    )
    parser.add_argument(
        "-sc", "--scenarios", type=parsing.words, default=(), metavar="A,B", help="only these scenarios"
    )
    parser.add_argument("--suite-config", type=Path, metavar="FILE", help="take the scenarios of another file")


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE_WORDS | {"on"}:
        return True
    if word in FALSE_WORDS | {"off"}:
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither on nor off")


def bare_suite(argv: Sequence[str]) -> list[str]:
    """Keep a bare `--suite` from taking the CONFIG after it for its value."""
    words = list(argv)
    for at, word in enumerate(words[:-1]):
        if word == "--suite" and words[at + 1].lower() not in TRUE_WORDS | FALSE_WORDS | {"on", "off"}:
            words[at] = "--suite=on"
    return words


def _check(options: BacktestOptions) -> None:
    if options.repeat is None:
        return
    clashing = options.config is not None or options.flags or options.scenarios or options.suite_config is not None
    if clashing or options.suite is not None:
        raise ConfigError("--repeat runs what is written in its folder", hint="leave CONFIG and the other flags out")
