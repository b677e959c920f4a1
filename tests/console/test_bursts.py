"""Keys faster than a hand: pastes that the terminal does not mark, and key storms."""

from __future__ import annotations

import time

from pbtui.console.dialogs.base import Dialog
from pbtui.console.screens.live import LiveScreen
from pbtui.console.tty.burst import FAST, FLOOD, QUIET_S, ROOM, WINDOW_S, Burst, KeyGate
from pbtui.core.actions import Target

from .sample import symbol_of
from .support import desk

STORM = 400


def test_a_hand_and_a_repeating_key_are_no_burst() -> None:
    burst = Burst()
    for number in range(60):
        burst.key(number / 40)
        assert not burst.fast(number / 40)
        assert not burst.flood(number / 40)


def test_a_flood_is_dropped_until_it_pauses_and_no_hand_ever_is() -> None:
    gate = KeyGate()
    assert all(gate.passes(number / 60) for number in range(6_000))
    flood = [gate.passes(100.0 + number / 50_000) for number in range(100_000)]
    assert sum(flood) <= ROOM + 10
    assert not any(flood[ROOM + 10 :])
    assert not gate.passes(102.1)
    assert gate.passes(102.1 + 1.1 * QUIET_S)


def test_a_few_keys_at_once_are_fast_and_many_are_a_flood() -> None:
    burst = Burst()
    seen = []
    for _ in range(FLOOD):
        burst.key(5.0)
        seen.append((burst.fast(5.0), burst.flood(5.0)))
    assert seen.index((True, False)) == FAST - 1
    assert seen.index((True, True)) == FLOOD - 1
    assert not burst.fast(5.001 + WINDOW_S)


async def test_a_pasted_panic_confirms_nothing() -> None:
    async with desk() as d:
        await d.pilot.press("p", *"SOL", "enter", "P", *"PANIC", "enter", "y", "t", "y")
        await d.settle()
        assert d.link.actions == []


async def test_a_storm_is_cheap_and_leaves_at_most_one_dialog() -> None:
    async with desk() as d:
        began = time.process_time()
        for _ in range(STORM):
            d.app.post_message(_key("t"))
            d.app.post_message(_key("n"))
        await d.settle()
        assert time.process_time() - began < 4.0
        assert sum(isinstance(screen, Dialog) for screen in d.app.screen_stack) <= 1
        assert d.link.actions == []
        await d.press("escape")
        assert isinstance(d.app.screen, LiveScreen)
        await d.press("g")
        assert [action.targets for action in d.link.actions] == [(Target(symbol_of("SOL"), "long"),)]


def _key(name: str) -> object:
    from textual.events import Key

    return Key(name, name)
