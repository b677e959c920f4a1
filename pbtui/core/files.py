"""Writing files that must be whole whenever somebody reads them."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from pbtui.core.system import BINARY, set_mode, sync_folder

_numbers = itertools.count()


def write_new(path: Path, data: bytes, *, mode: int = 0o666, exact: bool = False, durable: bool = True) -> None:
    """Write a file that is not there yet, durable in content, not yet in name; raises FileExistsError, OSError.

    `mode` are its permissions from the first byte on, less the process's mask unless they are `exact`. What is not
    `durable` outlives the process, not a loss of power.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, mode)
    with os.fdopen(handle, "wb") as file:
        if exact:
            set_mode(handle, mode)
        file.write(data)
        file.flush()
        if durable:
            os.fsync(handle)


def replace_file(path: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Replace a file whole and durably: any reader sees the old content or the new one; raises OSError.

    `mode` are its permissions from the first byte on, less the process's mask. A process that dies meanwhile leaves a
    draft behind, named `.NAME.PID-NUMBER`.
    """
    _replace(path, path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}"), data, mode)


def write_private(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Replace a file of one writer for its owner's eyes only (0600, new folders 0700), as `replace_file` does.

    The draft is always named `NAME.new`, so that a process that is killed often leaves no more than one. What is not
    `durable` outlives the process, not a loss of power, and is written without waiting for the disk.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(path, path.with_name(path.name + ".new"), data, 0o600, durable=durable)


def _replace(path: Path, draft: Path, data: bytes, mode: int, *, durable: bool = True) -> None:
    try:
        draft.unlink(missing_ok=True)  # one that was left behind would keep its own permissions
        write_new(draft, data, mode=mode, durable=durable)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    if durable:
        sync_folder(path.parent)
