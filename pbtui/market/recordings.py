"""Recorded minutes: one parquet a coin, day shards in Passivbot's layout, or a candle store (candles.md 2)."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.config.coin_names import coin_of
from pbtui.core.clock import MINUTE_MS
from pbtui.core.errors import ConfigError, DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.market.recording_files import FIELDS, read_minutes, read_times

_MILLISECONDS_FROM = 100_000_000_000  # smaller numbers are seconds


@dataclass(frozen=True, slots=True)
class Recording:
    """Minutes of one coin as recorded, oldest first, checked; `values` are the FIELDS, in their recorded precision."""

    ts_ms: NDArray[np.int64]
    values: tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a coin's minutes lie: one file, or the shards of its folder in order."""

    name: str  # of the coin, as its file or folder is called
    files: tuple[Path, ...]

    @property
    def where(self) -> str:
        """Name the place in a message."""
        path = self.files[0] if len(self.files) == 1 else self.files[0].parent
        return sanitize_line(path, limit=200)

    def span(self) -> tuple[int, int]:
        """Return first and last open time, reading as little as possible; raises DataError."""
        first, last = read_times(self.files[0]), read_times(self.files[-1])
        if not len(first) or not len(last):
            raise DataError(f"{self.where}: no candles in it")
        return int(first[0]), int(last[-1])

    def load(self) -> Recording:
        """Read and check all minutes; raises DataError naming file and time of what is wrong."""
        parts = [read_minutes(path) for path in self.files]
        ts = np.concatenate([part[0] for part in parts])
        values = tuple(np.concatenate([part[1][i] for part in parts]) for i in range(len(FIELDS)))
        _check(self.where, ts, values)
        return Recording(ts, values)


def find_sources(folder: Path) -> dict[str, Source]:
    """Return the recordings of a folder by coin name; raises ConfigError when it is no folder or holds none.

    Understood: COIN.parquet files, day shards a coin, and an exchange's folder of the candle store.
    """
    from pbtui.market.stored_recordings import StoredSource, is_stored

    shown = sanitize_line(folder, limit=200)
    try:
        if not folder.is_dir():
            raise ConfigError(f"no folder {shown}", hint="name one with a parquet file per coin")
        if (folder / "1m").is_dir():
            folder = folder / "1m"
        found = {path.stem: Source(path.stem, (path,)) for path in sorted(folder.glob("*.parquet"))}
        for sub in sorted(path for path in folder.iterdir() if path.is_dir()):
            if is_stored(sub):
                name = _coin_of_folder(sub.name)
                found.setdefault(name, StoredSource(name, tuple(sorted(sub.iterdir()))))
                continue
            shards = tuple(sorted(path for path in sub.iterdir() if path.suffix in (".npy", ".npz")))
            if shards:
                name = _coin_of_folder(sub.name)
                found.setdefault(name, Source(name, shards))
    except OSError as error:
        raise ConfigError(f"{shown}: {sanitize_line(error, limit=120)}") from error
    if not found:
        raise ConfigError(f"{shown}: no recordings", hint="expected COIN.parquet files, or day shards per coin")
    return found


def choose(sources: dict[str, Source], coins: Sequence[str], folder: Path) -> list[Source]:
    """Return the sources of the asked coins (all when none is named), ascending; raises ConfigError for a stranger.

    Case does not matter where it leaves no doubt; `BTC/USDT:USDT` means BTC, and SHIB finds kSHIB or 1000SHIB.
    """
    if not coins:
        return [sources[name] for name in sorted(sources)]
    chosen: dict[str, Source] = {}
    for coin in coins:
        name = coin.split("/", 1)[0].strip()
        match = _matches(sources, name)
        if len(match) != 1:
            known = ", ".join(sorted(sources)[:12]) + (", …" if len(sources) > 12 else "")
            raise ConfigError(
                f"no recording of coin {sanitize_line(name, limit=40)!r} in {sanitize_line(folder, limit=200)}",
                hint=f"there are {sanitize_line(known)}",
            )
        chosen[match[0]] = sources[match[0]]
    return [chosen[name] for name in sorted(chosen)]


def _matches(sources: dict[str, Source], name: str) -> list[str]:
    """Return what a name may mean, by the strictest reading that finds anything."""
    readings: tuple[Callable[[str], str], ...] = (str, str.lower, coin_of, lambda text: coin_of(text).lower())
    for reading in readings:
        found = [key for key in sources if reading(key) == reading(name)]
        if found:
            return found
    return []


def _coin_of_folder(name: str) -> str:
    return name.split("_", 1)[0]


def _check(where: str, ts: NDArray[np.int64], values: tuple[NDArray[Any], ...]) -> None:
    if not len(ts):
        raise DataError(f"{where}: no candles in it")
    if abs(int(ts[0])) < _MILLISECONDS_FROM:
        raise DataError(f"{where}: timestamp {int(ts[0])} is not in milliseconds")
    steps = np.diff(ts)
    _refuse_first(where, ts[1:], steps <= 0, "is not later than the one before (unsorted or double)")
    _refuse_first(where, ts, ts % MINUTE_MS != 0, "does not begin a minute")
    open_, high, low, close, volume = values
    for name, column in zip(FIELDS, values, strict=True):
        _refuse_first(where, ts, ~np.isfinite(column), f"has no number as {name}")
    _refuse_first(where, ts, np.minimum(np.minimum(open_, close), low) <= 0, "has a price that is not positive")
    _refuse_first(where, ts, high < low, "has a high below its low")
    _refuse_first(where, ts, volume < 0, "has a negative volume")


def _refuse_first(where: str, ts: NDArray[np.int64], wrong: NDArray[np.bool_], what: str) -> None:
    at = np.flatnonzero(wrong)
    if len(at):
        more = f" ({len(at)} such candles)" if len(at) > 1 else ""
        raise DataError(f"{where}: the candle of {_time_text(int(ts[at[0]]))} {what}{more}")


def _time_text(ms: int) -> str:
    try:
        return datetime.datetime.fromtimestamp(ms / 1000, datetime.UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (OverflowError, ValueError, OSError):
        return f"{ms} ms"
