"""Theme files: complete, readable (contrast ≥ 4.5:1), and a broken one is named."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from textual.color import Color

from pbtui.console.theming.theme import ROLES, Palette, load_palette
from pbtui.console.theming.themes import THEMES_DIR, Change, Themes
from pbtui.console.tty.terminal import speaks_utf8, why_no_screen
from pbtui.core.errors import ConfigError

from .support import desk

THEMES = Themes()
DARK = (THEMES_DIR / "dark.toml").read_text(encoding="utf-8")
ON_GROUND = ("text", "dim", "accent", "up", "down", "warn", "bad")
BADGES = ("calm", "bad", "warn", "accent")
# The palette most terminals start with; "default" is white on black, or black on white.
ANSI = {
    "black": "#000000", "red": "#cd0000", "green": "#00cd00", "yellow": "#cdcd00", "blue": "#0000ee",
    "magenta": "#cd00cd", "cyan": "#00cdcd", "white": "#e5e5e5", "bright_black": "#7f7f7f", "bright_red": "#ff0000",
    "bright_green": "#00ff00", "bright_yellow": "#ffff00", "bright_blue": "#5c5cff", "bright_magenta": "#ff00ff",
    "bright_cyan": "#00ffff", "bright_white": "#ffffff",
}  # fmt: skip
# How colours look without one kind of cone (Machado, Oliveira, Fernandes 2009, severity 1), on linear RGB.
BLIND = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
SAFE_FOR = {"colourblind": ("protanopia", "deuteranopia"), "tritanopia": ("tritanopia",)}
Linear = tuple[float, float, float]


def linear(colour: str) -> Linear:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (channel / 255 for channel in Color.parse(colour).rgb)
    )
    return red, green, blue


def luminance(rgb: Linear) -> float:
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(linear(one)), luminance(linear(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Linear) -> Linear:
    """Return CIE Lab (D65) of linear RGB."""
    red, green, blue = rgb
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = luminance(rgb)
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (max(x, 0), max(y, 0), max(z, 0)))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def apart(one: str, other: str, blindness: str) -> float:
    """Return how far two colours are from each other for an eye without one kind of cone."""
    seen = []
    for colour in (one, other):
        rgb = linear(colour)
        red, green, blue = (sum(m * c for m, c in zip(row, rgb, strict=True)) for row in BLIND[blindness])
        seen.append(lab((red, green, blue)))
    return sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5


def shown(palette: Palette, role: str, *, ground: bool) -> str:
    """Return a role's colour as the terminal shows it."""
    name = palette.colours[role].removeprefix("ansi_")
    if name == "default":
        return "#000000" if palette.dark is ground else "#ffffff"
    return ANSI[name] if palette.ansi else palette.colours[role]


@pytest.mark.parametrize("name", THEMES.names)
def test_every_text_is_readable_on_every_ground(name: str) -> None:
    palette = THEMES.palettes[name]
    turned = [role for role in ("cursor", "badge") if "reverse" in palette.styles.get(role, "")]
    for ground in ("background", "surface", *([] if "cursor" in turned else ["cursor"])):
        for role in ON_GROUND:
            told = contrast(shown(palette, role, ground=False), shown(palette, ground, ground=True))
            assert told >= 4.5, (role, ground, told)
    for badge in [] if "badge" in turned else BADGES:  # also what is chosen in an input
        assert contrast(shown(palette, "on_badge", ground=False), shown(palette, badge, ground=True)) >= 4.5, badge


@pytest.mark.parametrize(("name", "blindness"), [(name, kind) for name, kinds in SAFE_FOR.items() for kind in kinds])
def test_profit_loss_and_warnings_are_told_apart_by_colour_blind_eyes(name: str, blindness: str) -> None:
    colours = THEMES.palettes[name].colours
    for one, other, least in (("up", "down", 40), ("up", "bad", 40), ("up", "warn", 25), ("accent", "down", 20)):
        assert apart(colours[one], colours[other], blindness) >= least, (one, other)


def test_there_are_themes_for_every_eye_and_terminal() -> None:
    wanted = {"dark", "light", "contrast", "colourblind", "tritanopia", "ansi16", "ansi16-light", "mono"}
    assert wanted <= set(THEMES.names)
    assert THEMES.problems == ()
    for palette in THEMES.palettes.values():
        assert set(palette.colours) == set(ROLES)
        assert palette.theme().name == palette.name
        assert "up" in palette.inks()
        assert palette.about
    assert {style.color.name for style in THEMES.palettes["mono"].inks().values() if style.color} == {"default"}


def test_a_terminal_gets_the_theme_it_can_show() -> None:
    assert THEMES.choose("", "standard") == "ansi16"
    assert THEMES.choose("", "truecolor") == "dark"
    assert THEMES.choose("", None, no_color=True) == "mono"
    assert THEMES.choose("light", "standard") == "light"
    assert THEMES.choose("auto", "standard") == "ansi16"
    with pytest.raises(ConfigError, match="no theme pink"):
        THEMES.choose("pink", None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = ", "mine.toml"),
        ("dark = true", "colours"),
        ('[colours]\nbackground = "#000000"', "colours.surface"),
        (DARK.replace("#14171c", "grayish"), "colours.background must be a colour"),
        (DARK + '[styles]\nup = "blink"', "styles.up must be words"),
        (DARK + '[styles]\nnose = "bold"', "styles.nose is not a role"),
        ("styles = 3\n" + DARK, "styles must be a table"),
        ("#" * 70_000, "too large"),
        ("\x00", "mine.toml"),
        ("a = " + "[" * 20_000, "mine.toml"),
    ],
    ids=lambda text: text[:24] if text.isprintable() else "binary",
)
def test_a_broken_theme_is_named_with_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        load_palette(path)
    assert caught.value.line().isprintable()


def test_themes_of_the_users_own_come_and_change_and_go(tmp_path: Path) -> None:
    themes = Themes(tmp_path)
    mine = tmp_path / "mine.toml"
    mine.write_text(DARK.replace("quiet greys", "my greys"))
    assert themes.look() == Change(frozenset({"mine"}), ())
    assert themes.palettes["mine"].about.startswith("my greys")
    assert themes.is_users("mine")
    assert not themes.look()
    mine.write_text("half a li")
    change = themes.look()
    assert change.names == frozenset()
    assert "mine.toml" in change.problems[0]
    assert themes.palettes["mine"].about.startswith("my greys")  # stays as it was
    assert not themes.look()  # told once
    (tmp_path / "light.toml").write_text(DARK)
    assert themes.look().names == {"light"}  # takes the place of the program's own
    assert themes.palettes["light"].dark
    mine.unlink()
    (tmp_path / "light.toml").unlink()
    assert themes.look().names == {"mine", "light"}
    assert not themes.palettes["light"].dark


def test_a_folder_that_is_none_and_a_file_that_cannot_be_read_are_survived(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "dangling.toml").symlink_to(tmp_path / "nowhere")
    assert {"folder.toml", "dangling.toml"} <= {problem.split()[1].rstrip(":") for problem in Themes(tmp_path).problems}
    assert Themes(tmp_path / "nothing").names == THEMES.names


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


async def test_themes_change_while_running(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("half a li")
    async with desk(themes_dir=tmp_path) as d:
        assert "theme mine.toml" in d.message
        before = d.app.inks["up"]
        await d.press("T")
        assert d.app.theme != "dark"
        await d.press("colon")
        await d.type("theme light")
        await d.press("enter")
        assert d.app.theme == "light"
        assert d.app.inks["up"] != before
        mine.write_text(DARK)
        await d.app.wardrobe.look()
        d.app.use_theme("mine")
        mine.write_text(DARK.replace("#6fca8b", "#00ff00").replace("#14171c", "#000000"))
        await d.app.wardrobe.look()
        await d.settle()
        assert d.message == "theme mine read again"
        assert d.app.inks["up"].color == RichColor.parse("#00ff00")
        assert d.app.live.styles.background == Color.parse("#000000")


async def test_a_theme_is_chosen_by_looking_at_it() -> None:
    async with desk() as d:
        await d.press("ctrl+t")
        assert "blue and orange" in d.text
        await d.press("down")
        assert d.app.theme == "light"
        assert d.app.live.styles.background == Color.parse(THEMES.palettes["light"].colours["background"])
        await d.press("escape")
        assert d.app.theme == "dark"
        await d.press("ctrl+t", "up", "enter")
        assert d.app.theme == "contrast"
        assert d.message == "theme contrast"


@pytest.mark.parametrize(("term", "drawn"), [("dumb", False), ("unknown", False), ("vt100", True), ("", True)])
def test_a_terminal_without_a_cursor_gets_no_console(term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.ttyname(pty.openpty()[1]), encoding="utf-8") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(sys, "stdout", terminal)
        found = why_no_screen({"TERM": term})
    assert (found == "") is drawn
