"""Small JSON files of caches: replaced whole, changed by one process at a time."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from pbtui.core.errors import StateError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import lock_file
from pbtui.market.store.trouble import reason_of


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Replace a file by a document, readable at any moment; raises StateError when the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(document, sort_keys=True, allow_nan=False).encode())
    except OSError as error:
        raise StateError(f"{_shown(path)} cannot be written: {reason_of(error)}") from error


@contextlib.contextmanager
def alone(path: Path) -> Generator[None]:
    """Keep other processes from changing a file meanwhile; raises StateError when its folder cannot be written."""
    lock = path.with_name(f".{path.name}.lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        file = lock.open("a")
    except OSError as error:
        raise StateError(f"{_shown(path)} cannot be written: {reason_of(error)}") from error
    with file:
        lock_file(file.fileno(), wait=True)
        yield


def _shown(path: Path) -> str:
    return sanitize_line(path, limit=200)
