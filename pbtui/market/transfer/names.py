"""Which symbol and timeframe a file of candles means, by its name."""

from __future__ import annotations

import re

from pbtui.config.coin_names import default_quote

_QUOTES = ("USDT", "USDC", "BUSD", "USD")
_ENDINGS = re.compile(r"\.(parquet|feather|json|csv|npy|npz|gz)$", re.IGNORECASE)
_FRAME = re.compile(r"[-_](\d+)(m|h|d|w|M)(?=[-_.]|$)")
_DAY = re.compile(r"[-_]?\d{4}-\d{2}(-\d{2})?$")
# What other programs keep beside candles, in files named alike.
_OTHER = {
    "mark",
    "markprice",
    "index",
    "indexprice",
    "premium",
    "premiumindex",
    "funding",
    "rate",
    "trades",
    "aggtrades",
}
_OTHER |= {"ticks", "liquidations", "metrics", "oi", "interest", "bid", "ask", "depth"}
_UPPER_CASE = {"hyperliquid", "paradex"}  # whose kSHIB has the symbol KSHIB/USDC:USDC
_THOUSANDS = re.compile(r"k[A-Z0-9]{2,}")
_KINDS = re.compile(r"[-_](futures|spot|perp|swap|candles|klines)$", re.IGNORECASE)


def symbol_of_name(name: str, exchange: str) -> str | None:
    """Return the symbol (`BTC/USDT:USDT`) whose candles a file or folder name means; None where there are none by it.

    Understood: COIN, COIN_QUOTE, COIN_QUOTE_SETTLE, COIN_QUOTE:SETTLE, COINQUOTE, each with what other programs add:
    a timeframe, a day or month, the kind of market. Mark prices, funding rates, trades and the like are no candles.
    """
    stem = name
    while _ENDINGS.search(stem):
        stem = _ENDINGS.sub("", stem)
    for pattern in (_DAY, _KINDS, _DAY):
        stem = pattern.sub("", stem)
    stem = _FRAME.sub("", stem)
    parts = [part for part in re.split(r"[_/:-]", stem) if part]
    if not parts or not parts[0].isalnum():
        return None
    if _OTHER.intersection(part.lower() for part in parts[1:]):
        return None
    coin, quote = parts[0], parts[1].upper() if len(parts) > 1 else ""
    if not quote:
        coin, quote = _cut_quote(coin)
    if quote and quote not in _QUOTES:
        return None
    if exchange in _UPPER_CASE and _THOUSANDS.fullmatch(coin):
        coin = coin.upper()
    quote = quote or default_quote(exchange)
    return f"{coin}/{quote}:{quote}"


def timeframe_of_name(name: str) -> str:
    """Return the timeframe in a name as `5m`; `1m` where there is none."""
    found = _FRAME.search(name)
    return f"{found[1]}{found[2]}" if found else "1m"


def _cut_quote(word: str) -> tuple[str, str]:
    for quote in _QUOTES:
        if word.upper().endswith(quote) and len(word) > len(quote):
            return word[: -len(quote)], quote
    return word, ""
