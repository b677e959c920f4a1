"""What else was recorded of the venues becomes our types: whole market lists, order histories, modes, order events."""

from __future__ import annotations

import importlib
import math
from typing import Any

import pytest
from payloads import fixture
from payloads_okx import BTC, at_once, data_of
from payloads_okx import book as okx_book
from test_conformance import _listed, book

from pbtui.core.errors import UnreadableAnswer
from pbtui.exchange.ccxt_markets import convert_markets
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import Modes
from pbtui.exchange.public.packages import open_doors
from pbtui.exchange.venues import binance, bybit, okx

_MARKETS = "pietroalbano1967_2025-09/"
_BINANCE = "tests/integration_tests/adapters/binance/resources/http_responses/http_futures_account_"
_BINANCE_EVENTS = "crates/adapters/binance/test_data/futures/user_data_json/order_update_"
_BYBIT = "crates/adapters/bybit/test_data/"
_OKX = "crates/adapters/okx/test_data/"
# folder of a venue's recorded market list -> venue, quote, markets listed, those that can be traded
LISTS = {
    "binanceusdm": ("binance", "USDT", 578, 138),
    "bybit": ("bybit", "USDT", 2_762, 571),
    "okx": ("okx", "USDT", 2_320, 238),
    "bitget": ("bitget", "USDT", 1_450, 528),
    "hyperliquid": ("hyperliquid", "USDC", 417, 173),
}
EVENTS = {
    "binanceusdm": [
        _BINANCE_EVENTS + each + ".json"
        for each in ("adl", "calculated", "calculated_pending", "delivery", "insurance", "new", "settlement", "trade")
    ],
    "bybit": [
        _BYBIT + f"ws_account_order{each}.json"
        for each in ("", "_filled", "_partially_filled_rejected", "_stop_loss", "_take_profit", "_limit_if_touched")
    ],
    "okx": [_OKX + f"ws_orders{each}.json" for each in ("", "_fok", "_ioc", "_optimal_limit_ioc")],
}


class OneAnswer:
    """Stands for the wire: every question gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def read(self, *_: Any, **__: Any) -> Any:
        return self._answer


@pytest.mark.parametrize("folder", LISTS)
def test_every_market_of_a_recorded_list_is_read(folder: str) -> None:
    venue, quote, listed, tradable = LISTS[folder]
    raw = fixture(f"{_MARKETS}{folder}/markets.json", "passivbot_caches")
    markets = convert_markets(raw, quote, venue=venue)
    assert len(raw) == len(markets) == listed
    assert sum(not each.ineligible for each in markets.values()) == tradable
    for each in markets.values():
        numbers = (each.qty_step, each.price_step, each.min_qty, each.min_cost, each.c_mult, each.max_qty)
        assert all(math.isfinite(number) and number >= 0.0 for number in numbers), each
        if not each.ineligible:
            assert min(each.qty_step, each.price_step, each.min_cost, each.c_mult) > 0.0, each
            assert each.coin, each
            assert each.id, each
            assert each.symbol.endswith(f"/{quote}:{quote}")


@pytest.mark.parametrize("name", ["orders_history", "orders_history_with_duplicate", "order_partially_filled_rejected"])
def test_recorded_histories_of_bybit_are_read(name: str) -> None:
    rows = _listed(fixture(f"{_BYBIT}http_get_{name}.json"))
    orders = [bybit.order_of(row, book()) for row in rows]
    assert orders
    assert all(each.id and each.qty >= 0.0 and each.price > 0.0 for each in orders)


def test_recorded_modes_and_balances_are_read_and_other_answers_refused() -> None:
    told: Any = OneAnswer(fixture(_BINANCE + "position_side_dual.json"))
    assert at_once(binance.Binance().modes(told, book())) == Modes(hedge=True, margin=None)
    assert binance.positions_of(fixture(_BINANCE + "positions_one_way.json"), book()) == []
    assert bybit.balance_of(fixture(_BYBIT + "http_get_wallet_balance_spot_short.json"), "USDT") == 2_500.0
    for other in (fixture(_BINANCE + "symbol_config.json"), fixture(_BYBIT + "http_get_account_info.json")):
        wrong: Any = OneAnswer(other)
        with pytest.raises(UnreadableAnswer):
            at_once(binance.Binance().modes(wrong, book()))
    (done,) = [
        okx.order_of(row, okx_book()) for row in data_of(fixture(_OKX + "http_get_orders_history.json"), "orders")
    ]
    assert (done.symbol, done.side, done.pside) == (BTC, "buy", "long")
    with pytest.raises(UnreadableAnswer):
        okx.order_of(Row(fixture(_OKX + "http_place_order_response.json"), "order"), okx_book())


@pytest.mark.parametrize("client", EVENTS)
async def test_recorded_order_events_name_order_and_coin_through_the_unchanged_client(client: str) -> None:
    """What the order stream needs of each event."""
    open_doors()
    library: Any = getattr(importlib.import_module("ccxt.pro"), client)({"options": {"defaultType": "swap"}})
    try:
        library.set_markets([])
        read = library.parse_ws_order if client == "binanceusdm" else library.parse_order
        for path in EVENTS[client]:
            message = fixture(path)
            for event in [message["o"]] if client == "binanceusdm" else message["data"]:
                order = read(event)
                assert order["clientOrderId"], path
                assert isinstance(order["symbol"], str), path
    finally:
        await library.close()
