"""`pbtui candles import` and `export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from pbtui.cli.candles_cmd import show, show_json, span_of
from pbtui.cli.narrate import say
from pbtui.cli.troubles import held_pairs, open_library
from pbtui.config.coin_names import VENUES, coin_of, short_name
from pbtui.core.clock import MINUTE_MS, RealClock
from pbtui.core.errors import ConfigError, ExitCode
from pbtui.core.sanitize import sanitize_line
from pbtui.market.audit.finding import stamp
from pbtui.market.holdings import matching


def take_in(options: argparse.Namespace) -> int:
    """Take the candles of files into the store of one exchange; a file that is broken does not stop the others."""
    from pbtui.market.transfer.take import find_files, take

    exchange = short_name(str(options.exchange).strip().lower())
    if not exchange.replace("_", "").isalnum() or len(exchange) > 40:
        raise ConfigError(
            f"{sanitize_line(exchange, limit=40)!r} is no exchange name", hint=f"as in {', '.join(VENUES)}"
        )
    place: Path = options.place
    found, strange = find_files(place, exchange)
    wanted = {each.symbol for each in found}
    if options.coins:
        wanted = {symbol for coin in options.coins for symbol in _named(coin, wanted)}
    if strange:
        say(
            f"left alone, not 1m candles of a coin by their names: {', '.join(strange[:6])}"
            + (f" and {len(strange) - 6} more" if len(strange) > 6 else "")
        )
    store = open_library(options).store(exchange)
    failed = 0
    finished = RealClock().now_ms() // MINUTE_MS * MINUTE_MS  # the minute that still runs is never stored
    for each in found:
        if each.symbol not in wanted:
            continue
        taken = take(each, end_ms=finished)
        failed += len(taken.broken)
        for line in taken.broken:
            say(f"pbtui: {line}")
        if not len(taken.rows):
            continue
        store.write(each.symbol, taken.rows)
        first, last = int(taken.rows["ts"][0]), int(taken.rows["ts"][-1])
        record = {
            "exchange": exchange,
            "symbol": each.symbol,
            "coin": coin_of(each.symbol),
            "candles": len(taken.rows),
            "from": stamp(first),
            "to": stamp(last),
            "left_out": taken.left_out,
        }
        less = f", {taken.left_out:,} rows left out (unsound or double)" if taken.left_out else ""
        if options.json:
            show_json(record)
        else:
            show(f"{exchange} {each.symbol}: {len(taken.rows):,} candles, {stamp(first)} to {stamp(last)}{less}")
    return ExitCode.FAILED if failed else ExitCode.OK


def give_out(options: argparse.Namespace) -> int:
    """Write the candles of each symbol to `COIN.FORMAT`, in a folder an exchange where there are several."""
    from pbtui.market.transfer.give import give

    library = open_library(options)
    pairs = held_pairs(library, options)
    start, end = span_of(options)
    several = len({exchange for exchange, _ in pairs}) > 1
    written, without = 0, list[str]()
    for exchange, symbol in pairs:
        rows = library.store(exchange).read(symbol, start, end)
        if not len(rows):
            without.append(f"{exchange} {symbol}")
            continue
        folder: Path = options.place / exchange if several else options.place
        path = folder / f"{symbol.split('/', 1)[0]}.{options.format}"
        give(rows, path, options.format)
        written += 1
        if options.json:
            show_json({"exchange": exchange, "symbol": symbol, "candles": len(rows), "file": sanitize_line(path)})
        else:
            show(f"{path}: {len(rows):,} candles")
    if not written:
        raise ConfigError("no candles in that range", hint="pbtui candles coverage shows what is held")
    for name in without:
        say(f"{name}: no candles in that range")
    return ExitCode.OK


def _named(coin: str, symbols: set[str]) -> set[str]:
    match = matching(coin, symbols)
    if not match:
        known = ", ".join(sorted(coin_of(symbol) for symbol in symbols)[:12])
        raise ConfigError(
            f"no file of coin {sanitize_line(coin, limit=40)!r}", hint=f"there are {sanitize_line(known)}"
        )
    return match
