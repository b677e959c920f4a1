"""What Gate.io answers becomes our types, in contracts and quote; spoiled answers become typed errors and no values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from payloads import fixture, refuses_what_is_spoiled
from payloads_gateio import (
    ACCOUNT,
    BOOK_ROWS,
    CONTRACTS,
    CREATED,
    KEYS,
    NOW_MS,
    ORDERS,
    OURS,
    POSITIONS,
    TRADES,
    book,
    gateio_cases,
)

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected, OutcomeUnknown, UnreadableAnswer
from pbtui.core.ids import order_type_of
from pbtui.core.types import Market, OpenOrder, OrderRequest, Position
from pbtui.exchange.ccxt_markets import convert_markets
from pbtui.exchange.port import HeldPosition
from pbtui.exchange.private.answers import Row, rows
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.public import library
from pbtui.exchange.public.venues import venue_of
from pbtui.exchange.venues import gateio
from pbtui.exchange.venues.gateio_history import fills_of, profits_of

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


class Told:
    """Stands for the wire: answers by method, remembers what was asked."""

    outcome, typed = Wire.outcome, Wire.typed
    _meanings = gateio.MEANINGS

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Any]] = []

    async def read(self, name: str, method: str, params: Any = None, **_: Any) -> Any:
        self.asked.append((method, params))
        found = self._answers[method]
        if isinstance(found, Exception):
            raise found
        return found(params) if callable(found) else found

    write = read


def told(**answers: Any) -> Any:
    return Told(**answers)


def request(**changes: Any) -> OrderRequest:
    wanted: dict[str, Any] = {
        "symbol": BTC,
        "side": "buy",
        "pside": "long",
        "qty": 3.0,
        "price": 100.5,
        "reduce_only": False,
        "kind": "limit",
        "client_id": OURS,
        "order_type": "entry_grid_normal_long",
        "post_only": True,
    }
    return OrderRequest(**{**wanted, **changes})


def test_documented_answers_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in gateio_cases()}
    assert found["account"] == 9707.803567115145
    short, long = found["positions"]
    assert (short.symbol, short.pside, short.position.size, short.position.price) == (BTC, "short", -9440.0, 3779.55)
    assert (long.symbol, long.pside, long.position.size) == (ETH, "long", 12.0)
    ours, manual = found["orders"]
    assert (ours.id, ours.client_id, ours.side, ours.pside, ours.qty) == ("15675394", OURS, "buy", "long", 6000.0)
    assert (ours.created_ms, order_type_of(ours.client_id)) == (1_546_569_968_123, "entry_grid_normal_long")
    assert (manual.client_id, manual.side, manual.pside, manual.qty, manual.reduce_only) == (
        "web",
        "sell",
        "long",
        5.0,
        True,
    )
    entry, close = found["trades"]
    assert (entry.id, entry.ts_ms, entry.qty, entry.fee, entry.pnl) == (
        "BTC_USDT:121234231:buy",
        1_514_764_800_123,
        100.0,
        -0.0000751,
        0.0,
    )
    assert (close.pside, close.side, close.qty, close.fee, close.pnl) == ("long", "sell", -60.0, 0.00002, 0.0008262)
    assert (close.order_type, close.pnl_known) == ("unknown", True)


def test_the_recorded_contracts_are_counted_in_coins() -> None:
    client = library.new_client(venue_of("gateio", library.known_ids()), timeout_s=1.0)
    body = fixture(CONTRACTS, "cryptofeed")["body"]
    parsed = [client.parse_contract_market(each, "usdt") for each in body]
    markets = convert_markets({each["symbol"]: each for each in parsed}, "USDT", fees=(0.0002, 0.0005))
    assert len(markets) == 302
    usable = [market for market in markets.values() if not market.ineligible]
    assert len(usable) > 250
    assert all(market.qty_step == 1.0 and market.min_qty >= 1.0 for market in usable)
    assert (markets[BTC].c_mult, markets[BTC].id, markets[BTC].price_step) == (0.0001, "BTC_USDT", 0.1)
    assert markets["KNC/USDT:USDT"].c_mult == 1.0
    made = book()
    made.take_markets(markets)
    assert made.qty_text(BTC, 29.999999999999996) == "30"


@pytest.mark.parametrize(
    ("changes", "balance"),
    [
        ({}, 9707.803567115145),
        ({"margin_mode_name": "multi_currency"}, 27549.406108813951),
        ({"margin_mode_name": None, "margin_mode": 0}, 9707.803567115145),
        ({"margin_mode_name": None, "margin_mode": 1}, 27549.406108813951),
        ({"margin_mode_name": None}, 9707.803567115145),
        ({"total": "0"}, 0.0),
    ],
)
def test_the_balance_is_that_of_the_kind_of_account(changes: Mapping[str, Any], balance: float) -> None:
    assert gateio.balance_of({**ACCOUNT, **changes}, "USDT") == balance


def test_accounts_that_tell_no_wallet_balance_are_refused() -> None:
    for changes in ({"margin_mode_name": "portfolio"}, {"margin_mode_name": "", "margin_mode": "3"}):
        with pytest.raises(AccountRefused, match="no wallet balance"):
            gateio.balance_of({**ACCOUNT, **changes}, "USDT")
    for changes in ({"currency": "BTC"}, {"margin_mode_name": "new"}, {"margin_mode_name": "", "margin_mode": 4}):
        with pytest.raises(UnreadableAnswer):
            gateio.balance_of({**ACCOUNT, **changes}, "USDT")


def test_a_size_against_its_side_is_not_guessed() -> None:
    for changes in ({"mode": "dual_long"}, {"mode": "both"}, {"entry_price": "0"}):
        with pytest.raises(UnreadableAnswer):
            gateio.position_of(Row({**POSITIONS[0], **changes}, "position"), book())


def test_a_trade_that_turned_a_position_round_is_two_fills() -> None:
    row = {**TRADES[0], "size": "-100", "close_size": "-60", "fee": "0.5"}
    profits = {("BTC_USDT", "121234231"): -1.25}
    close, opened = fills_of(Row(row, "fill"), book(), profits, NOW_MS)
    assert (close.pside, close.side, close.qty, close.pnl, close.fee) == ("long", "sell", -60.0, -1.25, -0.3)
    assert (opened.pside, opened.side, opened.qty, opened.pnl, opened.fee) == ("short", "sell", -40.0, 0.0, -0.2)
    assert close.id != opened.id
    (whole,) = fills_of(Row({**row, "close_size": "-101"}, "fill"), book(), profits, NOW_MS)
    assert (whole.pside, whole.qty, whole.pnl, whole.fee) == ("long", -100.0, -1.25, -0.5)
    with pytest.raises(UnreadableAnswer):
        fills_of(Row({**row, "size": "0"}, "fill"), book(), profits, NOW_MS)


def test_the_profit_of_a_close_is_found_or_marked_as_unknown() -> None:
    known = book()
    row = {**TRADES[0], "size": "60", "close_size": "60", "price": "95.0"}
    ts_ms = 1_514_764_800_123

    def close(age_ms: int, profits: Mapping[tuple[str, str], float] | None = None) -> tuple[float, bool]:
        (fill,) = fills_of(Row(row, "fill"), known, profits or {}, ts_ms + age_ms)
        assert fill.pside == "short"
        return fill.pnl, fill.pnl_known

    assert close(10**9, {("BTC_USDT", "121234231"): 7.5}) == (7.5, True)
    assert close(1_000) == (0.0, False)
    assert close(10**9) == (0.0, False)
    known.take_positions([HeldPosition(BTC, "short", Position(-60.0, 100.0))])
    # 60 contracts of 0.0001 coins, bought back 5 lower.
    assert close(1_000) == (pytest.approx(0.03), True)
    assert close(10**9) == (0.0, False)


def test_profits_that_came_twice_count_once_and_two_of_one_trade_are_added() -> None:
    (row,) = BOOK_ROWS
    later = {**row, "time": 1514764861.0, "change": "1"}
    fee = {**row, "type": "fee", "change": "-5"}
    nameless = {name: value for name, value in row.items() if name != "trade_id"}
    found = profits_of(rows([row, dict(row), later, fee, nameless], "book"))
    assert found == {("BTC_USDT", "121234232"): pytest.approx(1.0008262)}


async def test_fills_are_asked_for_in_windows_and_pages_and_profits_only_for_closes() -> None:
    asked = "privateFuturesGetSettleMyTradesTimerange"
    entry, close = TRADES
    many = [{**entry, "trade_id": str(number)} for number in range(250)]

    def trades(params: Mapping[str, Any]) -> list[Any]:
        return many[params["offset"] : params["offset"] + params["limit"]] if params["to"] > 1_514_764_800 else []

    wire = told(**{asked: trades})
    found = await gateio.GateIo().fills(wire, book(), Look(1_514_764_800_000 - 40 * 86_400_000, 1_514_764_900_000))
    assert len({fill.id for fill in found}) == 250
    windows = [params for _, params in wire.asked]
    assert [params["offset"] for params in windows] == [0, 0, 100, 200]
    assert all(params["to"] - params["from"] < 30 * 86_400 for params in windows)
    assert windows[1]["from"] == windows[0]["to"] + 1
    book_method = "privateFuturesGetSettleAccountBook"
    wire = told(**{asked: [close], book_method: BOOK_ROWS})
    (fill,) = await gateio.GateIo().fills(wire, book(), Look(1_514_764_000_000, 1_514_764_900_000))
    assert fill.pnl == 0.0008262
    assert [method for method, _ in wire.asked] == [asked, book_method]


async def test_open_orders_are_read_to_the_last_page_although_some_go_meanwhile() -> None:
    resting = [{**ORDERS[0], "id": number} for number in range(250, 0, -1)]

    def page(params: Mapping[str, Any]) -> list[Any]:
        rows_ = [row for row in resting if row["id"] < int(params.get("last_id", 10**9))][:100]
        del resting[:40]  # the newest go while the rest is still to be read
        return rows_

    found = await gateio.GateIo().open_orders(told(privateFuturesGetSettleOrders=page), book())
    assert {order.id for order in found} == {str(number) for number in range(1, 251)}
    first = [{**ORDERS[0], "id": number} for number in range(100)]
    with pytest.raises(UnreadableAnswer, match="same page"):
        await gateio.GateIo().open_orders(told(privateFuturesGetSettleOrders=first), book())


async def test_orders_are_written_in_signed_contracts() -> None:
    method = "privateFuturesPostSettleBatchOrders"
    wire = told(**{method: lambda wanted: [{"succeeded": True, **ORDERS[0], "id": n} for n in range(len(wanted))]})
    wanted = [
        request(),
        request(side="sell", reduce_only=True, post_only=False),
        request(side="sell", pside="short", kind="market", price=0.0),
    ]
    await gateio.GateIo().create(wire, book(), wanted)
    entry, close, market = wire.asked[0][1]
    assert entry == {
        "settle": "usdt",
        "contract": "BTC_USDT",
        "size": 3,
        "price": "100.5",
        "tif": "poc",
        "text": f"t-{OURS}",
        "reduce_only": False,
    }
    assert len(entry["text"]) == 30
    assert (close["size"], close["tif"], close["reduce_only"]) == (-3, "gtc", True)
    assert (market["size"], market["price"], market["tif"]) == (-3, "0", "ioc")


async def test_contracts_that_can_be_split_are_written_as_text() -> None:
    method, made = "privateFuturesPostSettleBatchOrders", book()
    made.take_markets({BTC: Market(BTC, "BTC", 0.1, 0.01, 0.1, 0.01, c_mult=0.0001, id="BTC_USDT")})
    wire = told(**{method: [{"succeeded": True, **ORDERS[0], "size": "-2.5", "left": "-1.5"}]})
    (result,) = await gateio.GateIo().create(wire, made, [request(side="sell", qty=2.5, reduce_only=True)])
    assert wire.asked[0][1][0]["size"] == "-2.5"
    assert result.order is not None
    assert result.order.qty == 1.5


async def test_each_order_of_a_batch_has_its_own_outcome() -> None:
    finished = {"status": "finished", "left": 0, "finish_as": "filled"}
    ended = {"status": "finished", "left": 6024, "finish_as": "ioc"}
    answers = [
        CREATED[0],
        CREATED[1],
        {**CREATED[0], **finished},
        {**CREATED[0], **ended},
        {**CREATED[0], "left": None},
        {"succeeded": False, "label": "INTERNAL", "detail": "try later"},
        {"succeeded": False, "label": "BRAND_NEW", "detail": "what"},
    ]
    wire = told(privateFuturesPostSettleBatchOrders=answers)
    found = await gateio.GateIo().create(wire, book(), [request()] * len(answers))
    taken, poor, filled, without, odd, broken, new = found
    assert taken.order is not None
    assert (taken.order.qty, taken.order.id) == (6000.0, "15675394")
    assert isinstance(poor.error, OrderRejected)
    assert (poor.error.reason, "wallet exposure" in poor.error.line()) == ("insufficient_margin", True)
    assert filled.order is not None
    assert filled.order.qty == 0.0
    assert isinstance(without.error, OrderRejected)
    assert without.error.reason == "post_only"
    assert isinstance(odd.error, OutcomeUnknown)
    assert isinstance(broken.error, OutcomeUnknown)
    assert isinstance(new.error, OrderRejected)
    assert new.error.reason == "invalid"
    for answer in ([CREATED[0]], [], {"label": "x"}):
        with pytest.raises((OutcomeUnknown, UnreadableAnswer)):
            await gateio.GateIo().create(
                told(privateFuturesPostSettleBatchOrders=answer), book(), [request(), request()]
            )


async def test_cancels_are_matched_by_id_whatever_their_sequence() -> None:
    def resting(number: str) -> OpenOrder:
        return OpenOrder(number, OURS, BTC, "buy", "long", 1.0, 100.0, False, 0)

    answer = [
        {"id": "2", "user_id": 1, "succeeded": False, "message": "ORDER_NOT_FOUND"},
        {"id": "1", "user_id": 1, "succeeded": True, "message": ""},
    ]
    method = "privateFuturesPostSettleBatchCancelOrders"
    wire = told(**{method: answer})
    first, second = await gateio.GateIo().cancel(wire, book(), [resting("1"), resting("2")])
    assert first.error is None
    assert isinstance(second.error, OrderGone)
    assert wire.asked == [(method, [{"settle": "usdt"}, "1", "2"])]
    with pytest.raises(OutcomeUnknown):
        await gateio.GateIo().cancel(told(**{method: answer}), book(), [resting("1"), resting("3")])


async def test_modes_leverage_and_margin_are_set_where_they_differ() -> None:
    account, position = "privateFuturesGetSettleAccounts", "privateFuturesGetSettlePositionsContract"
    quirks, setter = gateio.GateIo(), "privateFuturesPostSettlePositionsContractLeverage"
    assert await quirks.modes(told(**{account: ACCOUNT}), book()) == Modes(hedge=False)
    for mode, hedge in (("single", False), ("dual", True), ("split", True)):
        assert (await quirks.modes(told(**{account: {**ACCOUNT, "position_mode": mode}}), book())).hedge is hedge
    cross = {**POSITIONS[0], "cross_leverage_limit": "7"}
    isolated = {**cross, "leverage": "7"}
    wire = told(**{position: cross})
    await quirks.prepare_symbol(wire, book(), BTC, 7)
    assert len(wire.asked) == 1
    for now in (isolated, POSITIONS[0], OrderGone("never traded")):
        wire = told(**{position: now, setter: cross})
        await quirks.prepare_symbol(wire, book(), BTC, 7)
        assert wire.asked[-1] == (
            setter,
            {"settle": "usdt", "contract": "BTC_USDT", "leverage": "0", "cross_leverage_limit": "7"},
        )
    with pytest.raises(AccountRefused, match="isolated"):
        await quirks.prepare_symbol(told(**{position: isolated, setter: isolated}), book(), BTC, 7)


async def test_what_a_key_may_do_is_read_or_left_open() -> None:
    account = {"privateFuturesGetSettleAccounts": ACCOUNT}
    detail, keys = "privateAccountGetDetail", "privateAccountGetMainKeys"
    quirks, ours = gateio.GateIo(), {"user_id": 1666, "ip_whitelist": ["127.0.0.1"]}
    facts = await quirks.key_facts(told(**account, **{detail: ours, keys: KEYS}))
    assert facts == KeyFacts(trade=True, withdraw=None, bound_to_ip=True, account_id="1666")
    refused = AccountRefused("FORBIDDEN")
    facts = await quirks.key_facts(told(**account, **{detail: refused, keys: refused}))
    assert facts == KeyFacts(account_id="1666")
    reading = {**KEYS[0], "perms": [{"name": "futures", "read_only": True}]}
    taking = {**KEYS[0], "perms": [*KEYS[0]["perms"], {"name": "withdrawal", "read_only": False}]}
    assert gateio.permissions_of([reading]) == (False, None)
    assert gateio.permissions_of([KEYS[0], reading]) == (None, None)
    assert gateio.permissions_of(taking) == (True, True)
    assert gateio.permissions_of([{**taking, "state": 2}]) == (False, True)
    assert gateio.permissions_of([]) == (None, None)


def test_spoiled_answers_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(gateio_cases(), 2_400, seed=1)


@pytest.mark.slow
def test_many_spoiled_answers_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(gateio_cases(), 10_000, seed=2)
