"""Candles and trades in the archives' own tables (candles.md 11)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.market.sources.rows import BadBody

Table = NDArray[np.float64]  # ts, open, high, low, close, volume
_NAMES = {
    "ts": ("open_time", "opentime", "time", "timestamp", "ts", "date"),
    "open": ("open",),
    "high": ("high",),
    "low": ("low",),
    "close": ("close",),
    "volume": ("volume", "vol", "basevolume"),
}
_AS_THEY_STAND = tuple(range(6))


def candles_of_csv(text: bytes) -> Table:
    """Return the candles of a comma-separated file, its header read where there is one; raises BadBody.

    Rows that are no numbers come back as NaN, to be left out with the other unsound ones.
    """
    lines = text.decode("utf-8", "replace").splitlines()
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines:
        raise BadBody("is empty")
    columns = _AS_THEY_STAND
    if not _is_number(lines[0].split(",")[0]):
        columns = _columns(lines.pop(0).split(","))
    if not lines:
        raise BadBody("holds no candle")
    try:
        table = np.loadtxt(lines, delimiter=",", usecols=columns, ndmin=2, comments=None)
    except ValueError:
        table = _patiently([line.split(",") for line in lines], columns)
    return np.asarray(table, dtype=np.float64)


def candles_of_cells(rows: Sequence[Sequence[str]]) -> Table:
    """Return the candles of a spreadsheet's cells, whose first row is a header (candles.md 11); raises BadBody."""
    if len(rows) < 2:
        raise BadBody("is a spreadsheet without rows")
    has_header = not (rows[0] and _is_number(rows[0][0]))
    columns = _columns(rows[0]) if has_header else _AS_THEY_STAND
    return _patiently(rows[1:] if has_header else rows, columns)


def _columns(header: Sequence[str]) -> tuple[int, ...]:
    """Return where the six columns are by their names; as they stand where the names say nothing."""
    names = [name.strip().strip('"').lstrip("\ufeff").lower().replace(" ", "") for name in header]
    places = [next((names.index(name) for name in known if name in names), -1) for known in _NAMES.values()]
    if -1 in places[1:5]:
        if len(header) < len(_AS_THEY_STAND):
            raise BadBody("holds no candles: its header names fewer than six columns")
        return _AS_THEY_STAND
    if -1 in places:
        raise BadBody("holds no candles: its header names no time or no volume")
    return tuple(places)


def _patiently(rows: Sequence[Sequence[str]], columns: tuple[int, ...]) -> Table:
    table = np.full((len(rows), len(columns)), np.nan)
    for i, row in enumerate(rows):
        try:
            table[i] = [float(row[column]) for column in columns]
        except (ValueError, IndexError):
            table[i] = np.nan
    return table


def _is_number(text: str) -> bool:
    try:
        float(text.strip().strip('"'))
    except ValueError:
        return False
    return True


class MinutesOfTrades:
    """Makes the minutes of one time span from trades in the sequence of their file (candles.md 11).

    A minute opens with the first and closes with the last of its trades in the file; where the file runs backwards in
    time it is read backwards. Minutes without trades do not exist.
    """

    def __init__(self, start_ms: int, end_ms: int) -> None:
        count = (end_ms - start_ms) // 60_000
        self._start_ms = start_ms
        self._first = np.full(count, np.nan)
        self._last = np.full(count, np.nan)
        self._high = np.full(count, -np.inf)
        self._low = np.full(count, np.inf)
        self._volume = np.zeros(count)
        self._began: float | None = None
        self._ended = 0.0

    def add(self, ts_ms: NDArray[np.float64], price: NDArray[np.float64], qty: NDArray[np.float64]) -> None:
        """Take the next trades of the file; raises BadBody for one that cannot be."""
        if not len(ts_ms):
            return
        good = np.isfinite(ts_ms) & np.isfinite(price) & (price > 0.0) & np.isfinite(qty) & (qty >= 0.0)
        if not good.all():
            raise BadBody("holds trades that make no sense")
        self._began = float(ts_ms[0]) if self._began is None else self._began
        self._ended = float(ts_ms[-1])
        minute = ((ts_ms - self._start_ms) // 60_000).astype(np.int64)
        inside = (minute >= 0) & (minute < len(self._first))
        if inside.any():
            self._fold(minute[inside], price[inside], qty[inside])

    def _fold(self, minute: NDArray[np.int64], price: NDArray[np.float64], qty: NDArray[np.float64]) -> None:
        if (np.diff(minute) < 0).any():
            sequence = np.argsort(minute, kind="stable")  # trades of one minute stay in the file's sequence
            minute, price, qty = minute[sequence], price[sequence], qty[sequence]
        starts = np.flatnonzero(np.concatenate(([True], np.diff(minute) > 0)))
        ends = np.append(starts[1:], len(minute)) - 1
        at = minute[starts]
        self._first[at] = np.where(np.isnan(self._first[at]), price[starts], self._first[at])
        self._last[at] = price[ends]
        self._high[at] = np.maximum(self._high[at], np.maximum.reduceat(price, starts))
        self._low[at] = np.minimum(self._low[at], np.minimum.reduceat(price, starts))
        self._volume[at] += np.add.reduceat(qty, starts)

    def table(self) -> Table:
        """Return the minutes that had trades; raises BadBody when there is none."""
        at = np.flatnonzero(~np.isnan(self._first))
        if self._began is None:
            raise BadBody("holds no trade")
        if not len(at):
            raise BadBody("holds trades of another time")
        backwards = self._ended < self._began
        opened, closed = (self._last, self._first) if backwards else (self._first, self._last)
        ts = self._start_ms + at * 60_000.0
        columns = (ts, opened[at], self._high[at], self._low[at], closed[at], self._volume[at])
        return np.column_stack(columns).astype(np.float64)


def minutes_of_trades(file: io.RawIOBase, start_ms: int, end_ms: int) -> Table:
    """Return the minutes of a comma-separated file of trades with a header naming timestamp, price and size.

    Read piece by piece: a busy day has millions of trades. Stamps count seconds with fractions, or milliseconds.
    Raises BadBody; a single trade that is no number too, since its minute could not be vouched for.
    """
    import pyarrow as pa
    from pyarrow import csv

    made = MinutesOfTrades(start_ms, end_ms)
    wanted = ("timestamp", "price", "size")
    options = csv.ConvertOptions(
        include_columns=list(wanted), column_types=dict.fromkeys(wanted, pa.float64()), null_values=[]
    )
    try:
        with csv.open_csv(
            pa.PythonFile(io.BufferedReader(file, 1 << 20), mode="r"),
            read_options=csv.ReadOptions(block_size=1 << 22, use_threads=False),
            convert_options=options,
        ) as reader:
            for batch in reader:
                ts, price, qty = (_numbers(batch[name]) for name in wanted)
                made.add(ts * (1000.0 if len(ts) and ts[0] < 1e11 else 1.0), price, qty)
    except (pa.ArrowException, KeyError, UnicodeDecodeError) as error:
        if isinstance(error.__cause__, BadBody):
            raise error.__cause__ from error
        raise BadBody(f"is no table of trades: {str(error).splitlines()[0] if str(error) else 'empty'}") from error
    return made.table()


def _numbers(column: Any) -> NDArray[np.float64]:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=np.float64)
