"""What KuCoin answers becomes our types, in contracts and quote; spoiled answers become typed errors and no values."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest
from payloads import refuses_what_is_spoiled
from payloads_kucoin import (
    CLOSED,
    CREATED,
    FILLS,
    KEY,
    NOW_MS,
    ORDER,
    ORDERS,
    OURS,
    POSITIONS,
    TRADE,
    book,
    envelope,
    kucoin_cases,
)

from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected, OutcomeUnknown, UnreadableAnswer
from pbtui.core.types import Market, OpenOrder, OrderRequest
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes
from pbtui.exchange.private.wire import Wire
from pbtui.exchange.venues.kucoin import Kucoin
from pbtui.exchange.venues.kucoin_codes import MEANINGS, code_of, refined
from pbtui.exchange.venues.kucoin_rows import order_of

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
FILLS_OF, HELD, ORDER_OF = "futuresPrivateGetFills", "futuresPrivateGetPositions", "futuresPrivateGetOrdersOrderId"
HISTORY = "futuresPrivateGetHistoryPositions"
AT_MS = 1_740_640_188_244  # of the close in FILLS


class Told:
    """Stands for the wire: answers by method, remembers what was asked."""

    outcome, typed = Wire.outcome, Wire.typed
    _meanings = MEANINGS

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.asked: list[tuple[str, Any]] = []

    async def read(self, name: str, method: str, params: Any = None, **_: Any) -> Any:
        self.asked.append((method, params))
        found = self._answers[method]
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        return found(params) if callable(found) else found

    write = read

    def now_ms(self) -> int:
        return NOW_MS


def told(**answers: Any) -> Any:
    return Told(**answers)


def request(**changes: Any) -> OrderRequest:
    wanted: dict[str, Any] = {
        "symbol": BTC,
        "side": "buy",
        "pside": "long",
        "qty": 3.0,
        "price": 86_275.1,
        "reduce_only": False,
        "kind": "limit",
        "client_id": OURS,
        "order_type": "entry_grid_normal_long",
        "post_only": True,
    }
    return OrderRequest(**{**wanted, **changes})


def held(*rows: tuple[str, float, float]) -> dict[str, Any]:
    """Return a positions answer of (side, contracts, price)."""
    names = {"symbol": "XBTUSDTM", "marginMode": "CROSS"}
    return envelope([{**names, "positionSide": s, "currentQty": q, "avgEntryPrice": p} for s, q, p in rows])


def trades(*rows: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fills answer, the newest first as the venue has it."""
    found = [{**TRADE, "tradeId": str(number), **row} for number, row in enumerate(rows)]
    page = {"currentPage": 1, "pageSize": 500, "totalNum": len(rows), "totalPage": 1}
    return envelope({**page, "items": found[::-1]})


def stamp(second: int) -> int:
    return (AT_MS + second * 1000) * 1_000_000


def test_documented_answers_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in kucoin_cases()}
    assert found["overview"] == 47.548728628
    long, short = found["positions"]
    assert (long.symbol, long.pside, long.position.size, long.position.price) == (BTC, "long", 1.0, 96976.8)
    assert (short.symbol, short.pside, short.position.size, short.position.price) == (ETH, "short", -25.0, 1800.5)
    entry, close = found["orders"]
    assert (entry.id, entry.client_id, entry.pside, entry.qty, entry.reduce_only) == (
        ORDER["id"],
        OURS,
        "long",
        8,
        False,
    )
    assert entry.created_ms == 1_729_577_515_473
    assert (close.pside, close.side, close.reduce_only, close.client_id) == ("short", "buy", True, "")
    sold, bought = found["fills"]
    assert (bought.ts_ms, bought.pside, bought.qty, bought.fee) == (1_740_640_088_244, "long", 3.0, -0.15529518)
    assert (bought.client_id, bought.order_type) == (OURS, "entry_grid_normal_long")
    assert (sold.pside, sold.qty, sold.fee, sold.client_id) == ("long", -2.0, 0.01, "")


@pytest.mark.parametrize(
    ("code", "words", "better"),
    [
        ("400100", "clientOid parameter repeated", "300018"),
        ("100001", "error.getOrder.orderNotExist", "order-gone"),
        ("400100", "order_not_exist_or_not_allow_to_cancel", "order-gone"),
        ("400100", "account.available.amount", "300003"),
        ("400100", "Order size below the minimum requirement.", "small"),
        ("400100", "validation.createOrder.symbolNotAvailable", "400100"),
        ("330011", "Please close all positions and cancel all orders before switching the position mode", "mode-held"),
        ("330012", "Your order is in One-Way Mode, while your account is set to Hedge Mode.", "330012"),
        ("300003", "Balance not enough", "300003"),
    ],
)
def test_codes_that_tell_nothing_are_told_apart_by_their_words(code: str, words: str, better: str) -> None:
    assert refined(code, words) == better
    assert code_of(f'kucoinfutures {{"code":"{code}","msg":"{words}"}}') == better


def test_a_failure_without_a_code_has_none() -> None:
    assert code_of("<html>maintenance</html>") == ""


async def test_orders_name_side_margin_and_post_only() -> None:
    method = "futuresPrivatePostOrdersMulti"
    quirks, known = Kucoin(), book()
    wire = told(**{method: CREATED})
    (result,) = await quirks.create(wire, known, [request()])
    assert wire.asked[0][1] == [
        {
            "clientOid": OURS,
            "symbol": "XBTUSDTM",
            "side": "buy",
            "type": "limit",
            "size": 3,
            "marginMode": "CROSS",
            "leverage": 1,
            "reduceOnly": False,
            "positionSide": "LONG",
            "price": "86275.1",
            "timeInForce": "GTC",
            "postOnly": True,
        }
    ]
    assert result.order is not None
    assert (result.order.qty, result.order.created_ms) == (3.0, NOW_MS)
    known.hedge = False
    wire = told(**{method: CREATED})
    (result,) = await quirks.create(wire, known, [request(kind="market", side="sell", reduce_only=True)])
    sent = wire.asked[0][1][0]
    assert (sent["positionSide"], sent["reduceOnly"], sent["type"], "price" in sent) == ("BOTH", True, "market", False)
    assert result.order is not None
    assert result.order.qty == 0.0


async def test_what_is_held_in_isolated_margin_is_closed_there() -> None:
    quirks, known, method = Kucoin(), book(), "futuresPrivatePostOrdersMulti"
    isolated = {"symbol": "XBTUSDTM", "marginMode": "ISOLATED", "positionSide": "LONG"}
    wire = told(**{HELD: envelope([{**isolated, "currentQty": 3, "avgEntryPrice": 1.0}]), method: CREATED})
    assert len(await quirks.positions(wire, known)) == 1
    for wanted, margin in ((request(side="sell", reduce_only=True), "ISOLATED"), (request(), "CROSS")):
        await quirks.create(wire, known, [wanted])
        assert wire.asked[-1][1][0]["marginMode"] == margin
    wire = told(**{HELD: envelope([{**isolated, "currentQty": 0, "avgEntryPrice": 0.0}]), method: CREATED})
    assert await quirks.positions(wire, known) == []
    await quirks.create(wire, known, [request(side="sell", reduce_only=True)])
    assert wire.asked[-1][1][0]["marginMode"] == "CROSS"


async def test_trades_settled_in_another_coin_are_left_out() -> None:
    known = book()
    known.take_markets(
        {
            BTC: Market(BTC, "BTC", 1.0, 0.1, 1.0, 0.01, c_mult=0.001, id="XBTUSDTM"),
            "BTC/USD:BTC": Market("BTC/USD:BTC", "BTC", 1.0, 0.1, 1.0, 0.01, id="XBTUSDM"),
        }
    )
    ours = {"orderId": "284486580251463680", "tradeTime": stamp(0)}
    close = {**ours, "symbol": "XBTUSDM", "side": "sell", "closeFeePay": "0.1"}
    wire = told(**{FILLS_OF: trades(ours, close), HELD: held(("LONG", 3, 1.0))})
    (fill,) = await Kucoin().fills(wire, known, Look(AT_MS - 1_000, AT_MS + 3_000))
    assert fill.symbol == BTC


async def test_each_order_of_a_batch_has_its_own_outcome_whatever_the_sequence() -> None:
    names = [f"0x0004{number:028x}" for number in range(5)]
    fine = {"orderId": "1", "clientOid": names[0], "code": "200000", "msg": "success"}
    poor = {"orderId": None, "clientOid": names[1], "code": "300003", "msg": "Balance not enough"}
    twice = {"orderId": None, "clientOid": names[2], "code": "400100", "msg": "clientOid parameter repeated"}
    nameless = {**fine, "clientOid": names[3], "orderId": None}
    broken = {**poor, "clientOid": names[4], "code": "500000", "msg": "Internal Server Error"}
    method = "futuresPrivatePostOrdersMulti"
    wanted = [request(client_id=name) for name in names]
    answer = envelope([broken, twice, nameless, poor, fine])
    first, second, third, fourth, fifth = await Kucoin().create(told(**{method: answer}), book(), wanted)
    assert first.order is not None
    assert isinstance(second.error, OrderRejected)
    assert (second.error.reason, "wallet exposure" in second.error.line()) == ("insufficient_margin", True)
    assert isinstance(third.error, OrderRejected)
    assert third.error.reason == "duplicate_client_id"
    assert isinstance(fourth.error, OutcomeUnknown)
    assert isinstance(fifth.error, OutcomeUnknown)
    with pytest.raises(OutcomeUnknown):
        await Kucoin().create(told(**{method: envelope([fine])}), book(), wanted[:2])


async def test_cancels_are_matched_by_id() -> None:
    def resting(number: str) -> OpenOrder:
        return OpenOrder(number, OURS, BTC, "buy", "long", 1.0, 100.0, False, 0)

    answer = envelope(
        [
            {"orderId": "2", "clientOid": None, "code": "100004", "msg": "Order is in not cancelable state"},
            {"orderId": "1", "clientOid": None, "code": "200", "msg": "success"},
        ]
    )
    method = "futuresPrivateDeleteOrdersMultiCancel"
    wire = told(**{method: answer})
    first, second = await Kucoin().cancel(wire, book(), [resting("1"), resting("2")])
    assert first.error is None
    assert isinstance(second.error, OrderGone)
    assert wire.asked == [(method, {"orderIdsList": ["1", "2"]})]
    with pytest.raises(OutcomeUnknown):
        await Kucoin().cancel(told(**{method: answer}), book(), [resting("1"), resting("3")])


async def test_profits_follow_from_the_trades_of_a_position() -> None:
    rows = (
        {"size": 10, "price": "100", "tradeTime": stamp(0)},
        {"size": 10, "price": "110", "tradeTime": stamp(1)},
        {"side": "sell", "size": 5, "price": "120", "tradeTime": stamp(2), "closeFeePay": "0.1"},
    )
    wire = told(**{FILLS_OF: trades(*rows), HELD: held(("LONG", 15, 105.0))})
    found = await Kucoin().fills(wire, book(), Look(AT_MS, AT_MS + 3_000))
    assert [fill.pnl for fill in found] == [0.0, 0.0, pytest.approx(5 * 0.001 * 15)]
    assert all(fill.pnl_known for fill in found)


async def test_profits_of_positions_that_began_earlier() -> None:
    close = {"side": "sell", "size": 2, "price": "120", "tradeTime": stamp(0), "closeFeePay": "0.1"}
    look = Look(AT_MS - 1_000, AT_MS + 3_000)
    # It is held still: what it was entered at is what it is worth now.
    wire = told(**{FILLS_OF: trades(close), HELD: held(("LONG", 15, 105.0))})
    (fill,) = await Kucoin().fills(wire, book(), look)
    assert (fill.pnl, fill.pnl_known) == (pytest.approx(2 * 0.001 * 15), True)
    # It is gone: the venue's list of closed positions tells.
    wire = told(**{FILLS_OF: trades(close), HELD: held(), HISTORY: CLOSED})
    (fill,) = await Kucoin().fills(wire, book(), look)
    assert fill.pnl == pytest.approx(2 * 0.001 * (120 - 86_000.1))
    # Nobody tells: marked, and asked for again while it is fresh.
    for other in (
        envelope({"items": []}),
        envelope({"items": [{**CLOSED["data"]["items"][0], "type": "CLOSE_SHORT"}]}),
    ):
        answers = {FILLS_OF: trades(close), HELD: held(), HISTORY: other}
        for now_ms in (look.now_ms, AT_MS + 10**9):
            (fill,) = await Kucoin().fills(told(**answers), book(), Look(look.since_ms, now_ms))
            assert (fill.pnl, fill.pnl_known) == (0.0, False)


async def test_trades_between_two_looks_at_the_positions_are_read_again() -> None:
    close = {"side": "sell", "size": 5, "price": "120", "tradeTime": stamp(0), "closeFeePay": "0.1"}
    look = Look(AT_MS - 1_000, AT_MS + 3_000)
    before, after = held(("LONG", 20, 105.0)), held(("LONG", 15, 105.0))
    wire = told(**{FILLS_OF: [trades(close)], HELD: [before, after, after, after]})
    (fill,) = await Kucoin().fills(wire, book(), look)
    assert fill.pnl == pytest.approx(5 * 0.001 * 15)
    moving = [held(("LONG", size, 105.0)) for size in range(30, 20, -1)]
    # They keep changing: what was traded is told, and what the closes earned comes with the next look.
    (fill,) = await Kucoin().fills(told(**{FILLS_OF: [trades(close)], HELD: list(moving)}), book(), look)
    assert (fill.qty, fill.pnl, fill.pnl_known) == (-5.0, 0.0, False)
    long_ago = Look(look.since_ms, AT_MS + 2 * 86_400_000)
    with pytest.raises(UnreadableAnswer, match="positions changed"):
        await Kucoin().fills(told(**{FILLS_OF: [trades(close)], HELD: moving}), book(), long_ago)


async def test_orders_of_another_process_are_looked_up_once() -> None:
    known, quirks = book(), Kucoin()
    rows = [{"orderId": name, "tradeTime": stamp(0)} for name in ("a", "a", "b", "284486580251463680")]

    def order(params: Mapping[str, Any]) -> Any:
        if params["orderId"] == "b":
            raise OrderGone("orderNotExist")
        return envelope({**ORDER, "id": params["orderId"], "clientOid": OURS})

    wire = told(**{FILLS_OF: trades(*rows), HELD: held(("LONG", 12, 1.0)), ORDER_OF: order})
    found = await quirks.fills(wire, known, Look(AT_MS - 1_000, AT_MS + 3_000))
    assert [fill.client_id for fill in found] == [OURS, OURS, "", OURS]
    await quirks.fills(wire, known, Look(AT_MS - 1_000, AT_MS + 3_000))
    assert sorted(params["orderId"] for method, params in wire.asked if method == ORDER_OF) == ["a", "b"]


async def test_windows_pages_and_rows_that_went_between_pages() -> None:
    wire = told(**{FILLS_OF: trades(), HELD: held()})
    await Kucoin().fills(wire, book(), Look(AT_MS - 3 * 86_400_000, AT_MS))
    windows = [params for method, params in wire.asked if method == FILLS_OF]
    assert len(windows) == 4
    assert all(params["endAt"] - params["startAt"] < 86_400_000 for params in windows)
    assert all(later["startAt"] == each["endAt"] + 1 for each, later in itertools.pairwise(windows))
    rows = [{**ORDER, "id": str(number)} for number in range(1_100)]

    def page(params: Mapping[str, Any], missing: int = 0) -> Any:
        at = (params["currentPage"] - 1) * params["pageSize"]
        items = rows[at + (missing if at else 0) : at + params["pageSize"]]
        told_ = {"currentPage": params["currentPage"], "pageSize": params["pageSize"], "totalNum": 1_100}
        return envelope({**told_, "totalPage": 3, "items": items})

    found = await Kucoin().open_orders(told(futuresPrivateGetOrders=page), book())
    assert len(found) == 1_100
    with pytest.raises(UnreadableAnswer, match="went while"):
        await Kucoin().open_orders(told(futuresPrivateGetOrders=lambda params: page(params, 2)), book())


async def test_modes_margin_and_leverage_are_set_where_they_differ() -> None:
    quirks, known = Kucoin(), book()
    account, position = "utaPrivateGetAccountMode", "futuresPrivateGetPositionGetPositionMode"
    classic = {account: envelope({"selfAccountMode": "CLASSIC"})}
    for mode, hedge in (("1", True), (0, False)):
        wire = told(**classic, **{position: envelope({"positionMode": mode})})
        assert await quirks.modes(wire, known) == Modes(hedge=hedge)
    with pytest.raises(AccountRefused, match="unified"):
        await quirks.modes(told(**{account: envelope({"selfAccountMode": "UNIFIED"})}), known)
    margin, leverage = "futuresPrivateGetPositionGetMarginMode", "futuresPrivateGetGetCrossUserLeverage"
    setter, changer = "futuresPrivatePostPositionChangeMarginMode", "futuresPrivatePostChangeCrossUserLeverage"

    def mode_of(mode: str) -> Any:
        return envelope({"symbol": "XBTUSDTM", "marginMode": mode})

    wire = told(**{margin: mode_of("CROSS"), leverage: envelope({"symbol": "XBTUSDTM", "leverage": "7"})})
    await quirks.prepare_symbol(wire, known, BTC, 7)
    assert len(wire.asked) == 2
    answers = {margin: mode_of("ISOLATED"), setter: mode_of("CROSS"), changer: envelope(True)}
    wire = told(**answers, **{leverage: envelope({"leverage": "3"})})
    await quirks.prepare_symbol(wire, known, BTC, 7)
    assert [method for method, _ in wire.asked] == [margin, setter, leverage, changer]
    assert wire.asked[-1][1] == {"symbol": "XBTUSDTM", "leverage": "7"}
    with pytest.raises(AccountRefused, match="isolated"):
        await quirks.prepare_symbol(told(**{margin: mode_of("ISOLATED"), setter: mode_of("ISOLATED")}), known, BTC, 7)


async def test_what_a_key_may_do_is_read() -> None:
    async def facts(**changes: Any) -> KeyFacts:
        return await Kucoin().key_facts(told(privateGetUserApiKey=envelope({**KEY["data"], **changes})))

    assert await facts() == KeyFacts(trade=True, withdraw=False, bound_to_ip=True, account_id="165111215")
    assert (await facts(permission="General,Futures,Transfer")).withdraw is True
    assert (await facts(permission="General,Spot")).trade is False
    assert (await facts(ipWhitelist="")).bound_to_ip is False
    with pytest.raises(UnreadableAnswer):
        await facts(permission={"Futures": True})


def test_a_market_order_that_was_not_filled_yet_has_no_price() -> None:
    assert order_of(Row({**ORDER, "type": "market", "price": None}, "order"), book()).price == 0.0
    with pytest.raises(UnreadableAnswer):
        order_of(Row({**ORDER, "price": None}, "order"), book())


def test_answers_in_the_wrong_place_are_refused() -> None:
    for document in (POSITIONS["data"], {"code": "200000"}, ORDERS, FILLS["data"], envelope(None)):
        with pytest.raises(UnreadableAnswer):
            kucoin_cases()[1].parse(document)


def test_spoiled_answers_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(kucoin_cases(), 2_400, seed=1)


@pytest.mark.slow
def test_many_spoiled_answers_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(kucoin_cases(), 10_000, seed=2)
