"""Errors, arranged by the reaction they require; each renders as one clear line."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Process exit codes; part of the interface."""

    OK = 0
    FAILED = 1
    USAGE = 2
    RETRYABLE = 3
    REFUSED = 4
    INTERRUPTED = 130


class PbtuiError(Exception):
    """Base of all errors that are meant to be shown: what went wrong, and what to do about it."""

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def line(self) -> str:
        """Return the error as one line."""
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        return " ".join(text.split())


class ConfigError(PbtuiError):
    """The configuration or the command line is wrong; nothing was started."""

    exit_code = ExitCode.USAGE


class SafetyRefusal(PbtuiError):
    """A safety rule refuses the action; nothing was done."""

    exit_code = ExitCode.REFUSED


class DataError(PbtuiError):
    """Data cannot be vouched for (gap, corruption, wrong shape): do not trade on it."""


class StateError(PbtuiError):
    """A stored state (ledger, modes file) cannot be read or written."""


class ExchangeError(PbtuiError):
    """A call to a venue failed."""

    exit_code = ExitCode.RETRYABLE


class VenueUnreachable(ExchangeError):
    """No answer (timeout, DNS, disconnect, 5xx): try again with back-off."""


class UnreadableAnswer(ExchangeError):
    """The venue answered something that makes no sense: what it was asked about is unknown, never empty or zero."""


class RateLimited(ExchangeError):
    """The venue asks to slow down; `retry_after_s` seconds of silence are owed."""

    def __init__(self, message: str, *, retry_after_s: float = 5.0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(ExchangeError):
    """A create or cancel may or may not have been accepted; resolve it by client id before acting again."""


class OrderRejected(ExchangeError):
    """The venue refused an order for good; sending the same again is pointless. `reason` is a short code."""

    def __init__(self, message: str, *, reason: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class OrderGone(ExchangeError):
    """The order to cancel no longer exists (filled or cancelled): re-read positions and orders."""


class AccountRefused(ExchangeError):
    """Keys, permissions or account mode do not allow trading; an operator must act."""

    exit_code = ExitCode.REFUSED


class LinkClosed(PbtuiError):
    """The bot at the other end of a link is gone or never was."""


class EngineStale(PbtuiError):
    """The compiled engine is missing or does not match its sources; orders must not be computed with it."""
