"""Recorded backtests: putting their candles together, running them, and telling what differs."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pbtui.engine.backtest import BacktestOutcome, Equity, Fills, run_backtest

from .support import ABSOLUTE, RELATIVE, NotUnderstood

Floats = NDArray[np.float64]
Table = dict[str, Any]

VALUES = ("high", "low", "close", "volume")
FOLDERS = ("backtests", "committable")
FILL_EXACT = ("index", "timestamp_ms")
EQUITY = {"usd": "usd_total_equity", "btc": "btc_total_equity"}
MINUTE_MS = 60_000
UNDERSTOOD = {
    "dataset",
    "coins",
    "first_timestamp_ms",
    "n_minutes",
    "valid_range_minutes",
    "interval_minutes",
    "engine_rows",
    "use_engine_candles",
}


def case_dirs(root: Path) -> list[Path]:
    """Return every recorded backtest below the folder of vectors."""
    return sorted(path.parent for folder in FOLDERS for path in root.glob(f"{folder}/*/args.json"))


def empty_folders(root: Path) -> list[str]:
    """Name the folders that are there and hold no case."""
    present = [root / folder for folder in FOLDERS if (root / folder).is_dir()]
    return [folder.name for folder in present if not any(folder.glob("*/args.json"))]


def _columns(path: Path) -> Table:
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


@dataclass(frozen=True)
class Case:
    """One recorded run."""

    folder: Path
    args: Table

    @classmethod
    def read(cls, folder: Path) -> Case:
        """Read the arguments of a case."""
        args = json.loads((folder / "args.json").read_text(encoding="utf-8"))
        unknown = set(args["candles"]) - UNDERSTOOD
        if unknown:
            raise NotUnderstood(f"{folder.name}: candles with {sorted(unknown)}")
        return cls(folder, args)

    @property
    def call(self) -> Table:
        """The arguments of the engine's call besides the arrays."""
        return self.args["run_backtest_args"]

    def fills(self) -> Table:
        """Return the recorded fills as columns."""
        return _columns(self.folder / "fills.parquet")

    def equity(self) -> Table:
        """Return the recorded equity as columns."""
        return _columns(self.folder / "equity.parquet")

    def arrays(self) -> tuple[Floats, Floats]:
        """Put together candles (rows, coins, 4) and BTC prices as the vectors' README says."""
        candles = self.args["candles"]
        arrays = self._stored() if candles["use_engine_candles"] else self._assembled()
        if len(arrays[0]) != candles["engine_rows"]:
            raise NotUnderstood(f"{self.folder.name}: {len(arrays[0])} rows, not {candles['engine_rows']}")
        return arrays

    def _stored(self) -> tuple[Floats, Floats]:
        stored = _columns(self.folder / "engine_candles.parquet")
        coins = self.args["candles"]["coins"]
        of_coin = [stored["coin"] == coin for coin in coins]
        tensor = np.stack([np.stack([stored[name][mine] for name in VALUES], axis=1) for mine in of_coin], axis=1)
        return np.ascontiguousarray(tensor), np.ascontiguousarray(stored["btc_usd"][of_coin[0]])

    def _assembled(self) -> tuple[Floats, Floats]:
        candles = self.args["candles"]
        start, count = candles["first_timestamp_ms"], candles["n_minutes"]
        data = self.folder.parent / "data" / candles["dataset"]

        def rows(coin: str) -> Table:
            columns = _columns(data / f"{coin}.parquet")
            first = int(np.searchsorted(columns["timestamp_ms"], start))
            return {name: values[first : first + count] for name, values in columns.items()}

        tensor = np.full((count, len(candles["coins"]), len(VALUES)), np.nan)
        for place, coin in enumerate(candles["coins"]):
            first, last = candles["valid_range_minutes"][coin]
            columns = rows(coin)
            for value, name in enumerate(VALUES):
                tensor[first : last + 1, place, value] = columns[name][first : last + 1]
        return _grouped(tensor, np.ascontiguousarray(rows("BTC")["close"]), start, candles["interval_minutes"])

    def run(self, **options: bool) -> BacktestOutcome:
        """Run our engine on the case."""
        call = self.call
        return run_backtest(
            *self.arrays(), call["bot_params"], call["exchange_params"], call["backtest_params"], **options
        )


def _grouped(tensor: Floats, btc: Floats, start_ms: int, interval: int) -> tuple[Floats, Floats]:
    if interval == 1:
        return tensor, btc
    skip = -(start_ms // MINUTE_MS) % interval
    groups = (len(tensor) - skip) // interval
    rows = slice(skip, skip + groups * interval)
    blocks = tensor[rows].reshape(groups, interval, tensor.shape[1], len(VALUES))
    joined = [blocks[..., 0].max(axis=1), blocks[..., 1].min(axis=1), blocks[:, -1, :, 2], blocks[..., 3].sum(axis=1)]
    return np.stack(joined, axis=-1), np.ascontiguousarray(btc[rows].reshape(groups, interval)[:, -1])


def _worst(name: str, expected: Floats, actual: Floats) -> list[str]:
    apart = np.abs(actual - expected) > np.maximum(RELATIVE * np.abs(expected), ABSOLUTE)
    bad = np.flatnonzero(apart | (np.isnan(expected) != np.isnan(actual)))
    return (
        [f"{name}: {len(bad)} differ, first at {bad[0]}: {expected[bad[0]]!r} != {actual[bad[0]]!r}"]
        if len(bad)
        else []
    )


def fill_problems(case: Case, fills: Fills) -> list[str]:
    """Compare fills with the recorded ones: what is discrete exactly, numbers within the tolerance."""
    expected, names = case.fills(), case.call["backtest_params"]["coins"]
    recorded = list(zip(*(expected[name].tolist() for name in (*FILL_EXACT, "coin", "order_type")), strict=True))
    coins = [names[place] for place in fills.coin.tolist()]
    ours = list(zip(fills.index.tolist(), fills.timestamp_ms.tolist(), coins, fills.order_types(), strict=True))
    for place, (want, got) in enumerate(zip(recorded, ours, strict=False)):
        if want != got:
            return [f"fill {place} of {len(recorded)}: expected {want}, got {got}"]
    if len(recorded) != len(ours):
        return [f"{len(recorded)} fills expected, got {len(ours)}"]
    floats = [name for name in expected if name not in (*FILL_EXACT, "coin", "order_type")]
    return [text for name in floats for text in _worst(name, expected[name], getattr(fills, name))]


def equity_problems(case: Case, equity: Equity) -> list[str]:
    """Compare the equity series with the recorded one."""
    expected = case.equity()
    if not np.array_equal(expected["timestamp_ms"], equity.timestamp_ms):
        return [f"equity: {len(expected['timestamp_ms'])} rows expected, got {len(equity)}, or their times differ"]
    return [text for name, column in EQUITY.items() for text in _worst(column, expected[column], getattr(equity, name))]


def summary_problems(case: Case, fills: Fills, equity: Equity) -> list[str]:
    """Compare counts with those of the arguments file."""
    ours = {"n_fills": len(fills), "n_equity_rows": len(equity), "order_types": dict(Counter(fills.order_types()))}
    expected = case.args["expected"]
    return [f"{key}: expected {value}, got {ours[key]}" for key, value in expected.items() if ours[key] != value]


def metric_problems(case: Case, outcome: BacktestOutcome) -> list[str]:
    """Compare every metric of both denominations."""
    expected = json.loads((case.folder / "analysis.json").read_text(encoding="utf-8"))
    ours = {"analysis_usd": outcome.analysis_usd, "analysis_btc": outcome.analysis_btc}
    return [text for name, metrics in ours.items() for text in _metrics_apart(name, expected[name], metrics)]


def _metrics_apart(name: str, expected: Table, actual: Table) -> list[str]:
    if set(expected) != set(actual):
        return [f"{name}: {sorted(set(expected) ^ set(actual))} in one only"]
    apart = [key for key, want in expected.items() if not _near(want, actual[key])]
    return [f"{name}.{key}: expected {expected[key]!r}, got {actual[key]!r}" for key in apart]


def _near(want: float | None, got: float | None) -> bool:
    if want is None or got is None:
        return want is got
    return abs(got - want) <= max(RELATIVE * abs(want), ABSOLUTE)


def problems(case: Case) -> list[str]:
    """Run a case and tell everything that differs."""
    outcome = case.run()
    if outcome.fills is None or outcome.equity is None:
        return ["the run gave neither fills nor equity"]
    found = summary_problems(case, outcome.fills, outcome.equity)
    found += fill_problems(case, outcome.fills) + equity_problems(case, outcome.equity)
    return found + metric_problems(case, outcome)
