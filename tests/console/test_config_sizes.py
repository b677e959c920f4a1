"""The config screen and its reload at five sizes, nothing cut; each of its panels fails alone; hostile names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pbtui.console.screens.config import ConfigScreen

from .config_support import write
from .panels_support import fails_and_starts_again
from .sizes_support import compare, pictures, resize
from .test_config_screen import at_config, read


@pytest.fixture
def update(pytestconfig: pytest.Config) -> bool:
    return bool(pytestconfig.getoption("--snapshot-update"))


async def test_the_config_screen_at_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, update: bool) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(Path("mine.json"))
    async with at_config(path, size=(120, 40)) as d:
        d.app.tick = lambda: None  # type: ignore[method-assign]
        write(path, live__leverage=9, bot__long__n_positions=3, live__market_orders_allowed="perhaps")
        await d.press("ctrl+r")
        await read(d)
        await d.press("e")
        faulty = await pictures(d, "faulty")
        compare("config_faulty", without_folder(faulty, tmp_path), update=update)
        write(path, live__leverage=9, bot__long__n_positions=3)
        await resize(d, 120, 40)
        await d.press("ctrl+r")
        await read(d)
        await d.press("home", "e")
        compare("config_changed", without_folder(await pictures(d, "changed"), tmp_path), update=update)
        await resize(d, 120, 40)
        await d.press("r")
        await d.settle()
        compare("config_reload", await pictures(d, "reload"), update=update)


def without_folder(text: str, folder: Path) -> str:
    """Return a picture that is the same wherever the file lay, however its folder's name was folded."""
    lines = [line for line in text.splitlines() if "mine.json" not in line and folder.name[:12] not in line]
    return re.sub(r"[^\n]*/pytest[^\n]*", "", "\n".join(lines)) + "\n"


async def test_each_panel_of_the_config_screen_fails_alone(tmp_path: Path) -> None:
    async with at_config(write(tmp_path / "mine.json"), size=(200, 50)) as d:
        for panel, method in {"config": "_draw_tree", "key-words": "_draw_words"}.items():
            await fails_and_starts_again(d, panel, ConfigScreen, method)
        d.app.draw_fault = ""


async def test_hostile_names_and_values_are_harmless(tmp_path: Path) -> None:
    evil = "[b]\x1b[31mX\u202e" + "x" * 300
    path = write(tmp_path / "mine.json", live__user=evil, coin_overrides={"[red]X[/]": {"live": {"leverage": 2}}})
    async with at_config(path, size=(80, 24)) as d:
        await d.press("slash")
        await d.type("user")
        await d.press("enter", "down")
        assert "\x1b" not in d.text
        assert "\u202e" not in d.text
        assert "[b]" in d.text
        await d.press("enter")
        assert "[b]" in d.text
