"""Reasons from the engine: the worked example, all orchestrator vectors, selection and sending."""

from __future__ import annotations

import gzip
import json
import math
from collections import Counter
from typing import Any

import pytest

from pbtui import engine
from pbtui.core.types import FLAT, Position
from pbtui.engine import IdealOrder, OrchestratorError
from pbtui.engine.selection import CoinFeature, select_coin_indices
from pbtui.engine.why import (
    Reason,
    SideReasons,
    explain,
    explain_selection,
    explain_sending,
    reason,
    reason_kinds,
)
from tests.engine.test_orchestrator import worked_input
from tests.vectors.support import vectors_dir

# What only the live loop can say: it chooses coins, waits for data, and sends.
SAID_ELSEWHERE = {
    "too_far_to_send", "sent_once", "averages_unknown", "no_price", "not_approved", "not_eligible", "too_young",
    "other_side_held", "not_planned", "plan_rejected", "entries_blocked", "creations_paused", "crowded_out",
}  # fmt: skip


def codes(found: list[Reason]) -> list[str]:
    return [one.code for one in found]


def worked(symbol_idx: int) -> dict[str, SideReasons]:
    return dict(explain(json.dumps(worked_input()), symbol_idx).items())


def test_the_worked_example_says_what_its_text_says() -> None:
    stuck = worked(0)["long"]
    assert codes(stuck.entries) == ["entry_grid_cropped", "position_full"]
    assert stuck.entries[0].rung == 1
    assert (stuck.entries[0].order_type, stuck.entries[0].price) == ("entry_grid_cropped_long", 9.81)
    assert codes(stuck.closes)[:4] == ["close_unstuck", "close_grid", "close_grid", "close_grid"]
    cut = next(one for one in stuck.closes if one.code == "close_beyond_position")
    assert cut.numbers == pytest.approx({"was": 11.4, "left": 9.0})

    over = worked(1)["long"]
    assert codes(over.entries) == ["mode_tp_only"]
    gate = next(one for one in over.closes if one.code == "loss_gate")
    assert (gate.order_type, gate.qty) == ("close_auto_reduce_wel_long", -7.4)
    assert gate.numbers == pytest.approx({"projected_pnl": -11.1, "balance_after": 978.9, "floor": 979.7})

    chosen = worked(2)
    first = chosen["long"].entries[0]
    assert (first.code, first.effect, first.price) == ("entry_initial", "makes", 100.0)
    assert first.numbers["band_price"] == 100.2
    last = next(one for one in chosen["long"].entries if one.code == "total_exposure_cut")
    assert last.numbers == pytest.approx({"was": 2.09, "left": 1.1, "limit": 1.5})
    assert codes(chosen["long"].closes) == ["not_held"]
    assert codes(chosen["short"].entries) == codes(chosen["short"].closes) == ["side_off"]

    unchosen = worked(3)["long"]
    assert codes(unchosen.entries) == ["no_slot"]
    assert unchosen.entries[0].numbers == {"slots": 3.0, "taken": 3.0}


def complete(found: list[Reason], orders: list[dict[str, Any]]) -> bool:
    made = [(one.order_type, one.qty, one.price) for one in found if one.effect == "makes"]
    wanted = [(order["order_type"], order["qty"], order["price"]) for order in orders]
    # What keeps an unstuck close away keeps no other.
    kept = any(one.effect == "keeps" and not one.code.startswith("unstuck") for one in found)
    return sorted(made) == sorted(wanted) and (bool(wanted) or kept)


def test_every_order_of_the_vectors_is_told_and_every_absence_too() -> None:
    said: Counter[str] = Counter()
    with gzip.open(vectors_dir() / "orchestrator.jsonl.gz", "rt") as lines:
        rows = [row for row in map(json.loads, lines) if row.get("out")]
    for number, row in enumerate(rows):
        text, symbols = json.dumps(row["in"]), row["in"]["symbols"]
        if not symbols:
            continue
        answer = json.loads(engine.compute_ideal_orders_json(text))["orders"]
        symbol = number % len(symbols)
        told = explain(text, symbol)
        for pside in ("long", "short"):
            own = [order for order in answer if (order["symbol_idx"], order["pside"]) == (symbol, pside)]
            closes = [order for order in own if order["order_type"].startswith("close")]
            entries = [order for order in own if order not in closes]
            assert complete(told[pside].entries, entries), (number, symbol, pside, told[pside].entries)
            assert complete(told[pside].closes, closes), (number, symbol, pside, told[pside].closes)
            said.update(codes(told[pside].entries) + codes(told[pside].closes))
    assert len(rows) > 100
    never = set(reason_kinds()) - set(said) - SAID_ELSEWHERE
    assert len(never) <= 6, never


def test_documents_are_refused_as_the_decision_refuses_them() -> None:
    document = worked_input()
    document["symbols"][0]["emas"]["m1"]["close"] = []
    with pytest.raises(OrchestratorError) as caught:
        explain(json.dumps(document), 1)
    assert (caught.value.stage, caught.value.kind) == ("compute", "MissingEma")


def test_reasons_of_others_must_be_declared_ones() -> None:
    assert reason("too_young", least_days=7.0).numbers == {"least_days": 7.0}
    with pytest.raises(KeyError):
        reason("bad_weather")
    with pytest.raises(KeyError):
        reason("too_young")


def test_coins_that_are_not_chosen_say_how_they_ranked() -> None:
    features = [CoinFeature(i, i != 5, float(10 - i), [3.0, 9.0, 1.0, 2.0, 8.0, 7.0][i]) for i in range(6)]
    chosen = select_coin_indices(features, 2, 0.2, 0.25)
    told = explain_selection(features, 2, 0.2, 0.25)
    assert chosen == [0, 3]
    assert {index: one.code for index, one in told.items()} == {4: "volume_rank", 1: "volatility_rank", 2: "outranked"}
    assert told[4].numbers == {"rank": 5.0, "coins": 5.0, "kept": 4.0}
    assert told[1].numbers == {"rank": 1.0, "coins": 4.0, "dropped": 1.0}
    assert told[2].numbers == {"rank": 3.0, "slots": 2.0}


def test_orders_that_are_not_sent_yet_say_how_far_they_are() -> None:
    far = IdealOrder("long", 1.0, 80.0, "entry_initial_normal_long")
    near = IdealOrder("long", 1.0, 99.9, "entry_initial_normal_long")
    rules = {"price_distance_threshold": 0.002, "market_orders_allowed": False}
    (told,) = explain_sending([far, near, near], 100.0, FLAT, Position(0.0, 0.0), **rules)[:1]
    assert (told.code, told.price) == ("sent_once", 99.9)
    told = explain_sending([far, near], 100.0, FLAT, FLAT, **rules)[0]
    assert (told.code, told.order_type, told.price) == ("too_far_to_send", "entry_initial_normal_long", 80.0)
    assert math.isclose(told.numbers["distance_pct"], 0.2)
