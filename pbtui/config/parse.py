"""Reading JSON and HJSON texts into plain values, with line and column of what can't be read (config.md 2)."""

from __future__ import annotations

import importlib
import json
import math
from pathlib import Path
from typing import Any, cast

from pbtui.config.errors import SyntaxFault
from pbtui.core.errors import ConfigError
from pbtui.core.sanitize import sanitize_line

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 60


def read_text(path: Path) -> str:
    """Return the text of a file; raises ConfigError when it can't be read or is not UTF-8."""
    name = sanitize_line(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MiB", hint="this is no configuration")
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise ConfigError(f"{name}: is a folder, not a file") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{name}: can't be read ({reason})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        raise SyntaxFault(name, line, error.start - before.rfind(b"\n"), "not UTF-8 text") from None


def parse_text(text: str, source: str) -> Any:
    """Return the value of an HJSON (or JSON) text; `source` names it in errors.

    Raises:
        SyntaxFault: the text is neither; line and column point at the place.

    """
    hjson: Any = importlib.import_module("hjson")  # late: only configs need it; it has no types

    try:
        value: Any = hjson.loads(text)
    except hjson.HjsonDecodeError as error:
        fault: Any = error
        raise _fault(text, source, fault.lineno, fault.colno, str(fault.msg)) from None
    except RecursionError:
        raise ConfigError(f"{source}: nested deeper than {MAX_DEPTH} levels") from None
    except (OverflowError, ValueError) as error:
        raise _fault(text, source, 1, 1, str(error)) from None
    return plain(value, source)


def parse_file(path: Path) -> dict[str, Any]:
    """Return the object in a configuration file; raises ConfigError when it holds something else."""
    name = sanitize_line(path)
    value = parse_text(read_text(path), name)
    if not isinstance(value, dict):
        raise SyntaxFault(name, 1, 1, "a configuration is an object { … }")
    return cast("dict[str, Any]", value)


def plain(value: Any, source: str, depth: int = 0) -> Any:
    """Return `value` with plain dicts and text keys; refuses depth bombs and non-finite numbers."""
    if depth > MAX_DEPTH:
        raise ConfigError(f"{source}: nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        mapping = cast("dict[object, Any]", value)
        return {str(name): plain(item, source, depth + 1) for name, item in mapping.items()}
    if isinstance(value, list):
        return [plain(item, source, depth + 1) for item in cast("list[Any]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{source}: holds a number that is not finite")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**63:
        return float(value) if abs(value) < 10**300 else plain(math.inf, source)
    return value


def strict_json_fault(text: str) -> tuple[int, int, str] | None:
    """Return line, column and message of the first place where a text is not strict JSON, or None."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno, error.msg
    except (ValueError, RecursionError):
        return None
    return None


def _fault(text: str, source: str, line: int, column: int, message: str) -> SyntaxFault:
    """Blame the earliest place: HJSON reads on behind a slip that strict JSON notices at once."""
    strict = strict_json_fault(text)
    if strict is not None and source.endswith(".json"):
        strict_line, strict_column, strict_message = strict
        rows = text.splitlines()
        rest = rows[strict_line - 1][strict_column - 1 :] if strict_line <= len(rows) else ""
        if not rest.startswith(("#", "//", "/*")) and (strict_line, strict_column) < (line, column):
            line, column, message = strict_line, strict_column, strict_message
    return SyntaxFault(source, line, column, message[:1].lower() + message[1:])
