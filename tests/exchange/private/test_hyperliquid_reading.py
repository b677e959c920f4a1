"""Hyperliquid's answers as our types: sides, flips, pages, prices, who signs, and batches told part by part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from payloads import refuses_what_is_spoiled
from payloads_hyperliquid import (
    BATCH,
    BTC,
    CLOID,
    ETH,
    FATE,
    FILL,
    GONE,
    ORDER,
    PEPE,
    Answers,
    book,
    cassette,
    hyperliquid_cases,
    request,
    resting,
    short,
    told,
)

from pbtui.config.accounts import Account
from pbtui.core.errors import (
    AccountRefused,
    ConfigError,
    OrderGone,
    OrderRejected,
    OutcomeUnknown,
    UnreadableAnswer,
)
from pbtui.core.secret import Secret
from pbtui.exchange.private.answers import Row
from pbtui.exchange.private.quirks import KeyFacts, Look, Modes
from pbtui.exchange.venues.hyperliquid import Hyperliquid
from pbtui.exchange.venues.hyperliquid_answers import fate_of, fills_of, mids_of, order_of, orders_of, positions_of
from pbtui.exchange.venues.hyperliquid_client import check_fields
from pbtui.exchange.venues.hyperliquid_codes import MEANINGS, code_of
from pbtui.exchange.venues.hyperliquid_key import read_key_facts
from pbtui.live.plan import in_digits

OWNER, SIGNER, OTHER = (f"0x{digit * 40}" for digit in "123")


def test_recorded_answers_of_hyperliquid_are_read() -> None:
    found = {case.name: case.parse(case.document) for case in hyperliquid_cases()}
    btc, eth, atom = found["positions"][:3]
    assert (btc.symbol, btc.pside, btc.position.size, btc.position.price) == (BTC, "short", -0.00785, 26_951.0)
    assert (eth.symbol, eth.pside, eth.position.size) == (ETH, "long", 0.1334)
    assert (atom.symbol, atom.pside) == ("ATOM", "short"), "a market we don't know keeps the venue's name"
    state = cassette("get_user_state")
    unrealized = sum(float(item["position"]["unrealizedPnl"]) for item in state["assetPositions"])
    assert found["balance"] == pytest.approx(1_182.312496 - unrealized)
    assert [(order.symbol, order.side, order.qty, order.reduce_only) for order in found["stops"]] == [
        ("INJ", "sell", 12.5, True),
        ("INJ", "sell", 12.5, True),
        ("INJ", "buy", 12.5, False),
    ]
    (order,) = found["orders"]
    assert (order.id, order.symbol, order.side, order.pside, order.qty, order.price, order.created_ms) == (
        "3991946565",
        ETH,
        "buy",
        "long",
        0.1,
        2_000.0,
        1_704_346_468_838,
    )
    (liquidated,) = found["liquidation"]
    assert (liquidated.symbol, liquidated.pside, liquidated.qty, liquidated.fee) == (BTC, "short", -0.001, -0.009997)
    assert [fill.symbol for fill in found["fills"]] == ["ARB", "JUP", "MANTA"], "spot is not ours"
    assert (found["fills"][1].pside, found["fills"][1].pnl, found["fills"][1].fee) == ("short", 0.7106, 0.0)
    (fill,) = found["fill"]
    assert (fill.symbol, fill.pside, fill.side, fill.qty, fill.price) == (BTC, "long", "sell", -0.11693, 72_528.0)
    assert (fill.pnl, fill.fee, fill.order_id, fill.client_id) == (
        -0.81851,
        -2.968244,
        "7484888874",
        "0x000700112233445566778899aabbccdd",
    )
    old = found["old fills"]
    assert len(old) == len({fill.id for fill in old}) > 300, "rows without a number of their own stay apart"
    assert all((fill.pnl == 0.0) or ((fill.side == "sell") == (fill.pside == "long")) for fill in old)


def test_the_side_of_a_recorded_fill_is_what_the_venue_calls_it() -> None:
    known = book()
    for raw in cassette("get_user_fills"):
        first, *_ = fills_of(Row(raw, "fill"), known)
        if raw["dir"] in ("Open Long", "Close Long", "Open Short", "Close Short"):
            assert first.pside == raw["dir"].split()[1].lower(), raw


def test_spoiled_answers_of_hyperliquid_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(short(hyperliquid_cases()), 2_400, seed=1)


@pytest.mark.slow
def test_many_spoiled_answers_of_hyperliquid_give_typed_errors_only() -> None:
    refuses_what_is_spoiled(short(hyperliquid_cases()), 10_000, seed=2)


def fills(**fields: Any) -> list[tuple[str, float, float, float]]:
    found = fills_of(Row({**FILL, "dir": "Net Child Vaults", **fields}, "fill"), book())
    return [(fill.pside, fill.qty, fill.pnl, fill.fee) for fill in found]


def test_fills_are_sided_by_the_position_before_them() -> None:
    assert fills(side="B", startPosition="0.0", sz="2", closedPnl="0.0", fee="-0.5") == [("long", 2.0, 0.0, 0.5)]
    assert fills(side="B", startPosition="1.0", sz="2", closedPnl="0.0", fee="1") == [("long", 2.0, 0.0, -1.0)]
    assert fills(side="A", startPosition="-1.0", sz="2", closedPnl="0.0", fee="1") == [("short", -2.0, 0.0, -1.0)]
    assert fills(side="B", startPosition="-3.0", sz="2", closedPnl="5", fee="1") == [("short", 2.0, 5.0, -1.0)]
    # Through zero: what closes has the profit, each part its share of the fee.
    assert fills(side="A", startPosition="0.5", sz="2", closedPnl="5", fee="1") == [
        ("long", -0.5, 5.0, -0.25),
        ("short", -1.5, 0.0, -0.75),
    ]
    both = fills_of(Row({**FILL, "sz": "0.3", "dir": "Long > Short"}, "fill"), book())
    assert len({fill.id for fill in both}) == 2
    assert sum(fill.qty for fill in both) == pytest.approx(-0.3)
    # What the venue calls it comes first.
    assert fills(dir="Close Short", side="B", startPosition="-1.0", sz="3", closedPnl="5", fee="1") == [
        ("short", 3.0, 5.0, -1.0)
    ]
    assert fills(feeToken="HYPE")[0][3] == 0.0
    known = book()
    known.name("7484888874", "0x000400112233445566778899aabbccdd")
    unnamed = {name: value for name, value in FILL.items() if name != "cloid"}
    assert fills_of(Row(unnamed, "fill"), known)[0].order_type == "entry_grid_normal_long"
    with pytest.raises(UnreadableAnswer):
        fills(startPosition=None)


def test_orders_and_positions_of_coins_with_a_small_letter() -> None:
    known = book()
    cloid = "0x000700112233445566778899aabbccdd"
    row = Row({**ORDER, "coin": "kPEPE", "side": "A", "reduceOnly": True, "cloid": cloid}, "order")
    order = order_of(row, known)
    assert (order.symbol, order.pside, order.reduce_only, order.client_id) == (PEPE, "long", True, cloid)
    assert orders_of([{"coin": coin} for coin in ("@107", "PURR/USDC", "xyz:TSLA", "#10")], known) == []
    held = {"type": "oneWay", "position": {"coin": "kPEPE", "szi": "-5", "entryPx": "0.01"}}
    (position,) = positions_of({"assetPositions": [held]}, known)
    assert (position.symbol, position.position.size) == (PEPE, -5.0)
    flat = {**held, "position": {**held["position"], "szi": "0.0", "entryPx": None}}  # type: ignore[dict-item]
    assert positions_of({"assetPositions": [flat]}, known) == []
    for wrong in ({}, {"assetPositions": None}, {"assetPositions": [{**held, "type": "hedge"}]}):
        with pytest.raises(UnreadableAnswer):
            positions_of(wrong, known)


async def test_fills_are_read_page_by_page_until_nothing_is_left() -> None:
    times = [1_700_000_000_000 + n // 3 for n in range(1_500)] + [1_700_000_001_000] * 2_300
    history = [{**FILL, "time": at, "tid": n} for n, at in enumerate(times)]

    def page(asked: Mapping[str, Any]) -> Any:
        return [row for row in history if row["time"] >= asked["startTime"]][:2_000]

    wire = Answers(page)
    found = await Hyperliquid().fills(wire, book(), Look(times[0], times[-1] + 1))
    # Of a millisecond that is longer than a page the venue tells no more than a page.
    assert len({fill.id for fill in found}) == 1_500 + 2_000
    assert [asked["startTime"] for asked in wire.asked] == [times[0], times[-1], times[-1] + 1]


async def test_fills_told_newest_first_are_read_to_the_oldest() -> None:
    times = [1_700_000_000_000 + n // 3 for n in range(4_500)]
    history = [{**FILL, "time": at, "tid": n} for n, at in enumerate(times)]

    def page(asked: Mapping[str, Any]) -> Any:
        end = asked.get("endTime", times[-1])
        return [row for row in reversed(history) if asked["startTime"] <= row["time"] <= end][:2_000]

    found = await Hyperliquid().fills(Answers(page), book(), Look(times[0], times[-1] + 1))
    assert len({fill.id for fill in found}) == 4_500


async def test_orders_are_written_as_the_venue_reads_them() -> None:
    wire = Answers({"order": BATCH, "allMids": {"BTC": "60123.5", "kPEPE": "0.0012345", "@1": "0"}})
    wanted = [request(), request(post_only=True), request(kind="market", side="sell", reduce_only=True, qty=0.0012)]
    first, second, third = await Hyperliquid().create(wire, book(), wanted)
    action = wire.asked[-1]
    assert list(action) == ["type", "orders", "grouping"]
    limit = {"a": 0, "b": True, "p": "60000", "s": "0.001", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    assert [list(each) for each in action["orders"]] == [["a", "b", "p", "s", "r", "t", "c"]] * 3
    assert action["orders"][0] == {**limit, "c": wanted[0].client_id}
    assert action["orders"][1]["t"] == {"limit": {"tif": "Alo"}}
    bound = {**limit, "b": False, "p": "57117", "s": "0.0012", "r": True, "t": {"limit": {"tif": "Ioc"}}}
    assert action["orders"][2] == {**bound, "c": wanted[0].client_id}
    assert first.order is not None
    assert (first.order.id, first.order.qty) == ("77738308", 0.001)
    assert second.order is not None
    assert (second.order.id, second.order.qty) == ("77747314", 0.0), "more than was wanted is not less than nothing"
    assert isinstance(third.error, OrderRejected)
    assert (third.error.reason, "entry_initial_qty_pct" in third.error.line()) == ("min_cost", True)
    partly = Answers({"order": told({"filled": {"totalSz": "0.0004", "avgPx": "1", "oid": 1}})})
    (result,) = await Hyperliquid().create(partly, book(), [request()])
    assert result.order is not None
    assert result.order.qty == pytest.approx(0.0006)


@pytest.mark.parametrize(
    "answer",
    [
        told(),
        told({"resting": {"oid": 1}}),
        {"status": "ok", "response": {"type": "default"}},
        {"status": "maybe", "response": {"data": {"statuses": []}}},
        {},
        None,
    ],
)
async def test_a_batch_whose_answer_does_not_tell_is_unknown(answer: Any) -> None:
    with pytest.raises(OutcomeUnknown):
        await Hyperliquid().create(Answers({"order": answer}), book(), [request(), request()])


async def test_parts_of_a_batch_are_told_apart() -> None:
    odd = told("waitingForFill", {"resting": {}}, {"filled": {"oid": 1}}, {"error": None}, {"error": "What?"}, 7)
    results = await Hyperliquid().create(Answers({"order": odd}), book(), [request()] * 6)
    assert [type(result.error) for result in results] == [OutcomeUnknown] * 4 + [OrderRejected, OutcomeUnknown]
    refused = Answers({"order": told({"error": "Price must be divisible by tick size. asset=0"})})
    results = await Hyperliquid().create(refused, book(), [request()] * 3)
    assert [r.error.reason for r in results if isinstance(r.error, OrderRejected)] == ["tick"] * 3
    cancels = told("success", {"error": GONE}, "perhaps", {"error": None}, kind="cancel")
    wire = Answers({"cancel": cancels})
    told_of = await Hyperliquid().cancel(wire, book(), [resting(str(n)) for n in range(4)])
    assert [type(each.error) for each in told_of] == [type(None), OrderGone, OutcomeUnknown, OutcomeUnknown]
    assert wire.asked[0]["cancels"] == [{"a": 0, "o": n} for n in range(4)]


async def test_what_cannot_be_written_keeps_nothing_else_from_being_sent() -> None:
    one = told({"resting": {"oid": 1}})
    wire = Answers({"order": one, "allMids": {"BTC": "60000"}, "cancel": told("success", kind="cancel")})
    unknown = request(symbol="XRP/USDC:USDC")
    unpriced = request(symbol=ETH, kind="market")
    results = await Hyperliquid().create(wire, book(), [unknown, request(), unpriced])
    assert [type(result.error) for result in results] == [OrderRejected, type(None), OrderRejected]
    assert [each["a"] for each in wire.asked[-1]["orders"]] == [0]
    gone = replace(resting(), symbol="XRP/USDC:USDC")
    assert [type(each.error) for each in await Hyperliquid().cancel(wire, book(), [gone, resting()])] == [
        OrderRejected,
        type(None),
    ]
    asked = len(wire.asked)
    assert (await Hyperliquid().create(wire, book(), [unknown]))[0].error is not None
    assert (await Hyperliquid().cancel(wire, book(), [gone]))[0].error is not None
    assert len(wire.asked) == asked


async def test_leverage_is_cross_unless_the_venue_knows_isolated_only() -> None:
    wire = Answers({"updateLeverage": {"status": "ok", "response": {"type": "default"}}})
    for symbol in (BTC, ETH, PEPE):
        await Hyperliquid().prepare_symbol(wire, book(), symbol, 7)
    assert [(each["asset"], each["isCross"], each["leverage"]) for each in wire.asked] == [
        (0, True, 7),
        (1, False, 3),
        (15, True, 7),
    ]


async def test_accounts_whose_money_lies_elsewhere_are_refused() -> None:
    for mode in ("default", "disabled", "dexAbstraction"):
        assert await Hyperliquid().modes(Answers({"userAbstraction": mode}), book()) == Modes(hedge=False)
    for mode in ("unifiedAccount", "portfolioMargin"):
        with pytest.raises(AccountRefused, match=mode):
            await Hyperliquid().modes(Answers({"userAbstraction": mode}), book())
    for answer in ("", "new", None, {}):
        with pytest.raises(UnreadableAnswer):
            await Hyperliquid().modes(Answers({"userAbstraction": answer}), book())
    with pytest.raises(AccountRefused, match="one position a coin"):
        await Hyperliquid().set_hedge(Answers({}), book(), hedge=True)


def agent(of: str) -> dict[str, Any]:
    return {"role": "agent", "data": {"user": of.upper().replace("0X", "0x")}}


USER, SUB = {"role": "user"}, {"role": "subAccount", "data": {"master": OTHER}}


@pytest.mark.parametrize(
    ("owner", "signer", "is_vault", "trade", "withdraw"),
    [
        (USER, agent(OWNER), False, True, False),
        (USER, None, False, True, True),
        ({"role": "missing"}, None, False, False, True),
        (SUB, agent(OTHER), True, True, False),
        ({"role": "vault"}, agent(OTHER), True, None, False),
        ({"role": "vault"}, USER, True, None, True),
    ],
)
async def test_who_signs_decides_what_a_key_may_do(
    owner: Any, signer: Any, is_vault: bool, trade: bool | None, withdraw: bool
) -> None:
    name = SIGNER if signer else OWNER
    wire = Answers(lambda asked: owner if asked["user"] == OWNER else signer)
    found = await read_key_facts(wire, owner=OWNER, signer=name, is_vault=is_vault)
    assert found == KeyFacts(trade, withdraw, None, OWNER)


@pytest.mark.parametrize(
    ("owner", "signer", "is_vault", "said"),
    [
        (agent(OTHER), agent(OTHER), False, "wallet_address is an API wallet"),
        (USER, agent(OTHER), False, "another account"),
        (USER, USER, False, "another account"),
        (USER, {"role": "missing"}, False, "belongs to no API wallet"),
        (SUB, agent(OTHER), False, "set is_vault to true"),
        (SUB, agent(OWNER), True, "another account"),
        (USER, agent(OWNER), True, "set is_vault to false"),
    ],
)
async def test_a_wallet_that_cannot_trade_for_the_account_is_one_clear_line(
    owner: Any, signer: Any, is_vault: bool, said: str
) -> None:
    wire = Answers(lambda asked: owner if asked["user"] == OWNER else signer)
    with pytest.raises(AccountRefused) as refused:
        await read_key_facts(wire, owner=OWNER, signer=SIGNER, is_vault=is_vault)
    assert said in refused.value.line()


def test_credentials_that_make_no_sense_are_refused_unseen() -> None:
    good = {"walletAddress": OWNER, "privateKey": "ab" * 32}
    check_fields(Account("me", "hyperliquid", "USDC", credentials={k: Secret(v) for k, v in good.items()}))
    for wrong in ({"walletAddress": OWNER[:-1]}, {"privateKey": "canary"}, {"privateKey": "0x" + "g" * 64}):
        keys = {name: Secret(value) for name, value in {**good, **wrong}.items()}
        with pytest.raises(ConfigError, match="hex digits") as caught:
            check_fields(Account("me", "hyperliquid", "USDC", credentials=keys))
        assert next(iter(wrong.values())) not in caught.value.line()


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("Insufficient margin to place order. asset=4", "rejected", "insufficient_margin"),
        ("Order must have minimum value of $10. asset=4", "rejected", "min_cost"),
        ("Post only order would have immediately matched, bbo was 1@2. asset=0", "rejected", "post_only"),
        ("Too many cumulative requests sent (37986 > 10436) for cumulative volume traded $437.92.", "limited", ""),
        ("User or API Wallet 0xb8a6f8b26223de27c31938d56e470a5b832703a5 does not exist.", "refused", ""),
        ("L1 error: User or API Wallet 0xb8 does not exist.", "refused", ""),
        ("Must deposit before performing actions. User: 0xb8", "refused", ""),
        ("Invalid nonce: duplicate nonce 1755", "skew", ""),
        ("Cannot switch leverage type with open position.", "refused", ""),
        (
            "Cross position does not have sufficient margin available to decrease leverage. Deposit more.",
            "rejected",
            "leverage",
        ),
        (GONE, "gone", ""),
    ],
)
def test_texts_have_meanings(text: str, kind: str, reason: str) -> None:
    meaning = MEANINGS[code_of(text)]
    assert (meaning.kind, meaning.reason) == (kind, reason)
    assert code_of(f"something else than {reason}") == ""


@given(st.floats(1e-5, 2e5), st.sampled_from(["buy", "sell"]))
def test_prices_have_five_digits_and_lie_away_from_the_market(price: float, side: Any) -> None:
    made = in_digits(price, side, 5)
    assert float(f"{made:.4e}") == pytest.approx(made, rel=1e-12)
    assert abs(made - price) <= price * 1.0001e-4
    assert (made >= price * (1 - 1e-8)) if side == "sell" else (made <= price * (1 + 1e-8))
    assert in_digits(made, side, 5) == made, "what fits stays"


def test_prices_of_coins_are_read_by_their_capital_names() -> None:
    told_prices = {"kPEPE": "0.5", "BTC": "60000.5", "@12": "x", "PURR/USDC": None, "ETH": "0", "SOL": "NaN"}
    assert mids_of(told_prices) == {"KPEPE": 0.5, "BTC": 60_000.5}
    with pytest.raises(UnreadableAnswer):
        mids_of([])


def test_every_word_for_an_order_that_has_ended_is_known_and_no_other_is_believed() -> None:
    b = book()
    told = [row["status"] for row in cassette("historical_orders")]
    assert set(told) >= {"canceled", "iocCancelRejected"}
    for word in (*told, "filled", "marginCanceled", "scheduledCancel", "badAloPxRejected"):
        assert fate_of({**FATE, "order": {**FATE["order"], "status": word}}, CLOID, b) == "done", word
    assert fate_of({**FATE, "order": {**FATE["order"], "status": "open"}}, CLOID, b) == "resting"
    assert b.client_id("3991946565") == CLOID
    assert fate_of({"status": "unknownOid"}, CLOID, b) == "absent"
    for spoiled in (
        {**FATE, "order": {**FATE["order"], "status": "pondering"}},
        {**FATE, "order": {**FATE["order"], "order": ORDER}},
        {"status": "lost"},
    ):
        with pytest.raises(UnreadableAnswer):
            fate_of(spoiled, CLOID, b)
