"""Who trades where: decided from the command line and the config, before anything is opened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli.run_args import RunOptions
from pbtui.config import Config, load
from pbtui.config.accounts import Account, find_account
from pbtui.config.coin_names import VENUES, default_quote, refuse_closed, short_name
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.config.sealed_keys import keys_there
from pbtui.core.errors import ConfigError, SafetyRefusal
from pbtui.core.record import record
from pbtui.core.snapshot import VenueKind
from pbtui.exchange.venues import READY

if TYPE_CHECKING:
    from pbtui.exchange.public import Endpoints

PAPER_CONFIG = PROGRAM_ROOT / "configs" / "examples" / "paper.hjson"
PAPER = "paper"
FOLDER = re.compile(r"[A-Za-z0-9_-]{1,60}")


@record
class RunPlan:
    """One run: its configuration, account, market and folder; `ledger` is a simulated account's file."""

    options: RunOptions
    config: Config
    user: str
    kind: VenueKind
    exchange: str
    quote: str
    run_dir: Path
    ledger: Path
    account: Account | None = None  # with keys: real money
    endpoints: Endpoints | None = None  # of a real account: other addresses of its venue, the same for the whole run

    def badge(self, kind: VenueKind | None = None) -> str:
        """Return the word every header shows, with the speed of a market that can be paced."""
        kind = kind or self.kind
        if kind in ("paper", "live"):
            return kind.upper()
        pace = f"{self.options.speed:g}x" if self.options.speed else "max"
        return f"{kind.upper()} {pace}"

    def other_addresses(self) -> str:
        """Return where a real account's requests lead instead of to its venue, empty where they go there."""
        if self.endpoints is None:
            return ""
        from pbtui.market.sources.archives import library_name

        return self.endpoints.of(library_name(self.exchange)).targets()

    def reload(self) -> Config:
        """Load the same configuration again."""
        return load_config(self.options)


def load_config(options: RunOptions) -> Config:
    """Return the configuration asked for, ours for paper when none is; raises ConfigError."""
    flags = dict(options.flags)
    if options.coins and "live.approved_coins" not in flags:
        flags["live.approved_coins"] = sorted(options.coins)
    return load(options.config or PAPER_CONFIG, command="live", flags=flags, base_dir=options.base_dir)


def make_plan(options: RunOptions) -> RunPlan:
    """Decide the run; raises ConfigError (exit 2), or SafetyRefusal (exit 4) for a real account that can't trade."""
    config = load_config(options)
    user = _simulated_user(options, config)
    if user is None:
        return _real_plan(options, config)
    exchange = options.exchange or next(iter(config.backtest.exchanges), "binance")
    _check_venue(exchange)
    base = options.base_dir.resolve()
    if options.replay is not None:
        from pbtui.market.replay import replay_run_dir

        run_dir = replay_run_dir(
            base, folder=options.replay, coins=options.coins, from_ms=options.from_ms, config=_replay_identity(config)
        )
        user, kind = run_dir.name, "replay"
    else:
        run_dir = base / "run" / f"paper-{exchange}"
        user, kind = PAPER, "synthetic" if options.synthetic else "paper"
    return RunPlan(
        options=options,
        config=config,
        user=user,
        kind=kind,
        exchange=exchange,
        quote=default_quote(exchange),
        run_dir=run_dir,
        ledger=run_dir / "ledger.db",
    )


def _replay_identity(config: Config) -> str:
    """Return what tells one replay's configuration from another's."""
    return config.hash


def _simulated_user(options: RunOptions, config: Config) -> str | None:
    """Return the simulated account's name, None when a real one is asked for."""
    if options.replay is not None or options.synthetic:
        return PAPER
    if options.config is None and options.user is None:
        return PAPER
    user = options.user if options.user is not None else config.live.user
    return PAPER if user == PAPER else None


def _real_plan(options: RunOptions, config: Config) -> RunPlan:
    """Return a run on a real account, or say why it cannot trade."""
    user = options.user if options.user is not None else config.live.user
    path = options.base_dir / "api-keys.json"
    account = find_account(path, user) if keys_there(path) else None
    if account is None or not account.usable:
        raise ConfigError(f"account {user} has no keys in {path}", hint="add them, or run it on paper: -u paper")
    _check_venue(account.exchange)
    exchange = short_name(account.exchange)
    if exchange not in READY:
        raise SafetyRefusal(
            f"{user} on {exchange} trades real money: not yet in this version",
            hint=f"run it on paper: -u paper (venues for real money: {', '.join(READY)})",
        )
    if options.fresh or options.balance is not None:
        raise ConfigError("--fresh and --balance are for paper accounts", hint=f"{user} is a real one")
    if not FOLDER.fullmatch(user):
        raise ConfigError(f"{user!r} cannot name a folder", hint="use letters, digits, - and _ for account names")
    run_dir = options.base_dir.resolve() / "run" / user
    return RunPlan(
        options=options,
        config=config,
        user=user,
        kind="live",
        exchange=exchange,
        quote=account.quote,
        run_dir=run_dir,
        ledger=run_dir / "ledger.db",
        account=account,
        endpoints=_endpoints(options),
    )


def _endpoints(options: RunOptions) -> Endpoints | None:
    """Return a real account's other addresses; raises ConfigError for a broken file, found or named.

    Left out, it would let orders reach the venue that were meant for another place.
    """
    if options.endpoints is None and not options.discover_endpoints:
        return None
    from pbtui.market.venue_access import endpoints_in

    return endpoints_in(options.base_dir, options.endpoints)


def _check_venue(exchange: str) -> None:
    refuse_closed(exchange)
    if not exchange.replace("_", "").isalnum() or len(exchange) > 40:
        raise ConfigError(f"{exchange!r} is no exchange name", hint=f"venues: {', '.join(VENUES)}")
