"""`pbtui candles coverage` and `verify`."""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator

from pbtui.cli.candles_cmd import show, show_json, span_of
from pbtui.cli.narrate import say
from pbtui.cli.troubles import open_library
from pbtui.config.coin_names import coin_of
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit import Finding, disagreements, findings_of_rows
from pbtui.market.audit.finding import stamp
from pbtui.market.library import Holding, Library, weeks

_SHADES = " ░▒▓█"


def coverage(options: argparse.Namespace) -> int:
    """Show first and last candle, count, completeness and a map of weeks of each symbol held."""
    library = open_library(options)
    pairs = library.choose(options.exchange, options.coins)
    if not pairs and not options.json:
        say(f"no candles in {sanitize_line(library.root, limit=200)}: pbtui candles download, or import")
    for exchange, symbol in pairs:
        holding = library.holding(exchange, symbol)
        if options.json:
            show_json(_record(holding))
        else:
            show(_line(holding))
    return ExitCode.OK


def verify(options: argparse.Namespace) -> int:
    """Show everything that is wrong with the candles asked for; exit code 1 when something is."""
    library = open_library(options)
    pairs = library.choose(options.exchange, options.coins)
    if not pairs:
        raise ConfigError(
            f"no candles in {sanitize_line(library.root, limit=200)}", hint="download or import some first"
        )
    start, end = span_of(options)
    count = 0
    for finding in itertools.chain(_each(library, pairs, start, end), _between(library, pairs, start, end)):
        count += 1
        if options.json:
            show_json(finding.record())
        else:
            show(finding.line())
    say(f"{len(pairs)} symbols checked, {count} findings")
    return ExitCode.FAILED if count else ExitCode.OK


def _each(library: Library, pairs: list[tuple[str, str]], start: int, end: int) -> Iterator[Finding]:
    for exchange, symbol in pairs:
        store, coin = library.store(exchange), coin_of(symbol)
        for trouble in store.verify(symbol):
            yield Finding(exchange, coin, symbol, "file", 0, 0, trouble.line())
        yield from findings_of_rows(exchange, coin, symbol, store.read(symbol, start, end))


def _between(library: Library, pairs: list[tuple[str, str]], start: int, end: int) -> Iterator[Finding]:
    """Compare each coin's venues with the first of them."""
    by_coin: dict[str, list[tuple[str, str]]] = {}
    for exchange, symbol in pairs:
        by_coin.setdefault(coin_of(symbol), []).append((exchange, symbol))
    for coin, held in sorted(by_coin.items()):
        (first, symbol), *others = held
        rows = library.store(first).read(symbol, start, end) if others else None
        for other, theirs in others:
            if rows is not None and other != first:
                there = (other, theirs, library.store(other).read(theirs, start, end))
                yield from disagreements(coin, (first, symbol, rows), there)


def _record(holding: Holding) -> dict[str, object]:
    held = holding.coverage
    return {
        "exchange": holding.exchange,
        "symbol": sanitize_line(holding.symbol, limit=60),
        "coin": sanitize_line(holding.coin, limit=40),
        "from": None if held.first_ms is None else stamp(held.first_ms),
        "to": None if held.last_ms is None else stamp(held.last_ms),
        "candles": held.count,
        "missing": holding.missing,
        "share": round(holding.share, 6),
        "holes": [
            {"from": stamp(hole.start_ms), "minutes": (hole.end_ms - hole.start_ms) // 60_000} for hole in held.holes
        ],
    }


def _line(holding: Holding) -> str:
    held = holding.coverage
    if held.first_ms is None or held.last_ms is None:
        return f"{holding.exchange:<12} {holding.symbol:<20} none"
    cells = "".join(_SHADES[max(1, round(share * (len(_SHADES) - 1)))] if share else " " for _, share in weeks(holding))
    gaps = f"{holding.missing:,} missing in {len(held.holes)} gaps" if held.holes else "no gap"
    return (
        f"{holding.exchange:<12} {holding.symbol:<20} {stamp(held.first_ms)} to {stamp(held.last_ms)} "
        f"{held.count:>10,} candles  {holding.share:>7.2%}  {gaps}  |{cells[-60:]}|"
    )
