"""Fills as a table, as JSON lines or as CSV: rows oldest first, or sums by day, coin or type."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

from pbtui.core.amounts import plain
from pbtui.core.fill_pages import FillRow, FillsPage, FillSum

Shape = Literal["table", "json", "csv"]
By = Literal["order", "execution", "day", "coin", "type"]
_HEAD = ("time", "coin", "side", "order", "what", "quantity", "price", "profit", "fee", "parts")
_SUMS = ("name", "fills", "orders", "profit", "fees", "net")
_FIELDS = (
    *("time", "ts_ms", "coin", "symbol", "pside", "side", "order_type", "qty", "price", "pnl", "pnl_known", "fee"),
    *("executions", "client_id", "order_id", "id"),
)
_SUM_FIELDS = ("name", "fills", "orders", "pnl", "fees", "net", "pnl_unknown")


def lines(page: FillsPage, by: By, shape: Shape) -> Iterator[str]:
    """Yield what to write on standard output, line by line."""
    sums = {"day": page.days[::-1], "coin": page.coins, "type": page.types}.get(by)
    rows = page.rows[::-1]
    match shape:
        case "json":
            records = [_record(row) for row in rows] if sums is None else [_sum_record(each) for each in sums]
            kind = "fill" if sums is None else by
            yield from (json.dumps({"kind": kind, **each}) for each in records)
            yield json.dumps({"kind": "total", **_sum_record(page.total)})
        case "csv":
            table = [_record(row) for row in rows] if sums is None else [_sum_record(each) for each in sums]
            yield from _csv(_FIELDS if sums is None else _SUM_FIELDS, table)
        case "table":
            if sums is None:
                yield from _table([_HEAD, *map(_row, rows)], left=5)
                if rows:
                    yield ""
                yield from _table([_SUMS, _sum_row(page.total)], left=1)
            else:
                yield from _table([(by, *_SUMS[1:]), *map(_sum_row, sums), _sum_row(page.total)], left=1)


def stamp(ts_ms: int) -> str:
    """Return a time as 2026-11-21T12:30:05Z."""
    return datetime.fromtimestamp(ts_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(row: FillRow) -> dict[str, Any]:
    return {
        "time": stamp(row.ts_ms),
        "ts_ms": row.ts_ms,
        "coin": row.coin,
        "symbol": row.symbol,
        "pside": row.pside,
        "side": row.side,
        "order_type": row.order_type,
        "qty": row.qty,
        "price": row.price,
        "pnl": row.pnl,
        "pnl_known": row.known,
        "fee": row.fee,
        "executions": row.parts,
        "client_id": row.client_id,
        "order_id": row.order_id,
        "id": row.id,
    }


def _sum_record(found: FillSum) -> dict[str, Any]:
    return {
        "name": found.name,
        "fills": found.fills,
        "orders": found.orders,
        "pnl": found.pnl,
        "fees": found.fee,
        "net": found.net,
        "pnl_unknown": found.unknown,
    }


def _row(row: FillRow) -> tuple[str, ...]:
    profit = _money(row.pnl) if row.known else "not told"
    parts = str(row.parts) if row.parts > 1 else ""
    amounts = (plain(row.qty), plain(round(row.price, 10)), profit, _money(row.fee), parts)
    return (stamp(row.ts_ms), row.coin, row.pside, row.side, row.order_type, *amounts)


def _sum_row(found: FillSum) -> tuple[str, ...]:
    told = f" ({found.unknown} not told)" if found.unknown else ""
    counts = (f"{found.fills:,}", f"{found.orders:,}")
    return (found.name, *counts, f"{found.pnl:+,.2f}{told}", f"{found.fee:+,.2f}", f"{found.net:+,.2f}")


def _money(value: float) -> str:
    return f"{value:+,.4f}" if value else "0"


def _table(rows: list[tuple[str, ...]], *, left: int) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell.ljust(width) if i < left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _csv(fields: tuple[str, ...], records: list[dict[str, Any]]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    yield from text.getvalue().splitlines()
