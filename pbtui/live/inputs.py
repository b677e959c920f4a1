"""The engine's input document for one tick (orchestrator.md 1.2, 7.1; the backtest's rule where both differ)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import orjson

from pbtui.core.types import FLAT, PSIDES, Market, Mode, Position, Pside
from pbtui.engine.indicators import Emas
from pbtui.engine.numerics import effective_min_cost, unstuck_allowance
from pbtui.live.account import Account
from pbtui.live.fills import FillBook
from pbtui.live.rules import CoinRules, Params, Rules


@dataclass(frozen=True, slots=True)
class SymbolInput:
    """What the document says of one symbol. `emas` None = not known yet: closes go on, entries wait.

    `rivals` are sides that may not open but are weighed against the other side of their coin (`oneway.py`).
    """

    symbol: str
    coin: str
    market: Market
    price: float
    emas: Emas | None
    modes: dict[Pside, Mode]
    trailing: dict[Pside, dict[str, float]]
    rivals: frozenset[Pside] = frozenset()


def allowances(rules: Rules, account: Account, fills: FillBook) -> dict[Pside, float]:
    """Return how much each side may still lose by unstucking, in quote (backtest.md 2.9)."""
    result: dict[Pside, float] = {}
    for pside in PSIDES:
        side = rules.side(pside)
        share = side.params["unstuck_loss_allowance_pct"]
        if share <= 0:
            result[pside] = 0.0
        else:
            result[pside] = unstuck_allowance(account.raw, share * side.twel, fills.pnl_max, fills.pnl_last)
    return result


def document(rules: Rules, account: Account, fills: FillBook, symbols: list[SymbolInput], *, hedge_mode: bool) -> str:
    """Return the JSON text for `compute_ideal_orders_json`; symbols keep their order."""
    allowed = allowances(rules, account, fills)
    tree = {
        "balance": account.snapped,
        "balance_raw": account.raw,
        "global": {
            "filter_by_min_effective_cost": rules.live.filter_by_min_effective_cost,
            "unstuck_allowance_long": allowed["long"],
            "unstuck_allowance_short": allowed["short"],
            "max_realized_loss_pct": rules.live.max_realized_loss_pct,
            "realized_pnl_cumsum_max": fills.pnl_max,
            "realized_pnl_cumsum_last": fills.pnl_last,
            "sort_global": True,
            "global_bot_params": {pside: rules.side(pside).params for pside in PSIDES},
            "hedge_mode": hedge_mode,
        },
        "symbols": [_symbol(rules, account, i, item) for i, item in enumerate(symbols)],
        "peek_hints": None,
    }
    return orjson.dumps(tree).decode()


def _symbol(rules: Rules, account: Account, index: int, item: SymbolInput) -> dict[str, Any]:
    market = item.market
    sides: dict[str, Any] = {}
    for pside in PSIDES:
        held = account.positions.get((item.symbol, pside), FLAT)
        sides[pside] = _side(item, pside, held, rules.coin(item.coin, pside))
    return {
        "symbol_idx": index,
        "order_book": {"bid": item.price, "ask": item.price},
        "exchange": {
            "qty_step": market.qty_step,
            "price_step": market.price_step,
            "min_qty": market.min_qty,
            "min_cost": market.min_cost,
            "c_mult": market.c_mult,
        },
        "tradable": market.active,
        "next_candle": None,
        "effective_min_cost": effective_min_cost(item.price, market.min_qty, market.min_cost, market.c_mult),
        "emas": item.emas if item.emas is not None else _neutral_emas(rules, item),
        "long": sides["long"],
        "short": sides["short"],
    }


def _side(item: SymbolInput, pside: Pside, held: Position, own: CoinRules) -> dict[str, Any]:
    mode, params = item.modes[pside], own.params
    if item.emas is None and mode is not Mode.PANIC:
        mode, params = _without_averages(mode, params, held)
    return {
        "mode": None if pside in item.rivals else mode.value,
        "position": {"size": held.size, "price": held.price},
        "trailing": item.trailing[pside],
        "bot_params": params,
    }


def _without_averages(mode: Mode, params: Params, held: Position) -> tuple[Mode, Params]:
    """Keep what needs no averages: grid and trailing closes and exposure trimming; no entries, no unstucking."""
    if held.size == 0.0 or mode is Mode.MANUAL:
        return Mode.MANUAL, params
    return Mode.TP_ONLY, {**params, "unstuck_loss_allowance_pct": 0.0}


def _neutral_emas(rules: Rules, item: SymbolInput) -> Emas:
    """Return averages that say nothing: the last price as every band. The engine asks for them even for mere closes."""
    closes: list[tuple[float, float]] = []
    hours: list[tuple[float, float]] = []
    for pside in PSIDES:
        params = rules.coin(item.coin, pside).params
        first, second = params["ema_span_0"], params["ema_span_1"]
        spans = sorted((first, second, math.sqrt(max(0.0, first * second))))
        closes += [(span, item.price) for span in spans]
        if params["entry_volatility_ema_span_hours"] > 0:
            hours.append((params["entry_volatility_ema_span_hours"], 0.0))
    return {
        "m1": {"close": closes, "log_range": [], "volume": []},
        "h1": {"close": [], "log_range": hours, "volume": []},
    }
