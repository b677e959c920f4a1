"""Passivbot's old day files (`historical_data/ohlcvs_*/COIN/DATE.npy`): what they hold, which are bad (tools.md 6)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.clock import DAY_MS, MINUTE_MS
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line

_NAME = re.compile(r"\d{4}-\d{2}-\d{2}\.npy")
_MINUTES = DAY_MS // MINUTE_MS
_COLUMNS = 6
_BROKEN = (OSError, ValueError, EOFError, TypeError, SyntaxError, MemoryError)
Minutes = NDArray[np.float64]  # (n, ≥ 6): ts, open, high, low, close, volume


@dataclass(slots=True)
class CoinDays:
    """The day files of one coin; `sha256` is over their hashes in order, None where none was wished for.

    `problems` has a line for each bad file; `contiguous` tells whether each file goes on where the one before ended.
    """

    root: str
    coin: str
    files: int = 0
    rows: int = 0
    nans: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    whole_days: bool = True
    even: bool = True
    contiguous: bool = True
    sha256: str | None = None
    problems: list[str] = field(default_factory=list[str])


def find_days(root: Path) -> dict[str, list[Path]]:
    """Return the day files below a folder by coin, oldest first; raises ConfigError where there is none."""
    shown = sanitize_line(root, limit=200)
    if not root.is_dir():
        raise ConfigError(f"no folder {shown}", hint="day files lie in historical_data/ohlcvs_EXCHANGE/COIN")
    found: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*.npy")):
        if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            found.setdefault(path.parent.relative_to(root).as_posix(), []).append(path)
    if not found:
        raise ConfigError(f"{shown}: no day file", hint="a file such as BTC/2024-05-01.npy is one")
    return found


def read_day(path: Path) -> Minutes:
    """Return the candles of a day file as they are; raises DataError for one that is none."""
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except _BROKEN as error:
        raise DataError(f"cannot be read: {sanitize_line(error, limit=120)}") from error
    if array.dtype.kind != "f" or array.ndim != 2 or array.shape[1] < _COLUMNS:
        raise DataError("is no table of candles")
    return array.astype(np.float64)


def fault_of(rows: Minutes) -> str:
    """Return what is wrong with a day's candles, empty where nothing is (tools.md 6, clean-historical)."""
    if len(rows) != _MINUTES:
        return f"{len(rows):,} rows instead of {_MINUTES:,}"
    steps = np.diff(rows[:, 0])
    if not (steps > 0).all():
        return "times go back or stand still"
    return "" if (steps == MINUTE_MS).all() else "steps that are not one minute"


def digest_of(rows: Minutes) -> str:
    """Return the SHA-256 of the numbers in single precision, as Passivbot's manifests have it."""
    return hashlib.sha256(np.ascontiguousarray(rows, dtype=np.float32).tobytes()).hexdigest()


def summarize_days(root: Path, coin: str, paths: Sequence[Path], *, hashes: bool = False) -> CoinDays:
    """Return what the day files of a coin hold."""
    told = CoinDays(sanitize_line(root, limit=500), sanitize_line(coin, limit=80), len(paths))
    whole = hashlib.sha256()
    for path in paths:
        try:
            rows = read_day(path)
        except DataError as error:
            told.problems.append(f"{path.name}: {error.message}")
            told.contiguous = False
            continue
        whole.update(digest_of(rows).encode() if hashes else b"")
        _add(told, path.name, rows)
    if hashes:
        told.sha256 = whole.hexdigest()
    return told


def _add(told: CoinDays, name: str, rows: Minutes) -> None:
    told.rows += len(rows)
    told.nans += int(np.count_nonzero(np.isnan(rows)))
    told.whole_days = told.whole_days and len(rows) == _MINUTES
    fault = fault_of(rows)
    if fault:
        told.problems.append(f"{name}: {fault}")
    times = rows[np.isfinite(rows[:, 0]), 0]
    if not len(times):
        return
    told.even = told.even and bool((np.diff(times) == MINUTE_MS).all())
    if told.last_ms is not None and int(times[0]) != told.last_ms + MINUTE_MS:
        told.contiguous = False
    told.first_ms = int(times[0]) if told.first_ms is None else told.first_ms
    told.last_ms = int(times[-1])


def bad_days(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the day files that are not 1440 candles a minute apart, with the reason."""
    for path in paths:
        try:
            fault = fault_of(read_day(path))
        except DataError as error:
            fault = error.message
        if fault:
            yield path, fault


def is_day_name(name: str) -> bool:
    """Tell whether a path in a manifest names a day file and leads nowhere else."""
    parts = name.replace("\\", "/").split("/")
    return bool(_NAME.fullmatch(parts[-1])) and all(part not in ("", ".", "..") and ":" not in part for part in parts)
