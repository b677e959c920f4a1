"""The effective parameters of one coin and side, and where each value comes from."""

from __future__ import annotations

from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.snapshot import CoinFacts, ParamRow

COLUMNS: tuple[Column, ...] = (
    Column("name", "parameter"),
    Column("value", "value", ">"),
    Column("origin", "from", rank=1, least=8),
)


def make_row(row: ParamRow, side: str) -> Row:
    """Return a parameter as cells; those of this coin only stand out."""
    name = safe(row.name, 80).removeprefix(f"bot.{side}.")
    ink = "accent" if row.own else "text"
    return Row(row.name, (cell(name, ink), cell(safe(row.value, 40), ink), cell(safe(row.origin, 80), "dim")))


def rows(facts: CoinFacts | None) -> Rows:
    """Return the rows of the parameters panel: those of this coin only first."""
    if facts is None:
        return Rows.of(())
    found = sorted(facts.params, key=lambda row: not row.own)
    return Rows([row.name for row in found], lambda index: make_row(found[index], facts.pside))
