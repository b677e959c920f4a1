"""The positions table: one row per coin and side with a position, an order or a slot."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from pbtui.console.actions import BY_ID, key_label
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
    size,
)
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import Span, safe, width
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


CARD_COLUMNS: tuple[Column, ...] = (Column("words", "", least=10, fill=True), Column("figure", "", ">"))
CARD_ACTIONS = ("mode.graceful", "mode.panic", "coin.open")
_BUTTON_INKS = ("badge_calm", "badge_live", "badge_note")
_ACTIONS_LINE = 3


def card(row: PositionRow, current: object) -> list[Row]:
    """Return a position as a card of three lines, for phones; the current one shows its actions too."""
    key = (row.symbol, row.pside)
    held = row.size != 0
    head: Cell = (
        (f"{safe(row.coin, 20)} {row.pside} ", "bad" if row.danger else "strong"),
        (safe(mode_word(row.mode, by_hand=row.hand_mode), 16), mode_ink(row.mode)),
    )
    profit = cell(gain(row.upnl), gain_ink(row.upnl)) if held else cell("no position", "dim")
    middle: Cell = (("mark ", "dim"), (price(row.mark, row.price_decimals), "text"))
    if held:
        middle = cell(f"{size(row.size, row.qty_decimals)} @ {price(row.entry, row.price_decimals)}")
    last: Cell = (("WE ", "dim"), *exposure_cell(row), (" ", "text"), *flags_cell(row))
    away: Cell = (("next ", "dim"), (pct(row.next_dist), "text")) if row.next_kind else cell("")
    lines = [(head, profit), (middle, cell(pct(row.dist) if held else "", gain_ink(row.dist, 4))), (last, away)]
    rows = [Row(key if number == 0 else (*key, number), line) for number, line in enumerate(lines)]
    if key == current:
        rows.append(Row((*key, _ACTIONS_LINE), (buttons(),)))
    return rows


def buttons() -> Cell:
    """Return the actions of a card: three words to press."""
    spans: list[Span] = []
    for name, ink in zip(CARD_ACTIONS, _BUTTON_INKS, strict=True):
        action = BY_ID[name]
        spans += [(f" {key_label(action.keys[0])} {action.verb} ", ink), (" ", "text")]
    return tuple(spans[:-1])


def pressed(key: Hashable, x: int) -> str:
    """Return the action whose button is at column `x` of a card's row, empty where there is none."""
    if not isinstance(key, tuple) or len(key) <= _ACTIONS_LINE - 1 or key[2] != _ACTIONS_LINE:
        return ""
    left = 0
    for number, (text, _) in enumerate(buttons()):
        if left <= x < left + width(text):
            return CARD_ACTIONS[number // 2] if number % 2 == 0 else ""
        left += width(text)
    return ""
