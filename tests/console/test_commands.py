"""Typed commands: every spelling that makes sense, why others do not, completion, and the rituals behind them."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events

from pbtui.console.actions import ACTIONS
from pbtui.console.commands import completions, hint, parse
from pbtui.console.prompt import Prompt
from pbtui.console.screens.backtest import BacktestScreen
from pbtui.console.screens.config import ConfigScreen
from pbtui.console.state import ViewState
from pbtui.core.types import Mode

from .config_support import write
from .sample import snapshot
from .support import desk, until


def state_of(**changes: object) -> ViewState:
    state = ViewState()
    state.take(snapshot())
    for name, value in changes.items():
        setattr(state, name, value)
    return state


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_every_action_can_be_typed_by_its_id_and_is_completed(action: object) -> None:
    state, action_id = state_of(), action.id  # type: ignore[attr-defined]
    assert parse(action_id, state).argument == action_id
    assert action_id in completions(action_id[:-1], state)


@pytest.mark.parametrize(
    ("text", "verb", "mode", "targets"),
    [
        ("mode SOL long gs", "mode", Mode.GRACEFUL_STOP, 1),
        ("mode sol gs", "mode", Mode.GRACEFUL_STOP, 1),
        ("MODE all n", "mode", Mode.NORMAL, 0),
        ("mode SOL long config", "mode", None, 1),
        ("mode SOL long panic", "panic", Mode.PANIC, 1),
        ("panic SOL long", "panic", Mode.PANIC, 1),
        ("panic SOL", "panic", Mode.PANIC, 1),
    ],
)
def test_modes_and_panics_name_coins_and_sides(text: str, verb: str, mode: Mode | None, targets: int) -> None:
    state = state_of()
    found = parse(text, state)
    assert (found.problem, found.verb, found.mode) == ("", verb, mode)
    assert len(found.targets) == (targets or len(state.known()))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mode", "mode is written otherwise"),
        ("mode SOL long", "is not a mode"),
        ("mode NOPE gs", "no NOPE here"),
        ("mode SOL sideways gs", "is not a side"),
        ("panic all long", "write panic COIN long, or panic all"),
        ("speed", "speed is written otherwise"),
        ("speed -5", "is no speed"),
        ("resume", "not paused"),
        ("bt", "write: bt FILE"),
        ("coin NOPE", "no coin NOPE here"),
        ("make money", "no command make money"),
        ("mode SOL long gs --nonsense", "no such flag"),
    ],
)
def test_what_makes_no_sense_is_told(text: str, words: str) -> None:
    assert words in parse(text, state_of()).problem


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mo", "mode"),
        ("mode S", "mode SOL"),
        ("mode SOL ", "mode SOL long"),
        ("mode SOL g", "mode SOL gs"),
        ("mode SOL long tp", "mode SOL long tp_only"),
        ("panic S", "panic SOL"),
        ("theme li", "theme light"),
        ("sort up", "sort upnl"),
        ("bt configs/m", "bt configs/mine.json"),
        ("coin s", "coin SOL"),
        ("mode.no", "mode.normal"),
    ],
)
def test_words_are_completed_one_by_one(text: str, line: str) -> None:
    assert line in completions(text, state_of(), ["dark", "light"], ["configs/mine.json"])


def test_what_is_not_possible_says_so_while_it_is_typed() -> None:
    assert hint("mode.normal", state_of(role="viewer"), []) == (
        "not now: another console has the controls; this one only watches",
        "dim",
    )
    assert "read-only" in hint("panic SOL long", state_of(locked=True), [])[0]
    assert hint("mode SOL long gs", state_of(), [])[0] == "SOL long: graceful_stop; enter asks first"
    assert hint("help", state_of(), [])[0].startswith("help: the keys")
    assert hint("theme nowhere", state_of(), []) == ("theme NAME", "dim")
    assert hint("mode SOL ", state_of(), ["mode SOL long", "mode SOL short"]) == ("long · short", "dim")


async def test_commands_are_completed_told_of_and_carried_out_behind_their_rituals(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    file = write(tmp_path / "configs" / "mine.json")
    async with desk(snapshot(), base_dir=tmp_path) as d:
        await d.press("colon")
        await d.type("pan")
        await d.press("tab")
        prompt = d.app.screen.query_one(Prompt)
        assert prompt.value.startswith("panic")
        prompt.value = ""
        await d.type("panic SOL l")
        await d.press("tab")
        assert prompt.value == "panic SOL long "
        await d.press("enter")
        assert "PANIC SOL long" in d.text
        await d.press("enter", "escape")
        assert d.link.actions == []
        await d.press("colon")
        await d.type("nonsense")
        await d.press("enter")
        assert "no command nonsense" in d.message
        await d.press("colon")
        await d.type("bt configs/mi")
        await d.press("tab", "enter")
        assert isinstance(d.app.screen, BacktestScreen)
        assert d.app.state.backtest.form.config == file
        await d.press("colon")
        await d.type("look configs/mine.json")
        await d.press("enter")
        assert isinstance(d.app.screen, ConfigScreen)
        assert d.app.state.config.file == file
        assert "only on" not in d.message
        await d.press("colon")
        await d.type("bt nowhere.json")
        await d.press("enter")
        assert "no file nowhere.json" in d.message
        await d.app.backtests.idle()


async def test_what_is_typed_ahead_of_the_prompt_goes_into_it() -> None:
    async with desk() as one:
        for key in (":", "m", "o", "d", "e"):  # before the screen has seen the first of them
            one.app.post_message(events.Key("colon" if key == ":" else key, key))
        prompt = one.app.screen.query_one(Prompt)
        await until(lambda: len(prompt.value) == 4)
        assert (prompt.value, prompt.purpose) == ("mode", "command")
        assert (one.link.actions, one.link.wishes) == ([], [])
