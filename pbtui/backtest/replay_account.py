"""Wallets, positions and profit at the end of any bar, as the fills of a run tell them (backtest.md 2.3 to 2.5)."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbtui.backtest.inputs import EngineInputs
from pbtui.core.types import PSIDES, Position, Pside
from pbtui.engine.backtest import Fills
from pbtui.engine.numerics import hysteresis

Holder = tuple[int, Pside]  # place of the coin, side
_SNAP = 0.02  # how far a balance with BTC in it must move before sizes follow
_LEAST_PRICE = 2.0**-52


@dataclass(frozen=True, slots=True)
class Held:
    """A position, and the bar of its coin's last fill on that side."""

    position: Position
    since: int


@dataclass(frozen=True, slots=True)
class Books:
    """The account at the end of a bar; amounts in USD. `snapped` is the balance that sizes are reckoned from."""

    total: float
    snapped: float
    pnl_sum: float  # realised, gross of fees
    pnl_peak: float  # its highest value, at least 0
    held: dict[Holder, Held]


class Ledger:
    """The fills of a run, found by bar."""

    def __init__(self, inputs: EngineInputs, fills: Fills) -> None:
        self.fills = fills
        self.types = fills.order_types()
        self._bars: list[int] = fills.index.tolist()
        self._rows: dict[Holder, list[int]] = {}
        for row, (place, kind) in enumerate(zip(fills.coin.tolist(), self.types, strict=True)):
            pside: Pside = "short" if kind.endswith("_short") else "long"
            self._rows.setdefault((place, pside), []).append(row)
        self._pnl_sum = np.cumsum(fills.pnl)
        self._pnl_peak = np.maximum.accumulate(np.maximum(self._pnl_sum, 0.0)) if len(fills) else self._pnl_sum
        self._start = float(inputs.parameters["starting_balance"])
        self._btc = _with_btc(inputs, fills) if float(inputs.parameters["btc_collateral_cap"]) > 0.0 else None

    def __len__(self) -> int:
        return len(self._bars)

    def rows(self, bar: int) -> range:
        """Return the fills made on a bar."""
        return range(bisect_right(self._bars, bar - 1), bisect_right(self._bars, bar))

    def bar(self, row: int) -> int:
        """Return the bar of a fill."""
        return self._bars[row]

    def before(self, bar: int) -> int:
        """Return how many fills there are up to the end of a bar."""
        return bisect_right(self._bars, bar)

    def of_coin(self, place: int) -> list[int]:
        """Return the fills of a coin, both sides, oldest first."""
        return sorted(row for pside in PSIDES for row in self._rows.get((place, pside), ()))

    def books(self, bar: int) -> Books:
        """Return the account at the end of a bar."""
        count = self.before(bar)
        last = count - 1
        total = snapped = float(self.fills.usd_total_balance[last]) if count else self._start
        if self._btc is not None:
            total, snapped = float(self._btc[0][bar]), float(self._btc[1][bar])
        held: dict[Holder, Held] = {}
        for key, rows in self._rows.items():
            at = bisect_right(rows, last) - 1
            if at >= 0 and (size := float(self.fills.position_size[rows[at]])) != 0.0:
                position = Position(size, float(self.fills.position_price[rows[at]]))
                held[key] = Held(position, self._bars[rows[at]])
        return Books(
            total=total,
            snapped=snapped,
            pnl_sum=float(self._pnl_sum[last]) if count else 0.0,
            pnl_peak=float(self._pnl_peak[last]) if count else 0.0,
            held=held,
        )


def _with_btc(inputs: EngineInputs, fills: Fills) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return balance and snapped balance of every bar where a part is held in BTC: marked anew each bar (2.5)."""
    given = inputs.parameters
    prices: list[float] = inputs.btc_usd.tolist()
    start, first = float(given["starting_balance"]), max(prices[0], _LEAST_PRICE)
    in_btc = max(0.0, float(given["btc_collateral_cap"])) * start
    usd, btc = start - in_btc, in_btc / first
    total = snapped = btc * first + usd
    totals, snaps = np.empty(len(prices)), np.empty(len(prices))
    totals[0], snaps[0] = total, snapped
    bars, row = fills.index.tolist(), 0
    booked: list[float] = fills.usd_total_balance.tolist()
    for bar in range(1, len(prices)):
        while row < len(bars) and bars[row] == bar:
            usd, btc = float(fills.usd_cash_wallet[row]), float(fills.btc_cash_wallet[row])
            snapped = hysteresis(booked[row], snapped, _SNAP)
            row += 1
        total = btc * prices[bar] + usd
        snapped = hysteresis(total, snapped, _SNAP)
        totals[bar], snaps[bar] = total, snapped
    return totals, snaps
