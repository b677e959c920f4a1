"""Theme files: complete, readable (contrast ≥ 4.5:1), and a broken one is named."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest
from textual.color import Color

from pbtui.console.terminal import speaks_utf8, why_no_screen
from pbtui.console.theme import ROLES, choose, load_palette, palettes
from pbtui.core.errors import ConfigError

from .support import desk

ON_GROUND = ("text", "dim", "accent", "up", "down", "warn", "bad")


def luminance(color: Color) -> float:
    parts = [c / 255 for c in color.rgb]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(Color.parse(one)), luminance(Color.parse(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", [name for name, palette in palettes().items() if not palette.ansi])
def test_every_text_is_readable_on_every_ground(name: str) -> None:
    colours = palettes()[name].colours
    for ground in ("background", "surface", "cursor"):
        for role in ON_GROUND:
            assert contrast(colours[role], colours[ground]) >= 4.5, (role, ground)
    for badge in ("calm", "bad", "warn", "accent"):
        assert contrast(colours["on_badge"], colours[badge]) >= 4.5, badge


def test_there_are_dark_light_contrast_colour_blind_and_sixteen_colour_themes() -> None:
    assert {"dark", "light", "contrast", "colourblind", "ansi16"} <= set(palettes())
    for palette in palettes().values():
        assert set(palette.colours) == set(ROLES)
        assert palette.theme().name == palette.name
        assert "up" in palette.inks()


def test_sixteen_colour_terminals_get_their_own_theme() -> None:
    assert choose("", "standard") == "ansi16"
    assert choose("", "truecolor") == "dark"
    assert choose("light", "standard") == "light"
    with pytest.raises(ConfigError, match="no theme pink"):
        choose("pink", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [("x = ", "mine.toml"), ("dark = true", "colours"), ('[colours]\nbackground = "#000000"', "colours.surface")],
)
def test_a_broken_theme_is_named_with_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        load_palette(path)


@pytest.mark.parametrize(
    ("environment", "utf8"),
    [
        ({}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),
        ({"LC_CTYPE": "POSIX"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, False),
    ],
)
def test_the_locale_decides_about_utf8(environment: dict[str, str], utf8: bool) -> None:
    assert speaks_utf8(environment) is utf8


async def test_no_color_leaves_signs_and_badges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with desk() as d:
        strips = d.app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        assert all(style.color is None or style.color.is_default for style in styles)
        assert all(style.bgcolor is None or style.bgcolor.is_default for style in styles)
        badge = next(segment for strip in strips for segment in strip if "PAPER" in segment.text)
        assert badge.style is not None
        assert badge.style.reverse
        assert "▼-74.40" in d.text


async def test_themes_change_while_running() -> None:
    async with desk() as d:
        before = d.app.inks["up"]
        await d.press("T")
        assert d.app.theme != "dark"
        await d.press("colon")
        await d.type("theme light")
        await d.press("enter")
        assert d.app.theme == "light"
        assert d.app.inks["up"] != before


@pytest.mark.parametrize(("term", "drawn"), [("dumb", False), ("unknown", False), ("vt100", True), ("", True)])
def test_a_terminal_without_a_cursor_gets_no_console(term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.ttyname(pty.openpty()[1]), encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        found = why_no_screen({"TERM": term})
    assert (found == "") is drawn
