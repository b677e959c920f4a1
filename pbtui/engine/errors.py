"""What the engine refuses: wrong input, and being asked to run when it was built from other sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from pbtui.core.errors import EngineStale, PbtuiError
from pbtui.core.sanitize import sanitize_text

__all__ = ["EngineError", "EngineStale", "InvalidInput", "call"]

P = ParamSpec("P")
T = TypeVar("T")


class EngineError(PbtuiError, ValueError):
    """The engine refused its input; nothing was computed."""


class InvalidInput(EngineError):
    """An argument is missing, of the wrong type or out of range."""


def _describe(error: BaseException) -> str:
    cause = error.__cause__
    text = str(error) if cause is None else f"{error}: {cause}"
    return f"no {text}" if isinstance(error, KeyError) else text


def call(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a compiled function; whatever it says of its arguments becomes an InvalidInput of one line."""
    try:
        return function(*args, **kwargs)
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        raise InvalidInput(sanitize_text(f"engine input: {_describe(error)}")) from error
