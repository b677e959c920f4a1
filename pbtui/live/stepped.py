"""Telling a market that moves by itself from one that moves when told."""

from __future__ import annotations

from typing import cast

from pbtui.exchange.port import Exchange, SteppedExchange


def as_stepped(exchange: Exchange) -> SteppedExchange | None:
    """Return the exchange as a stepped one, None when its market moves by itself."""
    return cast("SteppedExchange", exchange) if exchange.capabilities.stepped else None
