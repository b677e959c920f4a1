"""Bitget's answers as our types: sides in hedge mode, pages, money, and what is said of a batch order by order."""

from __future__ import annotations

from typing import Any

import pytest
from payloads import refuses_what_is_spoiled
from payloads_bitget import (
    ACCOUNT,
    BATCH,
    BTC,
    CLOSE,
    ENTRY,
    ETH,
    FILL,
    KEY,
    NOW_MS,
    ORDER,
    PLACED,
    POSITION,
    REFUSED,
    SETTING,
    Answers,
    at_once,
    book,
    cases,
    close,
    entry,
    page,
    told,
)

from pbtui.core.clock import DAY_MS
from pbtui.core.errors import (
    AccountRefused,
    ExchangeError,
    OrderGone,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    UnreadableAnswer,
    VenueUnreachable,
)
from pbtui.core.types import Fill, OpenOrder, OrderRequest
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes
from pbtui.exchange.venues.bitget import Bitget, order_of
from pbtui.exchange.venues.bitget_history import fill_of


def test_answers_of_bitget_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in cases()}
    long, short = found["positions"]
    assert (long.symbol, long.pside, long.position.size, long.position.price) == (BTC, "long", 0.001, 83_471.2)
    assert (short.pside, short.position.size) == ("short", -0.02)
    (order,) = found["orders"]
    # In hedge mode the venue tells the side of the position: what closes a long sells.
    assert (order.side, order.pside, order.reduce_only) == ("sell", "long", True)
    assert (order.qty, order.price, order.created_ms) == (0.0015, 86_958.8, 1_791_392_705_231)
    (net,) = found["orders one-way"]
    assert (net.side, net.pside, net.reduce_only) == ("sell", "long", True)
    (fill,) = found["fills"]
    assert (fill.id, fill.side) == ("1491774628346392577:1491774628545409024", "sell")
    assert (fill.pside, fill.qty) == ("long", -0.0001)
    assert (fill.pnl, fill.fee, fill.ts_ms) == (0.00019, -0.00500838, 1_791_392_707_954)
    assert (fill.client_id, fill.order_id) == (CLOSE, "1491774628346392577")
    assert found["fills one-way"][0].side == "sell"
    assert found["order of a fill"][0].client_id == CLOSE
    assert found["fate of an order"] == ["done"]
    assert found["wallet"] == 27_850.0
    assert found["wallet of many coins"] == 27_998.0
    assert found["wallet by positions"] == pytest.approx(27_852.5 - 1.64)
    assert found["modes"] == [Modes(hedge=True)]
    assert found["key"] == [KeyFacts(True, False, True, "7264631750")]
    assert [(order.id, order.client_id) for order in found["batch"]] == [("1111397214281175046", ENTRY)]


def test_sides_of_orders() -> None:
    known = book()

    def read(**fields: Any) -> tuple[str, str, bool]:
        order = order_of(Row({**ORDER, **fields}, "order"), known)
        return order.side, order.pside, order.reduce_only

    assert read(side="sell", posSide="short", tradeSide="open", reduceOnly="NO") == ("sell", "short", False)
    assert read(side="sell", posSide="short", tradeSide="close") == ("buy", "short", True)
    assert read(tradeSide="burst_close_long") == ("sell", "long", True)
    assert read(tradeSide="open", reduceOnly="YES") == ("buy", "long", False)
    assert read(posSide="net", side="buy", tradeSide="buy_single", clientOid="", reduceOnly="yes") == (
        "buy",
        "short",
        True,
    )
    assert read(posSide="net", side="buy", clientOid="", reduceOnly="NO") == ("buy", "long", False)
    assert order_of(Row({**ORDER, "symbol": "btcusdt"}, "order"), known).symbol == BTC
    # A market order that was caught before it was filled must not keep the others from being read.
    assert order_of(Row({**ORDER, "orderType": "market", "price": ""}, "order"), known).price == 0.0
    with pytest.raises(UnreadableAnswer):
        order_of(Row({**ORDER, "price": ""}, "order"), known)
    for wrong in ({"tradeSide": ""}, {"tradeSide": "buy_single"}, {"posSide": ""}, {"baseVolume": None}):
        with pytest.raises(UnreadableAnswer):
            read(**wrong)


def test_sides_profits_and_fees_of_fills() -> None:
    known = book()

    def read(**fields: Any) -> Fill:
        return fill_of(Row({**FILL, **fields}, "fill"), known)

    def sides(**fields: Any) -> tuple[str, str, float]:
        fill = read(**fields)
        return fill.side, fill.pside, fill.qty

    assert sides() == ("sell", "long", -0.0001)
    assert sides(side="sell") == ("buy", "short", 0.0001)
    assert sides(tradeSide="open", profit="0") == ("buy", "long", 0.0001)
    assert sides(tradeSide="open", side="sell", profit="0") == ("sell", "short", -0.0001)
    assert sides(tradeSide="dte_sys_adl_close_short") == ("buy", "short", 0.0001)
    assert sides(tradeSide="reduce_close_long", side="sell") == ("sell", "long", -0.0001)
    one_way = {"posMode": "one_way_mode", "tradeSide": "buy_single"}
    assert sides(**one_way, profit="0") == ("buy", "long", 0.0001)
    assert sides(**one_way, profit="-3.5") == ("buy", "short", 0.0001)
    assert sides(posMode="one_way_mode", tradeSide="burst_sell_single", side="buy") == ("sell", "long", -0.0001)
    assert read(tradeSide="open", profit="").pnl == 0.0
    with pytest.raises(UnreadableAnswer):
        read(profit="")
    with pytest.raises(UnreadableAnswer):
        read(tradeSide="")
    parts = [{"feeCoin": "usdt", "totalFee": "-0.5"}, {"feeCoin": "USDT", "totalFee": "-0.25"}]
    assert read(feeDetail=parts).fee == -0.75
    assert read(feeDetail=[*parts, {"feeCoin": "BGB", "totalFee": "-1"}]).fee == -0.75
    assert read(feeDetail=[]).fee == 0.0
    assert read(clientOid=CLOSE).client_id == CLOSE
    assert read(orderId="7").id != read(orderId="8").id, "two sides of one trade"


def test_nothing_is_two_nulls_and_nothing_less() -> None:
    quirks, known = Bitget(), book()
    assert at_once(quirks.open_orders(Answers(page("entrustedList")), known)) == []
    assert at_once(quirks.positions(Answers(told([])), known)) == []
    for data in (None, {}, {"entrustedList": None}, {"endId": None}, {"entrustedList": None, "endId": "7"}, []):
        with pytest.raises(UnreadableAnswer):
            at_once(quirks.open_orders(Answers(told(data)), known))
        with pytest.raises(UnreadableAnswer):
            at_once(quirks.positions(Answers(told({"list": data})), known))


def test_pages_go_on_until_they_end() -> None:
    full = [{**ORDER, "orderId": str(10**18 - n), "clientOid": f"o{n}"} for n in range(150)]
    wire = Answers(page("entrustedList", *full[:100]), page("entrustedList", *full[100:]), page("entrustedList"))
    found = at_once(Bitget().open_orders(wire, book()))
    assert len(found) == 150
    assert [params.get("idLessThan") for _, params in wire.asked] == [None, full[99]["orderId"], None]
    assert [params["status"] for _, params in wire.asked] == ["live", "live", "partially_filled"]
    # A page of fills that is not full need not be the last one.
    fills = [{**FILL, "tradeId": str(10**18 - n), "clientOid": CLOSE} for n in range(3)]
    wire = Answers(page("fillList", *fills[:2]), page("fillList", *fills[2:]), page("fillList"))
    told_fills = at_once(Bitget().fills(wire, book(), Look(NOW_MS - DAY_MS, NOW_MS)))
    assert [fill.id for fill in told_fills] == [f"{FILL['orderId']}:{10**18 - n}" for n in (2, 1, 0)]
    for end in (None, "", full[99]["orderId"]):
        stuck = page("entrustedList", *full[:100])
        stuck["data"]["endId"] = end
        with pytest.raises(UnreadableAnswer):
            at_once(Bitget().open_orders(Answers(stuck), book()))


def test_an_order_that_moves_between_the_two_questions_is_there_once() -> None:
    before, after = {**ORDER, "baseVolume": "0"}, {**ORDER, "status": "partially_filled"}
    wire = Answers(page("entrustedList", before), page("entrustedList", after))
    (order,) = at_once(Bitget().open_orders(wire, book()))
    assert order.qty == 0.0015


def test_orders_are_written_by_position_side_in_hedge_mode() -> None:
    wire = Answers(BATCH)
    at_once(Bitget().create(wire, book(), [entry(), close()]))
    ((method, sent),) = wire.asked
    assert method.endswith("BatchPlaceOrder")
    assert {name: sent[name] for name in sent if name != "orderList"} == {
        "symbol": "BTCUSDT",
        "productType": "USDT-FUTURES",
        "marginCoin": "USDT",
        "marginMode": "crossed",
    }
    opens, closes = sent["orderList"]
    assert opens == {
        "orderType": "limit",
        "size": "0.001",
        "clientOid": ENTRY,
        "side": "buy",
        "tradeSide": "open",
        "price": "83000",
        "force": "gtc",
    }
    assert (closes["side"], closes["tradeSide"], "reduceOnly" in closes) == ("buy", "close", False)
    shorts = [
        OrderRequest(BTC, "sell", "short", 0.001, 84_000.0, False, "limit", "a", "entry_grid_normal_short", True),
        OrderRequest(BTC, "buy", "short", 0.001, 0.0, True, "market", "b", "close_panic_short"),
    ]
    wire = Answers(BATCH)
    at_once(Bitget().create(wire, book(), shorts))
    opens, closes = wire.asked[0][1]["orderList"]
    assert (opens["side"], opens["tradeSide"], opens["force"]) == ("sell", "open", "post_only")
    assert (closes["side"], closes["tradeSide"], closes["orderType"], "price" in closes) == (
        "sell",
        "close",
        "market",
        False,
    )
    wire = Answers(BATCH)
    at_once(Bitget().create(wire, book(hedge=False), [entry(), close()]))
    opens, closes = wire.asked[0][1]["orderList"]
    assert (opens["side"], opens["reduceOnly"], "tradeSide" in opens) == ("buy", "NO", False)
    assert (closes["side"], closes["reduceOnly"], "tradeSide" in closes) == ("sell", "YES", False)


def test_what_became_of_each_order_of_a_batch() -> None:
    def results(answer: Any, *requests: OrderRequest) -> list[ExchangeError | None]:
        found = at_once(Bitget().create(Answers(answer), book(), requests or (entry(), close())))
        return [result.error for result in found]

    taken, refused = results(BATCH)
    assert taken is None
    assert isinstance(refused, OrderRejected)
    assert (refused.reason, "entry_initial_qty_pct" in refused.line()) == ("min_cost", True)
    # Said in no list, said in both, without a number, or not to be read at all: it may have been taken.
    for data in (
        {"successList": [], "failureList": []},
        {"successList": [], "failureList": None},
        {"successList": [PLACED], "failureList": [{**REFUSED, "clientOid": ENTRY}]},
        {"successList": [{**PLACED, "orderId": ""}], "failureList": []},
        {"successList": [PLACED]},
        None,
    ):
        assert isinstance(results(told(data))[0], OutcomeUnknown), data
    for code, kind in (("40010", OutcomeUnknown), ("429", RateLimited), ("40774", AccountRefused)):
        failed = told({"successList": [], "failureList": [{**REFUSED, "errorCode": code, "clientOid": ENTRY}]})
        assert isinstance(results(failed)[0], kind)
    unknown = results(told({"successList": [], "failureList": [{**REFUSED, "errorCode": "99999"}]}))[1]
    assert isinstance(unknown, OrderRejected)
    assert "99999" in unknown.line()
    # Each coin is a request of its own: what happens to one is nothing to the others.
    other = entry("0x0004bb", symbol=ETH, price=2_000.0)
    one, two = results(told({"successList": [{**PLACED, "clientOid": "0x0004bb"}], "failureList": []}), entry(), other)
    assert isinstance(one, OutcomeUnknown)
    assert two is None
    lost = at_once(Bitget().create(Answers(VenueUnreachable("gone"), BATCH), book(), [other, entry()]))
    assert isinstance(lost[0].error, VenueUnreachable)
    assert lost[1].order is not None


def test_what_became_of_each_cancel() -> None:
    def resting(order_id: str, symbol: str = BTC) -> OpenOrder:
        return OpenOrder(order_id, "", symbol, "buy", "long", 1.0, 1.0, False, 0)

    gone = {"orderId": "2", "clientOid": None, "errorMsg": "Order does not exist", "errorCode": "40768"}
    why = {"orderId": "3", "clientOid": None, "errorMsg": "notExistend"}
    answer = told({"successList": [{"orderId": "1", "clientOid": None}], "failureList": [gone, why]})
    wire = Answers(answer, told({"successList": [{"orderId": "5", "clientOid": "x"}], "failureList": []}))
    orders = [*(resting(name) for name in ("1", "2", "3", "4")), resting("5", ETH)]
    done = at_once(Bitget().cancel(wire, book(), orders))
    assert [result.order.id for result in done] == ["1", "2", "3", "4", "5"]
    assert [type(result.error) for result in done] == [
        type(None),
        OrderGone,
        OrderRejected,
        OutcomeUnknown,
        type(None),
    ]
    assert [params["symbol"] for _, params in wire.asked] == ["BTCUSDT", "ETHUSDT"]


def test_closes_of_an_isolated_position_say_so() -> None:
    quirks, known = Bitget(), book()
    at_once(quirks.positions(Answers(told([{**POSITION, "marginMode": "isolated"}])), known))
    wire = Answers(BATCH)
    at_once(quirks.create(wire, known, [close()]))
    assert wire.asked[0][1]["marginMode"] == "isolated"
    at_once(quirks.positions(Answers(told([])), known))
    at_once(quirks.create(wire, known, [close()]))
    assert wire.asked[1][1]["marginMode"] == "crossed"


def test_names_of_orders_are_asked_for_once_and_missed_without_harm() -> None:
    quirks, known, none = Bitget(), book(), page("fillList")
    look = Look(NOW_MS - DAY_MS, NOW_MS)
    wire = Answers(page("fillList", FILL), none, OrderGone("gone"))
    assert at_once(quirks.fills(wire, known, look))[0].order_type == "unknown"
    again = Answers(page("fillList", FILL), none)
    assert at_once(quirks.fills(again, known, look))[0].client_id == ""
    assert len(again.asked) == 2
    fresh = Answers(page("fillList", FILL), none, RateLimited("later"))
    assert at_once(Bitget().fills(fresh, book(), look))[0].pnl == 0.00019


def test_what_a_key_may_do() -> None:
    def facts(**fields: Any) -> KeyFacts:
        return at_once(Bitget().key_facts(Answers(told({**KEY, **fields}))))

    assert facts(authorities=["stow", "coor"], ips="") == KeyFacts(False, False, False, "7264631750")
    assert facts(authorities=["coow", "wwow"], ips=None) == KeyFacts(True, True, False, "7264631750")
    assert facts(authorities=["readonly", "trade", "withdraw"]).withdraw is True
    with pytest.raises(UnreadableAnswer):
        facts(authorities=None)


def test_settings_are_changed_where_they_differ_only() -> None:
    def asked(leverage: int, **fields: Any) -> list[tuple[str, dict[str, Any]]]:
        wire = Answers(told({**SETTING, **fields}), told({}))
        at_once(Bitget().prepare_symbol(wire, book(), BTC, leverage))
        return [(method.rpartition("Account")[2], params) for method, params in wire.asked[1:]]

    assert asked(3) == []
    ((method, params),) = asked(7)
    assert (method, params["leverage"]) == ("SetLeverage", "7")
    first, second = asked(7, marginMode="isolated")
    assert (first[0], first[1]["marginMode"], second[0]) == ("SetMarginMode", "crossed", "SetLeverage")
    with pytest.raises(AccountRefused):
        asked(3, posMode="one_way_mode")
    assert ACCOUNT["assetMode"] == "single"


def test_spoiled_answers_of_bitget_are_refused() -> None:
    refuses_what_is_spoiled(cases(), 2_400, seed=3)


@pytest.mark.slow
def test_ten_thousand_spoiled_answers_of_bitget_are_refused() -> None:
    refuses_what_is_spoiled(cases(), 10_000, seed=4)
