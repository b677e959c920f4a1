"""Public documents of six venues, written in each venue's own shape, for the real client to read.

All speak of the same market: SOL, whose minute m opens at 100 + m % 7 and trades 5 + m % 3 SOL, and of OLD, delisted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

MINUTE = 60_000
LISTED_MS = 1_700_000_040_000
Query = Mapping[str, str]
Rows = list[tuple[int, str, str, str, str, float]]


def now_ms() -> int:
    return round(time.time() * 1000)


def prices(minute: int) -> tuple[float, float, float, float]:
    """Return open, high, low, close of a minute."""
    opened = 100.0 + minute % 7
    return opened, opened + 0.5, opened - 0.5, opened + 0.25


def volume(minute: int) -> float:
    """Return the base volume of a minute."""
    return 5.0 + minute % 3


def rows(start_ms: float, end_ms: float, limit: int) -> Rows:
    """Return the candles that open in [start, end], the running one included, at most `limit`."""
    last = min(int(end_ms), now_ms()) // MINUTE
    first = max(-(-int(start_ms) // MINUTE), LISTED_MS // MINUTE)
    found: Rows = []
    for minute in range(first, min(last, first + limit - 1) + 1):
        texts = [f"{price:.2f}" for price in prices(minute)]
        found.append((minute * MINUTE, texts[0], texts[1], texts[2], texts[3], volume(minute)))
    return found


def bybit(path: str, query: Query, _: Any) -> Any:
    def reply(result: Any) -> Any:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms()}

    def instrument(coin: str, status: str) -> dict[str, Any]:
        return {
            "symbol": f"{coin}USDT",
            "contractType": "LinearPerpetual",
            "status": status,
            "baseCoin": coin,
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "launchTime": str(LISTED_MS),
            "deliveryTime": "0",
            "priceScale": "2",
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": "0.01", "maxPrice": "9999", "tickSize": "0.01"},
            "lotSizeFilter": {"maxOrderQty": "9000", "minOrderQty": "0.1", "qtyStep": "0.1", "minNotionalValue": "5"},
        }

    if path.endswith("/market/time"):
        return reply({"timeSecond": str(now_ms() // 1000), "timeNano": str(now_ms() * 1_000_000)})
    if path.endswith("/instruments-info"):
        return reply({"category": "linear", "nextPageCursor": "", "list": [instrument("SOL", "Trading")]})
    if path.endswith("/kline"):
        found = rows(float(query["start"]), float(query.get("end", now_ms())), int(query.get("limit", 200)))
        table = [[str(ts), o, h, low, c, str(v), "1"] for ts, o, h, low, c, v in found]
        return reply({"symbol": query["symbol"], "category": "linear", "list": table[::-1]})
    if path.endswith("/tickers"):
        quote = {
            "symbol": "SOLUSDT",
            "lastPrice": "101.1",
            "bid1Price": "101",
            "ask1Price": "101.2",
            "openInterestValue": "9",
        }
        return reply({"category": "linear", "list": [quote]})
    return None


def okx(path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "0", "msg": "", "data": data}

    def instrument(coin: str, state: str) -> dict[str, Any]:
        names = {"instId": f"{coin}-USDT-SWAP", "uly": f"{coin}-USDT", "instFamily": f"{coin}-USDT", "ctValCcy": coin}
        contract = {"ctVal": "0.1", "ctMult": "1", "ctType": "linear", "settleCcy": "USDT", "lever": "50"}
        steps = {"tickSz": "0.01", "lotSz": "0.01", "minSz": "0.01", "maxLmtSz": "1000", "maxMktSz": "1000"}
        empty = dict.fromkeys(("baseCcy", "quoteCcy", "optType", "stk", "expTime", "alias"), "")
        times = {"listTime": str(LISTED_MS), "instType": "SWAP", "state": state, "category": "1"}
        return {**names, **contract, **steps, **empty, **times}

    if path.endswith("/public/time"):
        return reply([{"ts": str(now_ms())}])
    if path.endswith("/public/instruments"):
        return reply([instrument("SOL", "live"), instrument("OLD", "suspend")])
    if path.endswith(("/market/candles", "/market/history-candles")):
        start = float(query.get("before", -1)) + 1
        end = float(query.get("after", now_ms() + 1)) - 1
        found = rows(start, end, 10**6)[-int(query.get("limit", 100)) :]
        table = [[str(ts), o, h, low, c, str(v * 10), str(v), "1", "1"] for ts, o, h, low, c, v in found]
        return reply(table[::-1])
    if path.endswith("/market/tickers"):
        quote = {"last": "101.1", "bidPx": "101", "askPx": "101.2", "ts": str(now_ms())}
        return reply([{"instType": "SWAP", "instId": "SOL-USDT-SWAP", **quote}])
    return None


def bitget(path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "00000", "msg": "success", "requestTime": now_ms(), "data": data}

    def contract(coin: str, status: str) -> dict[str, Any]:
        names = {"symbol": f"{coin}USDT", "baseCoin": coin, "quoteCoin": "USDT", "symbolType": "perpetual"}
        steps = {"pricePlace": "2", "priceEndStep": "1", "volumePlace": "1", "sizeMultiplier": "0.1"}
        least = {"minTradeNum": "0.1", "minTradeUSDT": "5", "maxLever": "50", "minLever": "1"}
        fees = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006", "feeRateUpRatio": "0.005"}
        times = {"symbolStatus": status, "offTime": "-1", "launchTime": str(LISTED_MS), "deliveryTime": ""}
        return {**names, **steps, **least, **fees, **times, "supportMarginCoins": ["USDT"]}

    if path.endswith("/public/time"):
        return reply({"serverTime": str(now_ms())})
    if path.endswith("/mix/market/contracts"):
        usdt = query["productType"].upper() == "USDT-FUTURES"
        return reply([contract("SOL", "normal"), contract("OLD", "off")] if usdt else [])
    if path.endswith(("/mix/market/candles", "/mix/market/history-candles")):
        # `startTime` itself is left out of the answer.
        end = float(query.get("endTime", now_ms()))
        found = rows(float(query["startTime"]) + 1, end, 10**6)[-int(query.get("limit", 100)) :]
        return reply([[str(ts), o, h, low, c, str(v), "1"] for ts, o, h, low, c, v in found])
    if path.endswith("/mix/market/tickers"):
        quote = {"symbol": "SOLUSDT", "lastPr": "101.1", "bidPr": "101", "askPr": "101.2", "ts": str(now_ms())}
        return reply([quote])
    return None


def gateio(path: str, query: Query, _: Any) -> Any:
    def contract(coin: str, status: str) -> dict[str, Any]:
        names = {"name": f"{coin}_USDT", "type": "direct", "quanto_multiplier": "0.1", "status": status}
        steps = {"order_price_round": "0.01", "order_size_min": 1, "order_size_max": 100000, "mark_price": "101"}
        fees = {"maker_fee_rate": "-0.0001", "taker_fee_rate": "0.00075"}
        other = {
            "in_delisting": status != "trading",
            "leverage_min": "1",
            "leverage_max": "50",
            "order_price_deviate": "0.5",
        }
        return {**names, **steps, **fees, **other, "create_time": LISTED_MS // 1000, "trade_size": 1}

    if path.endswith("/spot/time"):
        return {"server_time": now_ms()}
    if path.endswith("/futures/usdt/contracts"):
        return [contract("SOL", "trading"), contract("OLD", "delisted")]
    if path.endswith("/contracts"):
        return []
    if path.endswith("/futures/usdt/candlesticks"):
        start, end = float(query["from"]) * 1000, float(query.get("to", now_ms() / 1000)) * 1000
        found = rows(start, end, int(query.get("limit", 100)) if "to" not in query else 10**6)
        names = ("o", "h", "l", "c")
        return [{"t": r[0] // 1000, "v": round(r[5] * 10), **dict(zip(names, r[1:5], strict=True))} for r in found]
    if path.endswith("/futures/usdt/tickers"):
        return [{"contract": "SOL_USDT", "last": "101.1", "highest_bid": "101", "lowest_ask": "101.2"}]
    return None


def hyperliquid(path: str, _: Query, body: Any) -> Any:
    def context() -> dict[str, Any]:
        prices_ = {"markPx": "101.1", "midPx": "101.1", "oraclePx": "101.0", "prevDayPx": "99.0", "premium": "0"}
        return {
            **prices_,
            "funding": "0.00001",
            "openInterest": "5000",
            "dayNtlVlm": "1000000",
            "impactPxs": ["101", "102"],
        }

    kind = body.get("type") if isinstance(body, dict) else None
    if kind == "exchangeStatus":
        return {"specialStatuses": None, "time": now_ms()}
    if kind == "metaAndAssetCtxs":
        sol = {"name": "SOL", "szDecimals": 1, "maxLeverage": 20, "marginTableId": 20}
        old = {**sol, "name": "OLD", "isDelisted": True}
        return [{"universe": [sol, old], "marginTables": []}, [context(), {**context(), "openInterest": "0.0"}]]
    if kind == "perpDexs":
        return [None]
    if kind == "candleSnapshot":
        asked = body["req"]
        found = rows(asked["startTime"], asked["endTime"], 5_000)
        names = ("o", "h", "l", "c", "v")
        return [
            {
                "t": r[0],
                "T": r[0] + MINUTE - 1,
                "s": "SOL",
                "i": "1m",
                "n": 9,
                **dict(zip(names, map(str, r[1:]), strict=True)),
            }
            for r in found
        ]
    return None


def kucoin(path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "200000", "data": data}

    def contract(coin: str, status: str) -> dict[str, Any]:
        names = {"symbol": f"{coin}USDTM", "baseCurrency": coin, "quoteCurrency": "USDT", "settleCurrency": "USDT"}
        steps = {"lotSize": 1, "tickSize": 0.01, "multiplier": 0.1, "maxOrderQty": 1000000, "maxPrice": 100000}
        fees = {"makerFeeRate": 0.0001, "takerFeeRate": 0.0005, "nextFundingRateTime": 9_000_000}
        times = {"firstOpenDate": LISTED_MS, "expireDate": None, "settleDate": None, "status": status, "type": "FFWCSX"}
        return {**names, **steps, **fees, **times, "isInverse": False, "isQuanto": False, "indexPriceTickSize": 0.01}

    if path.endswith("/timestamp"):
        return reply(now_ms())
    if path.endswith("/contracts/active"):
        return reply([contract("SOL", "Open"), contract("OLD", "Paused")])
    if path.endswith("/kline/query"):
        # `from` itself is left out of the answer.
        end = float(query.get("to", now_ms()))
        found = rows(float(query["from"]) + 1, end, 200)
        return reply([[ts, float(o), float(h), float(low), float(c), v * 10] for ts, o, h, low, c, v in found])
    if path.endswith("/allTickers"):
        quote = {"price": "101.1", "bestBidPrice": "101", "bestAskPrice": "101.2", "ts": now_ms() * 1_000_000}
        return reply([{"symbol": "SOLUSDTM", **quote}])
    return None


VENUES: dict[str, Callable[[str, Query, Any], Any]] = {
    "bybit": bybit,
    "okx": okx,
    "bitget": bitget,
    "gateio": gateio,
    "hyperliquid": hyperliquid,
    "kucoin": kucoin,
}


def document(name: str, path: str, query: Query, body: str) -> Any:
    """Return what a venue answers; None where it has nothing."""
    return VENUES[name](path, query, json.loads(body) if body else None)
