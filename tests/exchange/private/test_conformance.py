"""Recorded answers become our types; spoiled ones become typed errors and nothing else, and no value is invented."""

from __future__ import annotations

from typing import Any

import pytest
from payloads import Case, fixture, refuses_what_is_spoiled
from payloads_okx import at_once

from pbtui.core.errors import AccountRefused, UnreadableAnswer
from pbtui.core.types import Fill, Market, OpenOrder, Position
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.book import Book
from pbtui.exchange.private.quirks import KeyFacts
from pbtui.exchange.venues import binance, bybit

NOW_MS = 1_800_000_000_000
_BINANCE = "tests/integration_tests/adapters/binance/resources/http_responses/http_futures_account_"
_BINANCE_DATA = "crates/adapters/binance/test_data/futures/http_json/"
_NAMED = "0x0004"  # a client id
_BYBIT = "crates/adapters/bybit/test_data/http_get_"


class OneAnswer:
    """Stands for the wire: every question gets the same answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def read(self, *_: Any, **__: Any) -> Any:
        return self._answer


class Refusing(OneAnswer):
    """Refuses every question, at these hosts."""

    def __init__(self, **hosts: str) -> None:
        super().__init__(None)
        self._hosts = hosts

    async def read(self, *_: Any, **__: Any) -> Any:
        raise AccountRefused("key: Invalid Api-Key ID.")

    def host(self, part: str) -> str:
        return self._hosts[part]


def book() -> Book:
    made = Book("USDT")
    coins = ("BTC", "ETH", "SOL")
    made.take_markets(
        {f"{c}/USDT:USDT": Market(f"{c}/USDT:USDT", c, 0.001, 0.1, 0.001, 5.0, id=f"{c}USDT") for c in coins}
    )
    return made


def _listed(answer: Any) -> list[Row]:
    return Row(answer, "answer").row("result").rows("list")


def binance_cases() -> list[Case]:
    b = book()
    orders = fixture(_BINANCE + "orders.json")
    one = fixture(_BINANCE_DATA + "order_response.json")
    risk = fixture(_BINANCE_DATA + "position_risk.json")

    def fate(answer: Any) -> list[Any]:
        wire: Any = OneAnswer(answer)
        return [at_once(binance.Binance().order_by_client_id(wire, b, "BTC/USDT:USDT", "0x0004"))]

    return [
        Case("fate of an order", {**one, "status": "EXPIRED"}, fate),
        Case("positions hedge", fixture(_BINANCE + "positions_hedge.json")[:1], lambda a: binance.positions_of(a, b)),
        Case("positions one-way", risk, lambda a: binance.positions_of(a, b)),
        Case("orders", orders, lambda a: [binance.order_of(row, b) for row in rows(a, "orders")]),
        Case("order", [one], lambda a: [binance.order_of(row, b) for row in rows(a, "orders")]),
        Case("trades", fixture(_BINANCE + "trades.json"), lambda a: [binance.fill_of(r, b) for r in rows(a, "fills")]),
        Case("account", fixture(_BINANCE_DATA + "account_info_v2.json"), binance.balance_of),
    ]


def bybit_cases() -> list[Case]:
    b = book()
    entries = {"8c065341-7b52-4ca9-ac2c-37e31ac55c94": 49_000.0}

    def positions(answer: Any) -> list[HeldPosition]:
        return [held for row in _listed(answer) if (held := bybit.position_of(row, b)) is not None]

    def orders(answer: Any) -> list[OpenOrder]:
        return [bybit.order_of(row, b) for row in _listed(answer)]

    def fills(answer: Any) -> list[Fill]:
        return [bybit.fill_of(row, b, entries, NOW_MS) for row in _listed(answer)]

    def fate(answer: Any) -> list[Any]:
        wire: Any = OneAnswer(answer)
        return [at_once(bybit.Bybit().order_by_client_id(wire, b, "ETH/USDT:USDT", _NAMED))]

    named = fixture(_BYBIT + "orders_realtime.json")
    named["result"]["list"][0]["orderLinkId"] = _NAMED
    return [
        Case("fate of an order", named, fate),
        Case("positions", fixture(_BYBIT + "positions.json"), positions),
        Case("positions dated", fixture(_BYBIT + "positions_with_open_time.json"), positions),
        Case("orders", fixture(_BYBIT + "orders_realtime.json"), orders),
        Case("orders with stops", fixture(_BYBIT + "orders_realtime_tp_sl.json"), orders),
        Case("executions", fixture(_BYBIT + "executions.json"), fills),
        Case("wallet", fixture(_BYBIT + "wallet_balance.json"), lambda a: bybit.balance_of(a, "USDT")),
        Case(
            "wallet borrowed",
            fixture(_BYBIT + "wallet_balance_with_spot_borrow.json"),
            lambda a: bybit.balance_of(a, "USDT"),
        ),
    ]


def test_recorded_answers_of_binance_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in binance_cases()}
    (long,) = found["positions hedge"]
    assert (long.symbol, long.pside, long.position.size, long.position.price) == (
        "BTC/USDT:USDT",
        "long",
        20.0,
        6563.665,
    )
    # The sample's other side is a position without an entry price: nothing to trade on.
    with pytest.raises(UnreadableAnswer):
        binance.positions_of(fixture(_BINANCE + "positions_hedge.json"), book())
    assert found["positions one-way"][0].position.size == 0.001
    order = found["orders"][0]
    assert (order.side, order.pside, order.qty, order.reduce_only) == ("buy", "short", 0.4, True)
    first, second = found["trades"]
    assert (first.pside, first.qty, first.price, first.fee) == ("short", -0.005, 2778.35, -0.0055567)
    assert (second.pnl, second.pside, second.order_type) == (-0.00325, "short", "unknown")
    assert found["account"] == 23.72469206


def test_recorded_answers_of_bybit_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in bybit_cases()}
    btc, eth = found["positions"]
    assert (btc.symbol, btc.pside, btc.position.size, btc.position.price) == ("BTC/USDT:USDT", "long", 0.5, 50_000.0)
    assert (eth.pside, eth.position.size) == ("short", -5.0)
    order = found["orders"][0]
    assert (order.symbol, order.side, order.qty, order.price) == ("ETH/USDT:USDT", "buy", 0.01, 3930.41)
    fill = found["executions"][0]
    assert (fill.id, fill.side, fill.qty, fill.fee) == ("e0cbe81d-0f18-5866-9415-cf319b5dab3b", "buy", 0.1, -0.015)
    assert found["wallet"] == pytest.approx(1000.5)


def test_the_profit_of_a_close_is_found_or_marked_as_not_told() -> None:
    known = book()
    row = {**fixture(_BYBIT + "executions.json")["result"]["list"][0], "side": "Sell", "closedSize": "0.1"}
    ts_ms, order_id = int(row["execTime"]), row["orderId"]

    def pnl(entries: dict[str, float], age_ms: int, **more: str) -> float | None:
        fill = bybit.fill_of(Row({**row, **more}, "fill"), known, entries, ts_ms + age_ms)
        assert fill.pnl_known or fill.pnl == 0.0
        return fill.pnl if fill.pnl_known else None

    assert pnl({order_id: 49_000.0}, 10**9) == pytest.approx(100.0)
    assert pnl({}, 0, execPnl="12.5") == 12.5
    assert pnl({}, 1_000) is None
    assert pnl({}, 10**9) is None
    known.take_positions([HeldPosition("BTC/USDT:USDT", "long", Position(0.2, 49_500.0))])
    assert pnl({}, 1_000) == pytest.approx(50.0)
    assert pnl({}, 10**9) is None


def test_a_fee_of_binance_in_another_coin_is_none_in_ours(caplog: pytest.LogCaptureFixture) -> None:
    row = fixture(_BINANCE + "trades.json")[0]
    assert binance.fill_of(Row({**row, "commissionAsset": "USDT"}, "fill"), book()).fee == -float(row["commission"])
    assert caplog.text == ""
    assert binance.fill_of(Row({**row, "commissionAsset": "BNB"}, "fill"), book()).fee == 0.0
    assert "in BNB" in caplog.text


async def test_what_a_key_may_do_is_read() -> None:
    told = await bybit.Bybit().key_facts(OneAnswer(fixture(_BYBIT + "user_query_api.json")))  # type: ignore[arg-type]
    assert told == KeyFacts(trade=False, withdraw=False, bound_to_ip=True, account_id="1448939")
    flags = {"ipRestrict": False, "enableFutures": True, "enableWithdrawals": True}
    told = await binance.Binance().key_facts(OneAnswer(flags))  # type: ignore[arg-type]
    assert told == KeyFacts(trade=True, withdraw=True, bound_to_ip=False)
    with pytest.raises(UnreadableAnswer):
        await binance.Binance().key_facts(OneAnswer({"ipRestrict": 0}))  # type: ignore[arg-type]


async def test_a_testnet_of_binance_tells_nothing_of_keys_and_the_venue_itself_must() -> None:
    ours, theirs, proxy = "testnet.binancefuture.com", "fapi.binance.com", "127.0.0.1"
    testnet: Any = Refusing(fapiPrivate=ours, sapi="api.binance.com")
    assert await binance.Binance().key_facts(testnet) == KeyFacts()
    for futures, keys in ((theirs, "api.binance.com"), (proxy, proxy), (theirs, proxy)):
        real: Any = Refusing(fapiPrivate=futures, sapi=keys)
        with pytest.raises(AccountRefused):
            await binance.Binance().key_facts(real)


@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_spoiled_answers_give_typed_errors_only(venue: str) -> None:
    _spoil_all(venue, 2_400, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("venue", ["binance", "bybit"])
def test_many_spoiled_answers_give_typed_errors_only(venue: str) -> None:
    _spoil_all(venue, 10_000, seed=2)


def _spoil_all(venue: str, count: int, seed: int) -> None:
    refuses_what_is_spoiled(binance_cases() if venue == "binance" else bybit_cases(), count, seed)
