"""Answers that are well formed and wrong: a wallet without coins, an order told twice, a market that is no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from payloads import fixture
from payloads_okx import at_once
from test_conformance import book

from pbtui.core.errors import ExchangeError, OrderRejected, UnreadableAnswer
from pbtui.core.types import OpenOrder
from pbtui.exchange.venues import binance, bybit

_BYBIT = "crates/adapters/bybit/test_data/http_get_"


class Answers:
    """Stands for the wire: answers by method, remembers what was written."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.written: list[Any] = []

    async def read(self, _: str, method: str, *__: Any, **___: Any) -> Any:
        return self._answers[method]

    async def write(self, _: str, method: str, params: Any, **__: Any) -> Any:
        self.written.append(params)
        found = self._answers[method]
        return found(params) if callable(found) else found

    def outcome(self, code: str, message: str, what: str) -> ExchangeError:
        return OrderRejected(f"{what}: {message} ({code})", reason="invalid")


def order(symbol: str, name: str) -> OpenOrder:
    return OpenOrder(name, f"0x0004{name:0>28}", symbol, "buy", "long", 1.0, 100.0, False, 1_755_000_000_000)


def test_a_wallet_of_bybit_without_its_coins_is_not_empty() -> None:
    document = fixture(f"{_BYBIT}wallet_balance.json")
    (account,) = document["result"]["list"]
    account["coin"] = []
    assert float(account["totalWalletBalance"]) > 0.0
    for something in (account["totalWalletBalance"], "", None):
        account["totalWalletBalance"] = something
        with pytest.raises(UnreadableAnswer):
            bybit.balance_of(document, "USDT")
    account["totalWalletBalance"] = "0.00"
    assert bybit.balance_of(document, "USDT") == 0.0


def test_an_order_that_bybit_tells_on_two_pages_is_one() -> None:
    document = fixture(f"{_BYBIT}orders_realtime.json")
    document["result"]["nextPageCursor"] = ""
    rows = document["result"]["list"]
    count = len(rows)
    document["result"]["list"] = [*rows, rows[0]]
    wire: Any = Answers({"privateGetV5OrderRealtime": document})
    found = at_once(bybit.Bybit().open_orders(wire, book()))
    assert len(found) == count == len({each.id for each in found})


def test_the_balance_of_a_binance_account_in_usdc_is_not_its_usdt() -> None:
    coins = [{"asset": "USDT", "crossWalletBalance": "5000.5"}, {"asset": "USDC", "crossWalletBalance": "300.25"}]
    document = {"totalCrossWalletBalance": "5000.5", "assets": coins}
    answers = {"fapiPrivateV3GetAccount": document, "fapiPrivateGetMultiAssetsMargin": {"multiAssetsMargin": False}}
    alone: Any = Answers(answers)
    assert at_once(binance.Binance().balance(alone, "USDC")) == 300.25
    assert at_once(binance.Binance().balance(alone, "USDT")) == 5000.5
    shared: Any = Answers({**answers, "fapiPrivateGetMultiAssetsMargin": {"multiAssetsMargin": True}})
    document["totalCrossWalletBalance"] = "5300.7"
    assert at_once(binance.Binance().balance(shared, "USDC")) == 5300.7
    coins.pop()
    with pytest.raises(UnreadableAnswer):
        at_once(binance.Binance().balance(alone, "USDC"))


def test_orders_of_a_market_that_is_no_more_keep_no_others_from_being_cancelled() -> None:
    gone, here = order("OLDUSDT", "1"), order("BTC/USDT:USDT", "2")

    def taken(params: Any) -> Any:
        told = [{"orderId": each["orderId"], "symbol": each["symbol"]} for each in params["request"]]
        verdicts = [{"code": 0 if each["symbol"] == "BTCUSDT" else 110074, "msg": "-"} for each in params["request"]]
        return {"result": {"list": told}, "retExtInfo": {"list": verdicts}}

    wire: Any = Answers({"privatePostV5OrderCancelBatch": taken})
    first, second = at_once(bybit.Bybit().cancel(wire, book(), [gone, here]))
    assert (first.order, second.order) == (gone, here)
    assert isinstance(first.error, OrderRejected)
    assert second.error is None
    wire = Answers({"fapiPrivateDeleteOrder": lambda params: {"orderId": params["orderId"]}})
    results = {each.order.id: each for each in at_once(binance.Binance().cancel(wire, book(), [here, gone]))}
    assert results["2"].error is None
    assert set(results) == {"1", "2"}
