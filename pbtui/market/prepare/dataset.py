"""What a backtest runs on: three arrays, and for every coin where it comes from and when it counts (backtest.md 1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pbtui.core.types import Market
from pbtui.market.prepare.aggregate import Axis
from pbtui.market.prepare.cache import Stored
from pbtui.market.prepare.request import Request
from pbtui.market.prepare.venue import Venue
from pbtui.market.sealed import digest_of

_SETTINGS = ("qty_step", "price_step", "min_qty", "min_cost", "c_mult", "maker_fee", "taker_fee")


@dataclass(frozen=True, slots=True)
class CoinData:
    """One column of a dataset; minutes count from the first candle of all, bars from the first row."""

    coin: str
    symbol: str  # on the exchange of the candles
    exchange: str  # where the market settings come from
    ohlcv_source: str  # where the candles come from
    market: Market
    first_minute: int
    last_minute: int  # included
    first_valid: int
    last_valid: int  # included
    warmup_minutes: int
    volume_factor: float  # by which volumes were multiplied

    def settings(self) -> dict[str, float]:
        """Return the market settings by name (1.3)."""
        return {name: getattr(self.market, name) for name in _SETTINGS}


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Prepared candles: `hlcvs` (bars, coins, 4) high, low, close, base volume, NaN outside a coin's valid range.

    The arrays are C-contiguous, read-only where they are mapped from the cache, and shared by all who open it.
    """

    hlcvs: NDArray[np.float64]
    btc_usd: NDArray[np.float64]
    timestamps: NDArray[np.int64]
    coins: tuple[CoinData, ...]
    interval_minutes: int
    trimmed_minutes: int  # leading minutes dropped to begin on a multiple of the interval
    requested_start_ms: int
    warmup_minutes: int  # asked for, before the requested start
    warmup_bars: int
    btc_source: str
    notes: tuple[str, ...]  # what the user should know, one line each; every coin left out is among them
    fingerprint: str  # sha256 of all that decides a run on it, the bot's parameters aside
    path: Path | None  # where it is kept

    @property
    def first_ms(self) -> int:
        """Open time of the first bar."""
        return int(self.timestamps[0])

    @property
    def warmup_minutes_provided(self) -> int:
        """Minutes of candles before the requested start."""
        return max(0, (self.requested_start_ms - self.first_ms) // 60_000)

    def describe(self) -> dict[str, Any]:
        """Return the facts of the dataset as plain values, for result folders and `--json`."""
        return {
            "fingerprint": self.fingerprint,
            "first_timestamp_ms": self.first_ms,
            "bars": len(self.timestamps),
            "interval_minutes": self.interval_minutes,
            "trimmed_minutes": self.trimmed_minutes,
            "requested_start_timestamp_ms": self.requested_start_ms,
            "warmup_minutes_requested": self.warmup_minutes,
            "warmup_minutes_provided": self.warmup_minutes_provided,
            "btc_source": self.btc_source,
            "coins": {item.coin: _coin_facts(item) for item in self.coins},
            "notes": list(self.notes),
        }


def dataset_of(request: Request, venues: Mapping[str, Venue], stored: Stored, notes: tuple[str, ...]) -> Dataset:
    """Return stored arrays as a dataset of `request`: market settings and warm-up are the ones of now."""
    facts = stored.facts
    axis = Axis(facts["first_ms"], facts["bars"], facts["interval_minutes"], facts["trimmed_minutes"])
    told = [*notes, *stored.notes]
    coins = tuple(_coin(request, venues, axis, fact, told) for fact in facts["coins"])
    decides = {
        "arrays": stored.fingerprint,
        "coins": [{"settings": item.settings(), "warmup_minutes": item.warmup_minutes} for item in coins],
        "requested_start_ms": request.requested_start_ms,
        "warmup_minutes": request.warmup_minutes,
    }
    return Dataset(
        hlcvs=stored.arrays.hlcvs,
        btc_usd=stored.arrays.btc_usd,
        timestamps=stored.arrays.timestamps,
        coins=coins,
        interval_minutes=axis.interval_minutes,
        trimmed_minutes=axis.trimmed_minutes,
        requested_start_ms=request.requested_start_ms,
        warmup_minutes=request.warmup_minutes,
        warmup_bars=request.warmup_bars,
        btc_source=facts["btc_source"],
        notes=tuple(told),
        fingerprint=digest_of(decides),
        path=stored.path,
    )


def _coin(
    request: Request, venues: Mapping[str, Venue], axis: Axis, fact: Mapping[str, Any], notes: list[str]
) -> CoinData:
    coin, source = fact["coin"], fact["source"]
    exchange = source
    market = venues[source].markets[fact["symbol"]]
    wanted = request.market_settings_sources.get(coin) if request.combined else None
    if wanted is not None and wanted != source:
        other = venues[wanted].market(coin) if wanted in venues else None
        if other is None:
            notes.append(f"{coin}: {wanted} has no market settings to take, those of {source} are used")
        else:
            exchange, market = wanted, other
    if market.derived:
        notes.append(f"{coin}: market settings are guessed from the candles, {exchange} told none")
    first_valid, last_valid = axis.valid_bars(fact["first_minute"], fact["last_minute"])
    return CoinData(
        coin=coin,
        symbol=fact["symbol"],
        exchange=exchange,
        ohlcv_source=source,
        market=market,
        first_minute=fact["first_minute"],
        last_minute=fact["last_minute"],
        first_valid=first_valid,
        last_valid=last_valid,
        warmup_minutes=request.coin_warmup(coin),
        volume_factor=fact["volume_factor"],
    )


def _coin_facts(item: CoinData) -> dict[str, Any]:
    facts = asdict(item)
    del facts["market"], facts["coin"]
    return facts | item.settings()
