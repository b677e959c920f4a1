"""Writing files that must be whole whenever somebody reads them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from pbtui.core.system import sync_folder


def write_private(path: Path, data: bytes) -> None:
    """Replace a file so that after a crash either the old or the new content is there; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)
