"""Accounts on any simulated venue, with orders that each of them takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.clock import Clock
from pbtui.core.ids import client_order_id
from pbtui.core.secret import Secret
from pbtui.core.types import OrderKind, OrderRequest
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.private.window import RECV_WINDOW_MS
from pbtui.exchange.public import CcxtPublicFeed, EndpointOverrides
from pbtui.exchange.venues import quirks_of
from tests.venues.binance import BinanceDialect
from tests.venues.bitget import BitgetDialect
from tests.venues.bybit import BybitDialect
from tests.venues.gateio import GateIoDialect
from tests.venues.hyperliquid import PRIVATE_KEY, WALLET, HyperliquidDialect
from tests.venues.kucoin import KucoinDialect
from tests.venues.okx import OkxDialect
from tests.venues.paradex import ACCOUNT, ParadexDialect
from tests.venues.paradex import PRIVATE_KEY as SUBKEY
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, Simulator

DIALECTS = (
    BinanceDialect,
    BitgetDialect,
    BybitDialect,
    GateIoDialect,
    HyperliquidDialect,
    KucoinDialect,
    OkxDialect,
    ParadexDialect,
)
CREATE = {  # what one order is created with
    "binance": "POST /fapi/v1/order",
    "bitget": "POST /api/v2/mix/order/batch-place-order",
    "bybit": "POST /v5/order/create-batch",
    "gateio": "POST /api/v4/futures/usdt/batch_orders",
    "hyperliquid": "/exchange#order",
    "kucoin": "POST /api/v1/orders/multi",
    "okx": "POST /api/v5/trade/batch-orders",
    "paradex": "POST /v1/orders/batch",
}


def quote_of(name: str) -> str:
    return "USDC" if name in ("hyperliquid", "paradex") else "USDT"


def bitcoin(name: str) -> str:
    """Return the symbol of bitcoin on a venue."""
    return f"BTC/{quote_of(name)}:{quote_of(name)}"


class StandingClock:
    """Time that stands still but for what is skipped or slept: no test of it depends on the machine's load."""

    def __init__(self, venue: Simulator) -> None:
        self._venue = venue

    def now_ms(self) -> int:
        return self._venue.fast_clock.now_ms()

    def monotonic(self) -> float:
        return self._venue.fast_clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        self._venue.skip(seconds)

    def uniform(self, low: float, high: float) -> float:
        return self._venue.fast_clock.uniform(low, high)


def connect(
    venue: Simulator,
    *,
    clock: Clock | None = None,
    budget: Budget | None = None,
    streams: bool = True,
    options: Mapping[str, Any] | None = None,
    recv_window_ms: int = RECV_WINDOW_MS,
) -> PrivateExchange:
    """Return an account on a venue, with these options of its entry; it is not started."""
    name = venue.dialect.name
    clock = clock or venue.fast_clock
    endpoints = replace(EndpointOverrides.all_to(venue.base_url), disable_ws=not streams)
    feed = CcxtPublicFeed(name, clock=clock, endpoints=endpoints)
    keys = {"apiKey": Secret(KEY), "secret": Secret(SECRET), "password": Secret(PASSPHRASE)}
    if name == "hyperliquid":
        keys = {"walletAddress": Secret(WALLET), "privateKey": Secret(PRIVATE_KEY)}
    if name == "paradex":
        keys = {"walletAddress": Secret(ACCOUNT), "privateKey": Secret(SUBKEY)}
    owner = Account("tester", name, quote_of(name), credentials=keys, options=options or {})
    return PrivateExchange(quirks_of(name), owner, feed, clock, budget=budget, recv_window_ms=recv_window_ms)


async def ready(account: PrivateExchange) -> PrivateExchange:
    """Start an account and set bitcoin up."""
    await account.start()
    await account.prepare_account(hedge_mode=account.capabilities.hedge_mode)
    await account.prepare_symbol(bitcoin(account.name), leverage=5)
    return account


def entry(account: PrivateExchange, price: float, kind: OrderKind = "limit", *, nth: int = 0) -> OrderRequest:
    """Return a long entry of a size that the venue takes."""
    symbol, qty, what = bitcoin(account.name), qty_of(account), "entry_grid_normal_long"
    name = client_order_id(
        account="t", symbol=symbol, pside="long", side="buy", order_type=what, qty=qty, price=price, nth=nth
    )
    name = name[: account.capabilities.client_id_length]
    return OrderRequest(symbol, "buy", "long", qty, price, False, kind, name, what)


def qty_of(account: PrivateExchange) -> float:
    """Return the size of an order of some hundred dollars or more."""
    return 1.0 if account.name in ("gateio", "kucoin", "okx") else 0.01
