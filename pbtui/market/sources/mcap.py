"""Coins by market capitalisation, from CoinGecko's public list (tools.md 5)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast
from urllib.parse import urlencode

from pbtui.core.clock import DAY_MS, Clock
from pbtui.core.errors import UnreadableAnswer
from pbtui.core.sanitize import sanitize_line
from pbtui.market.sources.download import Downloader, Patience
from pbtui.market.sources.rows import BadBody

ADDRESS = "https://api.coingecko.com/api/v3/coins/markets"
PAGE = 150
_MOST_PAGES = 100
_MOST_BYTES = 8 << 20
_BETWEEN_PAGES_S = 3.0  # a visitor without a key is given some ten questions a minute
_STABLE_IDS = frozenset({"tether", "usd-coin", "dai", "usds", "ethena-usde", "first-digital-usd", "paypal-usd"})
# Asked for whole: the archives' reader does not unpack what a server packs on its way.
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "pbtui"}

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which coins are wanted; money in USD, `listed` maps the tickers that may be traded to their first day (ms).

    `listed` None: on any exchange or none.
    """

    count: int = 100
    min_mcap: float = 300e6
    min_volume: float = 0.0
    min_age_days: float = 0.0
    listed: Mapping[str, int | None] | None = None


@dataclass(slots=True)
class Ranking:
    """The coins found by ticker, largest first, and how many were left out for which reason."""

    coins: dict[str, Record] = field(default_factory=dict[str, Record])
    left_out: dict[str, int] = field(default_factory=dict[str, int])


async def rank(wish: Wish, clock: Clock, address: str = ADDRESS) -> Ranking:
    """Return the largest coins that are as wished.

    Pages are read until enough are found, a coin is too small, or a page is empty or repeats.

    Raises:
        ExchangeError: the list can't be had or makes no sense (RateLimited when asked to slow down).

    """
    found = Ranking()
    downloader = Downloader(clock, patience=Patience(attempts=3, first_wait_s=1.0))
    before: list[Any] = []
    try:
        for page in range(1, _MOST_PAGES + 1):
            if page > 1:
                await clock.sleep(_BETWEEN_PAGES_S)
            records = await _page(downloader, address, page)
            ids = [each.get("id") for each in records]
            if not records or ids == before:
                break
            before = ids
            if not _take(found, records, wish, clock.now_ms()):
                break
    finally:
        await downloader.close()
    return found


async def _page(downloader: Downloader, address: str, page: int) -> list[Record]:
    query = {"vs_currency": "usd", "order": "market_cap_desc", "per_page": PAGE, "page": page, "sparkline": "false"}
    try:
        records = await downloader.get(f"{address}?{urlencode(query)}", _records, most=_MOST_BYTES, headers=_HEADERS)
    except BadBody as error:
        raise UnreadableAnswer(f"market caps: {error.message}") from error
    if records is None:
        raise UnreadableAnswer("market caps: there is no list at that address")
    return records


def _records(body: BinaryIO) -> list[Record]:
    """Return the records of a page; raises UnreadableAnswer for a refusal in words, BadBody for anything else."""
    data = body.read()
    try:
        told: Any = json.loads(gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError):
        raise BadBody("is no JSON") from None
    if isinstance(told, dict):
        status: Any = cast("Record", told).get("status", told)
        words: Any = cast("Record", status).get("error_message", status) if isinstance(status, dict) else status
        raise UnreadableAnswer(f"market caps: told {sanitize_line(words, limit=160)!r} instead of a list")
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in cast("list[Any]", told)):
        raise BadBody("is no list of coins")
    return cast("list[Record]", told)


def _take(found: Ranking, records: list[Record], wish: Wish, now_ms: int) -> bool:
    """Add what is as wished; returns whether more pages are wanted."""
    for record in records:
        if len(found.coins) >= wish.count:
            return False
        mcap = _number(record, "market_cap")
        if mcap is None:
            _count(found, "without a market cap")
            continue
        if mcap < wish.min_mcap:
            return False
        ticker = str(record.get("symbol", "")).upper()
        why = _unwanted(record, ticker, found, wish, now_ms)
        if why:
            _count(found, why)
        else:
            found.coins[ticker] = record | _figures(record, mcap)
    return len(found.coins) < wish.count


def _unwanted(record: Record, ticker: str, found: Ranking, wish: Wish, now_ms: int) -> str:
    """Return why a coin is left out, empty when it is not."""
    if not ticker.isascii() or not ticker.isalnum():
        return "without a usable ticker"
    if _is_stable(record):
        return "stable coins"
    if wish.listed is not None and ticker not in wish.listed:
        return "not on the exchanges"
    if ticker in found.coins:
        return "tickers of a larger coin"
    if (_number(record, "total_volume") or 0.0) < wish.min_volume:
        return "with too little volume"
    first = None if wish.listed is None else wish.listed[ticker]
    if wish.min_age_days > 0 and (first is None or now_ms - first < wish.min_age_days * DAY_MS):
        return "too young, or of unknown age"
    return ""


def _is_stable(record: Record) -> bool:
    """Whether a coin is held at one dollar (tools.md 5)."""
    if record.get("id") in _STABLE_IDS:
        return True
    prices = [_number(record, name) for name in ("high_24h", "low_24h", "current_price")]
    change = _number(record, "price_change_24h")
    near = all(price is not None and abs(price - 1.0) < 0.01 for price in prices)
    return near and change is not None and abs(change) < 0.01


def _figures(record: Record, mcap: float) -> Record:
    """Return the figures that tell more than the size (tools.md 5); None where what they need is not told."""
    circulating = _number(record, "circulating_supply")
    supply = _number(record, "total_supply") or _number(record, "max_supply")
    volume = _number(record, "total_volume")
    ratio = circulating / supply if circulating is not None and supply else None
    return {
        "supply_ratio": ratio,
        "penalized_mcap": None if ratio is None else mcap * ratio,
        "liquidity_ratio": volume / mcap if volume is not None and mcap else None,
    }


def _number(record: Record, name: str) -> float | None:
    value = record.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(found: Ranking, why: str) -> None:
    found.left_out[why] = found.left_out.get(why, 0) + 1
