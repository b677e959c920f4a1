"""What a prepared dataset holds, ours or Passivbot's, and how two of them differ (tools.md 6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

import numpy as np

from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.prepare.npyfile import ArrayFile, array_file
from pbtui.market.sealed import read_sealed

_CUBE, _TIMES = "hlcvs", "timestamps"
_BTC = ("btc_usd", "btc_usd_prices")  # ours, Passivbot's
_DEEPEST = 3


@dataclass(slots=True)
class Summary:
    """One dataset; hashes are sha256 of the numbers, so that a packed file has the hash of the plain one.

    `problems` are lines about what is wrong. What was not looked at, or is not there, is None.
    """

    path: str
    layout: str  # pbtui or passivbot
    hlcvs_sha256: str | None = None
    timestamps_sha256: str | None = None
    btc_usd_sha256: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    nans: int | None = None
    rows: int | None = None
    first_ms: int | None = None
    last_ms: int | None = None
    non_decreasing: bool | None = None
    coins: tuple[str, ...] = ()
    problems: list[str] = field(default_factory=list[str])

    def facts(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not the same in two datasets."""

    field: str
    a: Any
    b: Any


def find_datasets(place: Path) -> list[Path]:
    """Return the folders of prepared datasets in a place, or itself; raises ConfigError where there is none."""
    found = sorted(_datasets(place, _DEEPEST)) if place.is_dir() else []
    if not found:
        shown = sanitize_line(place, limit=200)
        raise ConfigError(f"{shown}: no prepared dataset", hint="a folder with hlcvs.npy or hlcvs.npy.gz is one")
    return found


def summarize(folder: Path, *, fast: bool = False) -> Summary:
    """Return what a dataset holds; `fast` hashes the files and looks at nothing else."""
    meta = read_sealed(folder / "meta.json")
    told = Summary(sanitize_line(folder, limit=500), "passivbot" if meta is None else "pbtui")
    for name, names in ((_CUBE, (_CUBE,)), (_TIMES, (_TIMES,)), ("btc_usd", _BTC)):
        try:
            array = _first(folder, names)
            if array is None:
                told.problems.append(f"{name} is missing")
                continue
            _look(told, name, array, fast)
        except DataError as error:
            told.problems.append(error.line())
    if meta is None and (folder / "meta.json").exists():
        told.problems.append("meta.json is not what was written")
    if meta is not None:
        _against_seal(told, meta)
    if not fast:
        _complete(told, folder, meta)
    return told


def compare(first: Path, second: Path, *, fast: bool = False) -> list[Difference]:
    """Return the fields that differ, paths and layouts aside, and unless `fast` how many numbers of the cubes do.

    Raises DataError when one of the two cannot be read.
    """
    a, b = summarize(first, fast=fast), summarize(second, fast=fast)
    for each in (a, b):
        if each.problems:
            raise DataError(f"{each.path}: {each.problems[0]}")
    left, right = a.facts(), b.facts()
    found = [
        Difference(name, left[name], right[name])
        for name in left
        if name not in ("path", "layout", "problems") and left[name] != right[name]
    ]
    if not fast and a.shape == b.shape and a.hlcvs_sha256 != b.hlcvs_sha256:
        found.append(Difference("numbers that differ", *_apart(first, second)))
    return found


def _datasets(place: Path, deepest: int) -> Iterator[Path]:
    if any((place / f"{_CUBE}{suffix}").is_file() for suffix in (".npy", ".npy.gz")):
        yield place
    elif deepest:
        for path in place.iterdir():
            if path.is_dir() and not path.name.startswith("."):
                yield from _datasets(path, deepest - 1)


def _first(folder: Path, names: tuple[str, ...]) -> ArrayFile | None:
    return next((array for name in names if (array := array_file(folder, name)) is not None), None)


def _look(told: Summary, name: str, array: ArrayFile, fast: bool) -> None:
    """Read an array once, for its hash and for what else is wanted of it."""
    digest = hashlib.sha256()
    nans, before, rising = 0, None, True
    first = last = None
    for piece in array.pieces():
        digest.update(piece.data)
        if fast:
            continue
        if name == _CUBE:
            nans += int(np.count_nonzero(np.isnan(piece)))
        elif name == _TIMES:
            rising = rising and bool(np.all(np.diff(piece) >= 0)) and (before is None or piece[0] >= before)
            first = int(piece[0]) if first is None else first
            before = last = int(piece[-1])
    setattr(told, f"{name}_sha256", digest.hexdigest())
    if name == _CUBE and not fast:
        told.shape, told.dtype, told.nans = array.shape, array.dtype.str, nans
    elif name == _TIMES and not fast:
        told.rows, told.first_ms, told.last_ms, told.non_decreasing = array.shape[0], first, last, rising


def _against_seal(told: Summary, meta: dict[str, Any]) -> None:
    """Compare the hashes of one of ours with those that were sealed when it was written."""
    for name in (_CUBE, _TIMES, "btc_usd"):
        expected: Any = meta.get("arrays", {}).get(name, {}).get("sha256")
        found = getattr(told, f"{name}_sha256")
        if found is not None and found != expected:
            told.problems.append(f"{name} is not what was written")


def _complete(told: Summary, folder: Path, meta: dict[str, Any] | None) -> None:
    """Name the coins, and say what does not fit together."""
    try:
        told.coins = _coins(folder, meta)
    except (OSError, ValueError, KeyError, TypeError) as error:
        told.problems.append(f"the coins cannot be read: {sanitize_line(error, limit=120)}")
    if told.shape is None or told.rows is None:
        return
    if len(told.shape) != 3:
        told.problems.append(f"hlcvs has {len(told.shape)} dimensions instead of 3")
        return
    if told.shape[0] != told.rows:
        told.problems.append(f"{told.shape[0]} rows of hlcvs, but {told.rows} timestamps")
    if told.coins and told.shape[1] != len(told.coins):
        told.problems.append(f"{told.shape[1]} columns of hlcvs, but {len(told.coins)} coins")
    if told.non_decreasing is False:
        told.problems.append("timestamps go back")


def _coins(folder: Path, meta: dict[str, Any] | None) -> tuple[str, ...]:
    if meta is not None:
        return tuple(sanitize_line(each["coin"], limit=60) for each in meta["facts"]["coins"])
    names: Any = json.loads((folder / "coins.json").read_bytes())
    if not isinstance(names, list):
        raise ValueError("coins.json is no list")
    return tuple(sanitize_line(name, limit=60) for name in cast("list[Any]", names))


def _apart(first: Path, second: Path) -> tuple[int, int]:
    """Return how many numbers of two cubes of one shape differ, and how many there are; NaN equals NaN."""
    one, other = array_file(first, _CUBE), array_file(second, _CUBE)
    assert one is not None
    assert other is not None
    differing = count = 0
    for a, b in zip_longest(one.pieces(), other.pieces()):
        differing += int(np.count_nonzero((a != b) & ~(np.isnan(a) & np.isnan(b))))
        count += len(a)
    return differing, count
