"""A whole backtest in one call: candles and arguments in, fills, equity and metrics out (backtest.md 1 to 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui import _pb_rust
from pbtui.engine.errors import InvalidInput, call
from pbtui.engine.numerics import all_order_types
from pbtui.engine.progress import RunCancelled, RunProgress

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fills:
    """Fills in the order made, one array a column; amounts in quote, quantities signed (buy > 0)."""

    index: Ints
    """Bar of the (aggregated) arrays."""
    timestamp_ms: Ints
    """Open time of that bar."""
    coin: NDArray[np.uint32]
    """Place among the traded coins."""
    order_type: NDArray[np.uint16]
    """Number of the order type; `order_types` names them."""
    pnl: Floats
    """Realised profit, before fees."""
    fee_paid: Floats
    """Negative when it costs."""
    usd_total_balance: Floats
    usd_cash_wallet: Floats
    btc_cash_wallet: Floats
    btc_price: Floats
    fill_qty: Floats
    fill_price: Floats
    position_size: Floats
    """After the fill."""
    position_price: Floats
    """After the fill; after a full close the last one held."""
    wallet_exposure: Floats
    """Of this position, signed."""
    twe_long: Floats
    twe_short: Floats
    """At most 0."""
    twe_net: Floats

    def __len__(self) -> int:
        return len(self.index)

    def order_types(self) -> list[str]:
        """Name the order type of every fill."""
        names = all_order_types()
        return [names[number] for number in self.order_type.tolist()]


@dataclass(frozen=True, slots=True)
class Equity:
    """One entry a bar from the first bar whose orders were decided to the last but one."""

    timestamp_ms: Ints
    usd: Floats
    btc: Floats
    net_exposure: Floats
    """Exposure of all positions, shorts negative."""

    def __len__(self) -> int:
        return len(self.usd)


@dataclass(frozen=True, slots=True)
class BacktestOutcome:
    """What a run produced; fills and equity are None where `metrics_only` was asked for."""

    fills: Fills | None
    equity: Equity | None
    analysis_usd: dict[str, float | None]
    """Every metric of metrics.md 8 by name; None where it is not finite."""
    analysis_btc: dict[str, float | None]
    """The same counted in BTC; a copy where no balance was held in BTC."""


def _array(values: Any, name: str, dimensions: int) -> Floats:
    # Callers may hold anything at run time; whatever has no such attributes is no array.
    right = getattr(values, "dtype", None) == np.float64 and getattr(values, "ndim", None) == dimensions
    if not right:
        raise InvalidInput(f"engine input: {name} must be an array of float64 in {dimensions} dimension(s)")
    if not values.flags.c_contiguous:
        raise InvalidInput(f"engine input: {name} must be C-contiguous")
    return values


def _rows(rows: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    try:
        return [dict(row) for row in rows]
    except (TypeError, ValueError):
        raise InvalidInput(f"engine input: {name} must be a list of tables") from None


def run_backtest(
    hlcvs: Floats,
    btc_usd: Floats,
    bot_params: Sequence[Mapping[str, Any]],
    exchange_params: Sequence[Mapping[str, Any]],
    backtest_params: Mapping[str, Any],
    *,
    look_ahead: bool = True,
    progress: RunProgress | None = None,
) -> BacktestOutcome:
    """Run the reference's backtest (model `v7`).

    `hlcvs` is (bars, coins, 4) float64, C order, last axis high, low, close, volume; it is read where it lies, never
    copied. `btc_usd` holds BTC's close of each bar. The other arguments are those of backtest.md 1.2 to 1.4.
    `look_ahead=False` always makes whole ladders instead of letting the coming bar decide (backtest.md 2.9). The
    interpreter is free for other threads while it runs; `progress` lets them watch it and break it off. Raises
    InvalidInput for any wrong argument, and when orders cannot be decided from the numbers given; RunCancelled.
    """
    result = call(
        _pb_rust.run_backtest,
        _array(hlcvs, "hlcvs", 3),
        _array(btc_usd, "btc_usd", 1),
        _rows(bot_params, "bot_params"),
        _rows(exchange_params, "exchange_params"),
        dict(backtest_params),
        (look_ahead, None if progress is None else progress.inner),
    )
    if result is None:
        raise RunCancelled("the backtest was stopped")
    fills, equity = result["fills"], result["equity"]
    return BacktestOutcome(
        fills=None if fills is None else Fills(**fills),
        equity=None if equity is None else Equity(**equity),
        analysis_usd=result["analysis_usd"],
        analysis_btc=result["analysis_btc"],
    )
