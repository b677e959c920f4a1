"""What the engine was asked at the end of a bar, as the document of its decision step (backtest.md 2.9)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from pbtui.backtest.inputs import EngineInputs
from pbtui.backtest.replay_account import Books, Held
from pbtui.backtest.replay_averages import ReplayTrailing
from pbtui.backtest.replay_rules import CoinRange, ReplayRules
from pbtui.core.types import FLAT, PSIDES, Pside
from pbtui.engine.numerics import effective_min_cost, unstuck_allowance

_LEAST_PRICE = 2.0**-52
_ROWS = 64  # bars whose candles are kept at hand
_EXCHANGE = ("qty_step", "price_step", "min_qty", "min_cost", "c_mult")


class Documents:
    """Writes the decision step's input for any bar from the books and averages of that bar."""

    def __init__(self, inputs: EngineInputs, rules: ReplayRules, trailing: ReplayTrailing) -> None:
        self._hlcvs = np.asarray(inputs.hlcvs)  # a plain view: one of a mapped file is slow to ask
        self._rows: dict[int, list[list[float]]] = {}
        self._rules = rules
        self._trailing = trailing
        self._markets = [{name: float(given[name]) for name in _EXCHANGE} for given in inputs.markets]
        # What stays the same from bar to bar is written once.
        self._exchanges = [_written(market) for market in self._markets]
        self._master = _written(rules.master)
        self._bots: dict[tuple[int, Pside, float], orjson.Fragment] = {}

    def at(self, bar: int, books: Books, emas: Sequence[object], *, look_ahead: bool) -> str:
        """Return the document of a bar; without `look_ahead` the coming bar is not told, and ladders come whole."""
        rules, limits = self._rules, self._rules.limits(bar)
        allowed = {pside: self._allowance(books, pside) for pside in PSIDES}
        tree = {
            "balance": books.snapped,
            "balance_raw": books.total,
            "global": {
                "filter_by_min_effective_cost": rules.by_min_cost,
                "unstuck_allowance_long": allowed["long"],
                "unstuck_allowance_short": allowed["short"],
                "max_realized_loss_pct": rules.max_realized_loss_pct,
                "realized_pnl_cumsum_max": books.pnl_peak,
                "realized_pnl_cumsum_last": books.pnl_sum,
                "sort_global": False,
                "global_bot_params": self._master,
                "hedge_mode": rules.hedge_mode,
            },
            "symbols": [
                self._symbol(bar, place, books, emas[place], limits, look_ahead=look_ahead)
                for place in range(len(rules.coins))
            ],
            "peek_hints": None,
        }
        return orjson.dumps(tree).decode()

    def price(self, bar: int, place: int) -> float:
        """Return the price at which a coin's market stands at the end of a bar."""
        own = self._rules.ranges[place]
        close = self._row(max(own.first, min(bar, own.last)))[own.column][2]
        return close if close > _LEAST_PRICE else _LEAST_PRICE

    def _row(self, bar: int) -> list[list[float]]:
        """Return high, low, close and volume of every column on a bar."""
        if bar not in self._rows:
            if len(self._rows) >= _ROWS:
                self._rows.clear()
            self._rows[bar] = self._hlcvs[bar].tolist()
        return self._rows[bar]

    def _allowance(self, books: Books, pside: Pside) -> float:
        side = self._rules.master[pside]
        share = float(side["unstuck_loss_allowance_pct"])
        if not share > 0.0:
            return 0.0
        share *= float(side["total_wallet_exposure_limit"])
        return unstuck_allowance(books.total, share, books.pnl_peak, books.pnl_sum)

    def _symbol(
        self,
        bar: int,
        place: int,
        books: Books,
        emas: object,
        limits: Mapping[tuple[int, Pside], float],
        *,
        look_ahead: bool,
    ) -> dict[str, Any]:
        own, market = self._rules.ranges[place], self._markets[place]
        price = self.price(bar, place)
        least = effective_min_cost(price, market["min_qty"], market["min_cost"], market["c_mult"])
        sides: dict[Pside, dict[str, Any]] = {}
        for pside in PSIDES:
            held = books.held.get((place, pside))
            position = held.position if held is not None else FLAT
            sides[pside] = {
                "mode": self._mode(bar, place, pside, limits[place, pside], held, books),
                "position": {"size": position.size, "price": position.price},
                "trailing": self._trailing.at(bar, books, (place, pside)),
                "bot_params": self._bot(place, pside, limits[place, pside]),
            }
        return {
            "symbol_idx": place,
            "order_book": {"bid": price, "ask": price},
            "exchange": self._exchanges[place],
            "tradable": own.is_tradable(bar),
            "next_candle": self._next(bar, own) if look_ahead else None,
            "effective_min_cost": least,
            "emas": emas,
            **sides,
        }

    def _bot(self, place: int, pside: Pside, limit: float) -> orjson.Fragment:
        key = (place, pside, limit)
        if key not in self._bots:
            self._bots[key] = _written({**self._rules.bots[place][pside], "wallet_exposure_limit": limit})
        return self._bots[key]

    def _next(self, bar: int, own: CoinRange) -> dict[str, Any]:
        if not own.is_tradable(bar + 1):
            return {"low": 0.0, "high": 0.0, "tradable": False}
        high, low, *_ = self._row(bar + 1)[own.column]
        if not (math.isfinite(high) and math.isfinite(low)):  # what is no number fills nothing
            return {"low": 0.0, "high": 0.0, "tradable": False}
        return {"low": low, "high": high, "tradable": True}

    def _mode(self, bar: int, place: int, pside: Pside, limit: float, held: Held | None, books: Books) -> str | None:
        """Return what a side of a coin may do; None: trade where it is chosen."""
        own = self._rules.ranges[place]
        if held is not None and own.is_given_up(bar):
            return "panic"
        cramped = self._rules.by_min_cost and held is None and not self._can_open(bar, place, pside, limit, books)
        return "graceful_stop" if cramped or pside in own.shut else None

    def _can_open(self, bar: int, place: int, pside: Pside, limit: float, books: Books) -> bool:
        """Tell whether a first entry would be worth the least the market accepts (2.9, last test)."""
        market = self._markets[place]
        close = self._row(bar)[self._rules.ranges[place].column][2]
        params = self._rules.bots[place][pside]
        share = float(params["entry_initial_qty_pct"])
        if not (math.isfinite(close) and close > 0.0 and share > 0.0 and limit > 0.0):
            return False
        limit *= 1.0 + max(0.0, float(params["risk_we_excess_allowance_pct"]))
        least = effective_min_cost(close, market["min_qty"], market["min_cost"], market["c_mult"])
        return books.total * limit * share >= least


def _written(value: object) -> orjson.Fragment:
    return orjson.Fragment(orjson.dumps(value))
