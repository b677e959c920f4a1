"""The tables of the fills screen: filled orders, newest first, and sums by day, coin or type."""

from __future__ import annotations

from pbtui.console.fills.view import By, FillsView, asked_for
from pbtui.console.numbers import gain, gain_ink, side_letter, signed, utc
from pbtui.console.tables.select import filtered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.amounts import plain
from pbtui.core.fill_pages import FillRow, FillSum

COLUMNS: tuple[Column, ...] = (
    Column("time", "time"),
    Column("coin", "coin", least=6),
    Column("side", "side", rank=4),
    Column("order", "order", rank=5),
    Column("kind", "kind", rank=2, least=10),
    Column("qty", "quantity", ">", rank=3),
    Column("price", "price", ">", rank=1),
    Column("pnl", "profit", ">"),
    Column("fee", "fee", ">", rank=6),
    Column("parts", "parts", ">", rank=7),
)
SUM_COLUMNS: tuple[Column, ...] = (
    Column("name", "day", least=8),
    Column("orders", "orders", ">", rank=2),
    Column("pnl", "profit", ">", rank=1),
    Column("fees", "fees", ">", rank=3),
    Column("net", "net", ">"),
)
_FEE_DECIMALS = 4


def words(row: FillRow) -> dict[str, str]:
    """Return what the other words of a filter can look for."""
    day = utc(row.ts_ms, "%Y-%m-%d")
    return {"coin": row.coin, "type": row.order_type, "side": row.pside, "order": row.side, "day": day}


def shown(view: FillsView, wanted: str) -> list[FillRow]:
    """Return the rows in view, newest first."""
    if view.page is None:
        return []
    return filtered(view.page.rows, asked_for(wanted)[1], words)


def rows(view: FillsView, wanted: str) -> Rows:
    """Return filled orders as rows."""
    found = shown(view, wanted)
    return Rows([(row.symbol, row.order_id or row.id, row.pside, row.side) for row in found], lambda i: _row(found[i]))


def _row(row: FillRow) -> Row:
    profit = cell(gain(row.pnl), gain_ink(row.pnl)) if row.pnl else cell("" if row.known else "not told", "warn")
    return Row(
        (row.symbol, row.order_id or row.id, row.pside, row.side),
        (
            cell(utc(row.ts_ms, "%d %b %H:%M:%SZ"), "dim"),
            cell(safe(row.coin, 20), "strong"),
            cell(side_letter(row.pside), "up" if row.pside == "long" else "down"),
            cell(row.side, "up" if row.side == "buy" else "down"),
            cell(safe(row.order_type.removesuffix(f"_{row.pside}"), 40)),
            cell(plain(abs(row.qty))),
            cell(_price(row)),
            profit,
            cell(signed(row.fee, _FEE_DECIMALS), "dim"),
            cell(str(row.parts) if row.parts > 1 else "", "dim"),
        ),
    )


def _price(row: FillRow) -> str:
    """Return a price in full, a mean of several to eight digits."""
    return plain(row.price if row.parts == 1 else float(f"{row.price:.8g}"))


def sums_of(view: FillsView) -> tuple[FillSum, ...]:
    """Return the sums in view, the total first."""
    page = view.page
    if page is None or not page.total.fills:
        return ()
    return (page.total, *{"day": page.days, "coin": page.coins, "type": page.types}[view.by])


def sum_columns(by: By) -> tuple[Column, ...]:
    """Return the columns of the sums."""
    return (Column("name", by, least=8), *SUM_COLUMNS[1:])


def sum_rows(view: FillsView) -> Rows:
    """Return the sums as rows."""
    return Rows.of([_sum(each, total=at == 0) for at, each in enumerate(sums_of(view))])


def _sum(found: FillSum, *, total: bool) -> Row:
    profit = gain(found.pnl) + ("?" if found.unknown else "")
    return Row(
        f"total {found.name}" if total else found.name,
        (
            cell(safe(found.name, 40), "strong" if total else "text"),
            cell(f"{found.orders:,}", "dim"),
            cell(profit, gain_ink(found.pnl)),
            cell(signed(found.fee), "dim"),
            cell(gain(found.net), gain_ink(found.net)),
        ),
    )


def title(view: FillsView, wanted: str) -> str:
    """Return the title of the list."""
    found, more = len(shown(view, wanted)), view.page is not None and view.page.more
    chosen = f" · /{safe(wanted, 60)}" if wanted else ""
    return f"Fills ({'newest ' if more else ''}{found:,}){chosen}"


def empty_words(view: FillsView, wanted: str) -> tuple[str, ...]:
    """Return what is said where there are no rows."""
    if view.problem:
        return (view.problem,)
    if view.page is None:
        return ("asking the bot …",)
    if wanted:
        return ("no fill passes the filter", "esc drops it")
    return ("nothing was filled yet", "orders that fill are listed here, with what they earned")
