"""Answers of KuCoin futures as its documentation and connectors of other projects show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payloads import Case

from pbtui.core.types import Fill, Market, OpenOrder
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.venues import kucoin_rows
from pbtui.exchange.venues.kucoin_history import fill_of

NOW_MS = 1_800_000_000_000
OURS = "0x0004" + "cd" * 14  # an entry of ours

OVERVIEW: dict[str, Any] = {
    "code": "200000",
    "data": {
        "currency": "USDT",
        "accountEquity": 48.921913718,
        "unrealisedPNL": 1.59475,
        "marginBalance": 47.548728628,
        "positionMargin": 34.1577964733,
        "orderMargin": 0,
        "frozenFunds": 0,
        "availableBalance": 14.7876172447,
        "riskRatio": 0.0090285199,
    },
}
POSITIONS: dict[str, Any] = {
    "code": "200000",
    "data": [
        {
            "id": "600000000001260912",
            "symbol": "XBTUSDTM",
            "crossMode": True,
            "currentQty": 1,
            "currentCost": 96.9768,
            "avgEntryPrice": 96976.8,
            "liquidationPrice": 52351.69,
            "isOpen": True,
            "markPrice": 96985.6,
            "settleCurrency": "USDT",
            "marginMode": "CROSS",
            "positionSide": "LONG",
            "leverage": 20,
        },
        {
            "id": "600000000001260913",
            "symbol": "ETHUSDTM",
            "currentQty": -25,
            "avgEntryPrice": "1800.5",
            "marginMode": "CROSS",
            "positionSide": "SHORT",
            "leverage": 20,
        },
        {"id": "3", "symbol": "SOLUSDTM", "currentQty": 0, "avgEntryPrice": 0.0, "positionSide": "BOTH"},
    ],
}
ORDER: dict[str, Any] = {
    "id": "230181737576050688",
    "symbol": "XBTUSDTM",
    "type": "limit",
    "side": "buy",
    "price": "50000",
    "size": 10,
    "value": "500",
    "dealValue": "100",
    "dealSize": 2,
    "stp": "",
    "stop": "",
    "timeInForce": "GTC",
    "postOnly": True,
    "hidden": False,
    "leverage": "20",
    "closeOrder": False,
    "visibleSize": 0,
    "remark": None,
    "orderTime": 1729577515444000000,
    "reduceOnly": False,
    "status": "open",
    "filledSize": 2,
    "filledValue": "100",
    "cancelExist": False,
    "isActive": True,
    "createdAt": 1729577515473,
    "updatedAt": 1729577515500,
    "settleCurrency": "USDT",
    "clientOid": OURS,
    "positionSide": "LONG",
    "marginMode": "CROSS",
}
ORDERS: dict[str, Any] = {
    "code": "200000",
    "data": {
        "currentPage": 1,
        "pageSize": 500,
        "totalNum": 2,
        "totalPage": 1,
        "items": [
            ORDER,
            {**ORDER, "id": "2", "side": "buy", "positionSide": "SHORT", "clientOid": None, "filledSize": 0},
        ],
    },
}
TRADE: dict[str, Any] = {
    "symbol": "XBTUSDTM",
    "tradeId": "1828954878212",
    "orderId": "284486580251463680",
    "side": "buy",
    "liquidity": "taker",
    "forceTaker": False,
    "price": "86275.1",
    "size": 3,
    "value": "258.8253",
    "openFeePay": "0.15529518",
    "closeFeePay": "0",
    "stop": "",
    "feeRate": "0.00060",
    "fixFee": "0",
    "feeCurrency": "USDT",
    "subTradeType": None,
    "marginMode": "CROSS",
    "openFeeTaxPay": "0",
    "closeFeeTaxPay": "0",
    "displayType": "market",
    "fee": "0.15529518",
    "settleCurrency": "USDT",
    "orderType": "market",
    "tradeType": "trade",
    "tradeTime": 1740640088244000000,
    "createdAt": 1740640088427,
}
FILLS: dict[str, Any] = {
    "code": "200000",
    "data": {
        "currentPage": 1,
        "pageSize": 500,
        "totalNum": 2,
        "totalPage": 1,
        "items": [
            {
                **TRADE,
                "tradeId": "1828954878300",
                "orderId": "284486580251463999",
                "side": "sell",
                "size": 2,
                "openFeePay": "0",
                "closeFeePay": "-0.01",
                "fee": "-0.01",
                "tradeTime": "1740640188244000000",
            },
            TRADE,
        ],
    },
}
CREATED: dict[str, Any] = {
    "code": "200000",
    "data": [
        {"orderId": "135241412609331200", "clientOid": OURS, "symbol": "XBTUSDTM", "code": "200000", "msg": "success"}
    ],
}
KEY: dict[str, Any] = {
    "code": "200000",
    "data": {
        "remark": "account1",
        "apiKey": "6705f5c311545b000157d3eb",
        "apiVersion": 3,
        "permission": "General,Futures,Spot,Earn,InnerTransfer",
        "ipWhitelist": "203.**.154,103.**.34",
        "createdAt": 1728443843000,
        "uid": 165111215,
        "isMaster": True,
    },
}
CLOSED: dict[str, Any] = {
    "code": "200000",
    "data": {
        "currentPage": 1,
        "pageSize": 10,
        "totalNum": 1,
        "totalPage": 1,
        "items": [
            {
                "closeId": "500000000027312193",
                "symbol": "XBTUSDTM",
                "settleCurrency": "USDT",
                "type": "CLOSE_LONG",
                "pnl": "-3.7495",
                "openTime": 1735549162120,
                "closeTime": 1740640188249,
                "openPrice": "86000.1",
                "closePrice": "86275.1",
                "marginMode": "CROSS",
            }
        ],
    },
}


def envelope(data: Any) -> dict[str, Any]:
    return {"code": "200000", "data": data}


def book() -> Book:
    made = Book("USDT")
    lots = {"BTC": ("XBTUSDTM", 0.001), "ETH": ("ETHUSDTM", 0.01), "SOL": ("SOLUSDTM", 0.1)}
    made.take_markets(
        {
            f"{coin}/USDT:USDT": Market(f"{coin}/USDT:USDT", coin, 1.0, 0.1, 1.0, 0.01, c_mult=c_mult, id=name)
            for coin, (name, c_mult) in lots.items()
        }
    )
    made.name("284486580251463680", OURS)
    return made


def _items(answer: Any) -> list[Row]:
    return kucoin_rows.data(answer, "answer").rows("items")


def kucoin_cases() -> list[Case]:
    b = book()

    def orders(answer: Any) -> list[OpenOrder]:
        return [kucoin_rows.order_of(row, b) for row in _items(answer)]

    def fills(answer: Any) -> list[Fill]:
        return [fill_of(row, b) for row in _items(answer)]

    def created(answer: Mapping[str, Any]) -> list[str]:
        return [row.text("orderId") for row in kucoin_rows.listed(answer, "create")]

    return [
        Case("overview", OVERVIEW, lambda a: kucoin_rows.balance_of(a, "USDT")),
        Case("positions", POSITIONS, lambda a: kucoin_rows.positions_of(a, b)),
        Case("orders", ORDERS, orders),
        Case("fills", FILLS, fills),
        Case("created", CREATED, created),
    ]
