"""Themes: colour roles read from `themes/*.toml`, turned into a Textual theme and into inks for lines."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

THEMES_DIR = Path(__file__).resolve().parents[2] / "themes"
DEFAULT = "dark"
SIXTEEN = "ansi16"

# Every role a theme file must colour, and what it is for.
ROLES: dict[str, str] = {
    "background": "behind everything",
    "surface": "behind dialogs and the header",
    "border": "lines around panels",
    "text": "figures and words",
    "dim": "labels and what can wait",
    "accent": "focus, keys, titles: the one colour that calls",
    "up": "profit",
    "down": "loss",
    "warn": "needs a look",
    "bad": "needs a hand",
    "cursor": "behind the row under the cursor",
    "on_badge": "text on badges",
    "calm": "behind the badge of an account without real money",
}
# ink -> (role of the text, role behind it, bold)
_INKS: dict[str, tuple[str, str, bool]] = {
    "text": ("text", "", False),
    "dim": ("dim", "", False),
    "accent": ("accent", "", False),
    "up": ("up", "", False),
    "down": ("down", "", False),
    "warn": ("warn", "", False),
    "bad": ("bad", "", True),
    "head": ("dim", "", False),
    "strong": ("text", "", True),
    "key": ("accent", "", True),
    "border": ("border", "", False),
    "badge_calm": ("on_badge", "calm", True),
    "badge_live": ("on_badge", "bad", True),
    "badge_warn": ("on_badge", "warn", True),
    "badge_note": ("on_badge", "accent", True),
}


@dataclass(frozen=True, slots=True)
class Palette:
    """One theme file: a name, whether it is dark, and a colour per role."""

    name: str
    dark: bool
    ansi: bool
    colours: dict[str, str]

    def theme(self) -> Theme:
        """Return the Textual theme for styles, dialogs and inputs."""
        c = self.colours
        return Theme(
            name=self.name,
            primary=c["accent"],
            secondary=c["accent"],
            accent=c["accent"],
            warning=c["warn"],
            error=c["bad"],
            success=c["up"],
            foreground=c["text"],
            background=c["background"],
            surface=c["surface"],
            panel=c["surface"],
            dark=self.dark,
            ansi=self.ansi,
            text_alpha=1.0,
            variables={
                "pb-border": c["border"],
                "pb-dim": c["dim"],
                "pb-cursor": c["cursor"],
                "input-cursor-background": c["text"],
                "input-selection-background": c["cursor"],
                "ansi-background": c["background"],
                "ansi-foreground": c["text"],
            },
        )

    def inks(self) -> dict[str, Style]:
        """Return the style of each ink."""
        return {
            name: Style(
                color=Color.parse(self.colours[front]).rich_color,
                bgcolor=Color.parse(self.colours[behind]).rich_color if behind else None,
                bold=bold or None,
            )
            for name, (front, behind, bold) in _INKS.items()
        }

    def cursor(self) -> Style:
        """Return the style laid under the row of the cursor."""
        return Style(bgcolor=Color.parse(self.colours["cursor"]).rich_color)


def load_palette(path: Path) -> Palette:
    """Read one theme file; raises ConfigError naming the file and what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {sanitize_line(error)}", hint="see themes/dark.toml for the form") from error
    colours = document.get("colours")
    if not isinstance(colours, dict):
        raise ConfigError(f"{path.name}: no [colours] table", hint="see themes/dark.toml for the form")
    for role in ROLES:
        try:
            Color.parse(str(colours.get(role, "")))
        except ColorParseError as error:
            raise ConfigError(f"{path.name}: colours.{role} must be a colour", hint=f"it is {ROLES[role]}") from error
    return Palette(
        name=path.stem,
        dark=bool(document.get("dark", True)),
        ansi=bool(document.get("ansi", False)),
        colours={role: str(colours[role]) for role in ROLES},
    )


@lru_cache(maxsize=1)
def palettes() -> dict[str, Palette]:
    """Return all themes by name; raises ConfigError for a broken one or when there is none."""
    found = {path.stem: load_palette(path) for path in sorted(THEMES_DIR.glob("*.toml"))}
    if DEFAULT not in found:
        raise ConfigError(f"no {DEFAULT}.toml in {sanitize_line(THEMES_DIR)}", hint="reinstall pbtui")
    return found


def choose(wanted: str, color_system: str | None) -> str:
    """Return the theme to start with: the wanted one, else the one for 16 colours where there are no more."""
    if wanted:
        if wanted not in palettes():
            raise ConfigError(f"no theme {sanitize_line(wanted)}", hint=f"one of: {', '.join(palettes())}")
        return wanted
    return SIXTEEN if color_system == "standard" and SIXTEEN in palettes() else DEFAULT
