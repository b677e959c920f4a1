from __future__ import annotations

import dataclasses
import math

import pytest
from bots import HEAD
from hypothesis import given
from hypothesis import strategies as st

from pbtui.core import actions, snapshot
from pbtui.core.types import Mode
from pbtui.link import wire

TEXT = st.text(max_size=20)
NUMBER = st.floats(width=64)
TARGETS = st.lists(st.builds(actions.Target, TEXT, st.sampled_from(["long", "short"])), max_size=3).map(tuple)
EVENTS = st.builds(
    snapshot.EventRow, st.integers(0, 2**45), st.integers(0, 3), TEXT, TEXT, TEXT, st.integers(0, 2**40), st.booleans()
)
MONEY = st.builds(snapshot.Money, NUMBER, NUMBER, NUMBER, NUMBER)
VALUES = st.one_of(
    st.builds(actions.SetMode, TARGETS, st.none() | st.sampled_from(Mode), TEXT, TEXT),
    st.builds(actions.StopBot, st.sampled_from(["keep", "cancel_entries", "cancel_all"])),
    st.builds(actions.ActionResult, st.booleans(), TEXT),
    st.builds(actions.ChartQuery, TEXT, st.sampled_from(["1m", "15m", "1h"]), st.integers(1, 5000)),
    st.builds(
        snapshot.Snapshot,
        seq=st.integers(0, 2**40),
        wall_ms=st.integers(0, 2**45),
        market_ms=st.integers(0, 2**45),
        account=st.just(HEAD),
        money=MONEY,
        events=st.lists(EVENTS, max_size=3).map(tuple),
        warnings=st.lists(TEXT, max_size=2).map(tuple),
    ),
    st.builds(snapshot.PanicPreview, st.just(()), st.integers(0, 99), NUMBER, NUMBER, NUMBER),
    st.builds(actions.CoinQuery, TEXT, st.sampled_from(["long", "short"]), st.integers(0, 999)),
    st.builds(
        snapshot.CoinFacts,
        TEXT,
        st.sampled_from(["long", "short"]),
        st.lists(st.builds(snapshot.ParamRow, TEXT, TEXT, TEXT, st.booleans()), max_size=3).map(tuple),
        st.lists(
            st.builds(snapshot.FillRow, TEXT, st.integers(0, 2**45), TEXT, NUMBER, NUMBER, NUMBER, NUMBER), max_size=2
        ).map(tuple),
        reasons=st.lists(
            st.builds(
                snapshot.ReasonRow,
                st.sampled_from(["long", "short"]),
                st.sampled_from(["entry", "close"]),
                TEXT,
                st.sampled_from(["makes", "keeps", "tells"]),
                st.dictionaries(TEXT, st.floats(allow_nan=False), max_size=3),
                st.integers(0, 500),
                TEXT,
                NUMBER,
                NUMBER,
                TEXT,
            ),
            max_size=2,
        ).map(tuple),
    ),
    st.builds(snapshot.ModeEffect, st.lists(TEXT, max_size=3).map(tuple), st.booleans()),
)


def same(left: object, right: object) -> bool:
    """Equality in which NaN equals NaN and an int may come back as the float it was declared to be."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or (math.isnan(left) and math.isnan(right))
    if dataclasses.is_dataclass(left) and type(left) is type(right):
        fields = dataclasses.fields(left)
        return all(same(getattr(left, f.name), getattr(right, f.name)) for f in fields)
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right


@given(VALUES, st.integers(0, 2**40))
def test_every_value_comes_back_as_it_was(value: object, number: int) -> None:
    frame = wire.encode(value, number)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    message = wire.decode(frame[4:])
    assert message.number == number
    assert same(value, message.value)


def test_every_action_and_query_can_travel() -> None:
    for kind in (*actions.Action.__args__, *actions.Query.__args__):
        assert wire._TYPES[kind.__name__] is kind


@given(st.binary(max_size=300))
def test_garbage_is_a_bad_message_and_nothing_else(body: bytes) -> None:
    try:
        message = wire.decode(body)
    except wire.BadMessage:
        return
    assert type(message.value).__name__ in wire._TYPES


@given(st.data())
def test_a_damaged_message_is_bad_or_still_well_typed(data: st.DataObject) -> None:
    action = actions.SetMode((actions.Target("BTC/USDT:USDT", "long"),), Mode.PANIC, confirm="BTC")
    body = bytearray(wire.encode(action, 7)[4:])
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        value = wire.decode(bytes(body)).value
    except wire.BadMessage:
        return
    if isinstance(value, actions.SetMode):
        assert value.mode is None or isinstance(value.mode, Mode)
        assert all(target.pside in {"long", "short"} for target in value.targets)


def test_a_foreign_type_is_not_sent() -> None:
    with pytest.raises(KeyError):
        wire.encode({"a": 1})
