"""Errors of the loop itself."""

from __future__ import annotations

from pbtui.core.errors import PbtuiError


class ErrorBudgetSpent(PbtuiError):
    """Ten errors within an hour: this bot object ends and a new one should be built (live.md 22)."""
