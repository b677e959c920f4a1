"""All themes: the program's own and the user's, read again when a file changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pbtui.console.theming.theme import Palette, load_palette
from pbtui.core.errors import ConfigError
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line

THEMES_DIR = Path(__file__).resolve().parents[3] / "themes"
AUTO = "auto"  # the one for what the terminal can show, whatever was worn last
DEFAULT = "dark"
SIXTEEN = "ansi16"
MONO = "mono"
_MOST_FILES = 200  # a folder of something else is not read through

Stamp = tuple[int, int, int]  # inode, time of change, size


def user_themes_dir() -> Path:
    """Return where themes of the user's own lie: `themes` in the user's folder of pbtui's settings."""
    import platformdirs

    return Path(platformdirs.user_config_dir("pbtui")) / "themes"


@record
class Change:
    """What reading again has found."""

    names: frozenset[str]  # themes that are new, different or gone
    problems: tuple[str, ...]  # one line for each file that cannot be used, told once

    def __bool__(self) -> bool:
        return bool(self.names or self.problems)


class Themes:
    """Palettes by name; a file of the user's takes the place of the program's own of that name.

    A file that cannot be used leaves the theme as it was, and is named in `problems`.
    """

    def __init__(self, user_dir: Path | None = None, own_dir: Path = THEMES_DIR) -> None:
        self._folders = [own_dir, *([user_dir] if user_dir is not None else [])]
        self._seen: dict[Path, Stamp] = {}
        self._read: dict[Path, Palette] = {}
        self.palettes: dict[str, Palette] = {}
        self.problems: tuple[str, ...] = self.look().problems
        if DEFAULT not in self.palettes:
            raise ConfigError(f"no {DEFAULT}.toml in {sanitize_line(own_dir)}", hint="reinstall pbtui")

    @property
    def names(self) -> list[str]:
        """Return the names of all themes, the program's own first."""
        return list(self.palettes)

    def is_users(self, name: str) -> bool:
        """Tell whether a theme is of the user's own files."""
        return any(path.stem == name for path in self._read if path.parent != self._folders[0])

    def look(self) -> Change:
        """Read the files that changed since the last look. Never raises; for a thread beside the screen."""
        found = {path: stamp for folder in self._folders for path, stamp in _files(folder)}
        problems: list[str] = []
        for path in self._seen.keys() - found.keys():
            self._seen.pop(path)
            self._read.pop(path, None)
        for path, stamp in found.items():
            if self._seen.get(path) == stamp:
                continue
            self._seen[path] = stamp
            try:
                self._read[path] = load_palette(path)
            except ConfigError as error:
                problems.append(f"theme {error.line()}")
        before, self.palettes = self.palettes, self._ordered()
        names = {name for name in before.keys() | self.palettes.keys() if before.get(name) != self.palettes.get(name)}
        return Change(frozenset(names), tuple(problems))

    def _ordered(self) -> dict[str, Palette]:
        palettes: dict[str, Palette] = {}
        for folder in self._folders:
            for path in sorted(path for path in self._read if path.parent == folder):
                palettes[self._read[path].name] = self._read[path]
        return palettes

    def choose(self, wanted: str, color_system: str | None, *, no_color: bool = False) -> str:
        """Return the theme to start with: the wanted one, else the one for what the terminal can show."""
        if wanted and wanted != AUTO:
            if wanted not in self.palettes:
                raise ConfigError(f"no theme {sanitize_line(wanted)}", hint=f"one of: {', '.join([*self.names, AUTO])}")
            return wanted
        fitting = MONO if no_color else SIXTEEN if color_system == "standard" else DEFAULT
        return fitting if fitting in self.palettes else DEFAULT


def check_theme(name: str, themes_dir: Path | None = None) -> None:
    """Raise ConfigError, naming those there are, where no theme has this name; before there is a screen."""
    if name:
        Themes(themes_dir or user_themes_dir()).choose(name, None)


def _files(folder: Path) -> Sequence[tuple[Path, Stamp]]:
    """Return the theme files of a folder with what tells whether they changed; none when it cannot be read."""
    try:
        paths = sorted(folder.glob("*.toml"))[:_MOST_FILES]
    except OSError:
        return ()
    return [(path, _stamp(path)) for path in paths]


def _stamp(path: Path) -> Stamp:
    try:
        known = path.stat()
    except OSError:
        return 0, 0, 0
    return known.st_ino, known.st_mtime_ns, known.st_size
