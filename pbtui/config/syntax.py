"""Where a text stops being JSON or HJSON, and why, in plain words."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from typing import Any

from pbtui.config.errors import SyntaxFault

_CONSTANT = re.compile(r'"(?:\\.|[^"\\])*"|(-?(?:NaN|Infinity))')
_TO_THE_END = " (without quotes a text runs to the end of its line)"
# How the library's messages begin, and what we say instead.
_WORDS: dict[str, str] = {
    "bad key name (eof)": "the text ends inside an object: a } is missing" + _TO_THE_END,
    "end of input while parsing an array": "the text ends inside a list: a ] is missing" + _TO_THE_END,
    "expecting value": "a value is missing here",
    "bad multiline string": "this ''' text has no end",
    "unterminated string starting at": "this text in quotes has no end",
    "invalid control character": "a control character inside quotes: write it as \\n, \\t or \\u00XX",
    "found a punctuator character": "a value is missing here" + _TO_THE_END,
    "extra data": "there is more text behind the end",
}


class NotStrict(ValueError):
    """A word such as NaN that strict JSON does not have."""


def refuse_constant(word: str) -> Any:
    """Raise NotStrict: a hook for the JSON reader, which would take NaN and Infinity for numbers."""
    raise NotStrict(f"{word} is no number of JSON")


def strict_json_fault(text: str) -> tuple[int, int, str] | None:
    """Return line, column and message of the first place where a text is not strict JSON, or None."""
    try:
        json.loads(text, parse_int=float, parse_constant=refuse_constant)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno, _in_words(error.msg)
    except NotStrict as error:
        found = next((match for match in _CONSTANT.finditer(text) if match.group(1)), None)
        return (*_place(text, found.start() if found else 0), str(error))
    except (ValueError, RecursionError):
        return None
    return None


def hjson_value(text: str, source: str, hooks: dict[str, Callable[[Any], Any]], *, is_object: bool) -> Any:
    """Return the value of an HJSON text; `is_object` takes a text without brackets for the inside of an object.

    Raises:
        SyntaxFault: the text is no HJSON; line and column point at the place.

    """
    library: Any = importlib.import_module("hjson.decoder")  # late: strict JSON does without it; it has no types
    decoder: Any = library.HjsonDecoder(**hooks)
    # The line in front: the library looks for one before a ''' text and fails on the first line.
    padded = "\n" + text
    try:
        first, _ = library.getNext(padded, 0)
        # Left to itself the library reads a broken object without brackets as one long text.
        if is_object and first not in {"", "{", "["} and ":" in text:
            return decoder.scan_object_once(padded, 0)[0]
        return decoder.decode(padded)
    except library.HjsonDecodeError as error:
        fault: Any = error
        raise _fault(text, source, max(1, fault.lineno - 1), fault.colno, str(fault.msg)) from None
    except IndexError:
        at = max(text.rfind("/*"), text.rfind("'''"), 0)
        raise _fault(text, source, *_place(text, at), "this comment or ''' text has no end") from None


def _fault(text: str, source: str, line: int, column: int, message: str) -> SyntaxFault:
    """Blame the earliest place: HJSON reads on behind a slip that strict JSON notices at once."""
    strict = strict_json_fault(text)
    if strict is not None and source.endswith(".json"):
        strict_line, strict_column, strict_message = strict
        rows = text.splitlines()
        rest = rows[strict_line - 1][strict_column - 1 :] if strict_line <= len(rows) else ""
        if not rest.startswith(("#", "//", "/*")) and (strict_line, strict_column) < (line, column):
            line, column, message = strict_line, strict_column, strict_message
    return SyntaxFault(source, line, column, _in_words(message))


def _in_words(message: str) -> str:
    low = message if message.startswith(("NaN", "-", "Inf")) else message[:1].lower() + message[1:]
    found = next((words for start, words in _WORDS.items() if low.startswith(start)), low)
    return found.split(" (check your syntax", maxsplit=1)[0]


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
