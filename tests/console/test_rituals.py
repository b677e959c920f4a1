"""Keys that change the bot: what is posted, what is asked first, what is refused and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.console.dialogs.confirm import ConfirmDialog
from pbtui.console.dialogs.panic import CountdownDialog, PanicDialog
from pbtui.console.screens.live import LiveScreen
from pbtui.core.actions import (
    ActionResult,
    ModeQuery,
    PanicAll,
    PanicQuery,
    PauseCreations,
    ReloadConfig,
    SetMode,
    SetReplaySpeed,
    Target,
)
from pbtui.core.snapshot import ReloadPreview
from pbtui.core.types import Mode

from .sample import snapshot, symbol_of
from .support import desk

SOL = Target(symbol_of("SOL"), "long")
ETH = Target(symbol_of("ETH"), "long")


async def test_graceful_from_normal_applies_at_once_and_can_be_undone_for_ten_seconds() -> None:
    async with desk() as d:
        await d.press("g")
        assert d.link.actions == [SetMode((SOL,), Mode.GRACEFUL_STOP)]
        assert "u undo (10 s)" in d.message
        await d.clock.advance(8)
        await d.press("u")
        assert d.link.actions[1:] == [SetMode((SOL,), None)]
        await d.press("u")
        assert len(d.link.actions) == 2
        assert "nothing to take back" in d.message


async def test_undo_is_over_after_ten_seconds() -> None:
    async with desk() as d:
        await d.press("g")
        await d.clock.advance(10)
        await d.press("u")
        assert len(d.link.actions) == 1


@pytest.mark.parametrize(
    ("key", "mode"),
    [("n", Mode.NORMAL), ("t", Mode.TP_ONLY), ("m", Mode.MANUAL), ("c", None)],
)
async def test_other_modes_ask_first_and_take_y_but_never_enter(key: str, mode: Mode | None) -> None:
    async with desk() as d:
        await d.press("down", key)
        assert isinstance(d.app.screen, ConfirmDialog)
        assert ModeQuery((ETH,), mode) in d.link.queries
        assert "cancels 2 resting entries" in d.text
        await d.press("enter")
        assert isinstance(d.app.screen, LiveScreen)
        assert d.link.actions == []
        await d.press(key, "y")
        assert d.link.actions == [SetMode((ETH,), mode)]


async def test_graceful_from_a_stricter_mode_asks_first() -> None:
    base = snapshot()
    modes = tuple(replace(row, effective="manual") if row.coin == "SOL" else row for row in base.modes)
    async with desk(replace(base, modes=modes)) as d:
        await d.press("g")
        assert isinstance(d.app.screen, ConfirmDialog)
        await d.press("escape")
        assert d.link.actions == []


async def test_the_letter_y_rests_while_a_dialog_is_new() -> None:
    async with desk() as d:
        await d.press("m")
        await d.press("y", rest=False)
        assert d.link.actions == []
        assert isinstance(d.app.screen, ConfirmDialog)


async def test_a_selection_is_acted_on_as_a_whole() -> None:
    async with desk() as d:
        await d.press("space", "space", "m", "y")
        assert d.link.actions == [SetMode((SOL, ETH), Mode.MANUAL)]
        await d.press("escape", "A")
        assert len(d.app.state.targets()) == 5
        await d.press("p")
        assert "p closes one coin and side" in d.message


async def test_panic_shows_the_orders_and_wants_the_coin_typed() -> None:
    async with desk() as d:
        await d.press("p")
        assert isinstance(d.app.screen, PanicDialog)
        assert PanicQuery((SOL,)) in d.link.queries
        for word in ("149.63", "149.655", "628.45", "-0.31", "4 resting orders"):
            assert word in d.text
        await d.type("ETH")
        await d.press("enter")
        assert d.link.actions == []
        await d.type("sol")
        await d.press("enter")
        assert d.link.actions == [SetMode((SOL,), Mode.PANIC, confirm="sol")]


async def test_panic_of_everything_wants_the_word_and_counts_down() -> None:
    async with desk() as d:
        await d.press("P")
        await d.type("panic")
        await d.press("enter")
        assert isinstance(d.app.screen, PanicDialog), "the word must be written in capitals"
        await d.type("PANIC")
        await d.press("enter")
        assert isinstance(d.app.screen, CountdownDialog)
        await d.clock.advance(2.5)
        assert d.link.actions == []
        await d.clock.advance(1)
        await d.settle()
        assert d.link.actions == [PanicAll("PANIC")]


@pytest.mark.parametrize("key", ["x", "enter", "escape", "space", "y"])
async def test_any_key_aborts_the_countdown(key: str) -> None:
    async with desk() as d:
        await d.press("P")
        await d.type("PANIC")
        await d.press("enter")
        await d.press(key)
        await d.clock.advance(5)
        await d.settle()
        assert d.link.actions == []
        assert "panic aborted" in d.message


async def test_pausing_is_at_once_and_resuming_asks() -> None:
    async with desk() as d:
        await d.press("e")
        assert d.link.actions == [PauseCreations(True)]
        await d.press("u")
        assert d.link.actions[1:] == [PauseCreations(False)]
        base = snapshot(2)
        await d.give(replace(base, health=replace(base.health, creations_paused=True)))
        assert "ORDERS PAUSED" in d.text
        await d.press("e")
        assert len(d.link.actions) == 2
        await d.press("y")
        assert d.link.actions[2:] == [PauseCreations(False)]


async def test_reload_shows_the_difference_first() -> None:
    async with desk() as d:
        await d.press("r")
        assert "bot.long.n_positions" in d.text
        assert "raises risk" in d.text
        await d.press("y")
        assert d.link.actions == [ReloadConfig()]


async def test_a_config_that_cannot_be_loaded_cannot_be_confirmed() -> None:
    async with desk() as d:
        await d.press("r")
        assert "y reload" in d.text
        await d.press("escape")
        d.link.reload = ReloadPreview((), "paper.hjson line 3: expected a value")
        await d.press("r", "y")
        assert "expected a value" in d.text
        assert "y reload" not in d.text
        assert d.link.actions == []


async def test_the_read_only_lock_refuses_until_the_account_is_typed() -> None:
    async with desk() as d:
        await d.press("R", "g")
        assert d.link.actions == []
        assert "read-only" in d.message
        assert "READ-ONLY" in d.text
        await d.press("R")
        await d.type("wrong")
        await d.press("enter")
        assert d.app.state.locked
        await d.type("paper")
        await d.press("enter", "g")
        assert len(d.link.actions) == 1


async def test_a_viewer_is_told_why_nothing_happens() -> None:
    async with desk(role="viewer") as d:
        for key in ("g", "n", "t", "m", "c", "p", "P", "e", "r"):
            await d.press(key)
            assert "another console has the controls" in d.message
        assert d.link.actions == []
        assert "WATCHING" in d.text
        d.link.seat("controller")
        await d.press("g")
        assert len(d.link.actions) == 1


async def test_dangerous_keys_are_dead_after_a_change_of_focus_and_a_paste() -> None:
    async with desk() as d:
        await d.press("tab")
        await d.press("g", rest=False)
        assert "too soon" in d.message
        await d.clock.advance(1)
        from textual.events import Paste

        d.app.post_message(Paste("pPy"))
        await d.settle()
        await d.press("g", rest=False)
        assert d.link.actions == []
        await d.press("g")
        assert len(d.link.actions) == 1


async def test_dangerous_keys_are_text_while_an_input_has_the_focus() -> None:
    async with desk() as d:
        await d.press("slash")
        await d.press(*"gnPtm")
        assert d.link.actions == []
        assert d.app.state.filters["positions"] == "gnPtm"


async def test_replay_speed_doubles_and_halves_only_in_replays() -> None:
    base = snapshot()
    async with desk(base) as d:
        await d.press("right_square_bracket")
        assert "only replays" in d.message
        head = replace(base.account, kind="replay", badge="REPLAY 60x")
        await d.give(replace(snapshot(2), account=head))
        await d.press("right_square_bracket", "left_square_bracket")
        assert d.link.actions == [SetReplaySpeed(120.0), SetReplaySpeed(30.0)]


async def test_a_refusal_of_the_bot_is_shown() -> None:
    async with desk() as d:
        d.link.answer = ActionResult(ok=False, text="the plan is invalid", refused=True)
        await d.press("g")
        assert "refused: the plan is invalid" in d.message
        await d.press("u")
        assert len(d.link.actions) == 1, "nothing happened, so there is nothing to undo"


async def test_typed_commands_take_the_same_rituals() -> None:
    async with desk() as d:
        await d.press("colon")
        await d.type("mode BTC short gs")
        await d.press("enter")
        assert d.link.actions == [SetMode((Target(symbol_of("BTC"), "short"),), Mode.GRACEFUL_STOP)]
        await d.press("colon")
        await d.type("panic ETH long")
        await d.press("enter")
        assert isinstance(d.app.screen, PanicDialog)
        await d.press("escape", "colon")
        await d.type("mode BTC up gs")
        await d.press("enter")
        assert "not a side" in d.message
