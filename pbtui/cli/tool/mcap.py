"""`pbtui tool mcap-list`: write the largest coins as a file for live.approved_coins."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pbtui.cli.candles_cmd import show, show_json
from pbtui.cli.narrate import say
from pbtui.config.coin_names import VENUES, short_name
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, ExitCode, StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.market.sources.markets import MarketCache
from pbtui.market.sources.mcap import ADDRESS, Ranking, Wish, rank
from pbtui.market.store.trouble import reason_of
from pbtui.market.venue_access import endpoints_in, public_feed

_MILLION = 1e6


def run(options: argparse.Namespace) -> int:
    """Write the list and the full records beside it; exit 3 when the API or an exchange can't be asked."""
    exchanges = [short_name(name.lower()) for name in options.exchange]
    for name in exchanges:
        if name not in VENUES:
            raise ConfigError(f"no exchange {sanitize_line(name, limit=40)!r}", hint=f"one of {', '.join(VENUES)}")
    if options.min_age_days > 0 and not exchanges:
        raise ConfigError("--min-age-days counts from a coin's first day on an exchange", hint="name some with -e")
    path: Path = options.output or options.base_dir / "configs" / _name(options, exchanges)
    full = path.with_name(f"{path.stem}_full.json")
    for each in (path, full):
        if each.exists() and not options.overwrite:
            raise ConfigError(f"{sanitize_line(each, limit=200)} is there already", hint="--overwrite replaces it")
    found = asyncio.run(_ranked(options, exchanges))
    if not found.coins:
        raise ConfigError("no coin is as wished; nothing was written", hint=_less(found))
    _write(path, list(found.coins))
    _write(full, found.coins)
    if options.json:
        show_json({"file": str(path), "full": str(full), "coins": list(found.coins), "left_out": found.left_out})
    else:
        show(f"{path}: {len(found.coins)} coins")
    if found.left_out:
        say(f"left out: {_less(found)}")
    return ExitCode.OK


async def _ranked(options: argparse.Namespace, exchanges: list[str]) -> Ranking:
    clock = RealClock()
    listed: dict[str, int | None] | None = None
    if exchanges:
        listed = {}
        for name in exchanges:
            for coin, first in (await _coins_of(name, options)).items():
                known = [day for day in (first, listed.get(coin)) if day is not None]
                listed[coin] = min(known) if known else None
    wish = Wish(
        count=options.n_coins,
        min_mcap=options.minimum_market_cap_dollars * _MILLION,
        min_volume=options.min_volume * _MILLION,
        min_age_days=options.min_age_days,
        listed=listed,
    )
    return await rank(wish, clock, options.address or ADDRESS)


async def _coins_of(exchange: str, options: argparse.Namespace) -> dict[str, int | None]:
    """Return the coins that can be traded on an exchange, with their first day where it tells one."""
    clock = RealClock()
    endpoints = endpoints_in(options.base_dir, options.endpoints)

    async def ask() -> Mapping[str, Market]:
        async with public_feed(exchange, clock, endpoints) as feed:
            return await feed.markets()

    told = await MarketCache(options.base_dir, exchange, clock).load(ask)
    if told.warning:
        say(f"pbtui: {told.warning}")
    return {each.coin: each.listed_ms for each in told.markets.values() if each.active and not each.ineligible}


def _name(options: argparse.Namespace, exchanges: list[str]) -> str:
    day = datetime.fromtimestamp(RealClock().now_ms() / 1000, UTC).strftime("%Y-%m-%d")
    parts = [f"approved_coins_{day}_{options.n_coins}_coins", f"{options.minimum_market_cap_dollars:g}_min_mcap"]
    return "_".join([*parts, *exchanges]) + ".json"


def _write(path: Path, content: object) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, (json.dumps(content, indent=4, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise StateError(f"{sanitize_line(path, limit=200)} can't be written: {reason_of(error)}") from error


def _less(found: Ranking) -> str:
    return ", ".join(f"{count} {why}" for why, count in found.left_out.items()) or "all are too small"
