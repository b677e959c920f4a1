"""`pbtui account check USER`: may this key trade here, what is on the account, what would a start change; `seal`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.cli.narrate import say
from pbtui.cli.parsing import Parser, add_global_flags, add_window_flag
from pbtui.cli.real_account import private_exchange
from pbtui.config.accounts import Account, find_account
from pbtui.config.coin_names import refuse_closed, short_name
from pbtui.core.amounts import plain
from pbtui.core.clock import Clock, RealClock
from pbtui.core.errors import AccountRefused, ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.exchange.keys import judge_key
from pbtui.exchange.private.quirks import KeyFacts, Modes
from pbtui.market.venue_access import endpoints_in

_KNOWN = {True: "yes", False: "no", None: "the venue doesn't tell"}


@dataclass(frozen=True, slots=True)
class Found:
    """What the account said; `refusal` is why its key must not be used, empty when it may."""

    account: Account
    key: KeyFacts
    modes: Modes
    balance: float
    positions: int
    orders: int
    skew_ms: int
    warnings: tuple[str, ...]
    refusal: str
    can_hedge: bool  # whether both sides of a coin can be held here


def main(argv: list[str]) -> int:
    """Run `pbtui account`; returns the exit code."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    if options.what != "check":
        from pbtui.cli.account_seal import run

        return run(options)
    if options.user is None:
        raise ConfigError("whose account?", hint="pbtui account check USER")
    account = find_account(options.base_dir / "api-keys.json", options.user)
    refuse_closed(account.exchange)
    found = asyncio.run(check(account, options, RealClock()))
    wanted = found.can_hedge and not options.one_way
    if options.json:
        print(json.dumps(_record(found, wanted), ensure_ascii=True))
    else:
        for line in _lines(found, wanted):
            print(sanitize_line(line, limit=300))
    sys.stdout.flush()
    for text in found.warnings:
        say(f"pbtui: {text}")
    if found.refusal:
        say(f"pbtui: {found.refusal}")
        return ExitCode.REFUSED
    return ExitCode.OK


async def check(account: Account, options: argparse.Namespace, clock: Clock) -> Found:
    """Ask the venue everything and change nothing; raises ExchangeError, ConfigError."""
    from pbtui.exchange.public import CcxtPublicFeed

    name = short_name(account.exchange)
    endpoints = endpoints_in(options.base_dir, options.endpoints)
    feed = CcxtPublicFeed(name, quote=account.quote, clock=clock, endpoints=endpoints)
    allowed = bool(options.allow_withdraw_keys)
    exchange = private_exchange(account, feed, clock, allow_withdraw=allowed, recv_window_ms=options.recv_window_ms)
    try:
        await exchange.open()
        key = await exchange.key_facts()
        warnings, refusal = _judged(key, account.user, allow_withdraw=allowed)
        elsewhere = feed.endpoints.targets() if feed.endpoints is not None else ""
        through = (f"asked through other addresses: {elsewhere}",) if elsewhere else ()
        return Found(
            account=account,
            key=key,
            modes=await exchange.modes(),
            balance=(await exchange.fetch_balance()).raw,
            positions=len(await exchange.fetch_positions()),
            orders=len(await exchange.fetch_open_orders()),
            skew_ms=clock.now_ms() - exchange.now_ms(),
            warnings=(*through, *exchange.warnings, *warnings, *feed.warnings),
            refusal=refusal,
            can_hedge=exchange.capabilities.hedge_mode,
        )
    finally:
        await exchange.close()


def _judged(key: KeyFacts, user: str, *, allow_withdraw: bool) -> tuple[tuple[str, ...], str]:
    try:
        return judge_key(key, user, allow_withdraw=allow_withdraw), ""
    except AccountRefused as error:
        return (), error.line()


def _parser() -> Parser:
    parser = Parser(prog="pbtui account", description=__doc__)
    parser.add_argument(
        "what",
        choices=("check", "seal", "unseal"),
        help="check: ask the venue, change nothing; seal: put api-keys.json under a passphrase; unseal: take it out",
    )
    parser.add_argument("user", nargs="?", metavar="USER", help="of check: an account of api-keys.json")
    parser.add_argument("--one-way", action="store_true", help="tell what a start with live.hedge_mode false changes")
    parser.add_argument("--allow-withdraw-keys", action="store_true", help="accept a key that could withdraw money")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")
    add_window_flag(parser)
    add_global_flags(parser)
    return parser


def _changes(modes: Modes, wanted: bool) -> list[str]:
    changes: list[str] = []
    if modes.hedge is not wanted:
        changes.append(f"position mode to {'hedge' if wanted else 'one-way'}")
    if modes.margin == "isolated":
        changes.append("margin mode to cross")
    return [*changes, "cross margin and live.leverage of each coin before its first entry"]


def _lines(found: Found, wanted: bool) -> list[str]:
    key, modes, account = found.key, found.modes, found.account
    mode = "the venue doesn't tell" if modes.hedge is None else "hedge" if modes.hedge else "one-way"
    return [
        f"account   {account.user} on {short_name(account.exchange)}, clock {found.skew_ms:+d} ms",
        f"key       {account.key_print}, trades: {_KNOWN[key.trade]} · withdraws: {_KNOWN[key.withdraw]} "
        f"· bound to addresses: {_KNOWN[key.bound_to_ip]}",
        f"balance   {plain(found.balance)} {account.quote}",
        f"holds     {found.positions} positions, {found.orders} open orders",
        f"mode      {mode}, margin {modes.margin or 'set coin by coin'}",
        f"a start would set {'; '.join(_changes(modes, wanted))}",
    ]


def _record(found: Found, wanted: bool) -> dict[str, Any]:
    return {
        "user": found.account.user,
        "exchange": short_name(found.account.exchange),
        "key": found.account.key_print,
        "trade": found.key.trade,
        "withdraw": found.key.withdraw,
        "bound_to_ip": found.key.bound_to_ip,
        "balance": found.balance,
        "quote": found.account.quote,
        "positions": found.positions,
        "open_orders": found.orders,
        "hedge_mode": found.modes.hedge,
        "margin_mode": found.modes.margin,
        "clock_skew_ms": found.skew_ms,
        "would_set": _changes(found.modes, wanted),
        "warnings": list(found.warnings),
        "refused": found.refusal or None,
    }
