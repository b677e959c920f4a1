"""Market limits of a recording: from a markets file, or guessed from the data and said so."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.config.coin_names import coin_of
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.market.recordings import Recording

MIN_COST = 5.0
MAKER_FEE, TAKER_FEE = 0.0002, 0.0005
# Fees that the reference fixes whatever the market record says (backtest.md 1.3).
FIXED_FEES = {
    "bybit": (0.0002, 0.00055),
    "kucoin": (0.0002, 0.0006),
    "kucoinfutures": (0.0002, 0.0006),
    "gate": (0.0002, 0.0005),
    "gateio": (0.0002, 0.0005),
}
_MOST_DECIMALS = 10


def derive_market(symbol: str, quote: str, recording: Recording) -> Market:
    """Guess limits from the decimals of the data; `derived` marks them as a guess."""
    price_step = 10.0 ** -max(decimals(column) for column in recording.values[:4])
    volume = recording.values[4]
    if np.any(volume > 0):
        qty_step = 10.0 ** -decimals(volume)
    else:  # nothing to learn from: a lot worth about one unit of the quote at most
        qty_step = 10.0 ** -max(0, math.ceil(math.log10(float(recording.values[3][-1]))))
    return Market(
        symbol=symbol,
        coin=coin_of(symbol),
        qty_step=round(qty_step, _MOST_DECIMALS),
        price_step=round(price_step, _MOST_DECIMALS),
        min_qty=round(qty_step, _MOST_DECIMALS),
        min_cost=MIN_COST,
        maker_fee=MAKER_FEE,
        taker_fee=TAKER_FEE,
        quote=quote,
        derived=True,
    )


def decimals(values: NDArray[Any]) -> int:
    """Return how many decimals write every value exactly in its own precision, at most ten."""
    wide = values.astype(np.float64)
    for n in range(_MOST_DECIMALS):
        if np.array_equal(np.round(wide, n).astype(values.dtype), values):
            return n
    return _MOST_DECIMALS


def derived_warning(markets: Mapping[str, Market]) -> str:
    """Return one line naming every value that was guessed; empty when none was."""
    guessed = [market for market in markets.values() if market.derived]
    if not guessed:
        return ""
    steps = ", ".join(f"{m.coin} tick {m.price_step:.10g} lot {m.qty_step:.10g}" for m in guessed)
    return (
        f"market limits derived from the data (no markets file): {sanitize_line(steps, limit=2000)}; "
        f"minimum quantity one lot, minimum cost {MIN_COST:g}, maker fee {MAKER_FEE}, taker fee {TAKER_FEE}"
    )


def read_markets_file(path: Path) -> dict[str, Any]:
    """Read market records by symbol in ccxt's layout; raises ConfigError."""
    shown = sanitize_line(path, limit=200)
    try:
        document = json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        raise ConfigError(f"{shown}: no JSON, line {error.lineno} column {error.colno}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{shown} cannot be read: {sanitize_line(error, limit=120)}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{shown}: expected an object of markets by symbol")
    return document


def market_of_record(symbol: str, records: Mapping[str, Any], exchange: str, path: Path) -> Market:
    """Return the limits of a symbol from its record (backtest.md 1.3); raises ConfigError when it says nothing sane."""
    record = records.get(symbol)
    shown = f"{sanitize_line(path, limit=200)}, {sanitize_line(symbol, limit=60)}"
    if not isinstance(record, Mapping):
        raise ConfigError(f"{shown}: no such market", hint="name another --markets file or leave it out")
    qty_step = _number(record, shown, "precision", "amount")
    price_step = _number(record, shown, "precision", "price")
    if not qty_step or not price_step:
        raise ConfigError(f"{shown}: precision.amount and precision.price must be positive numbers")
    fees = FIXED_FEES.get(exchange) or (
        _number(record, shown, "maker", default=MAKER_FEE),
        _number(record, shown, "taker", default=TAKER_FEE),
    )
    return Market(
        symbol=symbol,
        coin=coin_of(symbol),
        qty_step=qty_step,
        price_step=price_step,
        min_qty=max(_number(record, shown, "limits", "amount", "min"), qty_step),
        min_cost=_number(record, shown, "limits", "cost", "min", default=0.01),
        c_mult=_number(record, shown, "contractSize", default=1.0) or 1.0,
        maker_fee=fees[0],
        taker_fee=fees[1],
        active=record.get("active") is not False,
        quote=sanitize_line(record.get("quote") or symbol.split("/")[-1].split(":")[0], limit=20),
    )


def _number(record: Mapping[str, Any], where: str, *keys: str, default: float = 0.0) -> float:
    value: Any = record
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    if value is None:
        return default
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not good or (value < 0 and keys[-1] not in ("maker", "taker")):
        raise ConfigError(f"{where}: {'.'.join(keys)} is {sanitize_line(value, limit=40)}, expected a number ≥ 0")
    return float(value)
