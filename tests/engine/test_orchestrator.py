"""The decision step from Python: the worked example, refusals, and documents of any kind."""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbtui.engine import EngineError, OrchestratorError, compute_ideal_orders_json, decode_plan
from pbtui.engine.orchestrator import LossGateBlock, PlanWarning, wallet_exposure_limit

EXAMPLE = Path(__file__).with_name("worked_example.json")


@cache
def example() -> str:
    """The example as text, with the parameter sets put in place of @L and @S."""
    parts = json.loads(EXAMPLE.read_text())
    short = parts["long"] | parts["short_differs"]
    text = json.dumps({"input": parts["input"], "output": parts["output"]})
    return text.replace('"@L"', json.dumps(parts["long"])).replace('"@S"', json.dumps(short))


def worked_input() -> dict[str, Any]:
    return json.loads(example())["input"]


def worked_output() -> str:
    return json.dumps(json.loads(example())["output"], separators=(",", ":"))


def refusal(text: str) -> OrchestratorError:
    with pytest.raises(OrchestratorError) as caught:
        compute_ideal_orders_json(text)
    return caught.value


def test_the_worked_example_to_the_letter() -> None:
    assert compute_ideal_orders_json(json.dumps(worked_input())) == worked_output()


def test_the_answer_decodes_by_symbol() -> None:
    plan = decode_plan(worked_output(), ["A", "B", "C", "D"])
    assert [len(plan.orders[symbol]) for symbol in "ABCD"] == [5, 4, 6, 0]
    first = plan.orders["A"][0]
    assert (first.pside, first.qty, first.price, first.order_type) == ("long", -2.4, 10.0, "close_unstuck_long")
    assert plan.warnings == [PlanWarning("disabled_pside_has_position", "C", "short")]
    assert plan.loss_gate_blocks == [
        LossGateBlock(
            "B", "long", "close_auto_reduce_wel_long", -7.4, 8.0,
            -11.100000000000001, 990.0, 978.9, 1010.0, 979.6999999999999, 0.03,
        )
    ]  # fmt: skip


def test_numbers_that_are_none_decode_as_nan() -> None:
    text = worked_output().replace('"qty":-2.4', '"qty":null')
    (order, *_) = decode_plan(text, list("ABCD")).orders["A"]
    assert order.qty != order.qty


def test_a_missing_average_names_its_symbol() -> None:
    document = worked_input()
    document["symbols"][1]["emas"]["m1"]["close"] = []
    error = refusal(json.dumps(document))
    assert isinstance(error, ValueError)
    assert isinstance(error, EngineError)
    assert str(error) == "orchestrator compute_ideal_orders failed: MissingEma { symbol_idx: 1 }"
    assert (error.stage, error.kind, error.symbol_idx, error.field, error.pos) == (
        "compute",
        "MissingEma",
        1,
        None,
        None,
    )


def test_other_states_that_are_refused() -> None:
    document = worked_input()
    document["symbols"][2]["order_book"]["ask"] = 0.0
    assert "InvalidOrderBook { symbol_idx: 2 }" in str(refusal(json.dumps(document)))
    document = worked_input()
    document["symbols"][2]["symbol_idx"] = 7
    error = refusal(json.dumps(document))
    assert "NonContiguousSymbolIdx { pos: 2, symbol_idx: 7 }" in str(error)
    assert (error.pos, error.symbol_idx) == (2, 7)
    document = worked_input()
    document["symbols"][0]["emas"]["h1"]["log_range"] = [[72.0, -1.0]]
    error = refusal(json.dumps(document))
    assert 'field: "entry_volatility_logrange_ema_1h", symbol_idx: Some(0) }' in str(error)
    assert error.field == "entry_volatility_logrange_ema_1h"


@pytest.mark.parametrize(
    ("text", "kind", "field"),
    [
        ("", "syntax", None),
        ("{}", "missing_field", "balance"),
        ('{"balanse": 1}', "unknown_field", "balanse"),
        ('{"balance": 1, "balance": 1}', "duplicate_field", "balance"),
        ('{"balance": "1"}', "invalid_type", None),
        ('{"balance": 1e400}', "number_out_of_range", None),
        ("[" * 100_000, "invalid_type", None),
        ('{"balance": ' + "9" * 100_000 + "}", "number_out_of_range", None),
        ('{"' + "x" * 1_000_000 + '": 1}', "unknown_field", "x" * 1_000_000),
        ("\udc80", "syntax", None),
        ("\x00", "syntax", None),
    ],
)
def test_documents_that_are_refused(text: str, kind: str, field: str | None) -> None:
    error = refusal(text)
    assert (error.stage, error.kind, error.field) == ("parse", kind, field)
    assert str(error).startswith("failed to parse OrchestratorInput JSON: ")


def test_what_is_not_text_is_refused() -> None:
    for value in (None, 1, b"{}", {}):
        with pytest.raises(TypeError):
            compute_ideal_orders_json(value)  # pyright: ignore[reportArgumentType]


def test_no_symbols_no_orders() -> None:
    document = worked_input() | {"symbols": []}
    answer = compute_ideal_orders_json(json.dumps(document))
    assert answer == '{"orders":[],"diagnostics":{"warnings":[],"loss_gate_blocks":[]}}'


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, item in items for inner in paths(item, (*path, key)))]


PLACES = paths(worked_input())[1:]
replacements = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.0, -0.0, 1e-300, 1e300, 1.7976931348623157e308, -1.0]),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.floats(-10, 10), max_size=4),
)


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), replacements), min_size=1, max_size=4))
def test_any_damage_gives_an_answer_or_a_typed_refusal(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    document: Any = worked_input()
    for (*parents, last), value in changes:
        target = document
        for key in parents:
            target = target[key] if isinstance(target, (dict, list)) and paths_has(target, key) else None
        if isinstance(target, (dict, list)) and paths_has(target, last):
            target[last] = value
    assert outcome(json.dumps(document)) in {"answered", "refused"}


def outcome(text: str) -> str:
    try:
        answer = json.loads(compute_ideal_orders_json(text))
    except OrchestratorError as error:
        return "refused" if error.kind and str(error) else "refused without a reason"
    return "answered" if answer.keys() == {"orders", "diagnostics"} else "answered something else"


def paths_has(target: Any, key: str | int) -> bool:
    return key in target if isinstance(target, dict) else isinstance(key, int) and key < len(target)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    assert refusal(text).stage == "parse"


def test_decisions_of_several_threads_do_not_mix() -> None:
    text, wanted = json.dumps(worked_input()), worked_output()
    empty = json.dumps(worked_input() | {"symbols": []})
    wrong: list[str] = []

    def work() -> None:
        for _ in range(200):
            compute_ideal_orders_json(empty)
            if (answer := compute_ideal_orders_json(text)) != wanted:
                wrong.append(answer)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_exposure_limit_of_one_position() -> None:
    assert wallet_exposure_limit(1.7, 3) == 1.7 / 3
    assert wallet_exposure_limit(1.7, 2.5) == 1.7 / 3
    assert wallet_exposure_limit(1.7, 3, 0.2) == 0.2
    assert wallet_exposure_limit(1.5, 3, 0.0) == 0.5
    assert wallet_exposure_limit(1.5, 0) == 0.0
