"""Answers of Gate.io as its documentation and connectors of other projects show them; `contracts` was recorded."""

from __future__ import annotations

from typing import Any

from payloads import Case
from payloads_okx import at_once

from pbtui.core.types import Fill, Market
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.venues import gateio
from pbtui.exchange.venues.gateio_history import fills_of, profits_of

NOW_MS = 1_800_000_000_000
OURS = "0x0004" + "ab" * 11  # an entry of ours, cut to the venue's length
CONTRACTS = "rest/api_gateio_ws_api_v4_futures_usdt_contracts.json"

ACCOUNT: dict[str, Any] = {
    "user": 1666,
    "currency": "USDT",
    "total": "9707.803567115145",
    "unrealised_pnl": "3371.248828",
    "position_margin": "38.712189181",
    "order_margin": "0",
    "available": "9669.091377934145",
    "point": "0",
    "bonus": "0",
    "in_dual_mode": False,
    "enable_evolved_classic": False,
    "cross_available": "27549.406108813951",
    "margin_mode_name": "classic",
    "history": {"dnw": "10000", "pnl": "68.3685", "fee": "-1.645812875", "fund": "-358.919120009855"},
}
POSITIONS: list[dict[str, Any]] = [
    {
        "user": 10000,
        "contract": "BTC_USDT",
        "size": "-9440",
        "leverage": "0",
        "cross_leverage_limit": "25",
        "risk_limit": "100",
        "leverage_max": "100",
        "maintenance_rate": "0.005",
        "value": "3568.62",
        "margin": "4.431548146258",
        "entry_price": "3779.55",
        "liq_price": "99999999",
        "mark_price": "3780.32",
        "unrealised_pnl": "-0.000507486844",
        "realised_pnl": "0.045543982432",
        "mode": "single",
        "update_time": 1684994406,
    },
    {"contract": "ETH_USDT", "size": 12, "entry_price": "1800.5", "mode": "dual_long", "leverage": "10"},
    {"contract": "SOL_USDT", "size": 0, "entry_price": "0", "mode": "single", "leverage": "10"},
]
ORDERS: list[dict[str, Any]] = [
    {
        "id": 15675394,
        "user": 100000,
        "contract": "BTC_USDT",
        "create_time": 1546569968.123,
        "size": 6024,
        "iceberg": 0,
        "left": 6000,
        "price": "3765",
        "fill_price": "3765",
        "mkfr": "-0.00025",
        "tkfr": "0.00075",
        "tif": "gtc",
        "refu": 0,
        "is_reduce_only": False,
        "is_close": False,
        "is_liq": False,
        "text": f"t-{OURS}",
        "status": "open",
    },
    {
        "id": "9223372036854775807",
        "contract": "ETH_USDT",
        "create_time": 1546569970,
        "size": "-5",
        "left": "-5",
        "price": "1900.05",
        "tif": "poc",
        "is_reduce_only": True,
        "is_close": False,
        "text": "web",
        "status": "open",
    },
]
TRADES: list[dict[str, Any]] = [
    {
        "trade_id": "121234231",
        "create_time": 1514764800.1234,
        "contract": "BTC_USDT",
        "order_id": "21893289839",
        "size": "100",
        "close_size": "0",
        "price": "100.123",
        "role": "taker",
        "text": f"t-{OURS}",
        "fee": "0.0000751",
        "point_fee": "0",
    },
    {
        "trade_id": "121234232",
        "create_time": 1514764860,
        "contract": "BTC_USDT",
        "order_id": "21893289840",
        "size": "-60",
        "close_size": "-60",
        "price": "101.5",
        "role": "maker",
        "text": "liquidation",
        "fee": "-0.00002",
        "point_fee": "0",
    },
]
BOOK_ROWS: list[dict[str, Any]] = [
    {
        "time": 1514764860.5,
        "change": "0.0008262",
        "balance": "4.59316525194",
        "type": "pnl",
        "text": "BTC_USDT:21893289840",
        "contract": "BTC_USDT",
        "trade_id": "121234232",
        "id": "1",
    }
]
CREATED: list[dict[str, Any]] = [
    {"succeeded": True, **ORDERS[0]},
    {"succeeded": False, "text": "t-d18baf9ac44d82e2", "label": "BALANCE_NOT_ENOUGH", "message": "Not enough balance"},
]
KEYS: list[dict[str, Any]] = [
    {
        "state": 1,
        "mode": 1,
        "name": "test1",
        "user_id": 1,
        "perms": [{"name": "account", "read_only": False}, {"name": "futures", "read_only": False}],
        "ip_whitelist": [],
        "currency_pairs": [],
        "key": "c5dcfbf1f3a7*****",
        "created_at": 1753030929,
    }
]


def book() -> Book:
    made = Book("USDT")
    lots = {"BTC": 0.0001, "ETH": 0.01, "SOL": 1.0}
    made.take_markets(
        {
            f"{coin}/USDT:USDT": Market(
                f"{coin}/USDT:USDT", coin, 1.0, 0.01, 1.0, 0.01, c_mult=c_mult, id=f"{coin}_USDT"
            )
            for coin, c_mult in lots.items()
        }
    )
    return made


class OneAnswer:
    """Stands for the wire: every question gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def read(self, *_: Any, **__: Any) -> Any:
        return self._answer


def gateio_cases() -> list[Case]:
    b = book()
    profits = profits_of(rows(BOOK_ROWS, "book"))

    def positions(answer: Any) -> list[HeldPosition]:
        return [held for row in rows(answer, "positions") if (held := gateio.position_of(row, b)) is not None]

    def fills(answer: Any) -> list[Fill]:
        return [fill for row in rows(answer, "fills") for fill in fills_of(row, b, profits, NOW_MS)]

    def fate(answer: Any) -> list[Any]:
        wire: Any = OneAnswer(answer)
        return [at_once(gateio.GateIo().order_by_client_id(wire, b, "BTC/USDT:USDT", OURS))]

    return [
        Case("fate of an order", ORDERS[0], fate),
        Case("account", ACCOUNT, lambda a: gateio.balance_of(a, "USDT")),
        Case("positions", POSITIONS, positions),
        Case("orders", ORDERS, lambda a: [gateio.order_of(row, b) for row in rows(a, "orders")]),
        Case("trades", TRADES, fills),
        Case("account book", BOOK_ROWS, lambda a: list(profits_of(rows(a, "book")).values())),
        Case("keys", KEYS, lambda a: [gateio.permissions_of(a)]),
    ]
