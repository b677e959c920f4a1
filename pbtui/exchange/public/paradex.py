"""Paradex's markets as every other venue's: perpetuals only, in the currency they are settled in.

The venue lists options and spot pairs too, of which spot pairs would bear the symbols of perpetuals. Prices count
dollars and money is USDC, at par: markets are written BTC/USDC:USDC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from pbtui.core.clock import DAY_MS, HOUR_MS

_NOISE = 1e-9
_PAGE = 1_000  # candles


def adapt(client: Any) -> None:
    """Make a client of the library list what can be traded, with what the venue tells of it."""
    client.commonCurrencies = {**client.commonCurrencies, "USD": "USDC"}
    # The stream of all summaries holds every option: those of single markets are watched.
    client.has["watchTickers"] = False
    inner: Callable[..., Any] = client.parse_market

    def parse_market(told: Any) -> Any:
        if not isinstance(told, dict) or cast("dict[str, Any]", told).get("asset_kind") != "PERP":
            return None
        market = inner(told)
        return market if market is None else _told(market, cast("dict[str, Any]", told))

    client.parse_market = parse_market
    client.fetch_ohlcv = _in_coins(client.fetch_ohlcv)


def _in_coins(inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return the library's call for candles with volumes in coins, and days made of hours.

    The venue tells volumes in whole dollars, and has no candles longer than an hour.
    """

    async def asked(symbol: str, timeframe: str, since: int, limit: int, params: Mapping[str, Any]) -> list[list[Any]]:
        return [_candle(row) for row in await inner(symbol, timeframe, since, limit, params)]

    async def fetch_ohlcv(symbol: str, timeframe: str, since: int, limit: int, params: Mapping[str, Any]) -> Any:
        if timeframe != "1d":
            return await asked(symbol, timeframe, since, limit, params)
        days: dict[int, list[Any]] = {}
        until = since + limit * DAY_MS
        for start in range(since, until, _PAGE * HOUR_MS):
            for hour in await asked(symbol, "1h", start, _PAGE, params):
                if hour[0] < until:
                    _add(days, hour)
        return [days[ts] for ts in sorted(days)]

    return fetch_ohlcv


def _candle(row: list[Any]) -> list[Any]:
    """Return a candle with its volume in coins, at the middle of its prices; what is no candle is left as it is."""
    try:
        middle = sum(float(price) for price in row[1:5]) / 4
        return [*row[:5], float(row[5]) / middle]
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return row


def _add(days: dict[int, list[Any]], hour: list[Any]) -> None:
    ts = hour[0] - hour[0] % DAY_MS
    day = days.setdefault(ts, [ts, *hour[1:5], 0.0])
    day[2], day[3], day[4] = max(day[2], hour[2]), min(day[3], hour[3]), hour[4]
    day[5] += hour[5] or 0.0


def _told(market: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Return a market with what the library leaves out: when it began, leverage, whether it takes cross margin."""
    limits = {**market["limits"], "leverage": {"min": 1, "max": _most_leverage(told)}}
    active = market["active"] is not False and told.get("market_kind") != "isolated"
    opened = str(told.get("open_at"))
    created = int(opened) if opened.isdigit() and int(opened) > 0 else None
    return {**market, "limits": limits, "active": active, "created": created, "baseName": told.get("base_currency")}


def _most_leverage(told: dict[str, Any]) -> int | None:
    """Return the most leverage: one over the share of a position that has to be there as margin."""
    margin: Any = told.get("delta1_cross_margin_params")
    try:
        share = float(margin["imf_base"])
    except (TypeError, KeyError, ValueError):
        return None
    return max(1, int(1.0 / share + _NOISE)) if 0.0 < share <= 1.0 else None
