"""The orders table: what rests on the venue, beside what the engine wants to change."""

from __future__ import annotations

from collections.abc import Callable

from pbtui.console.levels import short_kind
from pbtui.console.numbers import age, pct, price, side_letter, size
from pbtui.console.state import Sort
from pbtui.console.tables.select import Value, filtered, ordered
from pbtui.console.text import safe
from pbtui.console.widgets.columns import Column, Row, Rows, cell
from pbtui.core.snapshot import OrderRow

_ID_TAIL = 4
_STATES = {"open": (" ", "text"), "create": ("+", "up"), "cancel": ("-", "down"), "foreign": ("f", "dim")}

COLUMNS: tuple[Column, ...] = (
    Column("state", ""),
    Column("coin", "coin", rank=1),
    Column("pside", "s", rank=1),
    Column("side", "side"),
    Column("kind", "kind", rank=3, least=10),
    Column("price", "price", ">"),
    Column("qty", "qty", ">", rank=1),
    Column("dist", "dist", ">", rank=2),
    Column("age", "age", ">", rank=4),
    Column("id", "id", ">", rank=7),
)
# On a phone the short word of a kind stays: closes and entries are told apart before anything else.
PHONE_COLUMNS: tuple[Column, ...] = (
    COLUMNS[0], Column("coin", "coin"), Column("pside", "s", rank=2), COLUMNS[3], Column("kind", "kind"), COLUMNS[5],
    Column("qty", "qty", ">", rank=3), Column("dist", "dist", ">", rank=1), *COLUMNS[8:],
)  # fmt: skip
SORTABLE: list[str] = ["coin", "side", "kind", "price", "qty", "dist", "age"]
_VALUES: dict[str, Callable[[OrderRow], Value]] = {
    "state": lambda row: row.state,
    "coin": lambda row: row.coin,
    "pside": lambda row: row.pside,
    "side": lambda row: row.side,
    "kind": lambda row: row.kind,
    "price": lambda row: row.price,
    "qty": lambda row: abs(row.qty),
    "dist": lambda row: row.dist,
    "age": lambda row: -row.created_ms,
    "id": lambda row: row.id,
}


def columns_for(*, one_coin: bool, short: bool) -> tuple[Column, ...]:
    """Return the columns of orders of one coin or all; `short` ones suit a phone."""
    columns = PHONE_COLUMNS if short else COLUMNS
    return (columns[0], *columns[2:]) if one_coin else columns


def order_words(row: OrderRow) -> dict[str, str]:
    """Return what a filter can look for in an order."""
    return {
        "coin": row.coin, "symbol": row.symbol, "side": row.side, "pside": row.pside, "kind": row.kind,
        "state": row.state, "id": row.id,
    }  # fmt: skip


def difference(rows: tuple[OrderRow, ...]) -> str:
    """Return the difference between wanted and resting orders in a few signs, empty when there is none."""
    counts = {state: sum(row.state == state for row in rows) for state in ("create", "cancel", "foreign")}
    parts = [f"+{counts['create']}" * bool(counts["create"]), f"-{counts['cancel']}" * bool(counts["cancel"])]
    parts.append(f"{counts['foreign']} foreign" * bool(counts["foreign"]))
    return " ".join(filter(None, parts))


def kind_word(row: OrderRow, *, short: bool = False) -> str:
    """Return the order's type, or one word for it; the side of its position stands in a column of its own."""
    return short_kind(row.kind) if short else safe(row.kind.removesuffix(f"_{row.pside}"), 40)


def order_key(row: OrderRow, number: int) -> tuple[str, str, str | int]:
    """Return what tells an order apart; wanted ones have no id yet, so their place does."""
    return row.symbol, row.pside, row.id or number


def make_row(row: OrderRow, number: int, now_ms: int, *, short: bool = False) -> Row:
    """Return an order as cells; `short`: with one word for its type."""
    sign, ink = _STATES[row.state]
    quiet = "dim" if row.state == "foreign" else "text"
    side_ink = "dim" if row.state == "foreign" else "up" if row.side == "buy" else "down"
    held = age((now_ms - row.created_ms) / 1000) if row.created_ms > 0 else "new"
    tail = safe(row.id, 80)[-_ID_TAIL:]
    return Row(
        order_key(row, number),
        (
            cell(sign, ink),
            cell(safe(row.coin, 20), quiet),
            cell(side_letter(row.pside), quiet),
            cell(row.side, side_ink),
            cell(kind_word(row, short=short), quiet if row.state != "create" else "up"),
            cell(price(row.price, row.price_decimals), quiet),
            cell(size(abs(row.qty), row.qty_decimals), quiet),
            cell(pct(row.dist if row.side == "sell" else -row.dist), quiet),
            cell(held, "dim"),
            cell(f"…{tail}" if tail else "", "dim"),
        ),
    )


def rows(
    found: tuple[OrderRow, ...], wanted: str, sort: Sort, now_ms: int, *, one_coin: bool = False, short: bool = False
) -> Rows:
    """Return the rows of the orders table; those of `one_coin` need no coin column, `short` ones suit a phone."""
    picked = ordered(filtered(found, wanted, order_words), sort, _VALUES)

    def make(index: int) -> Row:
        row = make_row(picked[index], index, now_ms, short=short)
        return Row(row.key, (row.cells[0], *row.cells[2:])) if one_coin else row

    return Rows([order_key(row, number) for number, row in enumerate(picked)], make)
