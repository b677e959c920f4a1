"""Market settings of each venue kept on disk for a day (candles.md 14).

The file is `caches/EXCHANGE/markets.json` in the layout of the exchange library, cut to what is used, so that the
reference's own file is read too; its age is that of the file. The values in it are those of `core.types.Market`:
reading them again gives the same markets.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbtui.config.coin_names import default_quote
from pbtui.core.clock import DAY_MS, Clock
from pbtui.core.errors import ConfigError, ExchangeError, StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.exchange.ccxt_markets import convert_markets
from pbtui.market.derive import FIXED_FEES, read_markets_file
from pbtui.market.sources.cachefiles import write_json

_log = logging.getLogger("pbtui.market")
FRESH_MS = DAY_MS


@dataclass(frozen=True, slots=True)
class Markets:
    """The markets of a venue by symbol, how old they are, and one line when that is older than it should be."""

    markets: Mapping[str, Market]
    age_ms: int
    warning: str = ""


class MarketCache:
    """The market file of one exchange below a base folder."""

    def __init__(self, base_dir: Path, exchange: str, clock: Clock) -> None:
        self.path = base_dir / "caches" / exchange / "markets.json"
        self._exchange = exchange
        self._clock = clock

    async def load(self, ask: Callable[[], Awaitable[Mapping[str, Market]]], *, fresh: bool = False) -> Markets:
        """Return the markets from the file while it is younger than a day, else as the venue tells them now.

        `fresh` asks in any case. When the venue cannot be asked an older file is used, and said so; without any its
        ExchangeError is raised.
        """
        held = self.read()
        if held is not None and not fresh and 0 <= held.age_ms < FRESH_MS:
            return held
        try:
            told = await ask()
        except ExchangeError as error:
            if held is None:
                raise
            hours = held.age_ms / 3_600_000
            text = f"{self._exchange}: market settings are {hours:.0f} h old, newer ones cannot be had: {error.line()}"
            return Markets(held.markets, held.age_ms, text)
        try:
            write_json(self.path, {symbol: record_of(market) for symbol, market in told.items()})
        except StateError as error:
            return Markets(told, 0, error.line())
        return Markets(told, 0)

    def read(self) -> Markets | None:
        """Return what the file holds whatever its age, None when there is no usable file."""
        try:
            age = self._clock.now_ms() - self.path.stat().st_mtime_ns // 1_000_000
            records = read_markets_file(self.path)
        except OSError:
            return None
        except ConfigError as error:
            _log.warning("%s: asked for anew", error.line())
            return None
        sound = {sanitize_line(symbol): entry for symbol, entry in records.items() if isinstance(entry, Mapping)}
        markets = convert_markets(
            sound, default_quote(self._exchange), fees=FIXED_FEES.get(self._exchange), venue=self._exchange
        )
        return Markets(markets, age) if markets else None


def record_of(market: Market) -> dict[str, Any]:
    """Return a market as a record in the exchange library's layout, from which `convert_markets` makes it again."""
    base = market.symbol.partition("/")[0]
    return {
        "id": market.id,
        "symbol": market.symbol,
        "base": base,
        "baseName": market.coin,
        "quote": market.quote,
        "active": market.active,
        "swap": market.ineligible != "not swap",
        "linear": market.ineligible != "not linear",
        "contractSize": market.c_mult,
        "precision": {"amount": market.qty_step, "price": market.price_step},
        "limits": {
            "amount": {"min": market.min_qty, "max": market.max_qty},
            "market": {"max": market.max_market_qty},
            "cost": {"min": market.min_cost},
            "leverage": {"max": market.max_leverage},
        },
        "maker": market.maker_fee,
        "taker": market.taker_fee,
        "created": market.listed_ms,
        "info": {
            "openInterest": 0.0 if market.ineligible.startswith("ineligible on") else 1.0,
            "onlyIsolated": market.isolated_only,
        },
    }
