"""Failures of the exchange library as errors by required reaction; nothing is swallowed."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

from pbtui.core.errors import (
    AccountRefused,
    ExchangeError,
    OrderGone,
    OrderRejected,
    RateLimited,
    UnreadableAnswer,
    VenueUnreachable,
)
from pbtui.core.sanitize import sanitize_line

DEFAULT_PAUSE_S = 5.0
_TEXT_LIMIT = 200
_QUERY = re.compile(r"(https?://[^\s?]+|wss?://[^\s?]+)\?\S*")


def failures() -> tuple[type[Exception], ...]:
    """Return what a call to the library may raise: its own errors, the network's, and what bad answers break."""
    import aiohttp

    library = _library()
    return (
        library.BaseError,
        aiohttp.ClientError,
        OSError,
        TimeoutError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
    )


def translate(error: BaseException, what: str, *, retry_after_s: float | None = None) -> ExchangeError:
    """Return the failure of a call as a typed error; `what` names venue and call, the text is sanitised."""
    import aiohttp

    library = _library()
    if isinstance(error, ExchangeError):
        return error
    text = f"{what}: {_words(error)}"
    if isinstance(error, (library.RateLimitExceeded, library.DDoSProtection)):
        pause = DEFAULT_PAUSE_S if retry_after_s is None else retry_after_s
        return RateLimited(f"{text} (pausing {pause:.0f} s)", retry_after_s=pause)
    network: tuple[type[Exception], ...] = (library.NetworkError, aiohttp.ClientError, OSError, TimeoutError)
    if isinstance(error, network) or isinstance(error.__cause__, network):
        return VenueUnreachable(text)
    if isinstance(error, (library.BadResponse, library.OperationFailed)):
        return VenueUnreachable(text)
    kind = _order_error(error, library)
    if kind == "gone":
        return OrderGone(text)
    if kind:
        return OrderRejected(text, reason=kind)
    if isinstance(error, (library.AuthenticationError, library.ManualInteractionNeeded, library.RestrictedLocation)):
        return AccountRefused(text)
    if isinstance(error, library.BaseError):
        return ExchangeError(text)
    return UnreadableAnswer(f"{what}: an answer that makes no sense ({_words(error)})")


def _library() -> Any:
    return importlib.import_module("ccxt.base.errors")  # late, and it has no types


def _order_error(error: BaseException, library: Any) -> str:
    """Return why an order was refused in one word, `gone` for one that is no more, empty for other errors."""
    table: Sequence[tuple[str, str]] = (
        ("OrderNotFound", "gone"),
        ("InsufficientFunds", "insufficient_margin"),
        ("OrderImmediatelyFillable", "post_only"),
        ("DuplicateOrderId", "duplicate_id"),
        ("InvalidOrder", "invalid"),
    )
    return next((word for name, word in table if isinstance(error, getattr(library, name))), "")


def _words(error: BaseException) -> str:
    # What follows the question mark of an address may be signed: it belongs in no log.
    text = sanitize_line(_QUERY.sub(r"\1", str(error)), limit=_TEXT_LIMIT) or type(error).__name__
    # The library names the address only; what was wrong with it is in the error it had caught.
    cause = sanitize_line(_QUERY.sub(r"\1", str(error.__cause__ or "")), limit=_TEXT_LIMIT)
    return f"{text}: {cause}" if cause and cause not in text else text
