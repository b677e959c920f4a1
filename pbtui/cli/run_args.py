"""Arguments of a run: `pbtui [CONFIG] [-u USER] [--no-ui] …`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from pbtui import __version__
from pbtui.cli import parsing
from pbtui.cli.commands import COMMANDS
from pbtui.core.errors import ConfigError, PbtuiError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line

_EPILOG = f"""
commands: {", ".join(sorted(COMMANDS))} (each has its own --help)

Every key of the configuration is a flag too, as in --live.leverage 3 or -llp; list them with `pbtui config keys`.
Without CONFIG and -u the account is always paper: real candles, invented money.
"""


@record
class RunOptions:
    """What was asked for on the command line; `flags` are configuration keys."""

    config: Path | None = None
    no_ui: bool = False
    json: bool = False
    level: int | None = None
    base_dir: Path = Path()
    exchange: str = ""
    replay: Path | None = None
    coins: tuple[str, ...] = ()
    from_ms: int | None = None
    to_ms: int | None = None
    for_ms: int | None = None
    speed: float = 60.0
    balance: float | None = None
    markets: Path | None = None
    fresh: bool = False
    once: bool = False
    synthetic: bool = False
    theme: str = ""
    seed: int = 1
    yes_live: bool = False
    accept_built_in_defaults: bool = False
    allow_withdraw_keys: bool = False
    endpoints: Path | None = None
    discover_endpoints: bool = True  # look for configs/custom_endpoints.json (config.md 11.3)
    flags: Mapping[str, object] = field(default_factory=dict)

    @property
    def user(self) -> str | None:
        """The account named with -u, None when it was not."""
        found = self.flags.get("live.user")
        return None if found is None else str(found)


def parse(argv: list[str]) -> RunOptions:
    """Return the options; raises SystemExit for --help and wrong arguments, ConfigError for wrong combinations."""
    if "-h" in argv or "--help" in argv:
        _parser().print_help()
        raise SystemExit(0)
    from pbtui.config.flags import add_config_flags, flag_values, prepare_argv

    parser = _parser()
    own = {text for action in parser._actions for text in action.option_strings}
    add_config_flags(parser, "live", reserved=own)
    given = parser.parse_args(prepare_argv(argv))
    flags = flag_values(given)
    if given.user is not None:
        flags["live.user"] = given.user
    options = RunOptions(
        config=given.config,
        no_ui=given.no_ui,
        json=given.json,
        level=2 if given.verbose else given.log_level,
        base_dir=given.base_dir,
        exchange=given.exchange,
        replay=given.replay,
        coins=given.coins,
        from_ms=given.from_ms,
        to_ms=given.to_ms,
        for_ms=given.for_ms,
        speed=given.speed,
        balance=given.balance,
        markets=given.markets,
        fresh=given.fresh,
        once=given.once,
        synthetic=given.synthetic,
        theme=given.theme,
        seed=given.seed,
        yes_live=given.yes_live,
        accept_built_in_defaults=given.accept_built_in_defaults,
        allow_withdraw_keys=given.allow_withdraw_keys,
        endpoints=_endpoints(given.endpoints),
        discover_endpoints=given.endpoints is None,
        flags=flags,
    )
    _check(options)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = parsing.Parser(
        prog="pbtui",
        description="Trade a grid of perpetual futures: console and bot in one.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", nargs="?", type=Path, metavar="CONFIG", help="Passivbot v7 JSON or HJSON file")
    parser.add_argument("--version", action=_Version, nargs=0, help="the version, and the engine's build")
    parsing.add_global_flags(parser)
    _add_account(parser.add_argument_group("account"))
    _add_market(parser.add_argument_group("market"))
    add_screen_flags(parser.add_argument_group("screen"))
    _add_end(parser.add_argument_group("without a screen"))
    return parser


class _Version(argparse.Action):
    """Prints the version and what the compiled engine was built from; loading that is left until somebody asks."""

    def __call__(self, parser: argparse.ArgumentParser, *_args: object, **_named: object) -> None:
        """Print one line and leave."""
        try:
            from pbtui.engine.build import build_hash

            engine = f"engine {build_hash()}"
        except PbtuiError as error:
            engine = f"no usable engine: {error.line()}"
        print(sanitize_line(f"pbtui {__version__} ({engine})", limit=600))
        parser.exit(0)


def _add_account(group: argparse._ArgumentGroup) -> None:
    group.add_argument("-u", "--user", metavar="USER", help="account; `-u paper` runs any CONFIG on paper")
    group.add_argument("--balance", type=parsing.positive, metavar="N", help="of a new paper account (default 1000)")
    group.add_argument("--fresh", action="store_true", help="forget the paper account's ledger and start over")
    group.add_argument("--yes-live", action="store_true", help="confirms real money where nobody can type it")
    group.add_argument(
        "--allow-withdraw-keys", action="store_true", help="trade with a key that could withdraw money, too"
    )
    group.add_argument(
        "--accept-built-in-defaults", action="store_true", help="risky keys need not be written down in CONFIG"
    )


def _add_market(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--exchange", default="", metavar="NAME", help="venue of the market data")
    group.add_argument(
        "--endpoints", "--custom-endpoints", default=None, metavar="FILE", help="other addresses of venues (or none)"
    )
    group.add_argument("--replay", type=Path, metavar="DIR", help="recorded candles: a parquet a coin, or day shards")
    group.add_argument("--coins", type=parsing.words, default=(), metavar="A,B", help="coins to trade")
    group.add_argument("--from", dest="from_ms", type=parsing.moment_ms, metavar="DATE", help="first minute to replay")
    group.add_argument("--to", dest="to_ms", type=parsing.moment_ms, metavar="DATE", help="end of the replay")
    group.add_argument("--markets", type=Path, metavar="FILE", help="ticks, lots, minimums and fees of a replay")
    group.add_argument("--synthetic", action="store_true", help="a seeded invented market")
    group.add_argument("--seed", type=int, default=1, metavar="N", help="of the invented market")
    group.add_argument(
        "--speed", type=parsing.speed, default=60.0, metavar="N|max", help="of a replay or invented market (default 60)"
    )


def add_screen_flags(group: argparse._ArgumentGroup | argparse.ArgumentParser) -> None:
    """Add what a console is told on the command line."""
    group.add_argument(
        "--theme", default="", metavar="NAME", help="colours of the console; auto takes what fits the terminal"
    )


def _add_end(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--no-ui", action="store_true", help="no screen: log lines on standard error")
    group.add_argument("--once", action="store_true", help="one turn of the loop, then end")
    group.add_argument(
        "--for", dest="for_ms", type=parsing.duration_ms, metavar="3d", help="end after so much market time"
    )


def _endpoints(text: str | None) -> Path | None:
    return None if text is None or text.strip().lower() in {"", "none", "off", "disable"} else Path(text)


def _check(options: RunOptions) -> None:
    if options.replay is not None and options.synthetic:
        raise ConfigError("--replay and --synthetic name two markets", hint="give one of them")
    if options.replay is None:
        for name, value in (("--from", options.from_ms), ("--to", options.to_ms), ("--markets", options.markets)):
            if value is not None:
                raise ConfigError(f"{name} needs --replay")
    if options.from_ms is not None and options.to_ms is not None and options.from_ms >= options.to_ms:
        raise ConfigError("--from is not before --to")
