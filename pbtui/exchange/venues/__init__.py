"""What differs between venues when an account is read and orders are sent: one file of quirks a venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pbtui.exchange.private.quirks import Quirks

READY = ("binance",)  # venues whose simulator run passes from start to panic


def quirks_of(venue: str) -> Quirks:
    """Return the quirks of a venue in `READY`."""
    from pbtui.exchange.venues.binance import Binance

    return Binance()
