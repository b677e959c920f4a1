"""Arguments that backtests and searches share: the config, its keys as flags, scenarios, candles at hand or not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbtui.cli import parsing
from pbtui.config.check import FALSE_WORDS, TRUE_WORDS
from pbtui.config.schema import Command

# Understood for the sake of old scripts: the engine comes compiled.
_SILENT = ("--skip-rust-compile", "--force-rust-compile", "--fail-on-stale-rust")


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What was asked for; `flags` are configuration keys, `suite` is None where nothing was said of it."""

    config: Path | None = None
    base_dir: Path = Path()
    json: bool = False
    quiet: bool = False
    offline: bool = False
    refetch_gaps: bool = False
    suite: bool | None = None
    scenarios: tuple[str, ...] = ()
    suite_config: Path | None = None
    flags: dict[str, Any] = field(default_factory=dict[str, Any])

    def all_flags(self) -> dict[str, Any]:
        """Return the flags, and those that select the scenarios asked for; raises ConfigError."""
        from pbtui.backtest.job import suite_flags

        return suite_flags(
            self.config,
            self.flags,
            base_dir=self.base_dir,
            suite=self.suite,
            labels=self.scenarios,
            suite_config=self.suite_config,
        )


def trial_parser(command: str, description: str, epilog: str) -> parsing.Parser:
    """Return a parser of `pbtui COMMAND [CONFIG]` with what is shared; read with `read`."""
    parser = parsing.Parser(
        prog=f"pbtui {command}",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="default: the shipped template")
    parsing.add_global_flags(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="name the result folder and say nothing else")
    parser.add_argument("--offline", action="store_true", help="use the candles at hand, download nothing")
    parser.add_argument(
        "--suite", nargs="?", type=_switch, const=True, metavar="on|off", help="run the scenarios (bare: on), or not"
    )
    parser.add_argument(
        "-sc", "--scenarios", type=parsing.words, default=(), metavar="A,B", help="only these scenarios"
    )
    parser.add_argument("--suite-config", type=Path, metavar="FILE", help="take the scenarios of another file")
    parser.add_argument(
        "--force-refetch-gaps", action="store_true", help="ask venues again for minutes known to be missing"
    )
    for name in _SILENT:
        parser.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    return parser


def read(parser: parsing.Parser, argv: Sequence[str], command: Command) -> tuple[argparse.Namespace, dict[str, Any]]:
    """Return what was given, and of it what TrialOptions holds; raises SystemExit for --help and wrong arguments."""
    from pbtui.config.flags import add_config_flags, flag_values, prepare_argv

    if "-h" in argv or "--help" in argv:
        parser.print_help()
        raise SystemExit(0)
    own = {text for action in parser._actions for text in action.option_strings}
    add_config_flags(parser, command, reserved=own)
    given = parser.parse_args(_bare_suite(prepare_argv(argv)))
    shared = {
        "config": given.config,
        "base_dir": given.base_dir,
        "json": given.json,
        "quiet": given.quiet,
        "offline": given.offline,
        "refetch_gaps": given.force_refetch_gaps,
        "suite": given.suite,
        "scenarios": given.scenarios,
        "suite_config": given.suite_config,
        "flags": flag_values(given),
    }
    return given, shared


def _switch(text: str) -> bool:
    word = text.strip().lower()
    if word in TRUE_WORDS | {"on"}:
        return True
    if word in FALSE_WORDS | {"off"}:
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither on nor off")


def _bare_suite(argv: Sequence[str]) -> list[str]:
    """Keep a bare `--suite` from taking the CONFIG after it for its value."""
    words = list(argv)
    for at, word in enumerate(words[:-1]):
        if word == "--suite" and words[at + 1].lower() not in TRUE_WORDS | FALSE_WORDS | {"on", "off"}:
            words[at] = "--suite=on"
    return words
