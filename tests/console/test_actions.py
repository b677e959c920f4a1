"""The registry: every action is reachable, classified, handled, explained; no two share a key on a screen."""

from __future__ import annotations

from collections import Counter

import pytest

from pbtui.console.actions import ACTIONS, BY_ID, EVERYWHERE, ConsoleAction, Danger, Place, actions_of, key_label
from pbtui.console.app import ConsoleApp
from pbtui.console.availability import CONDITIONS, why_not
from pbtui.console.dialogs.help import RITUALS, help_rows
from pbtui.console.dialogs.palette import found_rows
from pbtui.console.footer import MOST_HINTS, footer_line, hints
from pbtui.console.screens.base import bindings_of
from pbtui.console.state import ViewState
from pbtui.console.text import line_width

from .sample import ScriptedLink, snapshot, starting

# What the terminal or tmux keeps for itself, and flow control.
TAKEN = {"ctrl+b", "ctrl+a", "ctrl+s", "ctrl+q", "ctrl+z", *(f"f{n}" for n in range(1, 13))}


def state_of(**changes: object) -> ViewState:
    state = ViewState()
    state.take(snapshot())
    for name, value in changes.items():
        setattr(state, name, value)
    return state


@pytest.mark.parametrize("place", sorted(EVERYWHERE))
def test_no_two_actions_of_a_screen_share_a_key(place: Place) -> None:
    keys = Counter(key for action in actions_of(place) for key in action.keys)
    assert [key for key, count in keys.items() if count > 1] == []


def test_ids_are_unique_and_every_action_has_keys_and_words() -> None:
    assert len(BY_ID) == len(ACTIONS)
    for action in ACTIONS:
        assert action.keys, action.id
        assert action.verb, action.id
        assert len(action.help) > 3, action.id
        assert not set(action.keys) & TAKEN, action.id
        assert set(action.needs) <= set(CONDITIONS), action.id


def test_every_action_is_handled_once() -> None:
    app = ConsoleApp(ScriptedLink())
    looks, acts = set(app._look.handlers), set(app._operate.handlers)
    assert not looks & acts
    assert looks | acts == set(BY_ID)


def test_everything_dangerous_acts_and_what_acts_is_dangerous() -> None:
    for action in ACTIONS:
        assert (action.danger > Danger.VIEW) == action.acts, action.id
    assert {action.id for action in ACTIONS if action.danger is Danger.COSTS} == {"mode.panic"}
    assert {action.id for action in ACTIONS if action.danger is Danger.ACCOUNT} == {"panic.all"}
    orders = {action.id for action in ACTIONS if action.danger is Danger.ORDERS}
    assert orders == {"mode.normal", "mode.tp_only", "mode.manual", "mode.config", "bot.reload"}


@pytest.mark.parametrize("place", sorted(EVERYWHERE))
def test_help_and_bindings_know_every_action_of_a_screen(place: Place) -> None:
    state = state_of(place=place)
    shown = {str(row.key) for row in help_rows(state)}
    bound = {binding.key for binding in bindings_of(place)}
    for action in actions_of(place):
        assert action.id in shown
        assert set(action.keys) <= bound


def test_the_palette_knows_every_action_but_single_steps() -> None:
    shown = {row.key for row in found_rows(state_of(), "")}
    assert shown == {action.id for action in ACTIONS if not action.id.startswith("cursor.")}


def test_the_palette_finds_by_words_and_tells_why_not() -> None:
    rows = found_rows(state_of(role="viewer"), "panic")
    assert rows[0].key == "mode.panic"
    assert "another console has the controls" in rows[0].cells[2][0][0]
    assert found_rows(state_of(), "no such thing") == []
    assert found_rows(state_of(), "^l")[0].key == "redraw"


@pytest.mark.parametrize("action", [a for a in ACTIONS if a.acts], ids=lambda a: a.id)
def test_acting_is_refused_with_a_reason(action: ConsoleAction) -> None:
    ended = snapshot(health=snapshot().health.__class__("stopped"))
    assert "another console" in why_not(action, state_of(role="viewer"))
    assert "read-only" in why_not(action, state_of(locked=True))
    assert "bot is gone" in why_not(action, state_of(link_ended="lost"))
    assert "has stopped" in why_not(action, state_of(snapshot=ended))
    assert "nothing is known" in why_not(action, ViewState())


def test_help_fits_its_column_at_80_columns() -> None:
    for action in ACTIONS:
        assert len(action.help + RITUALS[action.danger]) <= 48, action.id
        assert len(action.verb) <= 14, action.id


def test_rituals_are_named_in_help() -> None:
    assert set(RITUALS) == set(Danger)


@pytest.mark.parametrize("place", sorted(EVERYWHERE))
@pytest.mark.parametrize("panel", ["positions", "orders", "modes", "chart", "events"])
@pytest.mark.parametrize("room", [40, 60, 80, 120, 200])
def test_the_footer_shows_at_most_eight_hints_that_work_and_always_help(place: str, panel: str, room: int) -> None:
    for state in (state_of(place=place, panel=panel), ViewState(place=place, panel=panel)):
        found = hints(state)
        assert len(found) <= MOST_HINTS
        assert all(not why_not(action, state) for action in found)
        line, places = footer_line(found, room)
        assert line_width(line) <= room + 1
        text = "".join(part for part, _ in line)
        assert "? help" in text
        for left, right, action_id in places:
            assert text[left:right] == f"{key_label(BY_ID[action_id].keys[0])} {BY_ID[action_id].verb}"


def test_nothing_can_be_acted_on_while_there_are_no_rows() -> None:
    state = ViewState()
    state.take(starting())
    assert why_not(BY_ID["mode.normal"], state) == "no coin on this row"
    assert why_not(BY_ID["select.all"], state) == "no rows yet"
    assert why_not(BY_ID["optimize.run"], state) == "only on the Optimize screen (3)"
    assert why_not(BY_ID["pareto.write"], state) == "only on the Pareto screen (4)"
