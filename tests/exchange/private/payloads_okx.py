"""OKX's answers: recorded ones of the fixtures, documented ones (the venue's API documentation) where none exist."""

from __future__ import annotations

import copy
from collections.abc import Coroutine
from typing import Any

from payloads import Case, fixture

from pbtui.core.types import Fill, Market, OpenOrder, OrderRequest
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues import okx
from pbtui.exchange.venues.okx_rows import data_of, fill_of

NOW_MS = 1_800_000_000_000
_RECORDED = "crates/adapters/okx/test_data/http_get_"
BTC = "BTC/USDT:USDT"
NAMED = "0x0004aa"  # an order's client id

CONFIG = {
    "acctLv": "2",
    "autoLoan": False,
    "ctIsoMode": "automatic",
    "greeksType": "PA",
    "ip": "",
    "label": "grid",
    "level": "Lv1",
    "levelTmp": "",
    "mainUid": "44705892343619584",
    "mgnIsoMode": "automatic",
    "perm": "read_only,withdraw,trade",
    "posMode": "long_short_mode",
    "uid": "44705892343619584",
}
FILL = {
    "instType": "SWAP",
    "instId": "BTC-USDT-SWAP",
    "tradeId": "744876980",
    "ordId": "2497956918703120384",
    "clOrdId": "0x0007aabbccddeeff00112233445566",
    "billId": "2497956918703120999",
    "subType": "5",
    "tag": "",
    "fillPx": "103700",
    "fillSz": "2",
    "fillIdxPx": "103650.1",
    "fillPnl": "-1.2",
    "fillPxVol": "",
    "fillPxUsd": "",
    "side": "sell",
    "posSide": "long",
    "execType": "M",
    "feeCcy": "USDT",
    "fee": "-0.41480",
    "ts": "1746947317403",
    "fillTime": "1746947317402",
    "feeRate": "-0.0002",
}
_COIN = {"ccy": "BTC", "cashBal": "0.02", "eq": "0.021", "eqUsd": "2100", "upl": "0.001", "collateralEnabled": True}
_PLACED = {"clOrdId": "0x0007aa", "ordId": "12345689", "sCode": "0", "sMsg": "Order placed", "ts": "1695190491421"}
_REFUSED = {"clOrdId": "0x0007bb", "ordId": "", "sCode": "51008", "sMsg": "Insufficient USDT margin", "tag": ""}


def told(*rows: Any, code: str = "0", **more: Any) -> dict[str, Any]:
    """Return rows as the venue wraps them."""
    return {"code": code, "data": list(copy.deepcopy(rows)), "msg": "", **more}


BATCH = told(_PLACED, _REFUSED, code="2", inTime="1695190491421339", outTime="1695190491423240")


def book() -> Book:
    """Return the venue's markets: contracts of a hundredth of a coin and of a tenth."""
    made = Book("USDT")
    sizes = {"BTC": 0.01, "ETH": 0.1, "SOL": 1.0}
    made.take_markets(
        {
            f"{coin}/USDT:USDT": Market(
                f"{coin}/USDT:USDT", coin, 0.01, 0.1, 0.01, 0.01, c_mult=size, id=f"{coin}-USDT-SWAP"
            )
            for coin, size in sizes.items()
        }
    )
    return made


class Answers(Wire):
    """A wire whose every question gets the next answer, the last one again and again; `asked` is what was asked."""

    def __init__(self, *answers: Any) -> None:
        quirks = okx.Okx()
        nothing: Any = None
        super().__init__(
            nothing, nothing, nothing, code_of=quirks.code_of, meanings=quirks.facts.meanings, measure=nothing
        )
        self._answers = list(answers)
        self.asked: list[tuple[str, Any]] = []

    async def read(self, name: str, method: str, params: Any = None, **_: Any) -> Any:
        self.asked.append((method, dict(params or {})))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    async def write(self, name: str, method: str, params: Any, **_: Any) -> Any:
        return await self.read(name, method, {"said": params})


def at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of what never waits."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waits for something")


def request(client_id: str, price: float = 100_000.0, qty: float = 2.0) -> OrderRequest:
    """Return an entry."""
    return OrderRequest(BTC, "buy", "long", qty, price, False, "limit", client_id, "entry_grid_normal_long")


def cross(**fields: Any) -> dict[str, Any]:
    """Return the recorded positions, made a position in cross margin."""
    found = fixture(_RECORDED + "positions.json")
    found["data"][0] |= {"mgnMode": "cross", **fields}
    return found


def okx_cases() -> list[Case]:
    """Return every shape that is read, with what reads it."""
    b, quirks = book(), okx.Okx()

    def positions(answer: Any) -> list[HeldPosition]:
        return at_once(quirks.positions(Answers(answer), b))

    def orders(answer: Any) -> list[OpenOrder]:
        return [okx.order_of(row, b) for row in data_of(answer, "orders")]

    def fills(answer: Any) -> list[Fill]:
        return [fill_of(row, b, NOW_MS) for row in data_of(answer, "fills")]

    def config(answer: Any) -> list[Any]:
        return [at_once(quirks.key_facts(Answers(answer))), at_once(quirks.modes(Answers(answer), b))]

    def placed(answer: Any) -> list[OpenOrder]:
        results = at_once(quirks.create(Answers(answer), b, [request("0x0007aa"), request("0x0007bb")]))
        return [result.order for result in results if result.order is not None]

    def fate(answer: Any) -> list[Any]:
        return [at_once(quirks.order_by_client_id(Answers(answer), b, BTC, NAMED))]

    one = fixture(_RECORDED + "orders_pending.json")
    one["data"] = [{**one["data"][0], "clOrdId": NAMED, "state": "filled"}]
    wallet = fixture(_RECORDED + "account_balance.json")
    many = copy.deepcopy(wallet)
    many["data"][0]["details"].append(dict(_COIN))
    tied = fixture(_RECORDED + "orders_pending_with_attached_tp_sl.json")
    net = cross(posSide="net", pos="-3")
    return [
        Case("positions", fixture(_RECORDED + "positions.json"), positions),
        Case("positions cross", cross(), positions),
        Case("positions net", net, positions),
        Case("orders", fixture(_RECORDED + "orders_pending.json"), orders),
        Case("orders with stops", tied, orders),
        Case("fate of an order", one, fate),
        Case("fills", told(FILL), fills),
        Case("wallet", wallet, lambda a: okx.balance_of(a, "USDT", shared=False)),
        Case("wallet of many coins", many, lambda a: okx.balance_of(a, "USDT", shared=True)),
        Case("config", told(CONFIG), config),
        Case("batch", BATCH, placed),
    ]
