"""What an exchange lists: markets by coin, and when each coin began to trade there (backtest.md 1.3, candles.md 9)."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pbtui.config.coin_names import coin_of, default_quote
from pbtui.core.clock import DAY_MS
from pbtui.core.errors import DataError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import Market
from pbtui.exchange.ccxt_markets import convert_markets
from pbtui.market.derive import FIXED_FEES, derive_market, read_markets_file
from pbtui.market.prepare.feeds import RowStore
from pbtui.market.recordings import Recording

_OLDEST_LISTING_MS = 1_262_304_000_000  # 2010: smaller stamps mean "none found"
_GUESSED_FROM_MS = 30 * DAY_MS
_CACHES = "caches"
_UNIFIED = "first_ohlcv_timestamps_unified.json"
_OF_EXCHANGE = "first_timestamps.json"


@dataclass(frozen=True, slots=True)
class Venue:
    """Markets of one exchange; `listed_ms` holds the first candle of each coin there, where it is known."""

    exchange: str
    markets: Mapping[str, Market]  # by symbol
    listed_ms: Mapping[str, int] = field(default_factory=dict[str, int])  # by coin
    _symbols: dict[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_symbols", _symbols_by_coin(self.markets.values(), default_quote(self.exchange)))

    def symbol(self, coin: str) -> str | None:
        """Return the symbol of a coin, None when the exchange has no such market."""
        return self._symbols.get(coin)

    def market(self, coin: str) -> Market | None:
        """Return the market of a coin, None when the exchange has none."""
        symbol = self.symbol(coin)
        return None if symbol is None else self.markets[symbol]

    def coins(self) -> list[str]:
        """Return the coins that can be traded here, ascending."""
        usable = {market.coin for market in self.markets.values() if not market.ineligible}
        return sorted(coin for coin in usable if self.symbol(coin) is not None)

    def nearest(self, coin: str) -> list[str]:
        """Return the listed coins whose names come closest to a misspelt one."""
        folded = {name.upper(): name for name in self._symbols}
        return [folded[name] for name in difflib.get_close_matches(coin.upper(), folded, n=3)]

    def first_ms(self, coin: str) -> int | None:
        """Return when the coin began to trade here, None when that is not known."""
        found = self.listed_ms.get(coin)
        return found if found is not None and found > _OLDEST_LISTING_MS else None


def venue_of_records(
    exchange: str, records: Mapping[str, Mapping[str, Any]], listed_ms: Mapping[str, int] | None = None
) -> Venue:
    """Return the venue of market records in ccxt's layout, with the fees the reference fixes (1.3)."""
    fees = FIXED_FEES.get(exchange)
    markets = convert_markets(records, default_quote(exchange), fees=fees, venue=exchange)
    return Venue(exchange, markets, dict(listed_ms or {}))


def venue_of_caches(exchange: str, base_dir: Path) -> Venue:
    """Return the venue of `caches/EXCHANGE/markets.json` (ccxt's layout) and `first_timestamps.json` beside it.

    Raises ConfigError when the market file is absent or no JSON, DataError for broken first timestamps.
    """
    folder = base_dir / _CACHES / exchange
    return venue_of_records(exchange, read_markets_file(folder / "markets.json"), _stamps(folder / _OF_EXCHANGE))


def venue_of_candles(exchange: str, store: RowStore, symbols: Iterable[str], end_ms: int) -> Venue:
    """Return the venue of candles that came without market records: settings are guessed from the last month's digits.

    Symbols without a candle in the 30 days before `end_ms` are left out.
    """
    quote = default_quote(exchange)
    markets: dict[str, Market] = {}
    for symbol in symbols:
        rows = store.read(symbol, end_ms - _GUESSED_FROM_MS, end_ms)
        if len(rows):
            recording = Recording(rows["ts"], tuple(rows[name] for name in ("o", "h", "l", "c", "bv")))
            markets[symbol] = derive_market(symbol, quote, recording)
    return Venue(exchange, markets)


def unified_listings(base_dir: Path) -> dict[str, int]:
    """Return the first candle of each coin on any exchange, as the reference's cache file keeps it; {} without it."""
    return _stamps(base_dir / _CACHES / _UNIFIED)


def _stamps(path: Path) -> dict[str, int]:
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        shown = sanitize_line(path, limit=200)
        raise DataError(f"{shown}: {sanitize_line(error, limit=120)}", hint="delete it to build it anew") from error
    if not isinstance(document, dict):
        raise DataError(f"{sanitize_line(path, limit=200)}: expected an object of times by coin")
    numbers = {str(coin): value for coin, value in document.items() if isinstance(value, int | float)}
    return {coin_of(coin) or coin: int(value) for coin, value in numbers.items() if value > _OLDEST_LISTING_MS}


def _symbols_by_coin(markets: Any, quote: str) -> dict[str, str]:
    """Map coins, and the spellings of stock perpetuals, to symbols; a market that can be traded comes first."""
    found: dict[str, str] = {}
    ranked = sorted(markets, key=lambda market: bool(market.ineligible))
    for market in ranked:
        if not market.symbol.endswith(f":{quote}"):
            continue
        found.setdefault(market.coin, market.symbol)
        for head in ("XYZ-", "xyz:"):
            if market.coin.startswith(head):
                found.setdefault(f"xyz:{market.coin[4:]}", market.symbol)
                found.setdefault(f"XYZ-{market.coin[4:]}", market.symbol)
    return found
