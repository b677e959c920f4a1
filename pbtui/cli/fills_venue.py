"""`pbtui fills refresh` and `doctor`: the parts that ask a venue, and what they write down."""

from __future__ import annotations

import argparse
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pbtui.cli.fills_show import stamp
from pbtui.cli.fills_where import file_of, shown
from pbtui.cli.narrate import say
from pbtui.cli.plan import FOLDER
from pbtui.core.clock import DAY_MS, MINUTE_MS, Clock
from pbtui.core.errors import ConfigError, ExitCode, StateError
from pbtui.core.sanitize import sanitize_line

if TYPE_CHECKING:
    from pbtui.config.accounts import Account
    from pbtui.exchange.fills.audit import Finding
    from pbtui.exchange.private.venue import PrivateExchange

_FIRST_LOOK_DAYS = 30  # as live.pnls_max_lookback_days
_COMPARED_DAYS = 7
_SETTLED_MS = 2 * MINUTE_MS  # what is younger the venue may not tell yet


async def refresh(options: argparse.Namespace, clock: Clock) -> int:
    """Ask for what was never told and for news; raises ExchangeError with what was told so far kept."""
    account = _account(options)
    if account is None:
        path = file_of(options.user, options.base_dir)
        say(f"{shown(options.user)} is simulated: its ledger {sanitize_line(path, limit=300)} is always whole")
        return ExitCode.OK
    async with _connected(options, account, clock) as exchange:
        log = exchange.fill_log
        spans = log.store.spans()
        now = exchange.now_ms()
        since = options.since
        if since is None:
            since = spans[0][0] if spans else now - _FIRST_LOOK_DAYS * DAY_MS
        fresh = await log.refill(since)
        left = log.gaps(since, now)
        if log.trouble:
            raise StateError(log.trouble)
    record = {"user": account.user, "since_ms": since, "new": fresh, "gaps": len(left)}
    print(
        json.dumps(record) if options.json else f"{account.user}: {fresh:,} new fills since {stamp(since)}", flush=True
    )
    return ExitCode.OK


async def doctor(options: argparse.Namespace, clock: Clock) -> int:
    """Say what is wrong with the kept fills and, if asked to, mend it; exit 1 while something is left."""
    account = _account(options)
    if account is None or options.offline:
        path = file_of(options.user, options.base_dir)
        found = _look_at(path)
        left = _tell(options, found, mended=())
        if found and options.repair:
            say("nothing was mended: that needs the venue, so neither --offline nor a simulated account")
        return left
    path = options.base_dir / "run" / account.user / "fills.db"
    async with _connected(options, account, clock, rescue=options.repair) as exchange:
        found = _look_at(path)
        now = exchange.now_ms()
        since = options.since if options.since is not None else now - _COMPARED_DAYS * DAY_MS
        found += await _compare(exchange, since, now - _SETTLED_MS)
        mended: list[Finding] = []
        if options.repair:
            await _mend(exchange, found)
            left = {(each.kind, each.start_ms, each.text) for each in _look_at(path)}
            left |= {(e.kind, e.start_ms, e.text) for e in await _compare(exchange, since, now - _SETTLED_MS)}
            mended = [each for each in found if (each.kind, each.start_ms, each.text) not in left]
    return _tell(options, found, mended)


async def _compare(exchange: PrivateExchange, since_ms: int, until_ms: int) -> list[Finding]:
    """Return where what is kept and what the venue tells now differ."""
    from pbtui.exchange.fills.audit import against

    told = [fill for fill in await exchange.fill_log.ask(since_ms) if since_ms <= fill.ts_ms < until_ms]
    return against(exchange.fill_log.store.fills(since_ms, until_ms), told)


def _look_at(path: Path) -> list[Finding]:
    """Return what a file alone tells."""
    from pbtui.core.fill_pages import FillFilter
    from pbtui.exchange.fills import audit
    from pbtui.exchange.fills.reader import FillReader
    from pbtui.exchange.fills.spans import missing

    with FillReader(path) as reader:
        reader.check()
        fills = reader.fills(FillFilter())
        spans = reader.spans()
    if spans is None:
        return audit.twice(fills)
    holes = missing(spans, spans[0][0], spans[-1][1]) if spans else []
    return [*audit.gaps(holes), *audit.twice(fills), *audit.profits(fills)]


async def _mend(exchange: PrivateExchange, found: Iterable[Finding]) -> None:
    """Mend what can be."""
    log = exchange.fill_log
    for each in found:
        if each.kind == "missing":
            log.store.take(each.fills, ())
        elif each.kind == "differs":
            log.store.replace(each.fills)
        elif each.drop:
            log.store.drop(each.drop)
    holes = [each.start_ms for each in found if each.kind == "gap"]
    if holes:
        await log.refill(min(holes))


def _tell(options: argparse.Namespace, found: list[Finding], mended: Iterable[Finding]) -> int:
    done = set(map(id, mended))
    for each in found:
        text = sanitize_line(each.text, limit=300)
        symbol = sanitize_line(each.symbol, limit=60)
        if options.json:
            where = {"start_ms": each.start_ms, "end_ms": each.end_ms, "symbol": symbol}
            print(json.dumps({"kind": each.kind, **where, "text": text, "mended": id(each) in done}))
        else:
            end = "" if each.start_ms == each.end_ms else f" – {stamp(each.end_ms)}"
            where = f"{symbol}: " if symbol else ""
            done_word = " (mended)" if id(each) in done else ""
            print(f"{stamp(each.start_ms)}{end}  {each.kind:<8}{where}{text}{done_word}")
    left = len(found) - len(done)
    if done:
        say(f"{len(done)} mended; a running bot counts them from its next turn on")
    say(f"{left} findings" if left else "nothing is wrong" if not found else "nothing is left")
    return ExitCode.FAILED if left else ExitCode.OK


def _account(options: argparse.Namespace) -> Account | None:
    """Return the real account of that name, None for a simulated one; raises ConfigError, SafetyRefusal."""
    from pbtui.config.accounts import find_account, load_accounts
    from pbtui.config.coin_names import refuse_closed
    from pbtui.config.sealed_keys import keys_there

    path = options.base_dir / "api-keys.json"
    if not keys_there(path) or options.user not in load_accounts(path):
        return None
    account = find_account(path, options.user)
    refuse_closed(account.exchange)
    return account


@asynccontextmanager
async def _connected(
    options: argparse.Namespace, account: Account, clock: Clock, *, rescue: bool = False
) -> AsyncIterator[PrivateExchange]:
    """Connect an account with its store of fills; nothing is set there. A damaged store is put right if `rescue`."""
    from pbtui.cli.real_account import private_exchange
    from pbtui.config.coin_names import short_name
    from pbtui.exchange.fills.store import rescued
    from pbtui.exchange.keys import judge_key
    from pbtui.exchange.public import CcxtPublicFeed
    from pbtui.market.venue_access import endpoints_in

    if not FOLDER.fullmatch(account.user):
        raise ConfigError(f"{shown(account.user)} cannot name a folder")
    folder = options.base_dir / "run" / account.user
    feed = CcxtPublicFeed(
        short_name(account.exchange),
        quote=account.quote,
        clock=clock,
        endpoints=endpoints_in(options.base_dir, options.endpoints),
    )
    allowed = bool(options.allow_withdraw_keys)
    exchange = private_exchange(
        account, feed, clock, allow_withdraw=allowed, recv_window_ms=options.recv_window_ms, fills_dir=folder
    )
    try:
        await exchange.open()
        facts = await exchange.key_facts()
        judge_key(facts, account.user, allow_withdraw=allowed)
        try:
            exchange.keep_fills(facts)
        except StateError as error:
            if not rescue:
                raise
            saved, aside = rescued(folder / "fills.db")
            say(
                f"{error.message}: {len(saved):,} fills were saved, the rest is asked for; the old file is {aside.name}"
            )
            exchange.keep_fills(facts)
            exchange.fill_log.store.take(saved, ())
        yield exchange
    finally:
        await exchange.close()
