"""The table beside the coverage map: one row for each symbol held, and the words of the cell under the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pbtui.console.actions import label_of
from pbtui.console.candles.view import CandlesView, Pair
from pbtui.console.candles.words import share_word, size_word
from pbtui.console.numbers import utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, matches, ordered
from pbtui.console.text import Line, safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell

if TYPE_CHECKING:
    from pbtui.market.survey import Survey

COLUMNS: tuple[Column, ...] = (
    Column("coin", "coin"),
    Column("exchange", "exchange", rank=1),
    Column("share", "share", ">", rank=2),
    Column("missing", "missing", ">", rank=3),
    Column("size", "size", ">", rank=4),
    Column("candles", "candles", ">", rank=6),
    Column("from", "from", rank=5),
    Column("to", "to", rank=7),
)
SORTABLE: list[str] = ["coin", "exchange", "share", "missing", "size", "candles", "from", "to"]
_DAY = "%Y-%m-%d"
_MINUTE = "%m-%d %H:%MZ"
_WEEK_MS = 604_800_000
_MOST_NAMED = 3
_COIN_WIDTH = 12
SOURCES = {"ours": "parquet", "shards": "day files of Passivbot", "both": "parquet over day files of Passivbot"}


def coin_word(pair: Pair) -> str:
    """Return the coin of a symbol as it is traded."""
    return safe(pair[1].partition("/")[0], _COIN_WIDTH)


def pair_words(pair: Pair) -> dict[str, str]:
    """Return what a filter can look for in a symbol."""
    return {"coin": pair[1].partition("/")[0], "exchange": pair[0], "symbol": pair[1]}


def chosen(view: CandlesView, wanted: str, sort: Sort) -> list[Pair]:
    """Return the symbols that pass the filter, in order."""
    kept = [pair for pair in view.pairs if matches(pair_words(pair), wanted)] if wanted.strip() else list(view.pairs)
    return ordered(kept, sort, _values(view))


def _values(view: CandlesView) -> dict[str, Callable[[Pair], Value]]:
    def of(value: Callable[[Survey], float]) -> Callable[[Pair], Value]:
        def get(pair: Pair) -> float:
            found = view.survey_of(pair)
            return -1.0 if found is None else value(found)

        return get

    return {
        "coin": lambda pair: pair[1],
        "exchange": lambda pair: pair[0],
        "share": of(lambda found: found.share),
        "missing": of(lambda found: found.missing),
        "size": of(lambda found: found.our_bytes + found.shard_bytes),
        "candles": of(lambda found: found.holding.coverage.count),
        "from": of(lambda found: found.holding.coverage.first_ms or 0),
        "to": of(lambda found: found.holding.coverage.last_ms or 0),
    }


def rows(view: CandlesView, wanted: str, sort: Sort) -> Rows:
    """Return the rows of the map."""
    found = chosen(view, wanted, sort)
    return Rows(found, lambda index: make_row(view, found[index]))


def make_row(view: CandlesView, pair: Pair) -> Row:
    """Return a symbol as cells."""
    known = view.surveys.get(pair)
    name = (cell(coin_word(pair), "strong"), cell(safe(pair[0], 12)))
    if known is None or isinstance(known, str):
        state = cell("…", "dim") if known is None else cell("unreadable", "bad")
        return Row(pair, (*name, state, *(cell("") for _ in COLUMNS[3:])))
    held, missing = known.holding.coverage, known.missing
    return Row(
        pair,
        (
            *name,
            cell(share_word(known.share), "text" if not missing else "warn"),
            cell(f"{missing:,}" if missing else "", "warn"),
            cell(size_word(known.our_bytes + known.shard_bytes), "dim"),
            cell(f"{held.count:,}"),
            cell(utc(held.first_ms or 0, _DAY), "dim"),
            cell(utc(held.last_ms or 0, _DAY), "dim"),
        ),
    )


def title(view: CandlesView, wanted: str) -> str:
    """Return the totals: coins, exchanges, candles, bytes."""
    known = [found for found in view.surveys.values() if not isinstance(found, str)]
    if not view.pairs:
        return "Candles"
    coins = len({found.holding.coin for found in known})
    venues = len({exchange for exchange, _ in view.pairs})
    candles = sum(found.holding.coverage.count for found in known)
    size = size_word(sum(found.our_bytes + found.shard_bytes for found in known))
    text = f"Candles: {coins} coin{'s' * (coins != 1)} · {venues} exchange{'s' * (venues != 1)}"
    text += f" · {candles:,} candles · {size}"
    unread = len(view.pairs) - len(view.surveys)
    text += f" · reading {unread} more" if unread else ""
    return text + (f" /{safe(wanted, 30)}" if wanted.strip() else "")


def empty_words(view: CandlesView, wanted: str) -> tuple[str, ...]:
    """Return what to say where there is no row."""
    if wanted and view.pairs:
        return ("no coin matches the filter",)
    if view.problem:
        return (safe(view.problem),)
    if not view.asked:
        return ("looking for candles…",)
    return (
        f"no candles in {view.root}",
        "",
        f"{label_of('candles.download'):<4}download what the backtest of a config needs",
        "or  pbtui candles download --exchange binance --coins BTC,ETH --from 2025-01-01",
        "or  pbtui candles import DIR --exchange binance   (parquet, feather, csv, npy …)",
    )


def cell_line(view: CandlesView) -> Line:
    """Return what is known of the week under the cursor: share, source, files."""
    pair = view.current
    if pair is None or view.week is None:
        return ()
    known = view.surveys.get(pair)
    head: Line = ((f"{coin_word(pair)} {safe(pair[0], 20)}", "strong"), (f" · week of {utc(view.week, _DAY)}", "text"))
    if known is None or isinstance(known, str):
        return (*head, (" · reading…" if known is None else f" · {safe(known)}", "dim" if known is None else "bad"))
    held = known.holding.coverage
    week = next((week for week in known.weeks if week.start_ms == view.week), None)
    if week is None or not week.share:
        where = "no candle" if week is not None else f"outside {_held_words(known)}"
        return (*head, (f" · {where}", "bad" if week is not None else "dim"))
    lost = known.missing_in(view.week)
    words: Line = ((f" · {share_word(week.share)}", "warn" if lost else "up"),)
    if lost:
        words = (*words, (f" · {lost:,} min missing", "warn"))
    for moment, verb in ((held.first_ms, "begins"), (held.last_ms, "ends")):
        if moment is not None and view.week <= moment < view.week + _WEEK_MS:
            words = (*words, (f" · {verb} {utc(moment, _MINUTE)}", "text"))
    source = SOURCES.get(week.source, "parquet")
    return (*head, *words, (f" · {source} ", "text"), (_files(known, view.week), "dim"))


def _held_words(known: Survey) -> str:
    held = known.holding.coverage
    return f"{utc(held.first_ms or 0, _DAY)} to {utc(held.last_ms or 0, _DAY)}"


def _files(known: Survey, week_ms: int) -> str:
    pieces = known.pieces_of(week_ms)
    size = size_word(sum(piece.size for piece in pieces))
    if len(pieces) > _MOST_NAMED:
        return f"{len(pieces)} files {size}"
    return f"{', '.join(safe(piece.name.partition('.')[0], 24) for piece in pieces)} {size}"


def week_words(view: CandlesView) -> list[Line]:
    """Return everything known of the row and week under the cursor, for a dialog."""
    known = view.survey_of(view.current)
    lines: list[Line] = [cell_line(view)]
    if known is None or view.week is None or view.current is None:
        return lines
    held = known.holding.coverage
    lines += [
        (),
        ((f"{safe(known.holding.symbol, 40)} on {safe(known.holding.exchange, 20)}", "strong"),),
        ((f"{_held_words(known)}: {held.count:,} candles, {share_word(known.share)}", "text"),),
        ((f"{known.missing:,} min missing in {len(known.gaps)} gaps", "warn" if known.gaps else "text"),),
        ((f"our files {size_word(known.our_bytes)}, Passivbot's {size_word(known.shard_bytes)}", "text"),),
        (),
    ]
    for piece in known.pieces_of(view.week):
        whose = "Passivbot's, read only" if piece.kind == "shard" else f"{piece.kind} segment"
        lines.append(((f"{safe(piece.name, 24)}  ", "text"), (f"{whose}, {size_word(piece.size)}", "dim")))
    return lines
