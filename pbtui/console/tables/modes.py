"""The modes matrix: configured and effective mode, who set it and when, and what it stops."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.console.numbers import mode_ink, mode_word, side_letter, utc
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.snapshot import ModeRow

COLUMNS: tuple[Column, ...] = (
    Column("coin", "coin"),
    Column("side", "s"),
    Column("configured", "config", rank=2),
    Column("effective", "now"),
    Column("stops", "stops", rank=1, least=13),
    Column("by", "by", rank=3, least=6),
    Column("when", "when", ">", rank=4),
)
SORTABLE: list[str] = ["coin", "side", "configured", "effective", "by", "when"]
_VALUES: dict[str, Callable[[ModeRow], Value]] = {
    "coin": lambda row: row.coin,
    "side": lambda row: row.pside,
    "configured": lambda row: row.configured,
    "effective": lambda row: row.effective,
    "stops": lambda row: row.stops,
    "by": lambda row: row.set_by,
    "when": lambda row: row.set_ms,
}


def mode_words(row: ModeRow) -> dict[str, str]:
    """Return what a filter can look for in a mode."""
    return {
        "coin": row.coin, "symbol": row.symbol, "side": row.pside, "configured": row.configured,
        "mode": row.effective, "by": row.set_by, "stops": row.stops,
    }  # fmt: skip


def make_row(row: ModeRow) -> Row:
    """Return a mode as cells."""
    by_hand = bool(row.hand)
    return Row(
        (row.symbol, row.pside),
        (
            cell(safe(row.coin, 20), "strong" if by_hand else "text"),
            cell(side_letter(row.pside)),
            cell(safe(mode_word(row.configured), 16), "dim"),
            cell(safe(mode_word(row.effective, by_hand=by_hand), 16), mode_ink(row.effective)),
            cell(safe(row.stops, 40) or "nothing", "warn" if row.stops else "dim"),
            cell(safe(row.set_by, 40), "text" if by_hand else "dim"),
            cell(utc(row.set_ms, "%d %b %H:%MZ") if row.set_ms else "", "dim"),
        ),
    )


def rows(found: tuple[ModeRow, ...], wanted: str, sort: Sort) -> Rows:
    """Return the rows of the modes panel: modes set by hand first."""
    picked = filtered(found, wanted, mode_words)
    if not sort.column:
        picked.sort(key=lambda row: not row.hand)
    picked = ordered(picked, sort, _VALUES)
    return Rows([(row.symbol, row.pside) for row in picked], lambda index: make_row(picked[index]))
