"""Errors of the loop itself."""

from __future__ import annotations

from pbtui.core.errors import PbtuiError


class ErrorBudgetSpent(PbtuiError):
    """Ten errors within an hour: this bot object ends and a new one should be built (live.md 22).

    `outage`: all of them were a venue that could not be reached, or wanted silence.
    """

    def __init__(self, message: str, *, hint: str = "", outage: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.outage = outage
