"""Coin names: from symbols to coins, and maps made from a venue's markets (config.md 8)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pbtui.core.errors import ConfigError

# Venues that work, by short name.
VENUES = ("binance", "bybit", "okx", "bitget", "gateio", "hyperliquid", "kucoin", "paradex")
_CLOSED = {"defx": "the venue closed in March 2026"}
_USDC_VENUES = frozenset({"hyperliquid", "defx", "paradex"})
_THOUSANDS = re.compile(r"1000+")
_UNIT_RUN = re.compile(r"(?<![0-9])10+(?![0-9])")


def coin_of(symbol: str, known: Mapping[str, str] | None = None) -> str:
    """Return the coin of a symbol: the known map first, else by cutting quotes, multipliers and a leading k."""
    if known is not None and symbol in known:
        return known[symbol]
    coin = symbol.split("/", 1)[0]
    for part in ("USDT", "USDC", "BUSD", "USD", "/:"):
        coin = coin.replace(part, "")
    coin = _THOUSANDS.sub("", coin, count=1)
    if coin.startswith("k") and len(coin) > 1 and coin[1:].isupper():
        coin = coin[1:]
    return coin


def refuse_closed(exchange: str) -> None:
    """Raise ConfigError for a venue that exists no more."""
    why = _CLOSED.get(exchange.strip().lower())
    if why:
        raise ConfigError(f"{exchange.strip().lower()}: {why}", hint=f"venues that work: {', '.join(VENUES)}")


def default_quote(exchange: str) -> str:
    """Return the quote currency of a venue."""
    return "USDC" if exchange in _USDC_VENUES else "USDT"


@dataclass(slots=True)
class CoinMaps:
    """`symbol_to_coin` for every spelling, `coin_to_symbols` with the candidates in market order."""

    symbol_to_coin: dict[str, str] = field(default_factory=dict[str, str])
    coin_to_symbols: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    def symbol(self, coin: str, quote: str) -> str:
        """Return the symbol of a coin (or spelling); `COIN/QUOTE:QUOTE` when no market is known."""
        name = coin_of(coin, self.symbol_to_coin)
        found = self.coin_to_symbols.get(name) or self.coin_to_symbols.get(coin)
        return found[0] if found else f"{name}/{quote}:{quote}"


def _variants(base: str) -> list[str]:
    """Return the spellings of a base name, the cleaned one last."""
    without_k, without_run = base.replace("k", ""), _UNIT_RUN.sub("", base)
    cleaned = _UNIT_RUN.sub("", without_k)
    spellings = [base, without_k, without_run]
    if base.startswith("XYZ-"):
        spellings += [base[4:], f"xyz:{base[4:]}"]
    elif base.startswith("xyz:"):
        spellings += [base[4:], f"XYZ-{base[4:]}"]
    return [text for text in dict.fromkeys([*spellings, cleaned]) if text]


def coin_maps(markets: Iterable[Mapping[str, Any]], quote: str) -> CoinMaps:
    """Build the maps from a market list in ccxt's layout; only swaps not known as non-linear, settled in `quote`."""
    maps = CoinMaps()
    for market in markets:
        symbol = str(market.get("symbol") or "")
        if not market.get("swap") or market.get("linear") is False or not symbol.endswith(f":{quote}"):
            continue
        bases = [str(market[name]) for name in ("baseName", "base") if market.get(name)]
        if not bases:
            continue
        coin = _UNIT_RUN.sub("", bases[0].replace("k", "")) or bases[0]
        maps.symbol_to_coin[symbol] = coin
        if market.get("id"):
            maps.symbol_to_coin[str(market["id"])] = coin
        for spelling in dict.fromkeys(text for base in bases for text in _variants(base)):
            if maps.symbol_to_coin.setdefault(spelling, coin) != coin:
                continue
            candidates = maps.coin_to_symbols.setdefault(spelling, [])
            if symbol not in candidates:
                candidates.append(symbol)
    return maps


def library_id(exchange: str, known: Collection[str]) -> str:
    """Return the exchange-library id of a short name: `binance` → `binanceusdm` where the library has it."""
    for candidate in (f"{exchange}usdm", f"{exchange}futures"):
        if candidate in known:
            return candidate
    return exchange


def short_name(library: str) -> str:
    """Return the short name of an exchange-library id; Gate.io goes by its older id."""
    return "gateio" if library == "gate" else library.removesuffix("usdm").removesuffix("futures")
