"""`pbtui candles coverage` and `verify`."""

from __future__ import annotations

import argparse

from pbtui.cli.candles_cmd import show, show_json, span_of
from pbtui.cli.narrate import say
from pbtui.cli.troubles import held_pairs, open_library
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.finding import stamp
from pbtui.market.checking import findings
from pbtui.market.holdings import WEEK_MS, Holding, weeks

_SHADES = " ░▒▓█"
_WIDTH = 104  # weeks


def coverage(options: argparse.Namespace) -> int:
    """Show first and last candle, count, completeness and a map of weeks of each symbol held."""
    library = open_library(options)
    pairs = library.choose(options.exchange, options.coins)
    if not pairs and not options.json:
        say(f"no candles in {sanitize_line(library.root, limit=200)}: pbtui candles download, or import")
    holdings = [library.holding(exchange, symbol) for exchange, symbol in pairs]
    maps = [weeks(holding) for holding in holdings]
    first: dict[str, int] = {}  # week that the maps of an exchange begin with
    for holding, cells in zip(holdings, maps, strict=True):
        if cells:
            first[holding.exchange] = min(cells[0][0], first.get(holding.exchange, cells[0][0]))
    for holding, cells in zip(holdings, maps, strict=True):
        if options.json:
            show_json(_record(holding))
        else:
            show(_line(holding, cells, first.get(holding.exchange, 0)))
    return ExitCode.OK


def verify(options: argparse.Namespace) -> int:
    """Show everything that is wrong with the candles asked for; exit code 1 when something is."""
    library = open_library(options)
    pairs = held_pairs(library, options)
    start, end = span_of(options)
    count = 0
    for finding in findings(library, pairs, start, end):
        count += 1
        if options.json:
            show_json(finding.record())
        else:
            show(finding.line())
    if not count and not any(library.reaches(*pair, start, end) for pair in pairs):
        raise ConfigError("no candles in that range", hint="pbtui candles coverage shows what is held")
    say(f"{len(pairs)} symbols checked, {count} findings")
    return ExitCode.FAILED if count else ExitCode.OK


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


def _line(holding: Holding, cells: list[tuple[int, float]], first_week_ms: int) -> str:
    held = holding.coverage
    if held.first_ms is None or held.last_ms is None:
        return f"{holding.exchange:<12} {holding.symbol:<20} none"
    before = " " * ((cells[0][0] - first_week_ms) // WEEK_MS)
    shades = (_SHADES[max(1, round(share * (len(_SHADES) - 1)))] if share else " " for _, share in cells)
    drawn = before + "".join(shades)
    many = "s" if len(held.holes) > 1 else ""
    gaps = f"{holding.missing:,} missing in {len(held.holes)} gap{many}" if held.holes else "no gap"
    return (
        f"{holding.exchange:<12} {holding.symbol:<20} {stamp(held.first_ms)} to {stamp(held.last_ms)} "
        f"{held.count:>10,} candles {holding.share:>8.2%}  {gaps:<26} |{drawn[-_WIDTH:]}|"
    )
