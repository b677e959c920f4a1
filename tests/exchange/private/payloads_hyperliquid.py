"""Hyperliquid's answers: recorded ones of the fixtures, those of the venue's documentation where none exist."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from payloads import ROOT, Case, fixture

from pbtui.core.types import Market, OpenOrder, OrderRequest
from pbtui.exchange.private.answers import rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.hyperliquid import Hyperliquid
from pbtui.exchange.venues.hyperliquid_answers import (
    balance_of,
    fate_of,
    fills_of,
    mids_of,
    orders_of,
    positions_of,
    statuses_of,
)

_RECORDED = "crates/adapters/hyperliquid/test_data/"
_ANSWER = re.compile(r"string:\s*'((?:[^']|'')*)'", re.DOTALL)
BTC, ETH, PEPE = (f"{coin}/USDC:USDC" for coin in ("BTC", "ETH", "KPEPE"))

FILL = {
    "coin": "BTC",
    "px": "72528.0",
    "sz": "0.11693",
    "side": "A",
    "time": 1_710_208_712_815,
    "startPosition": "0.11693",
    "dir": "Close Long",
    "closedPnl": "-0.81851",
    "hash": "0xc5adaf35f8402750c218040b0a7bc301130051521273b6f398b3caad3e1f3f5f",
    "oid": 7_484_888_874,
    "crossed": True,
    "fee": "2.968244",
    "tid": 567_547_935_839_686,
    "cloid": "0x000700112233445566778899aabbccdd",
    "feeToken": "USDC",
}
ORDER = {
    "children": [],
    "cloid": None,
    "coin": "ETH",
    "isPositionTpsl": False,
    "isTrigger": False,
    "limitPx": "2000.0",
    "oid": 3_991_946_565,
    "orderType": "Limit",
    "origSz": "0.3",
    "reduceOnly": False,
    "side": "B",
    "sz": "0.1",
    "tif": "Gtc",
    "timestamp": 1_704_346_468_838,
    "triggerCondition": "N/A",
    "triggerPx": "0.0",
}
GONE = "Order was never placed, already canceled, or filled."


def told(*statuses: Any, kind: str = "order") -> dict[str, Any]:
    """Return the answer to a batch."""
    return {"status": "ok", "response": {"type": kind, "data": {"statuses": list(statuses)}}}


BATCH = told(
    {"resting": {"oid": 77_738_308}},
    {"filled": {"totalSz": "0.02", "avgPx": "1891.4", "oid": 77_747_314}},
    {"error": "Order must have minimum value of $10."},
)


def book() -> Book:
    """Return a book of the venue's first markets."""
    made = Book("USDC")
    markets = [
        Market(BTC, "BTC", 0.00001, 1.0, 0.00001, 10.0, quote="USDC", id="0", max_leverage=40.0),
        Market(ETH, "ETH", 0.0001, 0.1, 0.0001, 10.0, quote="USDC", id="1", isolated_only=True, max_leverage=3.0),
        Market(PEPE, "PEPE", 1.0, 0.000001, 1.0, 10.0, quote="USDC", id="15"),
    ]
    made.take_markets({market.symbol: market for market in markets})
    made.hedge = False
    return made


CLOID = "0x000400112233445566778899aabbccdd"
FATE = {
    "status": "order",
    "order": {"order": {**ORDER, "cloid": CLOID}, "status": "filled", "statusTimestamp": 1_704_346_469_000},
}


class Answers(Wire):
    """Stands for the wire: answers by what is asked for, and remembers what was."""

    def __init__(self, answers: Mapping[str, Any] | Callable[[Mapping[str, Any]], Any]) -> None:
        self._answers = answers
        self._meanings = Hyperliquid().facts.meanings
        self.asked: list[Mapping[str, Any]] = []

    async def read(self, name: str, method: str, params: Mapping[str, Any] | None = None, *, cost: float = 1.0) -> Any:
        return self._answer(params or {})

    async def write(self, name: str, method: str, params: Any, **_: Any) -> Any:
        return self._answer(params["action"])

    def _answer(self, asked: Mapping[str, Any]) -> Any:
        self.asked.append(asked)
        return self._answers(asked) if callable(self._answers) else self._answers[asked["type"]]


def cassette(name: str) -> Any:
    """Return the answer of a recorded call of the venue's own client; skips where there are none."""
    root = Path(os.environ.get("PBTUI_PAYLOADS") or ROOT.parent / "shared" / "data" / "exchange")
    file = root / "hyperliquid_python_sdk/tests/cassettes/info_test" / f"test_{name}.yaml"
    if not file.is_file():
        pytest.skip(f"no recorded payloads here (set PBTUI_PAYLOADS): {file.name}")
    found = _ANSWER.search(file.read_text())
    assert found is not None, name
    return json.loads(re.sub(r"\n\s*", " ", found.group(1)).replace("''", "'"))


def request(**fields: Any) -> OrderRequest:
    """Return a resting buy of BTC."""
    made = OrderRequest(BTC, "buy", "long", 0.001, 60_000.0, False, "limit", CLOID, "entry_grid_normal_long")
    return OrderRequest(**{**{name: getattr(made, name) for name in made.__dataclass_fields__}, **fields})


def resting(order_id: str = "77738308") -> OpenOrder:
    """Return an order of BTC that rests."""
    return OpenOrder(order_id, "0x0004", BTC, "buy", "long", 1.0, 100.0, False, 0)


def hyperliquid_cases() -> list[Case]:
    """Return every answer with how it is read."""
    b = book()

    def fills(answer: Any) -> list[Any]:
        return [fill for row in rows(answer, "fills") for fill in fills_of(row, b)]

    def count(answer: Any) -> float:
        return float(len(statuses_of(answer, 3, "create")))

    return [
        Case("positions", cassette("get_user_state"), lambda a: positions_of(a, b)),
        Case("balance", cassette("get_user_state"), balance_of),
        Case("stops", cassette("get_frontend_open_orders"), lambda a: orders_of(a, b)),
        Case("orders", [ORDER, {**ORDER, "coin": "@107"}], lambda a: orders_of(a, b)),
        Case("old fills", cassette("get_user_fills_by_time"), fills),
        Case("fills", fixture(f"{_RECORDED}http_user_fills_dust_conversion.json"), fills),
        Case("liquidation", fixture(f"{_RECORDED}ws_user_fill_liquidation.json")["data"]["fills"], fills),
        Case("fill", [FILL], fills),
        Case("prices", cassette("get_all_mids"), lambda a: list(mids_of(a))),
        Case("batch", BATCH, count),
        Case("fate of an order", FATE, lambda a: [fate_of(a, CLOID, b)]),
    ]


def short(cases: Sequence[Case]) -> list[Case]:
    """Return the cases with a few rows each: spoiling copies a whole document again and again."""
    return [
        Case(c.name, cast("Any", c.document[:6] if isinstance(c.document, list) else c.document), c.parse)
        for c in cases
    ]
