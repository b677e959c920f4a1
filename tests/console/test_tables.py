"""Tables: columns drop in order and never cut numbers; filters, sorting, differences."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbtui.console.state import Sort, ViewState
from pbtui.console.tables import events, modes, orders, positions
from pbtui.console.tables.select import matches
from pbtui.console.text import line_width
from pbtui.console.widgets.columns import GAP, Row, cell, layout, natural_widths, place
from pbtui.core.snapshot import EventRow

from .sample import snapshot


def text_of(row: Row) -> list[str]:
    return ["".join(text for text, _ in content) for content in row.cells]


@given(st.integers(10, 250))
def test_numbers_are_whole_or_not_shown(room: int) -> None:
    rows = positions.rows(snapshot().positions, "", Sort())
    widths = natural_widths(positions.COLUMNS, rows)
    given = layout(positions.COLUMNS, widths, room)
    assert sum(wide for _, wide in given) + GAP * (len(given) - 1) <= room or len(given) == 1
    for index, wide in given:
        assert wide == widths[index] or positions.COLUMNS[index].least


def test_columns_drop_in_a_fixed_order() -> None:
    rows = positions.rows(snapshot().positions, "", Sort())
    widths = natural_widths(positions.COLUMNS, rows)
    gone: list[str] = []
    for room in range(140, 20, -1):
        shown = {positions.COLUMNS[index].id for index, _ in layout(positions.COLUMNS, widths, room)}
        gone += [column.id for column in positions.COLUMNS if column.id not in shown and column.id not in gone]
    assert gone[:5] == ["bar", "kind", "entry", "next", "mark"]
    assert not {"coin", "side", "upnl"} & set(gone)


def test_places_pad_on_their_side_and_cut_words_only_with_an_ellipsis() -> None:
    assert place(cell("1.5"), 5, ">") == (("  ", "text"), ("1.5", "text"))
    assert place(cell("entry_grid_normal"), 8, "<") == (("entry_g…", "text"),)
    assert line_width(place((("ab", "up"), ("cdef", "down")), 4, "<")) == 4


def test_a_position_row_says_everything() -> None:
    row = positions.make_row(snapshot().positions[2])
    assert text_of(row) == [
        "XRP", "L", "norm", "310", "2.4410", "2.2010", "-9.83%", "▼-74.40", "0.75/0.75", "████████",
        "unstuck", "2.2032", "+0.10%",
        "stuck",
    ]  # fmt: skip
    danger = replace(snapshot().positions[0], danger=True, flags=("off",))
    assert text_of(positions.make_row(danger))[-1] == "OFF"


def test_held_positions_come_first_and_sorting_is_by_any_column() -> None:
    found = snapshot().positions
    assert [row.coin for row in positions.chosen(found, "", Sort())][-1] == "DOGE"
    by_gain = [row.coin for row in positions.chosen(found, "", Sort("upnl"))]
    assert by_gain == ["XRP", "ETH", "DOGE", "SOL", "BTC"]
    assert [row.coin for row in positions.chosen(found, "", Sort("upnl", True))] == by_gain[::-1]
    for column in positions.SORTABLE:
        assert len(positions.chosen(found, "", Sort(column))) == len(found)


@pytest.mark.parametrize(
    ("wanted", "coins"),
    [
        ("", "SOL ETH XRP BTC DOGE"),
        ("sol", "SOL"),
        ("!sol", "ETH XRP BTC DOGE"),
        ("side:short", "BTC"),
        ("mode:normal !xrp side:long", "SOL DOGE"),
        ("flags:stuck", "XRP"),
        ("nothing like it", ""),
    ],
)
def test_filters(wanted: str, coins: str) -> None:
    assert [row.coin for row in positions.chosen(snapshot().positions, wanted, Sort())] == coins.split()


@given(st.text(max_size=30))
def test_any_filter_is_understood(wanted: str) -> None:
    matches({"coin": "SOL", "side": "long"}, wanted)


def test_a_filter_takes_letters_in_their_order() -> None:
    row = {"coin": "DOGE", "flags": "unstuck armed"}
    assert all(matches(row, wanted) for wanted in ("~dge", "flags:~nsk", "~"))
    assert not any(matches(row, wanted) for wanted in ("~egd", "coin:~dgea", "!~dge"))


def test_orders_show_the_difference_between_wanted_and_resting() -> None:
    rows = [text_of(row) for row in orders.rows(snapshot().orders, "coin:sol", Sort(), snapshot().market_ms)]
    assert [row[0] for row in rows] == [" ", " ", "-", "+", " ", "f"]
    assert rows[2][4:] == ["entry_grid_normal", "145.900", "2.3", "-2.51%", "1h", "…91c0"]
    assert rows[3][8:] == ["new", ""]
    assert orders.difference(snapshot().orders) == "+1 -1 1 foreign"
    assert orders.difference(snapshot().orders[:2]) == ""
    assert len({row.key for row in orders.rows(snapshot().orders, "", Sort("price"), 0)}) == len(snapshot().orders)


def test_modes_set_by_hand_come_first_and_say_what_they_stop() -> None:
    rows = [text_of(row) for row in modes.rows(snapshot().modes, "", Sort())]
    assert rows[0] == ["ETH", "L", "norm", "gs*", "new positions", "operator", "14 May 11:57Z"]
    assert rows[1][3:] == ["norm", "nothing", "config", ""]


@pytest.mark.parametrize(("level", "count"), [(0, 2), (1, 6), (2, 7), (3, 8)])
def test_events_are_filtered_by_level(level: int, count: int) -> None:
    assert len(events.rows(snapshot().events, level)) == count


def test_an_error_is_an_error_without_colour_too() -> None:
    row = events.make_row(EventRow(1, 0, "reject", "XRP/USDT:USDT", "no", 1, True), full=True)
    assert text_of(row)[1:] == ["error", "!reject", "XRP", "no"]


def test_state_keeps_new_events_once_and_survives_a_restart_of_the_bot() -> None:
    state = ViewState()
    state.take(snapshot())
    state.take(snapshot(2))
    assert len(state.events) == 8
    again = (EventRow(5, 1, "start", "", "again", 1),)
    state.take(snapshot(3, events=again))
    assert [event.text for event in state.events][-1] == "again"


def test_choices_of_coins_that_are_gone_are_forgotten() -> None:
    state = ViewState()
    state.take(snapshot())
    state.select_all(state.known())
    assert len(state.targets()) == 5
    state.take(snapshot(2, positions=snapshot().positions[1:2], modes=(), orders=()))
    assert [target.symbol for target in state.targets()] == ["ETH/USDT:USDT"]
    assert state.current == ("ETH/USDT:USDT", "long")
