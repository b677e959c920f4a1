"""One result folder read for looking at: figures, curve, fills, sums by coin. Loads numpy and pyarrow: for threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.result import FILLS, Opened, curve_file, open_result, read_object, read_table
from pbtui.console.text import safe
from pbtui.core.errors import DataError
from pbtui.core.record import record

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SUITE = "suite_summary.json"
_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Balance and equity over time, each by unit (`usd`, `btc`)."""

    ts_ms: Ints
    balance: Mapping[str, Floats]
    equity: Mapping[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class FillTable:
    """All fills of a run, oldest first; `qty` is signed, `psize` and `pprice` are the position after the fill."""

    ts_ms: Ints
    coin: tuple[str, ...]
    kind: tuple[str, ...]
    figures: Mapping[str, Floats]  # qty price psize pprice pnl fee balance we twe_long twe_short twe_net

    def __len__(self) -> int:
        return len(self.ts_ms)


@record
class CoinSums:
    """One coin of a run: profit by side, fills, fees (≤ 0), longest time a position stood unchanged, highest WE."""

    coin: str
    pnl_long: float
    pnl_short: float
    fees: float
    fills: int
    stuck_hours: float
    most_exposed: float

    @property
    def pnl(self) -> float:
        """Return the realised profit of both sides, fees included."""
        return self.pnl_long + self.pnl_short + self.fees


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A run, or a suite (`suite` is its summary then, and there is nothing else); `problems` say what is missing."""

    folder: Path
    opened: Opened | None
    curve: Curve | None
    fills: FillTable | None
    coins: tuple[CoinSums, ...]
    suite: Mapping[str, Any] | None
    problems: tuple[str, ...] = ()

    @property
    def analysis(self) -> Mapping[str, Any]:
        """Return the metrics of a run."""
        return self.opened.analysis if self.opened is not None else {}


def read_result(folder: Path) -> Result:
    """Read a result folder, ours or Passivbot's; raises DataError where it is none.

    Tables that are missing or damaged are named in `problems`; the rest is there.
    """
    if (folder / _SUITE).is_file():
        return Result(folder, None, None, None, (), read_object(folder / _SUITE))
    opened = open_result(folder)
    problems: list[str] = []
    curve = fills = None
    try:
        curve = _curve(folder)
    except DataError as error:
        problems.append(error.line())
    try:
        fills = _fills(folder / FILLS)
    except DataError as error:
        problems.append(error.line())
    end_ms = int(curve.ts_ms[-1]) if curve is not None and len(curve.ts_ms) else 0
    coins = sums_of(fills, end_ms) if fills is not None else ()
    return Result(folder, opened, curve, fills, coins, None, tuple(problems))


def _curve(folder: Path) -> Curve:
    path = curve_file(folder)
    if not path.is_file():
        raise DataError(f"{path.name} is not there")
    table = read_table(path, path.name)
    times = _times(table, table.column_names[0], path)
    parts: dict[str, dict[str, Floats]] = {"balance": {}, "equity": {}}
    for part, unit in ((part, unit) for part in parts for unit in ("usd", "btc")):
        # The last names are those of older versions.
        for name in (f"{unit}_total_{part}", f"{part}_{unit}", part if unit == "usd" else f"{part}_btc"):
            if name in table.column_names:
                parts[part][unit] = _numbers(table, name)
                break
    if "usd" not in parts["balance"] or "usd" not in parts["equity"]:
        raise DataError(f"{path.name} has no columns of balance and equity")
    return Curve(times, parts["balance"], parts["equity"])


_COLUMNS = {
    "qty": "qty", "price": "price", "psize": "psize", "pprice": "pprice", "pnl": "pnl", "fee": "fee_paid",
    "balance": "usd_total_balance", "we": "wallet_exposure", "twe_long": "twe_long", "twe_short": "twe_short",
    "twe_net": "twe_net",
}  # fmt: skip
_NEEDED = ("coin", "type", "qty", "price")


def _fills(path: Path) -> FillTable:
    if not path.is_file():
        raise DataError(f"{path.name} is not there")
    table = read_table(path, path.name)
    missing = [name for name in _NEEDED if name not in table.column_names]
    if missing:
        raise DataError(f"{path.name} has no column {missing[0]}")
    if not table.num_rows:
        return FillTable(np.empty(0, np.int64), (), (), {name: np.empty(0) for name in _COLUMNS})
    empty = np.full(table.num_rows, np.nan)
    figures = {
        name: _numbers(table, column) if column in table.column_names else empty for name, column in _COLUMNS.items()
    }
    coins, kinds = (tuple(_texts(table, name)) for name in ("coin", "type"))
    return FillTable(_times(table, "timestamp", path), coins, kinds, figures)


def _texts(table: pa.Table, name: str) -> list[str]:
    """Return a column as texts; equal ones are cleaned once."""
    values = table.column(name).to_pylist()
    clean = {value: safe(value, 40) for value in set(values)}
    return [clean[value] for value in values]


def _times(table: pa.Table, name: str, path: Path) -> Ints:
    import pyarrow as pa

    if name not in table.column_names:
        raise DataError(f"{path.name} has no column {name}")
    try:
        values = table.column(name).cast(pa.timestamp("ms"), safe=False)
        return np.asarray(values.to_numpy(), dtype="datetime64[ms]").astype(np.int64)
    except pa.ArrowException as error:
        raise DataError(f"{path.name}: {name} holds no times: {safe(error, 100)}") from error


def _numbers(table: pa.Table, name: str) -> Floats:
    import pyarrow as pa

    try:
        return np.asarray(table.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"column {name} holds no numbers: {safe(error, 100)}") from error


def sums_of(fills: FillTable, end_ms: int) -> tuple[CoinSums, ...]:
    """Return the sums of each coin, most profitable first; positions still open stand until `end_ms`."""
    coins = np.asarray(fills.coin, dtype=object)
    short = np.asarray(["short" in kind for kind in fills.kind], dtype=bool)
    figures = fills.figures
    found: list[CoinSums] = []
    for coin in dict.fromkeys(fills.coin):
        mine = coins == coin
        pnl, side = np.nan_to_num(figures["pnl"][mine]), short[mine]
        stuck = max(stuck_hours(fills, mine & (short == which), end_ms) for which in (False, True))
        exposed = np.abs(np.nan_to_num(figures["we"][mine]))
        found.append(
            CoinSums(
                coin,
                float(pnl[~side].sum()),
                float(pnl[side].sum()),
                float(np.nan_to_num(figures["fee"][mine]).sum()),
                int(mine.sum()),
                stuck,
                float(exposed.max(initial=0.0)),
            )
        )
    return tuple(sorted(found, key=lambda row: -row.pnl))


def stuck_hours(fills: FillTable, mine: NDArray[np.bool_], end_ms: int) -> float:
    """Return the longest time in hours between two fills of one side of a coin while it held a position."""
    times = fills.ts_ms[mine]
    if not len(times):
        return 0.0
    held = fills.figures["psize"][mine] != 0.0
    waits = np.diff(np.append(times, max(end_ms, int(times[-1]))))
    return float(waits[held].max(initial=0)) / _HOUR_MS
