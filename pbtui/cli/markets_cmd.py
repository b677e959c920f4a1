"""`pbtui markets`: what a venue says of its coins: tick, lot, minimums, multiplier, fees, first day."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path

from pbtui.cli.narrate import say
from pbtui.cli.parsing import Parser, add_global_flags
from pbtui.config.coin_names import VENUES, short_name
from pbtui.core.amounts import plain
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line, sanitize_text
from pbtui.core.types import Market
from pbtui.market.audit.finding import stamp
from pbtui.market.holdings import matching, nearest
from pbtui.market.sources.markets import MarketCache, Markets
from pbtui.market.venue_access import endpoints_in, public_feed

_HEAD = ("coin", "symbol", "tick", "lot", "min qty", "min cost", "contract", "maker", "taker", "first day")


def main(argv: list[str]) -> int:
    """Run `pbtui markets`; returns the exit code."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    exchange = short_name(str(options.exchange).strip().lower())
    told = asyncio.run(_markets(options, exchange))
    if told.warning:
        say(f"pbtui: {told.warning}")
    chosen = _chosen(told.markets, options.coins, exchange)
    if options.json:
        for market in chosen:
            print(json.dumps(_record(exchange, market), ensure_ascii=False), flush=True)
    else:
        _table([_HEAD, *(_row(market) for market in chosen)])
        say(f"{exchange}: {len(chosen)} markets, asked {_age(told.age_ms)} ago")
    sys.stdout.flush()
    return ExitCode.OK


def _parser() -> Parser:
    parser = Parser(prog="pbtui markets", description=__doc__)
    parser.add_argument("coins", nargs="*", metavar="COIN", help="default: all that can be traded")
    parser.add_argument("--exchange", "-e", default=VENUES[0], metavar="NAME", help=f"one of {', '.join(VENUES)}")
    parser.add_argument("--fresh", action="store_true", help="ask the venue now, whatever is kept")
    parser.add_argument("--endpoints", type=Path, metavar="FILE", help="other addresses of venues (JSON)")
    add_global_flags(parser)
    return parser


async def _markets(options: argparse.Namespace, exchange: str) -> Markets:
    clock = RealClock()
    endpoints = endpoints_in(options.base_dir, options.endpoints)

    async def ask() -> Mapping[str, Market]:
        async with public_feed(exchange, clock, endpoints) as feed:
            return await feed.markets()

    return await MarketCache(options.base_dir, exchange, clock).load(ask, fresh=options.fresh)


def _chosen(markets: Mapping[str, Market], coins: Collection[str], exchange: str) -> list[Market]:
    if not coins:
        return [market for _, market in sorted(markets.items()) if not market.ineligible]
    chosen: dict[str, Market] = {}
    for coin in coins:
        found = matching(coin, markets)
        if not found:
            raise ConfigError(
                f"{sanitize_line(exchange)} has no coin {sanitize_line(coin, limit=40)!r}",
                hint=nearest(coin, sorted({market.coin for market in markets.values()})),
            )
        chosen |= {symbol: markets[symbol] for symbol in sorted(found)}
    return list(chosen.values())


def _record(exchange: str, market: Market) -> dict[str, object]:
    return {
        "exchange": exchange,
        "symbol": sanitize_line(market.symbol, limit=60),
        "coin": sanitize_line(market.coin, limit=40),
        "price_step": market.price_step,
        "qty_step": market.qty_step,
        "min_qty": market.min_qty,
        "min_cost": market.min_cost,
        "c_mult": market.c_mult,
        "maker_fee": market.maker_fee,
        "taker_fee": market.taker_fee,
        "listed_ms": market.listed_ms,
        "ineligible": sanitize_line(market.ineligible) or None,
    }


def _row(market: Market) -> tuple[str, ...]:
    numbers = (market.price_step, market.qty_step, market.min_qty, market.min_cost, market.c_mult)
    fees = (f"{market.maker_fee * 100:.4g} %", f"{market.taker_fee * 100:.4g} %")
    first = "" if market.listed_ms is None else stamp(market.listed_ms)[:10]
    return (market.coin, market.symbol, *(plain(number) for number in numbers), *fees, first)


def _table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print(sanitize_text("  ".join(cells)).replace("\n", " ").rstrip())


def _age(age_ms: int) -> str:
    minutes = max(0, age_ms) // 60_000
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
