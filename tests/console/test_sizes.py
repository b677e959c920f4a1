"""Every panel and dialog of the live screen at five sizes: nothing cut, nothing out of reach."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pbtui.console.screens.live import VIEWS
from pbtui.core.snapshot import ConfigChange, ReloadPreview

from .sample import snapshot, starting
from .sizes_support import check, compare, pictures, resize
from .support import Desk, desk

# name -> keys that lead there from the live screen
DIALOGS: dict[str, tuple[str, ...]] = {
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "themes": ("ctrl+t",),
    "mode": ("t",),
    "panic": ("p",),
    "panic_all": ("P",),
    "reload": ("r",),
    "quit": ("q",),
    "unlock": ("R", "R"),
    "warnings": ("w",),
    "filter": ("slash",),
    "command": ("colon",),
}


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


async def at_each_view(d: Desk) -> AsyncIterator[tuple[str, int]]:
    """Yield the names of the narrowest layout's views, each in front."""
    for number, shown in enumerate(VIEWS["cards"]):
        yield shown[0], number


async def test_each_view_of_the_live_screen(update: bool) -> None:
    async with desk() as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        async for name, number in at_each_view(d):
            d.app.live.show_view(0)
            await resize(d, 40, 20)
            for _ in range(number):
                await d.press("v")
            compare(f"live_{name}", await pictures(d, name), update=update)


async def test_a_bot_that_starts(update: bool) -> None:
    async with desk(starting()) as d:
        compare("starting", await pictures(d, "starting"), update=update)


@pytest.mark.parametrize("names", [list(DIALOGS)[:6], list(DIALOGS)[6:]], ids=["first", "second"])
async def test_each_dialog(names: list[str], update: bool) -> None:
    async with desk() as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        for name in names:
            await resize(d, 120, 40)
            await d.press(*DIALOGS[name])
            text = await pictures(d, name)
            if name not in ("help", "palette"):  # they change with every action there is
                compare(f"dialog_{name}", text, update=update)
            await resize(d, 40, 15)
            check(d, f"{name} at 40×15")
            await d.press("escape")


async def test_less_than_the_least_says_what_is_needed_and_the_bot_goes_on() -> None:
    async with desk() as d:
        for columns, rows in ((39, 20), (40, 14), (1, 1), (20, 3)):
            await d.pilot.resize_terminal(columns, rows)
            await d.settle()
            words = " ".join(d.text.split())
            if columns > 20:
                assert f"pbtui needs 40×15, this is {columns}×{rows}; the bot goes on" in words
        await d.give(snapshot(2))
        assert d.app.state.snapshot is not None
        assert d.app.state.snapshot.seq == 2
        await resize(d, 40, 15)
        assert "SOL long" in d.text


async def test_a_card_s_buttons_are_pressed_with_mouse_or_finger() -> None:
    async with desk(size=(40, 20)) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        row = next(y for y, line in enumerate(d.lines) if "p PANIC" in line)
        await d.clock.advance(1.0)
        await d.pilot.click(offset=(d.lines[row].index("g graceful"), row))
        await d.settle()
        assert [(type(action).__name__, action.targets[0].symbol) for action in d.link.actions] == [  # type: ignore[union-attr]
            ("SetMode", "SOL/USDT:USDT")
        ]
        await d.clock.advance(1.0)
        await d.pilot.click(offset=(d.lines[row].index("p PANIC"), row))
        await d.settle()
        assert "PANIC SOL long" in d.text
        await d.press("escape")
        await d.pilot.click(offset=(d.lines[row].index("enter coin"), row))
        await d.settle()
        assert d.app.state.place == "coin"


async def test_words_too_many_for_a_dialog_are_scrolled_to_and_its_choices_stay() -> None:
    changes = tuple(ConfigChange(f"bot.long.key_{n}", "0.1", "0.2", False, True) for n in range(15))
    async with desk(size=(60, 18)) as d:
        d.link.reload = ReloadPreview(changes)
        await d.press("r")
        check(d, "reload of 15 keys")
        assert "bot.long.key_0" in d.text
        assert "more ▾ pgdn" in d.text
        assert "esc Cancel" in d.text
        for _ in range(4):
            await d.press("pagedown")
        assert "bot.long.key_14" in d.text
        assert "more ▾" not in d.text
        check(d, "its end")
        await d.press("pageup")
        assert "more ▾" in d.text
        await d.pilot.resize_terminal(200, 60)
        await d.settle()
        check(d, "reload on a large terminal")
