"""Small JSON files that prove themselves by a checksum over their text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pbtui.core.files import replace_file


def canonical(body: Mapping[str, Any]) -> bytes:
    """Return the one text of a JSON object: keys sorted, no spaces, ASCII."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def digest_of(body: Mapping[str, Any]) -> str:
    """Return the sha256 of an object's canonical text."""
    return hashlib.sha256(canonical(body)).hexdigest()


def write_sealed(path: Path, body: Mapping[str, Any]) -> None:
    """Replace `path` by the object and its checksum, durably; raises OSError."""
    replace_file(path, canonical({"checksum": digest_of(body), "body": body}))


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Return the object in `path`, None when it is absent, unreadable or not what was written."""
    try:
        document = json.loads(path.read_bytes())
        body = document["body"]
        return body if isinstance(body, dict) and document["checksum"] == digest_of(body) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
