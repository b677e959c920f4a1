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
from pbtui.core.record import record
from pbtui.core.sanitize import sanitize_line
from pbtui.core.types import PSIDES, Pside

PerSide = dict[str, list[str]]
_FILE_TAILS = (".json", ".hjson", ".txt", ".csv")
_FILE_HEADS = ("/", "./", "../", "~", "configs/")
_OLD_NAMES = ("approved_coins_topmcap.json", "approved_coins_topmcap.txt")
_NEW_NAME = "configs/approved_coins.json"
_EVERYTHING = "all"
_NEVER_IN_NAMES = frozenset(" []{}<>\"';\\")


@record
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
    """A parsed list: entries as written per side, the files they came from, and notes for the user.

    `everything` holds the sides whose entries name the word `all`: every eligible market, so their list is empty.
    `blank` holds the files without any text, which is what a file looks like while it is being written.
    """

    sides: PerSide
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    everything: frozenset[str] = frozenset()
    blank: tuple[Path, ...] = ()


def read_coin_source(value: Any, places: Places) -> CoinSource:
    """Return the entries of a coin list in any form; raises ConfigError for a missing or unreadable file."""
    reader = _Reader(places)
    named = reader.sides(value)
    everything = frozenset(pside for pside in PSIDES if any(name.lower() == _EVERYTHING for name in named[pside]))
    sides = {pside: [] if pside in everything else named[pside] for pside in PSIDES}
    files = tuple(dict.fromkeys(reader.files))
    return CoinSource(sides, files, tuple(reader.notes), everything, tuple(reader.blank))


def coins_of(entries: Iterable[str]) -> list[str]:
    """Return the coins of list entries by name rules, empty results dropped, order kept, no repeats."""
    named = (coin_of(entry) for entry in entries)
    return list(dict.fromkeys(coin for coin in named if coin))


class _Reader:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.files: list[Path] = []
        self.notes: list[str] = []
        self.blank: list[Path] = []

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
        text = read_text(path)
        if not text.strip():
            self.blank.append(path)
            return []
        return _coin_file(text, sanitize_line(path))

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
    """Return nested lists and comma texts as one list of stripped names; raises ConfigError for what is no name."""
    if value is None or value == 0:
        return []
    if isinstance(value, list):
        return [name for item in cast("list[Any]", value) for name in _flatten(item)]
    if isinstance(value, dict | bool):
        raise ConfigError(
            f"{shown(cast('Any', value))} is no coin list", hint="write names, or {long: [...], short: [...]}"
        )
    return [_coin_name(name.strip()) for name in str(value).split(",") if name.strip()]


def _coin_name(name: str) -> str:
    if _looks_like_file(name):
        raise ConfigError(f"{shown(name)} is a file inside a list of coins", hint="a coin file stands alone")
    if not name.isprintable() or not _NEVER_IN_NAMES.isdisjoint(name):
        raise ConfigError(f"{shown(name)} is no coin name", hint="names are parted by commas")
    return name


def _coin_file(text: str, source: str) -> Any:
    """Return the list or per-side object in the text of a coin file: HJSON, else plain names."""
    start, end = text.lstrip()[:1], text.rstrip()[-1:]
    try:
        value: Any = parse_text(text, source)
    except ConfigError:
        if start == "{" or (start == "[" and end != "]"):
            raise
        return _plain_names(text)
    if value is None or isinstance(value, bool):
        raise ConfigError(f"{source}: holds {text.strip()} instead of coins")
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        if given and set(given) <= set(PSIDES) and all(_all_text(item) for item in given.values()):
            return given
        if start == "{":
            raise ConfigError(f"{source}: is no coin list", hint="write [names] or {long: [...], short: [...]}")
        return _plain_names(text)
    return cast("list[Any]", value) if isinstance(value, list) else _plain_names(text)


def _all_text(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[Any]", value))


def _plain_names(text: str) -> Sequence[str]:
    body = text.strip()
    if body.startswith("[") and body.endswith("]"):
        body = body[1:-1]
    names = body.replace("\n", ",").replace("\t", ",").replace(" ", ",").split(",")
    return [clean for clean in (name.strip().strip("\"'") for name in names) if clean]
