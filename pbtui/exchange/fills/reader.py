"""Looking into the fills of an account, real or paper, while its bot writes them: rows and sums, computed by SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pbtui.config.coin_names import coin_of
from pbtui.core.clock import DAY_MS
from pbtui.core.errors import StateError
from pbtui.core.fill_pages import FillFilter, FillRow, FillsPage, FillSum
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Fill
from pbtui.exchange.fills.store import COLUMNS, STORE

_ORDER = "CASE order_id WHEN '' THEN id ELSE order_id END, symbol, pside, side"


class FillReader:
    """Reads a store of fills or a paper ledger and changes nothing. Every method raises StateError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with STORE.faults(path):
            if not path.is_file():
                raise StateError(f"{path}: no fills are kept there yet")
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2.0)
            try:
                columns = {str(row[1]) for row in self._db.execute("PRAGMA table_info(fills)")}
                if not columns:
                    raise StateError(f"{path}: holds no fills")
            except BaseException:
                self._db.close()
                raise
        # A paper ledger knows every profit.
        self._known = "pnl_known" if "pnl_known" in columns else "1"

    def __enter__(self) -> FillReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._db.close()

    def page(self, only: FillFilter, n: int, *, each: bool = False) -> FillsPage:
        """Return the newest `n` filled orders (`each`: executions) and all sums."""
        rows = self.rows(only, n + 1, each=each)
        coins: dict[str, list[FillSum]] = {}
        for found in self._sums(only, "symbol", str):
            coins.setdefault(_coin(found.name), []).append(found)
        days = self._sums(only, f"ts_ms / {DAY_MS}", _day)
        return FillsPage(
            rows=tuple(rows[:n]),
            more=len(rows) > n,
            days=tuple(sorted(days, key=lambda each: each.name, reverse=True)),
            coins=_ranked([_total(coin, sums) for coin, sums in coins.items()]),
            types=_ranked(self._sums(only, "order_type", _word)),
            total=next(iter(self._sums(only, "'total'", str)), FillSum("total")),
        )

    def rows(self, only: FillFilter, n: int, *, each: bool = False) -> list[FillRow]:
        """Return the newest `n` filled orders, or executions, newest first."""
        where, values = self._where(only)
        sql = (
            "SELECT max(ts_ms), min(ts_ms), symbol, pside, side, sum(qty), sum(price * abs(qty)) / sum(abs(qty)), "
            f"total(pnl), total(fee), order_type, count(*), min({self._known}), client_id, order_id, id, max(seq) "
            f"FROM fills {where} GROUP BY {'seq' if each else _ORDER} ORDER BY 1 DESC, 16 DESC LIMIT ?"
        )
        with STORE.faults(self._path):
            found = self._db.execute(sql, (*values, n)).fetchall()
            return [_row(row) for row in found]

    def fills(self, only: FillFilter) -> list[Fill]:
        """Return the executions, oldest first."""
        where, values = self._where(only)
        columns = COLUMNS.replace("pnl_known", self._known)
        with STORE.faults(self._path):
            found = self._db.execute(f"SELECT {columns} FROM fills {where} ORDER BY ts_ms, seq", values).fetchall()
        return [Fill(*row[:-1], pnl_known=bool(row[-1])) for row in found]

    def check(self) -> None:
        """Read the whole file; raises StateError where it is damaged."""
        with STORE.faults(self._path):
            verdict = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise StateError(f"{self._path}: damaged ({sanitize_line(verdict, limit=80)})")

    def spans(self) -> list[tuple[int, int]] | None:
        """Return the stretches known in full, None for a ledger, which is always whole."""
        with STORE.faults(self._path):
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'spans'").fetchone():
                return None
            return [(int(a), int(b)) for a, b in self._db.execute("SELECT * FROM spans ORDER BY start_ms")]

    def _sums(self, only: FillFilter, by: str, name: Callable[[Any], str]) -> list[FillSum]:
        where, values = self._where(only)
        sql = (
            f"SELECT {by}, count(*), count(DISTINCT symbol || '|' || CASE order_id WHEN '' THEN id ELSE order_id END), "
            f"total(pnl), total(fee), sum(1 - {self._known}) FROM fills {where} GROUP BY 1"
        )
        with STORE.faults(self._path):
            found = self._db.execute(sql, values).fetchall()
        return [FillSum(name(key), count, orders, pnl, fee, unknown) for key, count, orders, pnl, fee, unknown in found]

    def _where(self, only: FillFilter) -> tuple[str, list[str | int]]:
        parts: list[str] = []
        values: list[str | int] = []
        if only.coins:
            symbols = self._symbols(only.coins)
            parts.append(f"symbol IN ({','.join('?' * len(symbols))})")
            values += symbols
        if only.pside is not None:
            parts.append("pside = ?")
            values.append(only.pside)
        if only.since_ms is not None:
            parts.append("ts_ms >= ?")
            values.append(only.since_ms)
        if only.until_ms is not None:
            parts.append("ts_ms < ?")
            values.append(only.until_ms)
        if only.types:
            parts.append(f"({' OR '.join(['instr(order_type, ?) > 0'] * len(only.types))})")
            values += only.types
        return (f"WHERE {' AND '.join(parts)}" if parts else ""), values

    def _symbols(self, coins: tuple[str, ...]) -> list[str]:
        wanted = {coin.upper() for coin in coins}
        with STORE.faults(self._path):
            symbols = [str(row[0]) for row in self._db.execute("SELECT DISTINCT symbol FROM fills")]
        return [s for s in symbols if s.upper() in wanted or coin_of(s).upper() in wanted]


def _row(row: tuple[Any, ...]) -> FillRow:
    last, first, symbol, pside, side, qty, price, pnl, fee, kind, parts, known, client_id, order_id, name, _ = row
    if pside not in ("long", "short") or side not in ("buy", "sell"):
        raise ValueError(f"unknown side {pside!r} {side!r}")
    return FillRow(
        ts_ms=last,
        first_ms=first,
        symbol=sanitize_line(symbol, limit=60),
        coin=_coin(symbol),
        pside=pside,
        side=side,
        qty=qty,
        price=price,
        pnl=pnl,
        fee=fee,
        order_type=_word(kind),
        parts=parts,
        known=bool(known),
        client_id=sanitize_line(client_id, limit=80),
        order_id=sanitize_line(order_id, limit=80),
        id=sanitize_line(name, limit=80) if parts == 1 else "",
    )


def _coin(symbol: str) -> str:
    return sanitize_line(coin_of(symbol), limit=40)


def _word(text: object) -> str:
    return sanitize_line(text, limit=60)


def _day(number: Any) -> str:
    return datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")


def _ranked(sums: list[FillSum]) -> tuple[FillSum, ...]:
    return tuple(sorted(sums, key=lambda each: (-each.net, each.name)))


def _total(name: str, sums: list[FillSum]) -> FillSum:
    return FillSum(
        name,
        sum(each.fills for each in sums),
        sum(each.orders for each in sums),
        sum(each.pnl for each in sums),
        sum(each.fee for each in sums),
        sum(each.unknown for each in sums),
    )
