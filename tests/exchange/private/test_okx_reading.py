"""OKX's answers as our types: sides, contracts, pages, money, and what is said of a batch order by order."""

from __future__ import annotations

from typing import Any

import pytest
from payloads import refuses_what_is_spoiled
from payloads_okx import BATCH, BTC, CONFIG, FILL, NOW_MS, Answers, book, cross, okx_cases, request, told

from pbtui.core.errors import (
    AccountRefused,
    OrderGone,
    OrderRejected,
    OutcomeUnknown,
    RateLimited,
    UnreadableAnswer,
)
from pbtui.core.ids import client_order_id, order_type_of
from pbtui.core.types import OpenOrder
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes
from pbtui.exchange.venues import okx
from pbtui.exchange.venues.okx import Okx, refused_batch
from pbtui.exchange.venues.okx_rows import fill_of

_DAY_MS = 86_400_000
RESTING = OpenOrder("123", "0x0007aa", BTC, "buy", "long", 1.0, 100.0, False, 0)


def test_recorded_answers_of_okx_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in okx_cases()}
    assert found["positions"] == []  # an isolated one
    (long,) = found["positions cross"]
    assert (long.symbol, long.pside, long.position.size, long.position.price) == (BTC, "long", 0.5, 10_000.0)
    (net,) = found["positions net"]
    assert (net.pside, net.position.size) == ("short", -3.0)
    (order,) = found["orders"]
    assert (order.id, order.side, order.pside, order.qty, order.price) == (
        "1234567890123456789",
        "buy",
        "long",
        0.1,
        103_500.0,
    )
    assert (order.reduce_only, order.created_ms) == (False, 1_746_947_317_000)
    assert found["wallet"] == 94.42612990333333
    assert found["wallet of many coins"] == pytest.approx(94.42612990333333 + 0.02 * 100_000.0)
    (fill,) = found["fills"]
    assert (fill.id, fill.ts_ms, fill.symbol, fill.pside, fill.side, fill.qty) == (
        "2497956918703120999",
        1_746_947_317_402,
        BTC,
        "long",
        "sell",
        -2.0,
    )
    # In quote already: neither is multiplied by the contract.
    assert (fill.pnl, fill.fee) == (-1.2, -0.4148)
    assert found["config"] == [KeyFacts(True, True, False, "44705892343619584"), Modes(hedge=True)]
    assert [order.id for order in found["batch"]] == ["12345689"]


def test_sides_of_positions_orders_and_fills() -> None:
    known = book()
    short = okx.position_of(Row(cross(posSide="short", pos="3")["data"][0], "position"), known)
    assert short is not None
    assert (short.pside, short.position.size) == ("short", -3.0)
    assert okx.position_of(Row(cross(pos="0")["data"][0], "position"), known) is None
    row = next(case.document for case in okx_cases() if case.name == "orders")["data"][0]
    closing = okx.order_of(Row({**row, "posSide": "short", "side": "buy", "accFillSz": "0.04"}, "order"), known)
    assert (closing.pside, closing.reduce_only, closing.qty) == ("short", True, pytest.approx(0.06))
    net = okx.order_of(Row({**row, "posSide": "net", "side": "sell", "reduceOnly": "true"}, "order"), known)
    assert (net.pside, net.reduce_only) == ("long", True)
    market = okx.order_of(Row({**row, "ordType": "market", "px": ""}, "order"), known)
    assert market.price == 0.0
    with pytest.raises(UnreadableAnswer):
        okx.order_of(Row({**row, "px": ""}, "order"), known)

    def filled(**fields: Any) -> Any:
        return fill_of(Row({**FILL, **fields}, "fill"), known, NOW_MS)

    assert filled(posSide="short", side="sell", fillPnl="0").pside == "short"
    assert filled(posSide="net", side="buy", clOrdId="", fillPnl="3").pside == "short"
    assert filled(posSide="net", side="buy", clOrdId="", fillPnl="0").pside == "long"
    assert filled(fillTime="").ts_ms == 1_746_947_317_403
    assert filled(fee="0.01").fee == 0.01  # a rebate
    assert filled(fee="0.00001", feeCcy="BTC").fee == 0.0


def test_a_fresh_fill_without_profit_or_fee_is_asked_for_again_an_old_one_counts_nothing() -> None:
    known, ts_ms = book(), int(FILL["fillTime"])
    for field in ("fillPnl", "fee"):
        row = Row({**FILL, field: ""}, "fill")
        fresh = fill_of(row, known, ts_ms + 1_000)
        assert (fresh.pnl, fresh.fee, fresh.pnl_known) == (0.0, 0.0, False)
        old = fill_of(row, known, ts_ms + 3_600_000)
        assert (old.pnl == 0.0, old.fee == 0.0) == (field == "fillPnl", field == "fee")
        assert old.pnl_known is (field == "fee")
    # Of a foreign order in one-way mode only the profit says whether it closed: that one is waited for.
    foreign = Row({**FILL, "fillPnl": "", "clOrdId": "", "posSide": "net"}, "fill")
    with pytest.raises(UnreadableAnswer, match="not known yet"):
        fill_of(foreign, known, ts_ms + 1_000)
    assert not fill_of(foreign, known, ts_ms + 3_600_000).pnl_known


def test_a_balance_counts_the_quote_and_what_counts_as_margin() -> None:
    def balance(*coins: dict[str, Any], shared: bool = True) -> float:
        return okx.balance_of(told({"details": list(coins)}), "USDT", shared=shared)

    usdt = {"ccy": "USDT", "cashBal": "100", "eq": "150", "eqUsd": "150", "collateralEnabled": False}
    btc = {"ccy": "BTC", "cashBal": "0.01", "eq": "0.02", "eqUsd": "2000", "collateralEnabled": True}
    assert balance(usdt) == 100.0
    assert balance(usdt, btc) == pytest.approx(1_100.0)
    assert balance(usdt, btc, shared=False) == 100.0
    assert balance(usdt, {**btc, "collateralEnabled": False}) == 100.0
    assert balance(usdt, {**btc, "cashBal": "0", "eq": "0", "eqUsd": ""}) == 100.0
    assert balance({**usdt, "cashBal": "-20"}, btc) == pytest.approx(980.0)
    for coins in ((), ({**btc, "collateralEnabled": False},), (usdt, {**btc, "eqUsd": ""})):
        with pytest.raises(UnreadableAnswer):
            balance(*coins)
    with pytest.raises(UnreadableAnswer, match="one account"):
        okx.balance_of(told(), "USDT", shared=True)


async def test_what_lives_apart_is_no_position_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    quirks = Okx()
    rows = [cross(**fields)["data"][0] for fields in ({"mgnMode": "isolated"}, {"instId": "BTC-USD-SWAP"}, {})]
    for _ in range(2):
        held = await quirks.positions(Answers(told(*rows)), book())
        assert [(each.symbol, each.position.size) for each in held] == [(BTC, 0.5)]
    assert [record.getMessage().count("isolated") for record in caplog.records] == [1]
    for answer in ({}, {"data": None}, {"data": {}}, told({"instId": 1.5})):
        with pytest.raises(UnreadableAnswer):
            await quirks.positions(Answers(answer), book())


async def test_modes_and_rights() -> None:
    quirks = Okx()
    net = {**CONFIG, "posMode": "net_mode", "acctLv": "4", "perm": "read_only", "ip": "1.2.3.4,5.6.7.8"}
    assert await quirks.modes(Answers(told(net)), book()) == Modes(hedge=False, margin="portfolio")
    assert await quirks.key_facts(Answers(told(net))) == KeyFacts(False, False, True, CONFIG["uid"])
    with pytest.raises(AccountRefused, match="spot mode"):
        await quirks.modes(Answers(told({**CONFIG, "acctLv": "1"})), book())
    for answer in (told(), told(CONFIG, CONFIG), told({**CONFIG, "posMode": "hedge"})):
        with pytest.raises(UnreadableAnswer):
            await quirks.modes(Answers(answer), book())


async def test_other_coins_back_positions_only_in_the_kinds_of_account_that_share_margin() -> None:
    coins = [
        {"ccy": coin, "cashBal": "1", "eq": "1", "eqUsd": price, "collateralEnabled": True}
        for coin, price in (("USDT", "1"), ("BTC", "100"))
    ]
    for level, wanted in (("2", 1.0), ("3", 101.0), ("4", 101.0)):
        wire = Answers(told({**CONFIG, "acctLv": level}), told({"details": coins}))
        quirks = Okx()
        assert await quirks.balance(wire, "USDT") == wanted
        assert await quirks.balance(wire, "USDT") == wanted
        assert len(wire.asked) == 3


async def test_leverage_is_set_only_where_it_differs() -> None:
    lever = {"instId": "BTC-USDT-SWAP", "mgnMode": "cross", "posSide": "long", "lever": "5"}
    for rows, sets in (((lever, lever), 0), ((lever, {**lever, "lever": "3"}), 1), ((), 1)):
        wire = Answers(told(*rows))
        await Okx().prepare_symbol(wire, book(), BTC, 5)
        assert len(wire.asked) == 1 + sets
    assert wire.asked[-1] == (
        "privatePostAccountSetLeverage",
        {"said": {"instId": "BTC-USDT-SWAP", "mgnMode": "cross", "lever": "5"}},
    )


async def test_leverage_is_the_venue_s_own_matter_in_portfolio_margin() -> None:
    quirks, wire = Okx(), Answers(told({**CONFIG, "acctLv": "4"}))
    await quirks.modes(wire, book())
    await quirks.prepare_symbol(wire, book(), BTC, 5)
    assert [method for method, _ in wire.asked] == ["privateGetAccountConfig"]


async def test_pages_of_orders_and_fills_are_read_to_their_end() -> None:
    row = {"ordType": "limit", "side": "buy", "posSide": "long", "px": "1", "sz": "2", "accFillSz": "0"}
    row |= {"instId": "BTC-USDT-SWAP", "clOrdId": "", "reduceOnly": "false", "cTime": "1746947317000"}
    resting = [{**row, "ordId": str(1_000 - number)} for number in range(250)]
    wire = Answers(told(*resting[:100]), told(*resting[100:200]), told(*resting[200:]))
    found = await Okx().open_orders(wire, book())
    assert len({order.id for order in found}) == 250
    assert [params.get("after") for _, params in wire.asked] == [None, "901", "801"]
    with pytest.raises(UnreadableAnswer, match="twice"):
        await Okx().open_orders(Answers(told(*resting[:100])), book())
    full = Answers(told(*resting[:100]), told())
    assert len(await Okx().open_orders(full, book())) == 100


async def test_old_and_recent_fills_are_at_two_addresses() -> None:
    def look(days: float, until_days: float | None = None) -> Look:
        until = None if until_days is None else NOW_MS - round(until_days * _DAY_MS)
        return Look(NOW_MS - round(days * _DAY_MS), NOW_MS, until_ms=until)

    async def asked(what: Look) -> list[tuple[str, dict[str, Any]]]:
        wire = Answers(told(FILL, {**FILL, "instId": "BTC-USD-SWAP"}))
        assert {fill.id for fill in await Okx().fills(wire, book(), what)} == {FILL["billId"]}
        return [(method.removeprefix("privateGetTrade"), params) for method, params in wire.asked]

    (recent,) = await asked(look(1))
    assert recent[0] == "Fills"
    assert recent[1]["begin"] == NOW_MS - _DAY_MS - 1
    assert [method for method, _ in await asked(look(10))] == ["FillsHistory", "Fills"]
    (old,) = await asked(look(10, until_days=5))
    assert old[0] == "FillsHistory"
    assert old[1]["end"] >= NOW_MS - 5 * _DAY_MS


async def test_each_order_of_a_batch_gets_its_own_outcome() -> None:
    one, two = request("0x0007aa"), request("0x0007bb")
    first, second = await Okx().create(Answers(BATCH), book(), [one, two])
    assert first.order is not None
    assert (first.order.id, first.order.qty, first.order.created_ms) == ("12345689", 2.0, 1_695_190_491_421)
    assert isinstance(second.error, OrderRejected)
    assert second.error.reason == "insufficient_margin"
    # A row that names another order, or none, tells nothing of ours: it may have been taken.
    for spoiled in ({"clOrdId": "0x0007cc"}, {"ordId": ""}, {"sCode": None}, {"ts": "yesterday"}):
        answer = told({**BATCH["data"][0], **spoiled}, BATCH["data"][1], code="2")
        first, second = await Okx().create(Answers(answer), book(), [one, two])
        assert isinstance(first.error, OutcomeUnknown)
        assert isinstance(second.error, OrderRejected)
    with pytest.raises(UnreadableAnswer, match="2 orders were named"):
        await Okx().create(Answers(told(BATCH["data"][0])), book(), [one, two])
    dated = {name: value for name, value in BATCH["data"][0].items() if name != "ts"}
    (result,) = await Okx().create(Answers(told(dated, outTime="1695190491423240")), book(), [one])
    assert result.order is not None
    assert result.order.created_ms == 1_695_190_491_423
    gone = {"clOrdId": "", "ordId": "123", "sCode": "51400", "sMsg": "Cancellation failed"}
    (cancelled,) = await Okx().cancel(Answers(told(gone, code="1")), book(), [RESTING])
    assert isinstance(cancelled.error, OrderGone)
    (cancelled,) = await Okx().cancel(Answers(told({**gone, "sCode": "0", "sMsg": ""})), book(), [RESTING])
    assert cancelled.error is None
    (cancelled,) = await Okx().cancel(Answers(told({**gone, "sCode": "0", "ordId": "9"})), book(), [RESTING])
    assert isinstance(cancelled.error, OutcomeUnknown)
    # However oddly a refusal is worded, it stays one.
    wordy = {**BATCH["data"][1], "sMsg": "  Insufficient\tbalance.\x1b[2J " + "x" * 3_000}
    (result,) = await Okx().create(Answers(told(wordy, code="1")), book(), [two])
    assert isinstance(result.error, OrderRejected)
    assert (result.error.reason, "\x1b" in result.error.line()) == ("insufficient_margin", False)


async def test_an_order_of_a_market_that_is_listed_no_more_keeps_no_other_from_being_cancelled() -> None:
    left = OpenOrder("9", "0x0007bb", "OLD-USDT-SWAP", "buy", "long", 1.0, 100.0, False, 0)
    rows = [{"clOrdId": "", "ordId": name, "sCode": "0", "sMsg": ""} for name in ("123", "9")]
    wire = Answers(told(*rows))
    assert [each.error for each in await Okx().cancel(wire, book(), [RESTING, left])] == [None, None]
    assert [each["instId"] for each in wire.asked[-1][1]["said"]] == ["BTC-USDT-SWAP", "OLD-USDT-SWAP"]


async def test_orders_are_written_as_the_venue_wants_them() -> None:
    known, wire = book(), Answers(BATCH)
    name = client_order_id(
        account="a", symbol=BTC, pside="long", side="buy", order_type="close_grid_long", qty=1.0, price=2.0, nth=0
    )[:32]
    assert name.isalnum()
    assert order_type_of(name) == "close_grid_long"
    await Okx().create(wire, known, [request(name, 103_500.1, 0.3), request("0x0007bb")])
    (first, _) = wire.asked[-1][1]["said"]
    assert first == {
        "instId": "BTC-USDT-SWAP",
        "tdMode": "cross",
        "side": "buy",
        "posSide": "long",
        "ordType": "limit",
        "sz": "0.3",
        "px": "103500.1",
        "clOrdId": name,
    }
    known.hedge = False
    closing = request("0x0007aa")
    object.__setattr__(closing, "reduce_only", True)
    await Okx().create(wire, known, [closing, request("0x0007bb")])
    first, second = wire.asked[-1][1]["said"]
    assert first["reduceOnly"] is True
    assert "posSide" not in first
    assert "reduceOnly" not in second


def test_codes_of_failures_and_batches_that_were_refused_as_a_whole() -> None:
    quirks = Okx()
    assert quirks.code_of('okx {"code":"50011","data":[],"msg":"Too Many Requests"}') == "50011"
    assert quirks.code_of('okx {"code":"1","data":[{"sCode":"51008","sMsg":"x"}],"msg":""}') == "51008"
    assert quirks.code_of("okx GET https://www.okx.com/api/v5 503") == ""
    whole = 'okx {"code":"1","data":[{"sCode":"51008"},{"sCode":"51020"}],"msg":"All operations failed"}'
    assert [row["sCode"] for row in refused_batch(whole)["data"]] == ["51008", "51020"]
    for text in (
        'okx {"code":"50013","data":[],"msg":"busy"}',
        'okx {"code":"1","data":[]}',
        "okx {",
        "okx",
        "okx [1]",
    ):
        assert refused_batch(text) is None
    wire = Answers({})
    kinds = {"51400": OrderGone, "50061": RateLimited, "51008": OrderRejected, "50013": OutcomeUnknown}
    for code, kind in {**kinds, "59000": AccountRefused, "51999": OrderRejected}.items():
        assert type(wire.outcome(code, "said", "create")) is kind


def test_spoiled_answers_of_okx_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(okx_cases(), 2_400, seed=1)


@pytest.mark.slow
def test_many_spoiled_answers_of_okx_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(okx_cases(), 10_000, seed=2)
