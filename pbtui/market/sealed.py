"""Files written whole or not at all, and small JSON files that prove themselves by a checksum over their text."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbtui.core.system import sync_folder

_numbers = itertools.count()


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return the one text of a JSON object: keys sorted, no spaces, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def digest_of(body: Mapping[str, Any]) -> str:
    """Return the sha256 of an object's canonical text."""
    return hashlib.sha256(canonical(body)).hexdigest()


def write_sealed(path: Path, body: Mapping[str, Any]) -> None:
    """Replace `path` by the object and its checksum, durably; raises OSError."""
    replace_file(path, canonical({"checksum": digest_of(body), "body": body}))


def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Replace a file whole and durably: any reader sees the old content or the new one; raises OSError.

    `mode` are its permissions from the first byte on, less the process's mask. A process that dies meanwhile leaves a
    draft behind, named `.NAME.PID-NUMBER`.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}")
    try:
        draft.unlink(missing_ok=True)  # one of another process of that number would keep its own permissions
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Return the object in `path`, None when it is absent, unreadable or not what was written."""
    try:
        document = json.loads(path.read_bytes())
        body = document["body"]
        return body if isinstance(body, dict) and document["checksum"] == digest_of(body) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
