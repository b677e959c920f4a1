"""The positions table: one row per coin and side with a position, an order or a slot."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from pbtui.console.levels import short_kind
from pbtui.console.numbers import (
    bar,
    gain,
    gain_ink,
    mode_ink,
    mode_word,
    pct,
    price,
    ratio,
    side_letter,
    signed,
    size,
)
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Cell, Column, Row, Rows, cell
from pbtui.core.snapshot import PositionRow

_BAR = 8
_FULL, _NEAR_FULL = 1.0, 0.9

# Ranks decide what goes first when room is short: the bar, the entry price, the next price, …
COLUMNS: tuple[Column, ...] = (
    Column("coin", "coin"),
    Column("side", "s"),
    Column("mode", "mode", rank=3),
    Column("size", "size", ">", rank=1),
    Column("entry", "entry", ">", rank=8),
    Column("mark", "mark", ">", rank=6),
    Column("dist", "dist", ">", rank=2),
    Column("upnl", "uPnL", ">"),
    Column("we", "WE/limit", ">", rank=2),
    Column("bar", "", rank=11),
    Column("kind", "", rank=10),
    Column("next", "next at", ">", rank=7),
    Column("next_dist", "away", ">", rank=5),
    Column("flags", "flags", rank=4, least=5),
)
SORTABLE: list[str] = ["coin", "side", "mode", "size", "dist", "upnl", "we", "next_dist"]
_VALUES: dict[str, Callable[[PositionRow], Value]] = {
    "coin": lambda row: row.coin,
    "side": lambda row: row.pside,
    "mode": lambda row: row.mode,
    "size": lambda row: abs(row.size),
    "entry": lambda row: row.entry,
    "mark": lambda row: row.mark,
    "dist": lambda row: row.dist,
    "upnl": lambda row: row.upnl,
    "we": lambda row: row.we,
    "next": lambda row: row.next_price,
    "next_dist": lambda row: abs(row.next_dist),
    "flags": lambda row: ",".join(row.flags),
}


def position_words(row: PositionRow) -> dict[str, str]:
    """Return what a filter can look for in a position."""
    return {
        "coin": row.coin,
        "symbol": row.symbol,
        "side": row.pside,
        "mode": row.mode,
        "flags": " ".join(row.flags),
        "next": row.next_kind,
    }


def chosen(rows: tuple[PositionRow, ...], wanted: str, sort: Sort) -> list[PositionRow]:
    """Return the positions to show: held ones first, unless sorted otherwise."""
    found = filtered(rows, wanted, position_words)
    if not sort.column:
        found.sort(key=lambda row: (row.size == 0, row.n_orders == 0))
    return ordered(found, sort, _VALUES)


def flags_cell(row: PositionRow) -> Cell:
    """Return the flags: words for what is special here."""
    if row.danger:
        return cell(safe(" ".join(flag.upper() if flag == "off" else flag for flag in row.flags)) or "OFF", "bad")
    return cell(safe(" ".join(row.flags)).replace("trailing ", "trail "), "warn")


def exposure_cell(row: PositionRow) -> Cell:
    """Return wallet exposure against its limit."""
    share = row.we / row.we_limit if row.we_limit > 0 else 0.0
    ink = "bad" if share > _FULL else "warn" if share >= _NEAR_FULL else "text"
    return cell(ratio(row.we, row.we_limit), ink if row.size else "dim")


def bar_cell(share: float, cells: int = _BAR) -> Cell:
    """Return a bar; over its limit it is full and red."""
    filled, empty = bar(share, cells)
    return ((filled, "bad" if share > _FULL else "accent"), (empty, "border"))


def next_cells(row: PositionRow) -> tuple[Cell, Cell, Cell]:
    """Return what the engine waits for: a word, its price, its distance."""
    if not row.next_kind:
        return cell("", "dim"), cell("", "dim"), cell("", "dim")
    ink = "warn" if "unstuck" in row.next_kind or "auto_reduce" in row.next_kind else "text"
    word = cell(short_kind(row.next_kind), ink if ink == "warn" else "dim")
    return word, cell(price(row.next_price, row.price_decimals), ink), cell(pct(row.next_dist), ink)


def make_row(row: PositionRow) -> Row:
    """Return a position as cells."""
    held = row.size != 0
    share = row.we / row.we_limit if row.we_limit > 0 else 0.0
    waits, where, away = next_cells(row)
    return Row(
        (row.symbol, row.pside),
        (
            cell(safe(row.coin, 20), "bad" if row.danger else "strong" if held else "dim"),
            cell(side_letter(row.pside), "text" if held else "dim"),
            cell(safe(mode_word(row.mode, by_hand=row.hand_mode), 16), mode_ink(row.mode)),
            cell(size(row.size, row.qty_decimals)),
            cell(price(row.entry, row.price_decimals), "text" if held else "dim"),
            cell(price(row.mark, row.price_decimals)),
            cell(pct(row.dist) if held else "", gain_ink(row.dist, 4)),
            cell(gain(row.upnl) if held else "", gain_ink(row.upnl)),
            exposure_cell(row),
            bar_cell(share),
            waits,
            where,
            away,
            flags_cell(row),
        ),
    )


def rows(found: tuple[PositionRow, ...], wanted: str, sort: Sort) -> Rows:
    """Return the rows of the positions table."""
    picked = chosen(found, wanted, sort)
    return Rows([(row.symbol, row.pside) for row in picked], lambda index: make_row(picked[index]))


def is_head(key: Hashable) -> bool:
    """Tell whether a row is a table row or the first line of a card, where the cursor may stand."""
    return isinstance(key, tuple) and len(key) == 2


CARD_COLUMNS: tuple[Column, ...] = (Column("card", "positions", least=10),)


def card(row: PositionRow, current: object) -> list[Row]:
    """Return a position as a card of three lines, for phones; the current one shows its actions too."""
    key = (row.symbol, row.pside)
    name = safe(row.coin, 20)
    head: Cell = (
        (f"{name} {row.pside} ", "strong"),
        (f"{safe(mode_word(row.mode, by_hand=row.hand_mode), 16)} ", mode_ink(row.mode)),
        (gain(row.upnl) if row.size else "no position", gain_ink(row.upnl) if row.size else "dim"),
    )
    middle: Cell = (
        (f"{size(row.size, row.qty_decimals)} @ {price(row.entry, row.price_decimals)} ", "text"),
        (pct(row.dist) if row.size else "", gain_ink(row.dist, 4)),
    )
    last: Cell = (
        ("WE ", "dim"),
        *exposure_cell(row),
        (f" {signed(row.next_dist * 100)}% away " if row.next_kind else " ", "dim"),
        *flags_cell(row),
    )
    if not row.size:
        middle = (("mark ", "dim"), (price(row.mark, row.price_decimals), "text"))
    lines = [head, middle, last]
    if key == current:
        lines.append((("g graceful  p PANIC  enter coin", "key"),))
    return [Row(key if number == 0 else (*key, number), (line,)) for number, line in enumerate(lines)]
