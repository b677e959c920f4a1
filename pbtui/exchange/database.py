"""SQLite files that belong to an account: private, known by their header, each fault told in one line."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from pbtui.core.errors import StateError
from pbtui.core.sanitize import sanitize_line


@dataclass(frozen=True, slots=True)
class Database:
    """A kind of file: its name for people, its header and tables, and a hint for each thing that can be wrong."""

    name: str
    application_id: int
    version: int
    schema: str
    when_foreign: str
    when_outdated: str
    when_damaged: str
    when_unreadable: str

    def connect(self, path: Path) -> sqlite3.Connection:
        """Open a file, an empty new one (0600, new folders 0700) where there is none; raises OSError, sqlite3.Error."""
        _make_private(path)
        # Opened where the account is set up, used where the loop runs: handed over, never shared.
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=2.0)

    @staticmethod
    def is_empty(db: sqlite3.Connection) -> bool:
        """Tell whether nothing is in it: new, or killed while it was created."""
        return bool(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0)

    @contextlib.contextmanager
    def creating(self, db: sqlite3.Connection) -> Generator[None]:
        """Make the tables, then what the block writes, then the header: all of it or nothing."""
        db.execute("BEGIN IMMEDIATE")
        for statement in filter(str.strip, self.schema.split(";")):
            db.execute(statement)
        yield
        db.execute(f"PRAGMA application_id={self.application_id}")
        db.execute(f"PRAGMA user_version={self.version}")
        db.execute("COMMIT")

    def check(self, db: sqlite3.Connection, path: Path) -> None:
        """Raise StateError unless the file is an undamaged one of this kind and version."""
        if db.execute("PRAGMA application_id").fetchone()[0] != self.application_id:
            raise StateError(f"{self.name} {path}: not a {self.name} of ours", hint=self.when_foreign)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != self.version:
            raise StateError(f"{self.name} {path}: version {version}, expected {self.version}", hint=self.when_outdated)
        verdict = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            told = sanitize_line(verdict, limit=80)
            raise StateError(f"{self.name} {path}: damaged ({told})", hint=self.when_damaged)

    @contextlib.contextmanager
    def faults(self, path: Path | None) -> Generator[None]:
        """Turn what SQLite and the disk say into one clear StateError."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StateError(
                f"{self.name} {path}: {sanitize_line(error, limit=120)}", hint="check disk space, rights and other bots"
            ) from error
        except (sqlite3.DatabaseError, OSError, KeyError, TypeError, ValueError) as error:
            raise StateError(
                f"{self.name} {path} cannot be read: {sanitize_line(error, limit=120)}", hint=self.when_unreadable
            ) from error


def _make_private(path: Path) -> None:
    if path.exists():
        path.chmod(0o600)
        return
    missing = [folder for folder in (path.parent, *path.parent.parents) if not folder.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
