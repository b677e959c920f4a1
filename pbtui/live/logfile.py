"""The structured log: one JSON line per event, private, bounded in size."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from pbtui.core.snapshot import EventRow
from pbtui.core.system import BINARY

LEVEL_NAMES = ("warning", "info", "debug", "trace")
MAX_BYTES = 10_000_000
KEEP = 5


class LogFile:
    """A listener for `EventLog`; a full disk costs lines, never the loop. `lost` counts them.

    A file that was deleted or moved away meanwhile is begun anew.
    """

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path = path
        self.lost = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._descriptor: int | None = None
        self._size = 0
        with suppress(OSError):
            self._open()

    def __call__(self, row: EventRow) -> None:
        """Append a row as one line."""
        line = orjson.dumps(_record(row)) + b"\n"
        try:
            if self._is_elsewhere():
                self.close()
            if self._descriptor is None or self._size + len(line) > self._max_bytes:
                self._rotate()
            if self._descriptor is not None:
                os.write(self._descriptor, line)
                self._size += len(line)
        except OSError:
            self.lost += 1
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)

    def _is_elsewhere(self) -> bool:
        """Tell whether what is written to is no longer the file of that name."""
        if self._descriptor is None:
            return False
        try:
            return not os.path.samestat(os.stat(self.path), os.fstat(self._descriptor))
        except FileNotFoundError:
            return True

    def _open(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def _rotate(self) -> None:
        if self._descriptor is not None:
            self.close()
            for number in range(self._keep - 1, 0, -1):
                older = self._numbered(number)
                if older.exists():
                    older.replace(self._numbered(number + 1))
            self.path.replace(self._numbered(1))
        self._open()

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")


def _record(row: EventRow) -> dict[str, object]:
    return {
        "time": _iso(row.ts_ms),
        "level": LEVEL_NAMES[min(max(row.level, 0), 3)],
        "tag": row.tag,
        "coin": row.coin,
        "text": row.text,
        "error": row.is_error,
        "seq": row.seq,
    }


def _iso(ts_ms: int) -> str:
    return datetime.fromtimestamp(ts_ms / 1000, UTC).isoformat(timespec="milliseconds")
