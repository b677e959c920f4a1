"""The accepted forms of `approved_coins` and `ignored_coins`, brought to one list per side (config.md 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pbtui.config.coin_names import coin_of
from pbtui.config.errors import shown
from pbtui.config.parse import parse_text, read_text
from pbtui.core.errors import ConfigError
from pbtui.core.types import PSIDES, Pside

PerSide = dict[str, list[str]]
_FILE_TAILS = (".json", ".hjson", ".txt", ".csv")
_FILE_HEADS = ("/", "./", "../", "~", "configs/")
_OLD_NAMES = ("approved_coins_topmcap.json", "approved_coins_topmcap.txt")
_NEW_NAME = "configs/approved_coins.json"
_EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Places:
    """Folders a relative file is looked up in, in order."""

    roots: tuple[Path, ...]

    def find(self, name: str) -> Path | None:
        """Return the existing file called `name`, or None."""
        path = Path(name).expanduser() if name.startswith("~") else Path(name)
        try:
            if path.is_absolute():
                return path if path.is_file() else None
            return next((root / path for root in self.roots if (root / path).is_file()), None)
        except (OSError, ValueError):
            return None


@dataclass(slots=True)
class CoinSource:
    """A parsed list: entries as written per side, the files they came from, and notes for the user."""

    sides: PerSide
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def read_coin_source(value: Any, places: Places) -> CoinSource:
    """Return the entries of a coin list in any form; raises ConfigError for a missing or unreadable file."""
    reader = _Reader(places)
    sides = reader.sides(value)
    return CoinSource(sides, tuple(dict.fromkeys(reader.files)), tuple(reader.notes))


def is_empty_source(value: Any) -> bool:
    """Whether a list is one of the forms that mean "empty"; the word `all` alone counts too."""
    if value is None or value in (0, "", [], [""], {}):
        return True
    if isinstance(value, dict):
        sides = cast("dict[str, Any]", value)
        return set(sides) <= set(PSIDES) and all(is_empty_source(item) for item in sides.values())
    return means_everything(value)


def means_everything(value: Any) -> bool:
    """Whether a list is the single word `all`, which stands for every eligible market."""
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        value = cast("list[Any]", value)[0]
    return isinstance(value, str) and value.strip().lower() == _EVERYTHING


def coins_of(entries: Iterable[str]) -> list[str]:
    """Return the coins of list entries by name rules, empty results dropped, order kept, no repeats."""
    named = (coin_of(entry) for entry in entries)
    return list(dict.fromkeys(coin for coin in named if coin))


class _Reader:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.files: list[Path] = []
        self.notes: list[str] = []

    def sides(self, value: Any) -> PerSide:
        resolved = self._resolve(value)
        if isinstance(resolved, dict):
            given = _per_side(cast("dict[str, Any]", resolved))
            return {pside: self._side(given.get(pside, []), pside) for pside in PSIDES}
        return {pside: _flatten(resolved) for pside in PSIDES}

    def _side(self, value: Any, pside: Pside) -> list[str]:
        resolved = self._resolve(value)
        if isinstance(resolved, dict):
            resolved = _per_side(cast("dict[str, Any]", resolved)).get(pside, [])
        return _flatten(resolved)

    def _resolve(self, value: Any) -> Any:
        """Follow a file name or a JSON text; anything else comes back as it is."""
        only = value
        if isinstance(value, list):
            items = cast("list[Any]", value)
            only = items[0] if len(items) == 1 else None
            if items and all(isinstance(item, str) for item in items):
                joined = ",".join(cast("list[str]", items)).strip()
                if _looks_like_text(joined) and len(items) > 1:
                    only = joined
        if not isinstance(only, str):
            return cast("Any", value)
        only = only.strip()
        if _looks_like_text(only):
            try:
                return parse_text(only, f"coin list {shown(only)}")
            except ConfigError:
                if only.startswith("{"):
                    raise
                return _plain_names(only)
        if only.startswith(("{", "[")):
            raise ConfigError(f"coin list {shown(only)} has no end")
        path = self._file(only)
        if path is None:
            return cast("Any", value)
        self.files.append(path)
        return _coin_file(path)

    def _file(self, text: str) -> Path | None:
        if not text or "\n" in text or "\x00" in text or len(text) > 1000:
            return None
        found = self.places.find(text)
        if found is None and text.replace("\\", "/").rsplit("/", 1)[-1] in _OLD_NAMES:
            found = self.places.find(_NEW_NAME)
            if found is not None:
                self.notes.append(f"coin file {shown(text)} does not exist, {_NEW_NAME} is used")
        if found is None and _looks_like_file(text):
            raise ConfigError(f"coin list file {shown(text)} does not exist")
        return found


def _per_side(given: dict[str, Any]) -> dict[str, Any]:
    if set(given) <= set(PSIDES):
        return given
    raise ConfigError(f"{shown(given)} is no coin list", hint="write {long: [...], short: [...]}")


def _looks_like_text(text: str) -> bool:
    return len(text) > 1 and (text[0], text[-1]) in {("[", "]"), ("{", "}")}


def _looks_like_file(text: str) -> bool:
    if "," in text:
        return False
    return text.lower().endswith(_FILE_TAILS) or text.startswith(_FILE_HEADS) or text.count("/") > 1


def _flatten(value: Any) -> list[str]:
    """Return nested lists and comma texts as one list of stripped names."""
    if value is None or value == 0 or value is False:
        return []
    if isinstance(value, list):
        return [name for item in cast("list[Any]", value) for name in _flatten(item)]
    if isinstance(value, dict):
        raise ConfigError(
            f"{shown(cast('Any', value))} is no coin list", hint="write names, or {long: [...], short: [...]}"
        )
    if means_everything(value):
        return []
    return [name.strip() for name in str(value).split(",") if name.strip()]


def _coin_file(path: Path) -> Any:
    """Return the list or per-side object in a coin file: HJSON, else plain text."""
    text = read_text(path)
    try:
        value: Any = parse_text(text, str(path)) if text.strip() else []
    except ConfigError:
        if text.lstrip().startswith("{"):
            raise
        return _plain_names(text)
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        if given and set(given) <= set(PSIDES) and all(_all_text(item) for item in given.values()):
            return given
        if text.lstrip().startswith("{"):
            raise ConfigError(f"{path}: is no coin list", hint="write [names] or {long: [...], short: [...]}")
        return _plain_names(text)
    return cast("list[Any]", value) if _all_text(value) else _plain_names(text)


def _all_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[Any]", value))


def _plain_names(text: str) -> Sequence[str]:
    body = text.strip()
    if body.startswith("[") and body.endswith("]"):
        body = body[1:-1]
    names = body.replace("\n", ",").replace("\t", ",").replace(" ", ",").split(",")
    return [clean for clean in (name.strip().strip("\"'") for name in names) if clean]
