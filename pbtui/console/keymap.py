"""The operator's own keys: a file that gives actions other keys, by id. No ritual depends on a key.

An action asks, previews and counts down the same whatever key begins it; a key that also confirms may not begin one.
"""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from pbtui.console.actions import ACTIONS, BY_ID, EVERYWHERE, ConsoleAction, Danger, Place, actions_of, key_label
from pbtui.console.text import safe
from pbtui.core.errors import ConfigError

Keys = dict[str, tuple[str, ...]]

FILE = "keys.toml"
_LARGEST = 64 * 1024
_MOST_KEYS = 4
_NAMED = (
    "enter", "escape", "tab", "shift+tab", "space", "backspace", "delete", "insert", "up", "down", "left", "right",
    "home", "end", "pageup", "pagedown", *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
_SHORT = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "s-tab": "shift+tab", "return": "enter"}
# Names of signs where the terminal toolkit departs from Unicode's.
_SIGNS = {"solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
          "plus_sign": "plus", "low_line": "underscore"}  # fmt: skip
# Keys that never arrive, or arrive as others: flow control, stop, and what terminals send for enter, tab, backspace.
_TAKEN = {"ctrl+s", "ctrl+q", "ctrl+z", "ctrl+m", "ctrl+i", "ctrl+h", "ctrl+j"}
_ALWAYS_QUITS = "ctrl+c"
# Keys that confirm, choose or leave in dialogs: pressed twice, they must never begin and confirm a dangerous action.
_CONFIRMING = {"y", "enter", "space", "escape", "tab"}


def user_keys_file() -> Path:
    """Return where the operator's keys are: `keys.toml` in the user's folder of pbtui's settings."""
    import platformdirs

    return Path(platformdirs.user_config_dir("pbtui")) / FILE


def load_keys(path: Path) -> Keys:
    """Return the keys of a file by action id; raises ConfigError with what is wrong, in one line."""
    name = safe(path.name, 80)
    try:
        document = tomllib.loads(_text(path))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {safe(error, 200)}", hint=_HINT) from None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {safe(error.strerror or error, 100)}") from None
    try:
        return read_keys(document)
    except ConfigError as error:
        raise ConfigError(f"{name}: {error.message}", hint=error.hint) from None


def keys_or_default(path: Path | None) -> tuple[Keys, str]:
    """Return the keys of a file where there is one, and in one line why it is not used, empty when it is."""
    if path is None or not os.path.lexists(path):
        return {}, ""
    try:
        return load_keys(path), ""
    except ConfigError as error:
        return {}, f"{error.line()}; the default keys are in force"


def read_keys(document: Mapping[str, object]) -> Keys:
    """Return the keys of a parsed file; raises ConfigError for an unknown id, a key that is none, a collision."""
    unknown = next((name for name in document if name != "keys"), None)
    table = document.get("keys", {})
    if unknown is not None or not isinstance(table, dict):
        what = f"{safe(unknown, 40)} is not known" if unknown is not None else "keys is no table"
        raise ConfigError(what, hint=_HINT)
    moved: Keys = {}
    for action_id, value in cast("dict[str, object]", table).items():
        action = BY_ID.get(action_id)
        if action is None:
            raise ConfigError(f"no action is called {safe(action_id, 60)}", hint=_near(action_id))
        moved[action_id] = _keys_of(action, value)
    _refuse_collisions(moved)
    return moved


def key_name(text: str) -> str:
    """Return the name of a key as it is written by hand: `^p`, `?`, `esc`, `G`; raises ConfigError for none."""
    word = text.strip() if len(text) > 1 else text
    if len(word) == 1:
        return "space" if word == " " else _sign(word, text)
    lower = word.lower()
    if word.startswith("^") and len(word) > 1:
        lower = f"ctrl+{lower[1:]}"
    lower = _SHORT.get(lower, lower)
    if lower in _NAMED or _is_control(lower):
        return lower
    if lower in {_sign(sign, sign) for sign in "?/:;,.[]!@#$%&*()-+=<>|~`'\"\\_{}^"}:
        return lower
    raise ConfigError(f"{safe(text, 40)} is no key", hint="write a letter, a sign, ctrl+x, enter, f5, …")


def _sign(char: str, text: str) -> str:
    if char.isalnum():
        return char
    if not char.isprintable():
        raise ConfigError(f"{safe(text, 40)} is no key")
    name = unicodedata.name(char, "").lower().replace("-", "_").replace(" ", "_")
    return _SIGNS.get(name, name)


def _is_control(key: str) -> bool:
    head, _, tail = key.rpartition("+")
    return head == "ctrl" and ((len(tail) == 1 and tail.isascii() and tail.isalpha()) or tail in _NAMED)


def _text(path: Path) -> str:
    """Read a regular file of reasonable size; never waits for anything else."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            raise ConfigError(f"{safe(path.name, 80)} is no file of keys", hint=_HINT)
        return file.read(_LARGEST + 1).decode("utf-8")


def _keys_of(action: ConsoleAction, value: object) -> tuple[str, ...]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not words:
        raise ConfigError(f"{action.id} needs a key or a list of keys", hint=_HINT)
    names = list(dict.fromkeys(_checked(action, word) for word in cast("list[object]", words)))
    if len(names) > _MOST_KEYS:
        raise ConfigError(f"{action.id} has {len(names)} keys", hint=f"{_MOST_KEYS} at most")
    if action.id == "quit" and _ALWAYS_QUITS not in names:
        names.append(_ALWAYS_QUITS)
    return tuple(names)


def _checked(action: ConsoleAction, word: object) -> str:
    if not isinstance(word, str) or not word:
        raise ConfigError(f"{action.id}: {safe(word, 40)} is no key", hint=_HINT)
    key = key_name(word)
    if key in _TAKEN or (key == _ALWAYS_QUITS and action.id != "quit"):
        why = "always quits" if key == _ALWAYS_QUITS else "never arrives as itself"
        raise ConfigError(f"{action.id}: {key_label(key)} {why}", hint="choose another key")
    if (action.danger >= Danger.ORDERS or action.asks) and key in _CONFIRMING:
        raise ConfigError(
            f"{action.id}: {key_label(key)} also confirms or leaves dialogs, so it may not begin a dangerous action",
            hint="choose another key",
        )
    return key


def _refuse_collisions(moved: Keys) -> None:
    for place in sorted(EVERYWHERE):
        clash = _clash(place, moved)
        if clash is not None:
            key, first, second = clash
            raise ConfigError(
                f"{key_label(key)} would be both {first} and {second} on the {place} screen",
                hint="give one of them another key",
            )


def _clash(place: Place, moved: Keys) -> tuple[str, str, str] | None:
    seen: dict[str, str] = {}
    for action in actions_of(place):
        for key in moved.get(action.id, action.default_keys):
            if key in seen:
                return key, seen[key], action.id
            seen[key] = action.id
    return None


def _near(action_id: str) -> str:
    close = difflib.get_close_matches(action_id, [action.id for action in ACTIONS], n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else "pbtui keys lists the ids"


_HINT = 'write [keys], then lines such as "mode.normal" = "N"; pbtui keys lists the ids'
