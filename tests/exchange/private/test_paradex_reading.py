"""Documented answers of Paradex become our types, spoiled ones typed errors; what is sent is what was asked for."""

from __future__ import annotations

import asyncio
import importlib
import threading
from typing import Any

import pytest
from payloads import refuses_what_is_spoiled
from payloads_paradex import (
    BALANCE,
    BTC,
    CLOSE,
    ENTRY,
    ETH,
    FILL,
    INFO,
    ORDER,
    POSITION,
    Answers,
    book,
    listed,
    paradex_cases,
    request,
)

from pbtui.config.accounts import Account
from pbtui.core.errors import AccountRefused, OrderGone, OrderRejected, OutcomeUnknown, UnreadableAnswer
from pbtui.core.secret import Secret
from pbtui.core.types import OpenOrder
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import Look
from pbtui.exchange.public.packages import open_doors
from pbtui.exchange.venues.paradex import Paradex
from pbtui.exchange.venues.paradex_client import ORDER_LIFE_MS, ORDERS, equip
from pbtui.exchange.venues.paradex_codes import MEANINGS, code_of
from pbtui.exchange.venues.paradex_rows import balance_of, fill_of, orders_of, positions_of

ACCOUNT = str(INFO["account"])
KEY = "0x543b6cf6c91817a87174aaea4fb370ac1c694e864d7740d728f8344d53e815"  # of the venue's own tests; INFO names it


def quirks(key: str = KEY) -> Paradex:
    """Return the quirks as they are once a client was made."""
    made = Paradex()
    keys = {"walletAddress": Secret(ACCOUNT), "privateKey": Secret(key)}
    made._equip(client(), Account("me", "paradex", "USDC", credentials=keys))
    return made


def client() -> Any:
    open_doors()
    return importlib.import_module("ccxt.async_support").paradex(
        {"options": {"systemConfig": {"starknet_chain_id": "PRIVATE_SN_POTC_SEPOLIA"}}}
    )


def test_positions_are_signed_by_side_and_options_are_left_out() -> None:
    (long,) = positions_of(listed(POSITION, {**POSITION, "status": "CLOSED"}, {**POSITION, "size": "0"}), book())
    assert (long.symbol, long.pside, long.position.size, long.position.price) == (BTC, "long", 0.01, 64839.96053748)
    for told in ("-0.3", "0.3"):  # with its sign as documented, or without
        (short,) = positions_of(listed({**POSITION, "side": "SHORT", "size": told, "market": "ETH-USD-PERP"}), book())
        assert (short.symbol, short.pside, short.position.size) == (ETH, "short", -0.3)
    assert positions_of(listed({**POSITION, "market": "BTC-USD-96000-C"}), book()) == []
    for wrong in ({"size": "-0.01"}, {"side": "BOTH"}, {"average_entry_price": "0"}, {"status": None}, {"market": ""}):
        with pytest.raises(UnreadableAnswer):
            positions_of(listed({**POSITION, **wrong}), book())
    for empty in (None, {}, {"results": None}, []):
        with pytest.raises(UnreadableAnswer):
            positions_of(empty, book())
    assert positions_of({"results": []}, book()) == []


def test_the_balance_is_that_of_the_quote() -> None:
    assert balance_of(listed(BALANCE, {"token": "DIME", "size": "7"}), "USDC") == 123003.62
    for wrong in (listed(), listed(BALANCE, BALANCE), listed({"token": "DIME", "size": "7"})):
        with pytest.raises(UnreadableAnswer):
            balance_of(wrong, "USDC")


def test_orders_are_what_is_left_of_them() -> None:
    closing = {**ORDER, "flags": ["REDUCE_ONLY"], "client_id": CLOSE}
    foreign = {**ORDER, "client_id": "", "side": "SELL", "flags": ["REDUCE_ONLY"], "type": "STOP_MARKET", "price": ""}
    rows = listed(ORDER, {**ORDER, "status": "CLOSED"}, closing, foreign, {**ORDER, "market": "BTC-USD"})
    first, second, third = orders_of(rows, book())
    assert (first.pside, first.side, first.qty, first.price, first.reduce_only) == ("long", "buy", 0.04, 26000.5, False)
    assert (first.client_id, first.created_ms, first.symbol) == (ENTRY, 1_681_493_746_016, BTC)
    assert (second.pside, second.reduce_only) == ("short", True)
    assert (third.pside, third.side, third.price) == ("long", "sell", 0.0)


def test_the_side_of_a_fill_is_that_of_our_order() -> None:
    told = fill_of(Row({**FILL, "client_id": ENTRY, "realized_pnl": "0"}, "fill"), book())
    assert (told.pside, told.side, told.qty, told.price, told.pnl) == ("long", "buy", 0.01, 64852.9, 0.0)
    assert told.fee == -0.1945587
    # Documented as the taker's: of a maker's fill it may be the other.
    maker = fill_of(Row({**FILL, "client_id": ENTRY, "side": "SELL", "liquidity": "MAKER"}, "fill"), book())
    assert (maker.pside, maker.side, maker.qty) == ("long", "buy", 0.01)
    close = fill_of(Row({**FILL, "client_id": CLOSE, "realized_pnl": "-3.5"}, "fill"), book())
    assert (close.pside, close.side, close.qty, close.pnl, close.pnl_known) == ("short", "buy", 0.01, -3.5, True)
    silent = {name: value for name, value in FILL.items() if name != "realized_pnl"}
    unknown = fill_of(Row({**silent, "client_id": CLOSE}, "fill"), book())
    assert (unknown.pnl, unknown.pnl_known) == (0.0, False)
    by_hand = fill_of(Row({**FILL, "realized_pnl": "12.5"}, "fill"), book())
    assert (by_hand.pside, by_hand.side, by_hand.order_type) == ("short", "buy", "unknown")
    rebate = fill_of(Row({**FILL, "fee": "-0.05"}, "fill"), book())
    assert rebate.fee == 0.05
    in_dime = fill_of(Row({**FILL, "fee_currency": "DIME"}, "fill"), book())
    assert in_dime.fee == 0.0
    forced = fill_of(Row({**FILL, "fill_type": "LIQUIDATION", "order_id": ""}, "fill"), book())
    assert forced.id != by_hand.id


async def test_fills_come_page_after_page() -> None:
    pages = [listed(FILL, next="a"), listed({**FILL, "id": "2"}, {**FILL, "market": "BTC-USD"}, next="b"), listed()]
    wire = Answers({"privateGetFills": pages})
    found = await quirks().fills(wire, book(), Look(since_ms=5, now_ms=9, until_ms=8))
    assert [fill.id for fill in found] == [FILL["id"], "2"]
    assert [params.get("cursor") for _, params in wire.asked] == [None, "a", "b"]
    assert all((params["start_at"], params["end_at"]) == (5, 8) for _, params in wire.asked)
    again = Answers({"privateGetFills": [listed(FILL, next="a"), listed(FILL, next="a")]})
    with pytest.raises(UnreadableAnswer, match="came twice"):
        await quirks().fills(again, book(), Look(since_ms=5, now_ms=9))


async def test_what_a_key_may_do_is_told_by_its_public_key() -> None:
    subkey = {"public_key": "0x1", "allowed_cidrs": ["203.0.113.7/32"]}
    method = "privateGetAccountKeysSubkeysPublicKey"
    wire = Answers({"privateGetAccountInfo": listed(INFO)})
    main = await quirks().key_facts(wire)
    assert (main.trade, main.withdraw, main.bound_to_ip, main.account_id) == (True, True, None, ACCOUNT)
    other = listed({**INFO, "public_key": "0x04" + "ab" * 64})  # an account made by an Ethereum wallet
    for told, bound in ((subkey, True), ({**subkey, "allowed_cidrs": []}, False), (OrderGone("no"), None)):
        facts = await quirks().key_facts(Answers({"privateGetAccountInfo": other, method: told}))
        assert (facts.withdraw, facts.bound_to_ip) == (False, bound)
    for wrong in (listed(), listed({**INFO, "account": "0x1"}), listed({**INFO, "public_key": "key"})):
        with pytest.raises(UnreadableAnswer):
            await quirks().key_facts(Answers({"privateGetAccountInfo": wrong}))


async def test_an_isolated_markets_account_is_refused() -> None:
    isolated = listed({**INFO, "isolated_market": "ETH-USD-PERP"})
    with pytest.raises(AccountRefused, match="isolated market"):
        await quirks().modes(Answers({"privateGetAccountInfo": isolated}), book())


async def test_orders_are_written_as_the_engine_made_them() -> None:
    wire = Answers({ORDERS: {"orders": [ORDER], "errors": []}, "privateGetOrders": listed(ORDER)})
    closing = request(
        symbol=ETH, side="sell", qty=0.3, price=3_999.9, reduce_only=True, client_id=CLOSE, post_only=True
    )
    market = request(kind="market", client_id="m")
    await quirks().create(wire, book(), [request(), closing, market])
    first, second, third = wire.asked[0][1]
    assert first == {
        "market": "BTC-USD-PERP",
        "side": "BUY",
        "type": "LIMIT",
        "size": "0.05",
        "price": "26000.5",
        "instruction": "GTC",
        "client_id": ENTRY,
    }
    assert (second["flags"], second["instruction"], second["price"]) == (["REDUCE_ONLY"], "POST_ONLY", "3999.9")
    assert (third["type"], third["price"], third["instruction"]) == ("MARKET", "0", "GTC")


async def test_a_batch_is_answered_order_by_order() -> None:
    refused = {"error": "VALIDATION_ERROR", "message": "notional is too small"}
    wanted = [request(), request(client_id="b"), request(client_id="c")]

    async def outcome(answer: Any, **more: Any) -> list[str]:
        wire = Answers({ORDERS: answer, "privateGetOrders": listed(ORDER), **more})
        told = await quirks().create(wire, book(), wanted)
        return [type(each.error).__name__ if each.error else "taken" for each in told]

    assert await outcome({"orders": [ORDER], "errors": [None, refused, refused]}) == ["taken", *["OrderRejected"] * 2]
    assert await outcome({"orders": [ORDER], "errors": [refused]}) == ["taken", *["OutcomeUnknown"] * 2]
    for odd in (None, "text", {"orders": 1}, {"orders": [{}]}, {"orders": [], "errors": [{"error": None}]}):
        with pytest.raises(OutcomeUnknown):
            await outcome(odd)


async def test_orders_that_wait_for_the_risk_check_are_looked_at_again() -> None:
    new, gone = {**ORDER, "status": "NEW"}, {**ORDER, "status": "CLOSED", "cancel_reason": "NOT_ENOUGH_MARGIN"}
    gone["remaining_size"] = gone["size"]
    looks = [listed(new), listed(new), listed()]
    wire = Answers({ORDERS: {"orders": [new]}, "privateGetOrders": looks, "privateGetOrdersOrderId": gone})
    (result,) = await quirks().create(wire, book(), [request()])
    assert isinstance(result.error, OrderRejected)
    assert result.error.reason == "insufficient_margin"
    for told, left in (
        ({"status": "CLOSED", "remaining_size": "0"}, 0.0),
        ({"status": "CLOSED", "remaining_size": "0.02", "cancel_reason": "REMAINING_IOC_CANCEL"}, 0.0),
        ({"status": "CLOSED", "remaining_size": "0.05", "cancel_reason": "USER_CANCELED"}, 0.0),
        ({"status": "OPEN", "remaining_size": "0.03"}, 0.03),
        ({"status": "CLOSED", "remaining_size": "0.05"}, 0.05),  # nothing says why: as it was taken
    ):
        ends = {"privateGetOrders": [listed()], "privateGetOrdersOrderId": {**ORDER, **told}}
        (result,) = await quirks().create(Answers({ORDERS: {"orders": [ORDER]}, **ends}), book(), [request()])
        assert result.order is not None, told
        assert result.order.qty == left


async def test_cancels_are_answered_order_by_order() -> None:
    orders = [OpenOrder(name, "", BTC, "buy", "long", 1.0, 1.0, False, 0) for name in ("1", "2", "3")]

    async def outcome(*statuses: Any) -> list[str]:
        wire = Answers({"privateDeleteOrdersBatch": listed(*statuses)})
        told = await quirks().cancel(wire, book(), orders)
        assert wire.asked[0][1] == {"order_ids": ["1", "2", "3"]}
        return [type(each.error).__name__ if each.error else "on its way" for each in told]

    queued = {"id": "1", "status": "QUEUED_FOR_CANCELLATION"}
    closed = {"id": "2", "status": "ALREADY_CLOSED"}
    assert await outcome(queued, closed, {"status": "NOT_FOUND"}) == ["on its way", "OrderGone", "OrderGone"]
    assert await outcome(queued, closed) == ["on its way", "OrderGone", "OutcomeUnknown"]
    with pytest.raises(OutcomeUnknown):
        await outcome(queued, {"id": "2", "status": "SOMETHING"})


async def test_orders_are_signed_beside_the_loop_and_die_when_they_come_late() -> None:
    made, sent = client(), []
    threads: list[int] = []
    keys = {"walletAddress": Secret(ACCOUNT), "privateKey": Secret(KEY)}
    inner = made.starknet_sign

    def sign(*words: Any) -> Any:
        threads.append(threading.get_ident())
        return inner(*words)

    async def signed(order: dict[str, Any]) -> Any:
        return await (
            asyncio.sleep(0, order) if order["size"] == "waits" else type(made).sign_order_request(made, order)
        )

    async def post(orders: Any) -> None:
        sent.extend(orders)

    made.starknet_sign, made.sign_order_request = sign, signed
    equip(made, Account("me", "paradex", "USDC", credentials=keys))
    made.privatePostOrdersBatch = post
    order = {"market": "BTC-USD-PERP", "side": "BUY", "type": "LIMIT", "size": "0.05", "price": "26000.5"}
    await getattr(made, ORDERS)([order, {**order, "price": "26000.4"}])
    assert len({each["signature"] for each in sent}) == 2
    assert all(each["recv_window"] == ORDER_LIFE_MS for each in sent)
    assert threading.get_ident() not in threads
    assert len(threads) == 2
    with pytest.raises(RuntimeError, match="wanted to wait"):
        await getattr(made, ORDERS)([{**order, "size": "waits"}])


def test_errors_are_told_by_their_names_and_words() -> None:
    def told(code: str, words: str = "") -> str:
        return code_of(f'paradex {{"error": "{code}", "message": "{words}", "data": null}}')

    assert told("DUPLICATED_CLIENT_ID") == "DUPLICATED_CLIENT_ID"
    assert told("VALIDATION_ERROR", "order notional is below 10") == "MIN_NOTIONAL"
    assert told("VALIDATION_ERROR", "leverage must be at most 20") == "LEVERAGE"
    assert told("VALIDATION_ERROR", "order came after its recv_window") == "INVALID_TIMESTAMP"
    assert told("VALIDATION_ERROR", "odd") == "VALIDATION_ERROR"
    assert code_of("<html>502</html>") == ""
    assert {"MIN_NOTIONAL", "LEVERAGE", "INVALID_ORDER_SIZE", "INVALID_PRICE_PRECISION"} <= set(MEANINGS)


def test_spoiled_answers_of_paradex_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(paradex_cases(), 2_400, 1)


@pytest.mark.slow
def test_many_spoiled_answers_of_paradex_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(paradex_cases(), 10_000, 2)
