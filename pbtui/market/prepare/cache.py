"""Prepared arrays on disk, found by what they are made of and named by what they hold.

`caches/datasets/<fingerprint>/` holds `hlcvs.npy`, `btc_usd.npy`, `timestamps.npy` and `meta.json`;
`caches/datasets/inputs/<key>.json` says which dataset a set of inputs makes. Equal candles that came by different ways
have different keys but one dataset. A dataset appears by one rename, so that any number of processes may make the same.
Before one is made, room is made for it (`clearing`); what a process has opened stays as long as it is used (`holding`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import logging
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import RealClock
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.system import POSIX, is_running, lock_file, sync_file, sync_folder
from pbtui.market.prepare.aggregate import Axis
from pbtui.market.prepare.clearing import GONE, HEX, make_room, put_away, report
from pbtui.market.prepare.holding import FACTS, held, hold_with
from pbtui.market.sealed import canonical, read_sealed, write_sealed

FORMAT = 1
ARRAYS = ("hlcvs", "btc_usd", "timestamps")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_DRAFT, _OWNER = ".draft-", ".owner"
_PIECE = 2 * 1024 * 1024  # numbers hashed at a time
_numbers = itertools.count()
_log = logging.getLogger("pbtui.market")


@dataclass(frozen=True, slots=True)
class Arrays:
    """The three arrays of a dataset: (bars, coins, 4) high, low, close, volume; BTC close; open times."""

    hlcvs: NDArray[np.float64]
    btc_usd: NDArray[np.float64]
    timestamps: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stored:
    """Arrays with their facts; `path` is None when they could not be kept on disk."""

    arrays: Arrays
    facts: Mapping[str, Any]
    notes: tuple[str, ...]
    fingerprint: str  # sha256 of arrays and facts
    path: Path | None


@dataclass(frozen=True, slots=True)
class Draft:
    """Arrays being written; `folder` is None when they are in memory because the disk refuses, `refusal` says why."""

    arrays: Arrays
    folder: Path | None
    refusal: str = ""


class DatasetCache:
    """Datasets under `<base_dir>/caches/datasets`; `on_cleared` hears in one line of those that made room."""

    def __init__(self, base_dir: Path, *, on_cleared: Callable[[str], None] = _log.info) -> None:
        self.root = base_dir / "caches" / "datasets"
        self._on_cleared = on_cleared

    def find(self, key: str) -> Stored | None:
        """Return the dataset made of these inputs; None when there is none or it is damaged (then it is removed)."""
        pointer = read_sealed(self._pointer(key))
        if pointer is None:
            return None
        fingerprint, notes = str(pointer.get("dataset")), tuple(str(note) for note in pointer.get("notes", ()))
        if _FINGERPRINT.fullmatch(fingerprint) is None:
            return None
        folder = self._folder(fingerprint)
        stored = self._open(folder, fingerprint, notes)
        if stored is None:
            self._discard(folder)
            with contextlib.suppress(OSError):
                self._pointer(key).unlink()
            return None
        with contextlib.suppress(OSError):
            os.utime(folder / FACTS)
        return stored

    @contextlib.contextmanager
    def draft(self, axis: Axis, coins: int) -> Iterator[Draft]:
        """Give arrays to write into: files whose space is reserved, else memory; a draft not committed vanishes."""
        folder = self.root / f"{_DRAFT}{os.getpid()}-{next(_numbers)}"
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            try:
                self._sweep()
                folder.mkdir(parents=True)
                self._make_room(axis, coins)
                stack.enter_context(_owned(folder))
                # Windows moves no folder with a file in use: there the arrays reach the disk at the end.
                draft = Draft((_on_disk if POSIX else _in_folder)(folder, axis, coins), folder)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                draft = Draft(_in_memory(axis, coins), None, sanitize_line(error, limit=120))
            draft.arrays.timestamps[:] = axis.timestamps()
            yield draft

    def commit(self, draft: Draft, facts: Mapping[str, Any], notes: Sequence[str], key: str | None) -> Stored:
        """Keep a finished draft and return it as it will be found under `key` (None: found by nobody)."""
        sums = {name: _sha256(getattr(draft.arrays, name)) for name in ARRAYS}
        fingerprint = hashlib.sha256(canonical({"format": FORMAT, "facts": facts, "arrays": sums})).hexdigest()
        if draft.folder is not None:
            try:
                return self._keep(draft, facts, tuple(notes), key, sums, fingerprint)
            except OSError as error:
                # The files lose their names, not their content: the maps stay good for this run.
                draft = Draft(draft.arrays, None, sanitize_line(error, limit=120))
        told = (*notes, f"the prepared dataset is not kept: {draft.refusal}")
        return Stored(draft.arrays, facts, told, fingerprint, None)

    def verify(self, stored: Stored) -> None:
        """Read every byte; raises DataError when an array is not what was written."""
        if stored.path is None:
            return
        meta = read_sealed(stored.path / FACTS) or {}
        for name in ARRAYS:
            expected = meta.get("arrays", {}).get(name, {}).get("sha256")
            if _sha256(getattr(stored.arrays, name)) != expected:
                shown = sanitize_line(stored.path / f"{name}.npy", limit=200)
                self._discard(stored.path)
                raise DataError(f"{shown} was damaged and is removed", hint="run again to prepare it anew")

    def _keep(
        self,
        draft: Draft,
        facts: Mapping[str, Any],
        notes: tuple[str, ...],
        key: str | None,
        sums: Mapping[str, str],
        fingerprint: str,
    ) -> Stored:
        assert draft.folder is not None
        arrays: dict[str, Any] = {}
        for name in ARRAYS:
            array = getattr(draft.arrays, name)
            size = _settle(array, draft.folder / f"{name}.npy")
            arrays[name] = {"sha256": sums[name], "bytes": size, "shape": list(array.shape), "dtype": array.dtype.str}
        meta = {"format": FORMAT, "facts": dict(facts), "arrays": arrays, "fingerprint": fingerprint}
        write_sealed(draft.folder / FACTS, meta)
        stored = self._place(draft.folder, fingerprint, notes)
        if key is not None:
            self._pointer(key).parent.mkdir(parents=True, exist_ok=True)
            write_sealed(self._pointer(key), {"dataset": fingerprint, "notes": list(notes)})
        return stored

    def _place(self, folder: Path, fingerprint: str, notes: tuple[str, ...]) -> Stored:
        """Move a finished folder to its name; when another process was faster, use what is there."""
        target = self._folder(fingerprint)
        for _ in range(3):
            with contextlib.suppress(OSError):  # a folder with something in it is not replaced
                folder.rename(target)
            stored = self._open(target, fingerprint, notes)
            if stored is not None:
                sync_folder(self.root)
                return stored
            self._discard(target)
        raise OSError(f"{target} cannot be written")

    def _open(self, folder: Path, fingerprint: str, notes: tuple[str, ...]) -> Stored | None:
        """Map the arrays of a folder; None when seal, fingerprint, size, shape or type are not as written."""
        with held(folder) as handle:
            stored = self._mapped(folder, fingerprint, notes)
            if stored is not None:
                hold_with((getattr(stored.arrays, name) for name in ARRAYS), handle)
            return stored

    def _mapped(self, folder: Path, fingerprint: str, notes: tuple[str, ...]) -> Stored | None:
        meta = read_sealed(folder / FACTS)
        if meta is None or meta.get("format") != FORMAT or meta.get("fingerprint") != fingerprint:
            return None
        mapped: dict[str, Any] = {}
        for name in ARRAYS:
            path, expected = folder / f"{name}.npy", meta["arrays"][name]
            try:
                if path.stat().st_size != expected["bytes"]:
                    return None
                array = np.load(path, mmap_mode="r", allow_pickle=False)
            except (OSError, ValueError, EOFError):
                return None
            if list(array.shape) != expected["shape"] or array.dtype.str != expected["dtype"]:
                return None
            mapped[name] = array
        return Stored(Arrays(**mapped), meta["facts"], notes, fingerprint, folder)

    def _folder(self, fingerprint: str) -> Path:
        return self.root / fingerprint[:HEX]

    def _pointer(self, key: str) -> Path:
        return self.root / "inputs" / f"{key[:HEX]}.json"

    def _folders(self) -> list[Path]:
        try:
            return [path for path in self.root.iterdir() if path.is_dir() and path.name != "inputs"]
        except OSError:
            return []

    def _sweep(self) -> None:
        """Remove what processes left behind that died while making or removing a dataset."""
        for folder in self._folders():
            if folder.name.startswith(GONE) or (folder.name.startswith(_DRAFT) and _abandoned(folder)):
                shutil.rmtree(folder, ignore_errors=True)

    def _make_room(self, axis: Axis, coins: int) -> None:
        needed = sum(8 * math.prod(shape) for shape, _ in _shapes(axis, coins).values())
        gone = make_room(self.root, needed, RealClock().now_ms())
        if gone:
            self._on_cleared(report(gone))

    def _discard(self, folder: Path) -> None:
        put_away(self.root, folder)


def _shapes(axis: Axis, coins: int) -> dict[str, tuple[tuple[int, ...], type]]:
    return {
        "hlcvs": ((axis.bars, coins, 4), np.float64),
        "btc_usd": ((axis.bars,), np.float64),
        "timestamps": ((axis.bars,), np.int64),
    }


def _on_disk(folder: Path, axis: Axis, coins: int) -> Arrays:
    arrays: dict[str, Any] = {}
    for name, (shape, dtype) in _shapes(axis, coins).items():
        path = folder / f"{name}.npy"
        arrays[name] = np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
        _reserve(path)
    return Arrays(**arrays)


def _reserve(path: Path) -> None:
    """Take the space of a file: writing through a map to a full disk would kill the process. Raises OSError."""
    size = path.stat().st_size
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    elif shutil.disk_usage(path.parent).free < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _in_memory(axis: Axis, coins: int) -> Arrays:
    return Arrays(**{name: np.empty(shape, dtype) for name, (shape, dtype) in _shapes(axis, coins).items()})


def _in_folder(folder: Path, axis: Axis, coins: int) -> Arrays:
    """Give arrays in memory that will be written to the folder; raises OSError where they would not fit."""
    arrays = _in_memory(axis, coins)
    needed = sum(int(getattr(arrays, name).nbytes) for name in ARRAYS)
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return arrays


def _settle(array: NDArray[Any], path: Path) -> int:
    """Make an array durable in its file and return the file's size; raises OSError."""
    if isinstance(array, np.memmap):
        array.flush()
    else:
        np.save(path, array, allow_pickle=False)
    sync_file(path)
    return path.stat().st_size


def _sha256(array: NDArray[Any]) -> str:
    digest = hashlib.sha256()
    flat = array.reshape(-1)
    for start in range(0, len(flat), _PIECE):
        digest.update(flat[start : start + _PIECE].data)
    return digest.hexdigest()


@contextlib.contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the lock that tells a draft being made from one that was left behind; the kernel frees it with us."""
    if not POSIX:  # the number in the draft's name tells who makes it: a file in use would hold the folder
        yield
        return
    nameless = folder / f"{_OWNER}.new"
    with nameless.open("wb") as file:
        lock_file(file.fileno(), wait=True)
        nameless.rename(folder / _OWNER)  # nobody finds it before it is held
        yield


def _abandoned(folder: Path) -> bool:
    if not POSIX:
        maker = folder.name.removeprefix(_DRAFT).partition("-")[0]
        return not (maker.isdigit() and is_running(int(maker)))
    try:
        with (folder / _OWNER).open("rb") as file:
            lock_file(file.fileno())
    except OSError:  # held, or not yet or no longer there: a moment of a living one
        return False
    return True
