"""Bitget's answers in the shape of recorded ones, with numbers of our own; docs/exchange-bitget.md has the sources."""

from __future__ import annotations

import copy
from collections.abc import Coroutine, Mapping
from typing import Any

from payloads import Case

from pbtui.core.types import Fill, Market, OpenOrder, OrderRequest
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.bitget import Bitget

NOW_MS = 1_791_393_000_000
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
ENTRY, CLOSE = "0x0004aabbccddeeff00112233445566ff", "0x0007aabbccddeeff00112233445566ff"

POSITION = {
    "marginCoin": "USDT",
    "symbol": "BTCUSDT",
    "holdSide": "long",
    "openDelegateSize": "0",
    "marginSize": "27.8",
    "available": "0.001",
    "locked": "0",
    "total": "0.001",
    "leverage": "3",
    "achievedProfits": "0",
    "openPriceAvg": "83471.2",
    "marginMode": "crossed",
    "posMode": "hedge_mode",
    "unrealizedPL": "0.82",
    "liquidationPrice": "60549679693.5",
    "markPrice": "83479.4",
    "grant": "",
    "assetMode": "single",
    "cTime": "1791392691596",
    "uTime": "1791392691596",
}
ORDER = {
    "symbol": "BTCUSDT",
    "size": "0.002",
    "orderId": "1491774617118240769",
    "clientOid": CLOSE,
    "baseVolume": "0.0005",
    "fee": "0",
    "price": "86958.8",
    "priceAvg": "",
    "status": "live",
    "side": "buy",
    "force": "gtc",
    "posSide": "long",
    "marginCoin": "USDT",
    "marginMode": "crossed",
    "enterPointSource": "api",
    "tradeSide": "close",
    "posMode": "hedge_mode",
    "orderType": "limit",
    "reduceOnly": "YES",
    "cTime": "1791392705231",
    "uTime": "1791392705287",
}
_FEE = {"deduction": "no", "feeCoin": "USDT", "totalDeductionFee": None, "totalFee": "-0.00500838"}
FILL = {
    "tradeId": "1491774628545409024",
    "symbol": "BTCUSDT",
    "orderId": "1491774628346392577",
    "price": "83473.1",
    "baseVolume": "0.0001",
    "feeDetail": [_FEE],
    "side": "buy",
    "quoteVolume": "8.3473",
    "profit": "0.00019",
    "enterPointSource": "api",
    "tradeSide": "close",
    "posMode": "hedge_mode",
    "tradeScope": "taker",
    "cTime": "1791392707954",
}
ACCOUNT = {
    "marginCoin": "USDT",
    "locked": "0",
    "available": "27800.1",
    "crossedMaxAvailable": "27800.1",
    "accountEquity": "27852.5",
    "usdtEquity": "27852.5",
    "btcEquity": "0.33",
    "unrealizedPL": "2.5",
    "coupon": "0",
    "crossedUnrealizedPL": None,
    "assetMode": "single",
    "isolatedMargin": None,
}
SETTING = {**ACCOUNT, "crossedMarginLeverage": 3, "marginMode": "crossed", "posMode": "hedge_mode"}
KEY = {
    "userId": "7264631750",
    "inviterId": None,
    "ips": "127.0.0.1,127.0.0.2",
    "authorities": ["coow", "cpow", "stor"],
    "parentId": 1,
    "traderType": "not_trader",
}
PLACED = {"orderId": "1111397214281175046", "clientOid": ENTRY}
REFUSED = {"orderId": "", "clientOid": CLOSE, "errorMsg": "less than the minimum amount 5 USDT", "errorCode": "45110"}


def told(data: Any) -> dict[str, Any]:
    """Return what the venue wraps around an answer."""
    return {"code": "00000", "msg": "success", "requestTime": 1_791_392_708_000, "data": copy.deepcopy(data)}


def page(name: str, *rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page of a list; the one that holds nothing is two nulls, as it is recorded."""
    key = "tradeId" if name == "fillList" else "orderId"
    return told({name: list(rows) or None, "endId": rows[-1][key] if rows else None})


BATCH = told({"successList": [PLACED], "failureList": [REFUSED]})


def book(*, hedge: bool = True) -> Book:
    """Return the venue's markets."""
    made = Book("USDT")
    made.hedge = hedge
    coins = ("BTC", "ETH")
    made.take_markets(
        {f"{c}/USDT:USDT": Market(f"{c}/USDT:USDT", c, 0.0001, 0.1, 0.0001, 5.1, id=f"{c}USDT") for c in coins}
    )
    return made


class Answers(Wire):
    """A wire whose every question gets the next answer, the last one again and again; `asked` is what was asked."""

    def __init__(self, *answers: Any) -> None:
        quirks, nothing = Bitget(), None
        super().__init__(
            nothing,
            nothing,  # type: ignore[arg-type]
            nothing,  # type: ignore[arg-type]
            code_of=quirks.code_of,
            meanings=quirks.facts.meanings,
            measure=nothing,  # type: ignore[arg-type]
        )
        self._answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def read(self, name: str, method: str, params: Any = None, **_: Any) -> Any:
        self.asked.append((method, dict(params or {})))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write(self, name: str, method: str, params: Any, **_: Any) -> Any:
        return await self.read(name, method, params)


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of what never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


def entry(client_id: str = ENTRY, *, symbol: str = BTC, price: float = 83_000.0) -> OrderRequest:
    """Return an entry."""
    return OrderRequest(symbol, "buy", "long", 0.001, price, False, "limit", client_id, "entry_grid_normal_long")


def close(client_id: str = CLOSE) -> OrderRequest:
    """Return a close."""
    return OrderRequest(BTC, "sell", "long", 0.001, 84_000.0, True, "limit", client_id, "close_grid_long")


def cases() -> list[Case]:
    """Return every shape that is read, with what reads it."""
    b, no_fills = book(), page("fillList")
    nothing = page("entrustedList")
    one_way = {**FILL, "tradeSide": "sell_single", "posMode": "one_way_mode", "side": "sell"}
    net = {**ORDER, "posSide": "net", "tradeSide": "sell_single", "side": "sell", "posMode": "one_way_mode"}
    untold = {**ACCOUNT, "unrealizedPL": ""}
    union = {**ACCOUNT, "assetMode": "union", "unionTotalMargin": "28000.5"}

    def positions(answer: Any) -> list[HeldPosition]:
        return at_once(Bitget().positions(Answers(answer), b))

    def orders(answer: Any) -> list[OpenOrder]:
        return at_once(Bitget().open_orders(Answers(answer, nothing), b))

    def fills(answer: Any) -> list[Fill]:
        known = book()
        known.name("1491774628346392577", CLOSE)
        return at_once(Bitget().fills(Answers(answer, no_fills), known, Look(NOW_MS - 1_000_000, NOW_MS)))

    def named(answer: Any) -> list[Fill]:
        wire = Answers(page("fillList", FILL), no_fills, answer)
        return at_once(Bitget().fills(wire, book(), Look(NOW_MS - 1_000_000, NOW_MS)))

    def fate(answer: Any) -> list[Any]:
        return [at_once(Bitget().order_by_client_id(Answers(answer), b, BTC, CLOSE))]

    def wallet(answer: Any) -> float:
        return at_once(Bitget().balance(Answers(answer), "USDT"))

    def by_positions(answer: Any) -> float:
        return at_once(Bitget().balance(Answers(told([untold]), answer), "USDT"))

    def modes(answer: Any) -> list[Any]:
        return [at_once(Bitget().modes(Answers(answer), b))]

    def key(answer: Any) -> list[Any]:
        return [at_once(Bitget().key_facts(Answers(answer)))]

    def placed(answer: Any) -> list[OpenOrder]:
        results = at_once(Bitget().create(Answers(answer), b, [entry(), close()]))
        assert all((result.order is None) is not (result.error is None) for result in results)
        return [result.order for result in results if result.order is not None]

    short = {**POSITION, "holdSide": "short", "total": "0.02", "openPriceAvg": "83464.4"}
    return [
        Case("positions", told([POSITION, short]), positions),
        Case("orders", page("entrustedList", ORDER), orders),
        Case("orders one-way", page("entrustedList", net), orders),
        Case("fills", page("fillList", FILL), fills),
        Case("fills one-way", page("fillList", one_way), fills),
        Case("order of a fill", told({**ORDER, "orderId": FILL["orderId"]}), named),
        Case("fate of an order", told({**ORDER, "state": "filled"}), fate),
        Case("wallet", told([ACCOUNT]), wallet),
        Case("wallet of many coins", told([union]), wallet),
        Case("wallet by positions", told([POSITION, short]), by_positions),
        Case("modes", told(SETTING), modes),
        Case("key", told(KEY), key),
        Case("batch", BATCH, placed),
    ]
