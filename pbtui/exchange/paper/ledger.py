"""The paper account on disk: one SQLite file that a restart continues from exactly where it was committed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Fill, OpenOrder, Position, Pside, Side
from pbtui.exchange.database import Database
from pbtui.exchange.paper.account import Account, PaperOrder

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1), balance REAL NOT NULL, hedge_mode INTEGER NOT NULL,
    next_order INTEGER NOT NULL, next_fill INTEGER NOT NULL, last_ms INTEGER, planned_ms INTEGER);
CREATE TABLE positions (
    symbol TEXT NOT NULL, pside TEXT NOT NULL, size REAL NOT NULL, price REAL NOT NULL,
    PRIMARY KEY (symbol, pside)) WITHOUT ROWID;
CREATE TABLE orders (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, client_id TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
    pside TEXT NOT NULL, qty REAL NOT NULL, price REAL NOT NULL, reduce_only INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, order_type TEXT NOT NULL);
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, ts_ms INTEGER NOT NULL, symbol TEXT NOT NULL, pside TEXT NOT NULL,
    side TEXT NOT NULL, qty REAL NOT NULL, price REAL NOT NULL, pnl REAL NOT NULL, fee REAL NOT NULL,
    order_type TEXT NOT NULL, client_id TEXT NOT NULL, order_id TEXT NOT NULL, psize REAL NOT NULL,
    pprice REAL NOT NULL);
CREATE INDEX fills_by_time ON fills (ts_ms);
"""
_FILL_COLUMNS = "id, ts_ms, symbol, pside, side, qty, price, pnl, fee, order_type, client_id, order_id, psize, pprice"

_LEDGER = Database(
    name="ledger",
    application_id=0x70625450,  # "pbTP"
    version=1,
    schema=_SCHEMA,
    when_foreign="name another file",
    when_outdated="use --fresh to start over",
    when_damaged="use --fresh",
    when_unreadable="move it away or use --fresh to start over",
)


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """What a ledger was created as; never changes afterwards."""

    venue: str
    quote: str
    start_balance: float
    created_ms: int
    market: str = ""  # names the market of a stepped ledger (seed, folder), empty for live data


@dataclass(slots=True)
class Minutes:
    """Market time of a stepped account: the last candle seen, and the last one whose plan was committed."""

    last_ms: int | None = None
    planned_ms: int | None = None


class Ledger:
    """Reads and writes one account; writes are kept back until `commit`. Raises StateError, and stays broken then."""

    def __init__(self, path: Path, connection: sqlite3.Connection, head: LedgerHead) -> None:
        self.path = path
        self.head = head
        self._db = connection
        self._broken = False

    @classmethod
    def open(cls, path: Path, head: LedgerHead, *, durable: bool, hedge_mode: bool = True) -> Ledger:
        """Open a ledger, or create it as `head` says (file 0600, new folders 0700).

        `durable` syncs every commit to the disk. Raises StateError when the file is damaged, of something else or of
        another venue or quote. An existing ledger keeps its own start balance.
        """
        with _LEDGER.faults(path):
            connection = _LEDGER.connect(path)
            try:
                stored = _prepare(connection, path, head, durable=durable, hedge_mode=hedge_mode)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, stored)

    @staticmethod
    def erase(path: Path) -> None:
        """Delete a ledger with its side files, for a fresh start; raises StateError."""
        with _LEDGER.faults(path):
            for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
                path.with_name(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Commit what is pending and close the file."""
        try:
            if not self._broken:
                self.commit()
        finally:
            self._db.close()

    def abandon(self) -> None:
        """Close without committing: what a kill would leave behind."""
        self._broken = True
        self._db.close()

    def load(self) -> tuple[Account, Minutes]:
        """Return the account and its market time as committed."""
        with self._guard():
            row = self._db.execute(
                "SELECT balance, hedge_mode, next_order, next_fill, last_ms, planned_ms FROM state"
            ).fetchone()
            account = Account(
                balance=float(row[0]), hedge_mode=bool(row[1]), next_order=int(row[2]), next_fill=int(row[3])
            )
            for symbol, pside, size, price in self._db.execute("SELECT symbol, pside, size, price FROM positions"):
                account.positions[(str(symbol), _pside(pside))] = Position(float(size), float(price))
            for resting in self._orders():
                account.orders[resting.order.id] = resting
            return account, Minutes(row[4], row[5])

    def _orders(self) -> Iterator[PaperOrder]:
        for row in self._db.execute(
            "SELECT seq, id, client_id, symbol, side, pside, qty, price, reduce_only, created_ms, order_type "
            "FROM orders ORDER BY seq"
        ):
            seq, order_id, client_id, symbol, side, pside, qty, price, reduce_only, created_ms, order_type = row
            order = OpenOrder(
                id=order_id,
                client_id=client_id,
                symbol=symbol,
                side=_side(side),
                pside=_pside(pside),
                qty=float(qty),
                price=float(price),
                reduce_only=bool(reduce_only),
                created_ms=int(created_ms),
            )
            yield PaperOrder(order, order_type, seq)

    def save_order(self, resting: PaperOrder) -> None:
        """Write a new or changed resting order."""
        o = resting.order
        self._write(
            "INSERT OR REPLACE INTO orders VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                resting.seq,
                o.id,
                o.client_id,
                o.symbol,
                o.side,
                o.pside,
                o.qty,
                o.price,
                int(o.reduce_only),
                o.created_ms,
                resting.order_type,
            ),
        )

    def drop_order(self, resting: PaperOrder) -> None:
        """Forget an order that rests no more."""
        self._write("DELETE FROM orders WHERE seq = ?", (resting.seq,))

    def save_fill(self, fill: Fill) -> None:
        """Write an execution and the position it left."""
        f = fill
        self._write(
            f"INSERT INTO fills (seq, {_FILL_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                int(f.id),
                f.id,
                f.ts_ms,
                f.symbol,
                f.pside,
                f.side,
                f.qty,
                f.price,
                f.pnl,
                f.fee,
                f.order_type,
                f.client_id,
                f.order_id,
                f.psize,
                f.pprice,
            ),
        )
        if f.psize == 0.0:
            self._write("DELETE FROM positions WHERE symbol = ? AND pside = ?", (f.symbol, f.pside))
        else:
            self._write("INSERT OR REPLACE INTO positions VALUES (?,?,?,?)", (f.symbol, f.pside, f.psize, f.pprice))

    def save_state(self, account: Account, minutes: Minutes) -> None:
        """Write balance, mode, counters and market time."""
        self._write(
            "UPDATE state SET balance=?, hedge_mode=?, next_order=?, next_fill=?, last_ms=?, planned_ms=?",
            (
                account.balance,
                int(account.hedge_mode),
                account.next_order,
                account.next_fill,
                minutes.last_ms,
                minutes.planned_ms,
            ),
        )

    def commit(self) -> None:
        """Make everything since the last commit lasting, as one."""
        with self._guard():
            if self._db.in_transaction:
                self._db.execute("COMMIT")

    def fills(self, since_ms: int = 0) -> list[Fill]:
        """Return fills at or after `since_ms`, oldest first, uncommitted ones included."""
        with self._guard():
            rows = self._db.execute(
                f"SELECT {_FILL_COLUMNS} FROM fills WHERE ts_ms >= ? ORDER BY seq", (since_ms,)
            ).fetchall()
        return [Fill(*row) for row in rows]

    def totals(self) -> tuple[int, float, float]:
        """Return number of fills, sum of profits (gross) and sum of fees (≤ 0 when paid)."""
        with self._guard():
            count, profit, fee = self._db.execute("SELECT count(*), total(pnl), total(fee) FROM fills").fetchone()
        return int(count), float(profit), float(fee)

    def _write(self, sql: str, values: Sequence[object]) -> None:
        with self._guard():
            if not self._db.in_transaction:
                self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(sql, tuple(cast("Sequence[str | float | None]", values)))

    @contextlib.contextmanager
    def _guard(self) -> Generator[None]:
        # After one failed write memory and disk may differ: nothing more is acknowledged until it is opened again.
        if self._broken:
            raise StateError(f"the ledger {self.path.name} failed before and is closed", hint="start again")
        try:
            with _LEDGER.faults(self.path):
                yield
        except StateError:
            self._broken = True
            raise


def _prepare(db: sqlite3.Connection, path: Path, head: LedgerHead, *, durable: bool, hedge_mode: bool) -> LedgerHead:
    fresh = _LEDGER.is_empty(db)
    if not fresh:
        _LEDGER.check(db, path)
    db.execute("PRAGMA journal_mode=WAL")
    # FULL: a live order or fill is on the disk before it is acknowledged. NORMAL never tears a transaction either; a
    # power cut may lose the newest minutes, and a stepped market repeats exactly these from the last one kept.
    db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    if fresh:
        _create(db, head, hedge_mode=hedge_mode)
    stored = _read_head(db)
    if (stored.venue, stored.quote, stored.market) != (head.venue, head.quote, head.market):
        raise StateError(
            f"ledger {path}: it belongs to {_market_text(stored)}, not to {_market_text(head)}",
            hint="use another folder, or --fresh to start over",
        )
    return stored


def _market_text(head: LedgerHead) -> str:
    return sanitize_line(" ".join(filter(None, (head.venue, head.quote, head.market))))


def _create(db: sqlite3.Connection, head: LedgerHead, *, hedge_mode: bool) -> None:
    rows = {
        "venue": head.venue,
        "quote": head.quote,
        "market": head.market,
        "start_balance": repr(head.start_balance),
        "created_ms": str(head.created_ms),
    }
    with _LEDGER.creating(db):
        db.executemany("INSERT INTO meta VALUES (?,?)", list(rows.items()))
        db.execute("INSERT INTO state VALUES (1,?,?,1,1,NULL,NULL)", (head.start_balance, int(hedge_mode)))


def _read_head(db: sqlite3.Connection) -> LedgerHead:
    meta = {str(key): str(value) for key, value in db.execute("SELECT key, value FROM meta")}
    return LedgerHead(
        venue=meta["venue"],
        quote=meta["quote"],
        start_balance=float(meta["start_balance"]),
        created_ms=int(meta["created_ms"]),
        market=meta["market"],
    )


def _pside(text: str) -> Pside:
    if text not in ("long", "short"):
        raise ValueError(f"unknown position side {text!r}")
    return text


def _side(text: str) -> Side:
    if text not in ("buy", "sell"):
        raise ValueError(f"unknown order side {text!r}")
    return text
