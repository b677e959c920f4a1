"""What each venue answers to what its client asks without keys; the shapes are the venues', the documents ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .book import MINUTE, Bar, Book, Refused

Query = Mapping[str, str]
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
CONTRACT = 0.01  # base units in a contract, where the venue counts contracts
TICK, LOT = "0.00001", "0.001"


def texts(bars: list[Bar], *, unit: float = 1.0) -> list[list[str]]:
    """Return candles as rows of text, volume in units of `unit`."""
    return [[str(ts), *map(repr, prices), repr(round(volume / unit, 9))] for ts, *prices, volume in bars]


def limited(query: Query, default: int, most: int) -> int:
    """Return the number of candles asked for; refused above what the venue gives."""
    limit = int(query.get("limit", default))
    if not 0 < limit <= most:
        raise Refused(f"limit {limit} is not within 1 and {most}")
    return limit


def binance(book: Book, path: str, query: Query, _: Any) -> Any:
    def symbol(coin: str) -> dict[str, Any]:
        names = {"symbol": f"{coin}USDT", "pair": f"{coin}USDT", "baseAsset": coin, "quoteAsset": "USDT"}
        kind = {"marginAsset": "USDT", "contractType": "PERPETUAL", "status": "TRADING", "underlyingType": "COIN"}
        digits = {"pricePrecision": 5, "quantityPrecision": 3, "baseAssetPrecision": 8, "quotePrecision": 8}
        filters = [
            {"filterType": "PRICE_FILTER", "minPrice": TICK, "maxPrice": "9000000", "tickSize": TICK},
            {"filterType": "LOT_SIZE", "minQty": LOT, "maxQty": "1000000", "stepSize": LOT},
            {"filterType": "MIN_NOTIONAL", "notional": "5"},
        ]
        times = {"onboardDate": book.first_ms(coin), "deliveryDate": 4_133_404_800_000}
        return {**names, **kind, **digits, **times, "filters": filters, "orderTypes": ["LIMIT"], "timeInForce": ["GTC"]}

    if path.endswith("/time"):
        return {"serverTime": book.now_ms}
    if path.endswith("/exchangeInfo"):
        return {"timezone": "UTC", "serverTime": book.now_ms, "symbols": [symbol(coin) for coin in book.coins]}
    if path.endswith("/klines"):
        limit = limited(query, 500, 1500)
        end = float(query.get("endTime", book.now_ms))
        period = {"1m": MINUTE, "1h": HOUR, "1d": DAY}[query["interval"]]
        bars = book.bars(
            query["symbol"].removesuffix("USDT"),
            period,
            float(query.get("startTime", 0)),
            end,
            most=limit,
            newest="startTime" not in query,
        )
        return [[int(row[0]), *row[1:], int(row[0]) + period - 1, "1", 9, "1", "1", "0"] for row in texts(bars)]
    return None


def bybit(book: Book, path: str, query: Query, _: Any) -> Any:
    def reply(result: Any) -> Any:
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": book.now_ms}

    def instrument(coin: str) -> dict[str, Any]:
        names = {"symbol": f"{coin}USDT", "baseCoin": coin, "quoteCoin": "USDT", "settleCoin": "USDT"}
        kind = {"contractType": "LinearPerpetual", "status": "Trading", "priceScale": "5"}
        times = {"launchTime": str(book.first_ms(coin)), "deliveryTime": "0"}
        lots = {"maxOrderQty": "9000", "minOrderQty": LOT, "qtyStep": LOT, "minNotionalValue": "5"}
        prices = {"minPrice": TICK, "maxPrice": "9000000", "tickSize": TICK}
        lever = {"minLeverage": "1", "maxLeverage": "50.00", "leverageStep": "0.01"}
        return {**names, **kind, **times, "lotSizeFilter": lots, "priceFilter": prices, "leverageFilter": lever}

    if path.endswith("/market/time"):
        return reply({"timeSecond": str(book.now_ms // 1000), "timeNano": str(book.now_ms * 1_000_000)})
    if path.endswith("/instruments-info"):
        return reply({"category": "linear", "nextPageCursor": "", "list": [instrument(coin) for coin in book.coins]})
    if path.endswith("/kline"):
        period = {"1": MINUTE, "60": HOUR, "D": DAY}[query["interval"]]
        coin, start = query["symbol"].removesuffix("USDT"), float(query.get("start", 0))
        end = float(query.get("end", book.now_ms))
        bars = book.bars(coin, period, start, end, most=limited(query, 200, 1000), newest="end" in query)
        return reply({"symbol": query["symbol"], "category": "linear", "list": [[*r, "1"] for r in texts(bars)[::-1]]})
    return None


def okx(book: Book, path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "0", "msg": "", "data": data}

    def instrument(coin: str) -> dict[str, Any]:
        names = {"instId": f"{coin}-USDT-SWAP", "uly": f"{coin}-USDT", "instFamily": f"{coin}-USDT", "ctValCcy": coin}
        contract = {"ctVal": "0.01", "ctMult": "1", "ctType": "linear", "settleCcy": "USDT", "lever": "50"}
        steps = {"tickSz": TICK, "lotSz": "1", "minSz": "1", "maxLmtSz": "1000", "maxMktSz": "1000"}
        empty = dict.fromkeys(("baseCcy", "quoteCcy", "optType", "stk", "expTime", "alias"), "")
        times = {"listTime": str(book.first_ms(coin)), "instType": "SWAP", "state": "live", "category": "1"}
        return {**names, **contract, **steps, **empty, **times}

    if path.endswith("/public/time"):
        return reply([{"ts": str(book.now_ms)}])
    if path.endswith("/public/instruments"):
        return reply([instrument(coin) for coin in book.coins])
    if path.endswith(("/market/candles", "/market/history-candles")):
        period = {"1m": MINUTE, "1H": HOUR, "1Dutc": DAY}[query["bar"]]
        limit = limited(query, 100, 300)
        start, end = float(query.get("before", -1)) + 1, float(query.get("after", book.now_ms + 1)) - 1
        if not path.endswith("history-candles"):
            start = max(start, book.now_ms - 1440 * period)
        bars = book.bars(query["instId"].split("-")[0], period, start, end, most=limit, newest=True)
        return reply([[*r[:5], repr(float(r[5]) / CONTRACT), r[5], "1", "1"] for r in texts(bars)[::-1]])
    return None


def bitget(book: Book, path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "00000", "msg": "success", "requestTime": book.now_ms, "data": data}

    def contract(coin: str) -> dict[str, Any]:
        names = {"symbol": f"{coin}USDT", "baseCoin": coin, "quoteCoin": "USDT", "symbolType": "perpetual"}
        steps = {"pricePlace": "5", "priceEndStep": "1", "volumePlace": "3", "sizeMultiplier": LOT}
        least = {"minTradeNum": LOT, "minTradeUSDT": "5", "maxLever": "50", "minLever": "1"}
        fees = {"makerFeeRate": "0.0002", "takerFeeRate": "0.0006", "feeRateUpRatio": "0.005"}
        times = {"symbolStatus": "normal", "offTime": "-1", "launchTime": str(book.first_ms(coin)), "deliveryTime": ""}
        return {**names, **steps, **least, **fees, **times, "supportMarginCoins": ["USDT"]}

    if path.endswith("/public/time"):
        return reply({"serverTime": str(book.now_ms)})
    if path.endswith("/mix/market/contracts"):
        usdt = query["productType"].upper() == "USDT-FUTURES"
        return reply([contract(coin) for coin in book.coins] if usdt else [])
    if path.endswith(("/mix/market/candles", "/mix/market/history-candles")):
        history = path.endswith("history-candles")
        period = {"1m": MINUTE, "1H": HOUR, "1D": DAY, "1Dutc": DAY}[query["granularity"]]
        limit = limited(query, 100, 200 if history else 1000)
        end = float(query.get("endTime", book.now_ms))
        # `startTime` itself is left out of the answer; recent candles are those of the last month only.
        start = float(query.get("startTime", 0)) + 1
        if not history:
            start = max(start, book.now_ms - 30 * DAY)
        bars = book.bars(query["symbol"].removesuffix("USDT"), period, start, end, most=limit, newest=True)
        return reply([[*row, "1"] for row in texts(bars)])
    return None


def gateio(book: Book, path: str, query: Query, _: Any) -> Any:
    def contract(coin: str) -> dict[str, Any]:
        names = {"name": f"{coin}_USDT", "type": "direct", "quanto_multiplier": "0.01", "status": "trading"}
        steps = {"order_price_round": TICK, "order_size_min": 1, "order_size_max": 100000, "mark_price": "101"}
        fees = {"maker_fee_rate": "-0.0001", "taker_fee_rate": "0.00075", "in_delisting": False}
        lever = {"leverage_min": "1", "leverage_max": "50", "order_price_deviate": "0.5"}
        return {**names, **steps, **fees, **lever, "create_time": book.first_ms(coin) // 1000, "trade_size": 1}

    if path.endswith("/spot/time"):
        return {"server_time": book.now_ms}
    if path.endswith("/futures/usdt/contracts"):
        return [contract(coin) for coin in book.coins]
    if path.endswith("/contracts"):
        return []
    if path.endswith("/futures/usdt/candlesticks"):
        period = {"1m": MINUTE, "1h": HOUR, "1d": DAY}[query["interval"]]
        start, end = float(query["from"]) * 1000, float(query.get("to", book.now_ms / 1000)) * 1000
        if (end - start) / period + 1 > 2000:
            raise Refused("Candlestick range too broad. Maximum 2000 data points are allowed per request")
        bars = book.bars(query["contract"].removesuffix("_USDT"), period, start, end)
        names = ("o", "h", "l", "c")
        return [
            {"t": int(row[0]) // 1000, "v": round(float(row[5])), **dict(zip(names, row[1:5], strict=True))}
            for row in texts(bars, unit=CONTRACT)
        ]
    return None


def hyperliquid(book: Book, _: str, __: Query, body: Any) -> Any:
    def universe(coin: str) -> dict[str, Any]:
        return {"name": coin, "szDecimals": 3, "maxLeverage": 20, "marginTableId": 20}

    def context() -> dict[str, Any]:
        marks = {"markPx": "101.1", "midPx": "101.1", "oraclePx": "101.0", "prevDayPx": "99.0", "premium": "0"}
        sizes = {"funding": "0.00001", "openInterest": "5000", "dayNtlVlm": "1000000", "impactPxs": ["101", "102"]}
        return {**marks, **sizes}

    kind = body.get("type") if isinstance(body, dict) else None
    if kind == "exchangeStatus":
        return {"specialStatuses": None, "time": book.now_ms}
    if kind == "metaAndAssetCtxs":
        return [
            {"universe": [universe(coin) for coin in book.coins], "marginTables": []},
            [context() for _ in book.coins],
        ]
    if kind == "perpDexs":
        return [None]
    if kind == "candleSnapshot":
        asked = body["req"]
        period = {"1m": MINUTE, "1h": HOUR, "1d": DAY}[asked["interval"]]
        start = max(asked["startTime"], (book.now_ms // period - 4999) * period)  # only the newest 5000 exist
        bars = book.bars(asked["coin"], period, start, asked["endTime"])
        names = ("o", "h", "l", "c", "v")
        return [
            {"t": int(row[0]), "T": int(row[0]) + period - 1, "s": asked["coin"], "i": asked["interval"], "n": 9}
            | dict(zip(names, row[1:], strict=True))
            for row in texts(bars)
        ]
    return None


def kucoin(book: Book, path: str, query: Query, _: Any) -> Any:
    def reply(data: Any) -> Any:
        return {"code": "200000", "data": data}

    def code(coin: str) -> str:
        return f"{'XBT' if coin == 'BTC' else coin}USDTM"

    def contract(coin: str) -> dict[str, Any]:
        base = "XBT" if coin == "BTC" else coin
        names = {"symbol": code(coin), "baseCurrency": base, "quoteCurrency": "USDT", "settleCurrency": "USDT"}
        steps = {"lotSize": 1, "tickSize": 0.00001, "multiplier": 0.01, "maxOrderQty": 1000000, "maxPrice": 1e6}
        fees = {"makerFeeRate": 0.0001, "takerFeeRate": 0.0005, "nextFundingRateTime": 9_000_000}
        times = {"firstOpenDate": book.first_ms(coin), "expireDate": None, "settleDate": None}
        kind = {"status": "Open", "type": "FFWCSX", "isInverse": False, "isQuanto": False}
        return {**names, **steps, **fees, **times, **kind, "indexPriceTickSize": 0.01}

    if path.endswith("/timestamp"):
        return reply(book.now_ms)
    if path.endswith("/contracts/active"):
        return reply([contract(coin) for coin in book.coins])
    if path.endswith("/kline/query"):
        period = {"1": MINUTE, "60": HOUR, "1440": DAY}[query["granularity"]]
        coin = next((coin for coin in book.coins if code(coin) == query["symbol"]), "")
        # `from` itself is left out of the answer, and so are minutes without trades.
        bars = book.bars(coin, period, float(query["from"]) + 1, float(query.get("to", book.now_ms)))
        traded = [bar for bar in bars if bar[5] > 0.0][:200]
        return reply([[int(r[0]), *map(float, r[1:5]), float(r[5])] for r in texts(traded, unit=CONTRACT)])
    return None


DIALECTS: dict[str, Callable[[Book, str, Query, Any], Any]] = {
    "binance": binance,
    "bybit": bybit,
    "okx": okx,
    "bitget": bitget,
    "gateio": gateio,
    "hyperliquid": hyperliquid,
    "kucoin": kucoin,
}
