"""The fills of one coin and side, newest first."""

from __future__ import annotations

from pbtui.console.numbers import gain, gain_ink, price, signed, size, utc
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.snapshot import CoinFacts, FillRow

COLUMNS: tuple[Column, ...] = (
    Column("time", "time"),
    Column("side", "side"),
    Column("kind", "kind", rank=4, least=10),
    Column("qty", "qty", ">"),
    Column("price", "price", ">"),
    Column("pnl", "pnl", ">", rank=1),
    Column("fee", "fee", ">", rank=3),
)
_FEE_DECIMALS = 4


def make_row(row: FillRow, facts: CoinFacts) -> Row:
    """Return a fill as cells; opening fills realise nothing."""
    bought = row.qty > 0
    return Row(
        row.id,
        (
            cell(utc(row.ts_ms, "%d %b %H:%MZ"), "dim"),
            cell("buy" if bought else "sell", "up" if bought else "down"),
            cell(safe(row.kind.removesuffix(f"_{facts.pside}"), 40)),
            cell(size(abs(row.qty), facts.qty_decimals)),
            cell(price(row.price, facts.price_decimals)),
            cell(gain(row.pnl) if row.pnl else "", gain_ink(row.pnl)),
            cell(signed(row.fee, _FEE_DECIMALS), "dim"),
        ),
    )


def rows(facts: CoinFacts | None) -> Rows:
    """Return the rows of the fills panel."""
    if facts is None:
        return Rows.of(())
    return Rows([row.id for row in facts.fills], lambda index: make_row(facts.fills[index], facts))
