"""One theme: colour roles read from a file, turned into a Textual theme and into inks for lines."""

from __future__ import annotations

import tomllib
from dataclasses import field
from pathlib import Path
from typing import cast

from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line

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
MOST_BYTES = 64 * 1024
_HINT = "see themes/dark.toml for the form"
# Roles that a file may also give an attribute of the terminal, for where colours say nothing.
_ATTRIBUTES = frozenset({"bold", "underline", "italic", "reverse", "dim", "strike"})
_STYLED = frozenset({*ROLES, "badge"})
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


@record
class Palette:
    """One theme file: a name, what it is for, a colour per role, attributes of some roles."""

    name: str
    dark: bool
    ansi: bool
    colours: dict[str, str]
    about: str = ""
    styles: dict[str, str] = field(default_factory=dict[str, str])

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
                "text-disabled": c["dim"],
                "input-cursor-background": c["text"],
                "input-cursor-foreground": c["background"],
                "input-selection-background": c["accent"],
                "input-selection-foreground": c["on_badge"],
                "scrollbar": c["border"],
                "scrollbar-hover": c["border"],
                "scrollbar-active": c["accent"],
                "scrollbar-background": c["surface"],
                "scrollbar-background-hover": c["surface"],
                "scrollbar-background-active": c["surface"],
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
            + Style.parse(self.styles.get("badge" if behind else front, "") or "none")
            for name, (front, behind, bold) in _INKS.items()
        }

    def cursor(self) -> Style:
        """Return the style laid under the row of the cursor."""
        ground = Style(bgcolor=Color.parse(self.colours["cursor"]).rich_color)
        return ground + Style.parse(self.styles.get("cursor", "") or "none")


def load_palette(path: Path) -> Palette:
    """Read one theme file; raises ConfigError naming the file and what is wrong with it."""
    name = sanitize_line(path.name, limit=80)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{name}: too large for a theme", hint=_HINT)
        document = cast("dict[str, object]", tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror or error}", hint=_HINT) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: {sanitize_line(error)}", hint=_HINT) from error
    return Palette(
        name=sanitize_line(path.stem, limit=40),
        dark=bool(document.get("dark", True)),
        ansi=bool(document.get("ansi", False)),
        colours=_colours(name, document.get("colours")),
        about=sanitize_line(document.get("about", ""), limit=80),
        styles=_styles(name, document.get("styles", {})),
    )


def _colours(name: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ConfigError(f"{name}: no [colours] table", hint=_HINT)
    given = cast("dict[str, object]", table)
    for role in ROLES:
        try:
            Color.parse(str(given.get(role, "")))
        except ColorParseError as error:
            raise ConfigError(f"{name}: colours.{role} must be a colour", hint=f"it is {ROLES[role]}") from error
    return {role: str(given[role]) for role in ROLES}


def _styles(name: str, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ConfigError(f"{name}: styles must be a table", hint=_HINT)
    given = cast("dict[str, object]", table)
    for role, words in given.items():
        where = f"{name}: styles.{sanitize_line(role, limit=40)}"
        if role not in _STYLED:
            raise ConfigError(f"{where} is not a role", hint=f"one of: {', '.join(sorted(_STYLED))}")
        if not isinstance(words, str) or not set(words.split()) <= _ATTRIBUTES:
            raise ConfigError(f"{where} must be words", hint=f"of these: {', '.join(sorted(_ATTRIBUTES))}")
    return {role: str(words) for role, words in given.items()}
