"""The fills of a real account in one SQLite file: each execution once, and which stretches of time are known."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.core.types import Fill
from pbtui.exchange.database import Database
from pbtui.exchange.fills.spans import Span, merged

FILE_NAME = "fills.db"
_HUGE = 1e15  # no number of a venue is larger
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE spans (start_ms INTEGER PRIMARY KEY, end_ms INTEGER NOT NULL);
CREATE TABLE fills (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ts_ms INTEGER NOT NULL, symbol TEXT NOT NULL,
    pside TEXT NOT NULL, side TEXT NOT NULL, qty REAL NOT NULL, price REAL NOT NULL, pnl REAL NOT NULL,
    fee REAL NOT NULL, order_type TEXT NOT NULL, client_id TEXT NOT NULL, order_id TEXT NOT NULL,
    psize REAL NOT NULL, pprice REAL NOT NULL, pnl_known INTEGER NOT NULL);
CREATE INDEX fills_by_time ON fills (ts_ms);
"""
COLUMNS = (
    "id, ts_ms, symbol, pside, side, qty, price, pnl, fee, order_type, client_id, order_id, psize, pprice, pnl_known"
)
_REPAIR = "pbtui fills doctor USER --repair saves what is left of it"
STORE = Database(
    name="fill store",
    application_id=0x70625446,  # "pbTF"
    version=1,
    schema=_SCHEMA,
    when_foreign="move it away",
    when_outdated="move it away",
    when_damaged=_REPAIR,
    when_unreadable=_REPAIR,
)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose fills they are: venue, quote, the venue's own name of the account (empty if untold), the key's print."""

    venue: str
    quote: str
    account: str = ""
    key: str = ""

    def same_as(self, other: Owner) -> bool:
        """Tell whether both are one account; a new key of a known account is."""
        if (self.venue, self.quote) != (other.venue, other.quote):
            return False
        if self.account and other.account:
            return self.account == other.account
        return self.key == other.key


class FillStore:
    """Every method raises StateError when the file cannot be used; nothing that was written is lost then."""

    def __init__(self, path: Path | None, connection: sqlite3.Connection, owner: Owner) -> None:
        self.path = path
        self.owner = owner
        self._db = connection
        self._version = _data_version(connection)

    @classmethod
    def open(cls, path: Path, owner: Owner) -> FillStore:
        """Open a store or begin one (file 0600); that of another account is set aside, never mixed or overwritten."""
        with STORE.faults(path):
            connection = _connect(path)
            try:
                stored = _prepare(connection, path, owner)
                if not owner.same_as(stored):
                    connection.close()
                    set_aside(path, "other")
                    connection = _connect(path)
                    _prepare(connection, path, owner)
                elif owner.account and owner != stored:
                    _write_owner(connection, owner)
            except BaseException:
                connection.close()
                raise
        return cls(path, connection, owner)

    @classmethod
    def in_memory(cls) -> FillStore:
        """Return a store that dies with the process."""
        connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        owner = Owner("", "")
        _create(connection, owner)
        return cls(None, connection, owner)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def news(self, fills: Iterable[Fill]) -> list[Fill]:
        """Return those executions that are new, or of which more is known now, in the given sequence."""
        with STORE.faults(self.path):
            return [fill for fill in fills if self._adds(fill)]

    def take(self, fills: Iterable[Fill], spans: Iterable[Span]) -> None:
        """Keep executions and what is now known of old ones, and which `spans` are known in full, as one.

        It is on the disk when this returns. Spans already known stay so.
        """
        with self._transaction():
            for fill in fills:
                if self._adds(fill):
                    self._put(fill)
            self._put_spans([*self._spans(), *spans])

    def replace(self, fills: Iterable[Fill]) -> None:
        """Overwrite executions with what the venue says of them now."""
        with self._transaction():
            for fill in fills:
                self._db.execute("DELETE FROM fills WHERE id = ?", (fill.id,))
                self._insert(fill)

    def drop(self, ids: Iterable[str]) -> None:
        """Forget executions that never were."""
        with self._transaction():
            self._db.executemany("DELETE FROM fills WHERE id = ?", [(each,) for each in ids])

    def fills(self, since_ms: int = 0, until_ms: int | None = None) -> list[Fill]:
        """Return the executions with since ≤ time < until, oldest first."""
        with STORE.faults(self.path):
            found = self._db.execute(
                f"SELECT {COLUMNS} FROM fills WHERE ts_ms >= ? AND ts_ms < ? ORDER BY ts_ms, seq",
                (since_ms, 1 << 62 if until_ms is None else until_ms),
            ).fetchall()
        return [_fill(row) for row in found]

    def changed_by_others(self) -> bool:
        """Tell whether another process has written to the file since the last call."""
        with STORE.faults(self.path):
            before, self._version = self._version, _data_version(self._db)
        return self._version != before

    def newest_ms(self) -> int | None:
        """Return when the newest execution happened, None without any."""
        with STORE.faults(self.path):
            return self._db.execute("SELECT max(ts_ms) FROM fills").fetchone()[0]

    def unknown(self) -> list[Fill]:
        """Return the closes whose profit the venue has not told, oldest first."""
        with STORE.faults(self.path):
            found = self._db.execute(f"SELECT {COLUMNS} FROM fills WHERE pnl_known = 0 ORDER BY ts_ms").fetchall()
        return [_fill(row) for row in found]

    def spans(self) -> list[Span]:
        """Return the stretches known in full, oldest first."""
        with STORE.faults(self.path):
            return self._spans()

    def _spans(self) -> list[Span]:
        return [(int(a), int(b)) for a, b in self._db.execute("SELECT start_ms, end_ms FROM spans ORDER BY start_ms")]

    def _put_spans(self, spans: Iterable[Span]) -> None:
        self._db.execute("DELETE FROM spans")
        self._db.executemany("INSERT INTO spans VALUES (?,?)", merged(spans))

    def _adds(self, fill: Fill) -> bool:
        row = self._db.execute("SELECT pnl_known, client_id FROM fills WHERE id = ?", (fill.id,)).fetchone()
        return row is None or (fill.pnl_known and not row[0]) or (fill.client_id != "" and not row[1])

    def _put(self, fill: Fill) -> None:
        old = self._db.execute("SELECT pnl_known, client_id FROM fills WHERE id = ?", (fill.id,)).fetchone()
        if old is None:
            self._insert(fill)
            return
        if fill.pnl_known and not old[0]:  # its fee may have been late, too
            told = (fill.pnl, fill.fee, fill.id)
            self._db.execute("UPDATE fills SET pnl = ?, fee = ?, pnl_known = 1 WHERE id = ?", told)
        if fill.client_id and not old[1]:
            names = (fill.client_id, fill.order_type, fill.id)
            self._db.execute("UPDATE fills SET client_id = ?, order_type = ? WHERE id = ?", names)

    def _insert(self, f: Fill) -> None:
        values = (f.id, f.ts_ms, f.symbol, f.pside, f.side, f.qty, f.price, f.pnl, f.fee)
        rest = (f.order_type, f.client_id, f.order_id, f.psize, f.pprice, int(f.pnl_known))
        self._db.execute(f"INSERT INTO fills ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", (*values, *rest))

    @contextlib.contextmanager
    def _transaction(self) -> Generator[None]:
        with STORE.faults(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have rolled back by itself.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes with every commit of another connection, and with none of this one."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])


def set_aside(path: Path, why: str) -> Path:
    """Rename a store so that nothing is overwritten; return its new path. Raises OSError."""
    number = 1
    while (target := path.with_name(f"{path.stem}.{why}-{number}{path.suffix}")).exists():
        number += 1
    for end in ("-wal", "-shm", ""):  # the log first: a store without its log would look whole
        side = path.with_name(path.name + end)
        if side.exists():
            side.rename(target.with_name(target.name + end))
    return target


def rescued(path: Path) -> tuple[list[Fill], Path]:
    """Return the executions that a damaged store still tells, and where it was set aside. Raises StateError."""
    saved: dict[str, Fill] = {}
    with STORE.faults(path):
        with contextlib.closing(sqlite3.connect(path)) as db:
            # By the index first, then as the rows lie: either may lead past the damage.
            for sequence in ("ORDER BY ts_ms", "ORDER BY ts_ms DESC", "ORDER BY seq", "ORDER BY seq DESC"):
                with contextlib.suppress(sqlite3.Error, TypeError, ValueError):
                    for row in db.execute(f"SELECT {COLUMNS} FROM fills {sequence}"):
                        if _sound(row):
                            saved.setdefault(str(row[0]), _fill(row))
        aside = set_aside(path, "damaged")
    return sorted(saved.values(), key=lambda fill: fill.ts_ms), aside


def _sound(row: Sequence[object]) -> bool:
    """Tell whether a row of a damaged file is what a fill is made of."""
    numbers = [row[i] for i in (5, 6, 7, 8, 12, 13)]
    return (
        isinstance(row[1], int)
        and all(isinstance(row[i], str) for i in (0, 2, 3, 4, 9, 10, 11))
        and row[3] in ("long", "short")
        and row[4] in ("buy", "sell")
        and all(isinstance(each, float) and abs(each) < _HUGE for each in numbers)
    )


def _fill(row: Sequence[Any]) -> Fill:
    *values, known = row
    return Fill(*values, pnl_known=bool(known))


def _connect(path: Path) -> sqlite3.Connection:
    connection = STORE.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _prepare(db: sqlite3.Connection, path: Path, owner: Owner) -> Owner:
    if STORE.is_empty(db):
        _create(db, owner)
        return owner
    STORE.check(db, path)
    meta = {str(key): str(value) for key, value in db.execute("SELECT key, value FROM meta")}
    return Owner(meta["venue"], meta["quote"], meta["account"], meta["key"])


def _create(db: sqlite3.Connection, owner: Owner) -> None:
    with STORE.creating(db):
        _write_owner(db, owner)


def _write_owner(db: sqlite3.Connection, owner: Owner) -> None:
    rows = {"venue": owner.venue, "quote": owner.quote, "account": owner.account, "key": owner.key}
    db.executemany("INSERT OR REPLACE INTO meta VALUES (?,?)", list(rows.items()))
