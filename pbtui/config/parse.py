"""Reading JSON and HJSON texts into plain values, with line and column of what can't be read (config.md 2)."""

from __future__ import annotations

import json
import math
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from pbtui.config.errors import SyntaxFault
from pbtui.config.syntax import NotStrict, hjson_value, refuse_constant
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 60
_MOST_DIGITS = 300


class _Huge(float):
    """Stands for a number no double can hold until its key is known."""


class _Object(dict[str, Any]):
    """An object of a text together with the keys it names more than once."""

    twice: tuple[str, ...] = ()


def read_text(path: Path) -> str:
    """Return the text of a file; raises ConfigError when it can't be read, is no plain file or is not UTF-8."""
    name = sanitize_line(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ConfigError(f"{name}: is a folder, not a file")
        if not stat.S_ISREG(mode):
            raise ConfigError(f"{name}: is a pipe or a device", hint="allowed: a plain file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{name}: no such file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{name}: can't be read ({reason})") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MiB", hint="this is no configuration")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        raise SyntaxFault(name, line, error.start - before.rfind(b"\n"), "not UTF-8 text") from None


def parse_text(text: str, source: str, repeated: list[str] | None = None, *, is_object: bool = False) -> Any:
    """Return the value of an HJSON (or JSON) text; `source` names it in errors.

    `is_object` tells that an object is meant, whose outer brackets HJSON lets one leave out.
    Of a key written twice the last counts, as in the reference; `repeated` collects the dotted names of such keys.

    Raises:
        SyntaxFault: the text is neither; line and column point at the place.
        ConfigError: it is nested too deeply, or holds a number that is not finite.

    """
    try:
        try:
            value: Any = _STRICT.decode(text)
        except (json.JSONDecodeError, NotStrict):
            value = hjson_value(text, source, _HOOKS, is_object=is_object)
    except RecursionError:
        raise ConfigError(f"{source}: nested deeper than {MAX_DEPTH} levels") from None
    return _plain(value, source, (), [] if repeated is None else repeated)


def parse_file(path: Path, repeated: list[str] | None = None) -> dict[str, Any]:
    """Return the object in a configuration file; raises ConfigError when it holds something else."""
    name = sanitize_line(path)
    value = parse_text(read_text(path), name, repeated, is_object=True)
    if not isinstance(value, dict):
        raise SyntaxFault(name, 1, 1, "a configuration is an object { … }")
    return cast("dict[str, Any]", value)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else _Huge(0.0)


def _real(digits: str) -> int | float:
    """Return a number; a whole one below 1e10 as int, which is how the reference's reader gives it."""
    number = float(digits)
    if not math.isfinite(number):
        return _Huge(0.0)
    return int(number) if number == int(number) and abs(number) < 1e10 else number


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    result = _Object(pairs)
    if len(result) < len(pairs):
        result.twice = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return result


_HOOKS: dict[str, Callable[[Any], Any]] = {
    "parse_int": _whole,
    "parse_float": _real,
    "object_pairs_hook": _object,
}
# Most files are strict JSON, which the standard reader takes in a hundredth of the time.
_STRICT = json.JSONDecoder(
    parse_int=_whole, parse_float=_real, parse_constant=refuse_constant, object_pairs_hook=_object
)


def _plain(value: Any, source: str, path: tuple[str, ...], repeated: list[str]) -> Any:
    """Return `value` with plain dicts; refuses depth bombs and non-finite numbers."""
    if len(path) > MAX_DEPTH:
        raise ConfigError(f"{source}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, _Object):
        repeated.extend(".".join((*path, name)) for name in value.twice)
        return {name: _plain(item, source, (*path, name), repeated) for name, item in value.items()}
    if isinstance(value, list):
        items = enumerate(cast("list[Any]", value), start=1)
        return [_plain(item, source, (*path, f"[{position}]"), repeated) for position, item in items]
    if isinstance(value, _Huge):
        where = f"{sanitize_line('.'.join(path), limit=200)}: " if path else ""
        raise ConfigError(f"{source}: {where}a number too large", hint="allowed: numbers up to 1.8e308")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        return float(value)
    return value
