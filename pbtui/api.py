"""pbtui for scripts and notebooks: configurations, candles, backtests, results and fronts, as Arrow tables.

Nothing of it draws or trades. Tables are `pyarrow.Table`; `.to_pandas()` makes data frames of them where pandas is
installed. Times are UTC, quantities signed (buy and long positive), fees negative where they cost. What is wrong raises
a `PbtuiError` with one line that says what, where and what to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pbtui.config import Config
from pbtui.config import load as _load
from pbtui.core.clock import RealClock
from pbtui.core.errors import ConfigError, DataError, PbtuiError

if TYPE_CHECKING:
    import pyarrow as pa

    from pbtui.backtest.pictures import Curve
    from pbtui.backtest.sourcing import Sourcing
    from pbtui.engine.backtest import Fills
    from pbtui.market.store import Trouble

__all__ = [
    "Backtest",
    "Config",
    "ConfigError",
    "DataError",
    "PbtuiError",
    "backtest",
    "candles",
    "evaluations",
    "front",
    "load_config",
    "read_backtest",
]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Backtest:
    """A run's result.

    `analysis` has every metric by name, None where it is not finite. `fills` has a row a fill with the columns of
    `fills.csv`: qty signed, pnl before fees, fee_paid negative when it costs, psize and pprice after the fill. `equity`
    has a row for each recorded moment: balance and equity in USD and BTC. `config` is the effective configuration.
    """

    name: str
    analysis: Mapping[str, float | None]
    fills: pa.Table
    equity: pa.Table
    config: Mapping[str, Any]
    folder: Path | None = None


def load_config(path: Path | str | None = None, *, base_dir: Path | str = ".", **values: Any) -> Config:
    """Return a configuration; without a path the shipped template. Raises ConfigError.

    `values` are keys with dots written as two underscores, as in `backtest__start_date="2025-05-10"` or
    `bot__long__n_positions=3`; they go before the file's.
    """
    flags = {name.replace("__", "."): value for name, value in values.items()}
    file = Path(path) if path is not None else None
    return _load(file, command="backtest", flags=flags, base_dir=Path(base_dir), now_ms=RealClock().now_ms())


def candles(coin: str, exchange: str, start: str, end: str, *, base_dir: Path | str = ".") -> pa.Table:
    """Return the stored one-minute candles of a coin between two dates, the end not of them.

    Columns: time (UTC), open, high, low, close, volume (in coins). Minutes that are not stored are not in it: fetch
    them with `pbtui candles download`. Raises ConfigError for an unknown coin or a date that is none, DataError for
    damaged candles.
    """
    import pyarrow as pa

    from pbtui.config.dates import parse_date
    from pbtui.market.holdings import Library

    troubles: list[Trouble] = []
    library = Library(Path(base_dir), RealClock(), troubles.append)
    (_, symbol), *_ = library.choose([exchange], [coin])
    try:
        first, last = parse_date(start), parse_date(end)
    except ValueError as error:
        raise ConfigError(str(error), hint="write for instance 2025-05-10") from None
    rows = library.store(exchange).read(symbol, first, last)
    if troubles:
        raise DataError(troubles[0].line())
    names = {"o": "open", "h": "high", "l": "low", "c": "close", "bv": "volume"}
    columns = {"time": _times(rows["ts"]), **{name: pa.array(rows[short]) for short, name in names.items()}}
    return pa.table(columns)


def backtest(
    config: Config,
    *,
    base_dir: Path | str = ".",
    offline: bool = True,
    on_step: Callable[[str], None] = lambda text: None,
) -> Backtest:
    """Run a configuration over candles and return what came of it; nothing but prepared candles is written.

    `offline=False` fetches what is missing. `on_step` is told what is being done. Raises NoData, ConfigError,
    DataError, ExchangeError.
    """
    from pbtui.backtest.run import dataset_of, simulate
    from pbtui.jobs.events import Event, Note, Stage

    def told(event: Event) -> None:
        if isinstance(event, Stage | Note):
            on_step(event.text)

    data = _wait(dataset_of(config, _sourcing(base_dir, offline, on_step), told))
    run = simulate(config, data, clock=RealClock(), on_event=told)
    return Backtest(
        name=run.name,
        analysis=run.analysis,
        fills=_fills(run.fills, run.inputs.coins),
        equity=_equity(run.curve),
        config=config.data,
    )


def read_backtest(folder: Path | str) -> Backtest:
    """Return the result in a folder, ours or Passivbot's; raises DataError where it is none, or damaged."""
    from pbtui.backtest.result import FILLS, curve_file, open_result, read_table

    path = Path(folder)
    opened = open_result(path)
    curve, fills = curve_file(path), path / FILLS
    equity = read_table(curve, curve)
    return Backtest(
        name=str(opened.facts.get("run", {}).get("name") or path.parent.name),
        analysis=opened.analysis,
        fills=read_table(fills, fills).drop_columns([""]),
        equity=equity.rename_columns(["time", *equity.column_names[1:]]),
        config=opened.config,
        folder=path,
    )


def front(folder: Path | str | None = None, *, base_dir: Path | str = ".") -> pa.Table:
    """Return the members of an optimisation's front, a row each; without a folder of the latest run.

    Columns: id, file, violation, `objective.NAME` (less is better), `metric.NAME`, `oos.NAME` (on unseen days, where
    the run was validated), `long.PARAMETER`, `short.PARAMETER`. Raises ConfigError where there is no member.
    """
    from pbtui.optimize.exports import rows_of
    from pbtui.optimize.results import UNSEEN, open_results

    results = open_results(Path(folder) if folder is not None else None, base_dir=Path(base_dir))
    rows = rows_of(results.members, results)
    for row, member in zip(rows, results.members, strict=True):
        unseen = {name: told[UNSEEN] for name, told in member.stats.items() if UNSEEN in told}
        row |= {f"oos.{name}": value for name, value in unseen.items()}
    return _of_rows(rows)


def evaluations(folder: Path | str) -> pa.Table:
    """Return every evaluation of a run of ours, from the tables in `all_results`; raises ConfigError without any."""
    import pyarrow as pa
    from pyarrow import parquet

    from pbtui.optimize.table import FOLDER

    files = sorted((Path(folder) / FOLDER).glob("*.parquet"))
    if not files:
        raise ConfigError(f"{folder} has no tables of evaluations", hint="see optimize.write_all_results")
    try:
        return pa.concat_tables([parquet.read_table(file) for file in files], promote_options="default")
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{folder}: the tables of evaluations cannot be read: {error}") from error


def _sourcing(base_dir: Path | str, offline: bool, say: Callable[[str], None]) -> Sourcing:
    from pbtui.backtest.sourcing import Sourcing

    return Sourcing(base_dir=Path(base_dir), clock=RealClock(), say=say, offline=offline)


def _fills(fills: Fills, coins: Sequence[str]) -> pa.Table:
    """Return fills with the names of `fills.csv`."""
    import pyarrow as pa

    columns: dict[str, Any] = {
        "timestamp": _times(fills.timestamp_ms),
        "coin": pa.array([str(coins[number]) for number in fills.coin.tolist()], pa.string()),
        "type": pa.array(fills.order_types(), pa.string()),
        "qty": fills.fill_qty,
        "price": fills.fill_price,
        "psize": fills.position_size,
        "pprice": fills.position_price,
    }
    same = ("pnl", "fee_paid", "usd_total_balance", "usd_cash_wallet", "btc_cash_wallet", "btc_price")
    more = ("wallet_exposure", "twe_long", "twe_short", "twe_net")
    return pa.table(columns | {name: getattr(fills, name) for name in (*same, *more)})


def _equity(curve: Curve) -> pa.Table:
    import pyarrow as pa

    names = [each.name for each in fields(curve) if each.name != "ts_ms"]
    return pa.table({"time": _times(curve.ts_ms), **{name: getattr(curve, name) for name in names}})


def _times(ms: Any) -> pa.Array:
    import pyarrow as pa

    return pa.array(ms, pa.int64()).cast(pa.timestamp("ms", tz="UTC"))


def _of_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: [row.get(name) for row in rows] for name in names})


def _wait(work: Coroutine[Any, Any, T]) -> T:
    """Return what a coroutine returns, also where a loop runs already, as in notebooks."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
