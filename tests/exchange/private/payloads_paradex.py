"""Paradex's answers as the venue's OpenAPI document and the exchange library's samples have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payloads import Case

from pbtui.core.types import Market, OrderRequest
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.paradex import Paradex
from pbtui.exchange.venues.paradex_rows import (
    balance_of,
    ended,
    fill_of,
    is_perpetual,
    orders_of,
    positions_of,
    results,
)

BTC, ETH = "BTC/USDC:USDC", "ETH/USDC:USDC"
ACCOUNT = "0x49ddd7a564c978f6e4089ff8355b56a42b7e2d48ba282cb5aad60f04bea0ec3"
ENTRY, CLOSE = "0x0004" + "1" * 28, "0x0012" + "2" * 28  # entry_grid_normal_long, close_grid_short

POSITION = {
    "id": f"{ACCOUNT}-BTC-USD-PERP",
    "account": ACCOUNT,
    "market": "BTC-USD-PERP",
    "status": "OPEN",
    "side": "LONG",
    "size": "0.01",
    "average_entry_price": "64839.96053748",
    "average_entry_price_usd": "64852.9",
    "realized_pnl": "0",
    "unrealized_pnl": "-2.39677214",
    "unrealized_funding_pnl": "-0.11214013",
    "cost": "648.39960537",
    "cost_usd": "648.529",
    "cached_funding_index": "35202.1002351",
    "last_updated_at": 1_718_950_074_249,
    "last_fill_id": "1718947571560201703986670001",
    "seq_no": 1_718_950_074_249_176_253,
    "liquidation_price": "",
}
BALANCE = {"token": "USDC", "size": "123003.620", "last_updated_at": 1_681_462_770_114}
ORDER = {
    "id": "1681462103821101699438490000",
    "account": ACCOUNT,
    "avg_fill_price": "",
    "cancel_reason": "",
    "client_id": ENTRY,
    "created_at": 1_681_493_746_016,
    "flags": [],
    "instruction": "POST_ONLY",
    "last_updated_at": 1_681_493_746_016,
    "market": "BTC-USD-PERP",
    "price": "26000.5",
    "published_at": 1_681_493_746_016,
    "received_at": 1_681_493_746_016,
    "remaining_size": "0.04",
    "request_info": None,
    "seq_no": 1_681_471_234_972_000_000,
    "side": "BUY",
    "size": "0.05",
    "status": "OPEN",
    "stp": "EXPIRE_TAKER",
    "timestamp": 1_681_493_746_016,
    "trigger_price": "0",
    "type": "LIMIT",
}
FILL = {
    "id": "1718947571560201703986670001",
    "account": ACCOUNT,
    "side": "BUY",
    "liquidity": "TAKER",
    "market": "BTC-USD-PERP",
    "order_id": "1718947571540201703992340000",
    "price": "64852.9",
    "size": "0.01",
    "fee": "0.1945587",
    "fee_currency": "USDC",
    "created_at": 1_718_947_571_569,
    "remaining_size": "0",
    "client_id": "",
    "fill_type": "FILL",
    "realized_pnl": "0",
    "realized_funding": "0",
    "underlying_price": "64850.1",
    "flags": [],
}
INFO = {
    "account": ACCOUNT,
    "public_key": "0x2c144d2f2d4fc61b6f8967f3ba0012a87d90140bcfe5a3e92e8df83258c960f",
    "kind": "main",
    "isolated_market": "",
    "parent_account": "",
    "derivation_path": "",
    "username": "grid",
    "created_at": 1_681_471_234_972,
}


def listed(*rows: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return an answer that lists rows."""
    return {"results": [dict(row) for row in rows], **more}


def book() -> Book:
    """Return a book of two markets."""
    made = Book("USDC")
    coins = ("BTC", "ETH")
    made.take_markets(
        {
            f"{c}/USDC:USDC": Market(
                f"{c}/USDC:USDC", c, 0.001, 0.1, 0.001, 10.0, quote="USDC", id=f"{c}-USD-PERP", max_leverage=50.0
            )
            for c in coins
        }
    )
    made.hedge = False
    return made


class Answers(Wire):
    """Stands for the wire: answers by method, one after the other, and remembers what was asked."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = {name: list(each) if isinstance(each, list) else each for name, each in answers.items()}
        self._meanings = Paradex().facts.meanings
        self.asked: list[tuple[str, Any]] = []

    async def read(self, name: str, method: str, params: Mapping[str, Any] | None = None, *, cost: float = 1.0) -> Any:
        return self._answer(method, dict(params or {}))

    async def write(self, name: str, method: str, params: Any, **_: Any) -> Any:
        return self._answer(method, params)

    def _answer(self, method: str, params: Any) -> Any:
        self.asked.append((method, params))
        found = self._answers[method]
        found = found.pop(0) if isinstance(found, list) else found
        if isinstance(found, Exception):
            raise found
        return found


def request(**fields: Any) -> OrderRequest:
    """Return a resting buy of BTC."""
    made = OrderRequest(BTC, "buy", "long", 0.05, 26_000.5, False, "limit", ENTRY, "entry_grid_normal_long")
    return OrderRequest(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, **fields})


def paradex_cases() -> list[Case]:
    """Return every answer with how it is read."""
    b = book()
    short = {**POSITION, "side": "SHORT", "size": "-0.3", "market": "ETH-USD-PERP"}
    option = {**POSITION, "market": "BTC-USD-96000-C", "size": "-2", "side": "SHORT"}
    closing = {**ORDER, "side": "BUY", "flags": ["REDUCE_ONLY"], "client_id": CLOSE}
    close = {**FILL, "realized_pnl": "-3.5", "client_id": CLOSE}

    def fills(answer: Any) -> list[Any]:
        return [fill_of(row, b) for row in results(answer, "fills") if is_perpetual(row)]

    def end(answer: Any) -> float:
        return ended(Row(answer, "order"))[2]

    return [
        Case("positions", listed(POSITION, short, option), lambda a: positions_of(a, b)),
        Case("balance", listed(BALANCE), lambda a: balance_of(a, "USDC")),
        Case("orders", listed(ORDER, closing), lambda a: orders_of(a, b)),
        Case("ended", {**ORDER, "status": "CLOSED", "cancel_reason": "NOT_ENOUGH_MARGIN"}, end),
        Case("fills", listed(FILL, close, next=None), fills),
    ]
