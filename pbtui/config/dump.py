"""Writing configurations: streamlined JSON, dumps, clean files (config.md 12)."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pbtui.config.fill import OPEN
from pbtui.config.keys import Path as KeyPath
from pbtui.config.schema import built_in_config
from pbtui.core.errors import ConfigError
from pbtui.core.files import replace_file
from pbtui.core.sanitize import sanitize_line

WIDTH_CONFIG = 60
WIDTH_PARETO = 72
_INDENT = "    "
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_METADATA = ("_raw", "_transform_log", "_coins_sources")


def render(value: Any, width: int = WIDTH_CONFIG, level: int = 0) -> str:
    """Return streamlined JSON: what fits `width` in compact form stays on one line, the rest is opened up."""
    return _opened(value, width, level)[0]


def _opened(value: Any, width: int, level: int) -> tuple[str, str]:
    """Return the streamlined and the compact text; each is made of those of the parts, so that all is written once."""
    if not isinstance(value, dict | list) or not value:
        compact = _scalar(cast("Any", value))
        return compact, compact
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        names = [_compact(name) for name, _ in items]
        parts = [_opened(item, width, level + 1) for _, item in items]
        rows = [f"{name}: {text}" for name, (text, _) in zip(names, parts, strict=True)]
        compacts = [f"{name}:{text}" for name, (_, text) in zip(names, parts, strict=True)]
        opening, closing = "{", "}"
    else:
        parts = [_opened(item, width, level + 1) for item in cast("list[Any]", value)]
        rows, compacts = [text for text, _ in parts], [text for _, text in parts]
        opening, closing = "[", "]"
    compact = f"{opening}{','.join(compacts)}{closing}"
    if len(compact) <= width:
        return compact, compact
    inner, outer = _INDENT * (level + 1), _INDENT * level
    body = ",\n".join(inner + row for row in rows)
    return f"{opening}\n{body}\n{outer}{closing}", compact


def _scalar(value: Any) -> str:
    return repr(value) if type(value) is float and math.isfinite(value) else _compact(value)


def dump(data: Mapping[str, Any], *, clean: bool = False) -> str:
    """Return a configuration as text: keys sorted at every level, no metadata, newline at the end.

    With `clean` it is rebuilt on the built-in structure: unknown keys go, missing or null ones get their default.
    """
    stripped = strip_metadata(data)
    return render(_sorted(clean_copy(stripped) if clean else stripped)) + "\n"


def strip_metadata(value: Any) -> Any:
    """Return nested data without `_raw`, `_transform_log` and `_coins_sources` at any level."""
    if isinstance(value, Mapping):
        items = cast("Mapping[str, Any]", value).items()
        return {name: strip_metadata(item) for name, item in items if name not in _METADATA}
    if isinstance(value, list):
        return [strip_metadata(item) for item in cast("list[Any]", value)]
    return value


def clean_copy(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` poured into the built-in structure; where names are the user's own, all of them stay."""
    return _poured(data, built_in_config(), ())


def _poured(data: Mapping[str, Any], structure: Mapping[str, Any], at: KeyPath) -> dict[str, Any]:
    result: dict[str, Any] = _without_private(data) if at in OPEN else {}
    for name, default in structure.items():
        value = data.get(name)
        if value is None:
            result[name] = default
        elif isinstance(default, dict) and isinstance(value, Mapping):
            given = cast("Mapping[str, Any]", value)
            inner = cast("dict[str, Any]", default)
            result[name] = _poured(given, inner, (*at, name)) if inner else _without_private(given)
        else:
            result[name] = value
    return result


def write_config(path: Path, data: Mapping[str, Any], *, clean: bool = False) -> None:
    """Write a dump atomically; raises ConfigError when the file can't be written."""
    try:
        replace_file(path, dump(data, clean=clean).encode())
    except OSError as error:
        raise ConfigError(f"{sanitize_line(path)}: can't be written ({error.strerror or error})") from None


def _without_private(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in given.items() if not name.startswith("_")}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {name: _sorted(items[name]) for name in sorted(items)}
    if isinstance(value, list):
        return [_sorted(item) for item in cast("list[Any]", value)]
    return value
