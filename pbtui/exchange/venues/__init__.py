"""What differs between venues when an account is read and orders are sent: one file of quirks a venue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pbtui.core.errors import ConfigError

if TYPE_CHECKING:
    from pbtui.exchange.private.quirks import Quirks

# Venues whose run on a simulated venue passes from start to panic.
READY = ("binance", "bybit", "okx", "bitget", "gateio", "hyperliquid", "kucoin", "paradex")


def quirks_of(venue: str) -> Quirks:
    """Return the quirks of a venue by short name; raises ConfigError for one that has none."""
    match venue:
        case "binance":
            from pbtui.exchange.venues.binance import Binance

            return Binance()
        case "bitget":
            from pbtui.exchange.venues.bitget import Bitget

            return Bitget()
        case "bybit":
            from pbtui.exchange.venues.bybit import Bybit

            return Bybit()
        case "gateio":
            from pbtui.exchange.venues.gateio import GateIo

            return GateIo()
        case "kucoin":
            from pbtui.exchange.venues.kucoin import Kucoin

            return Kucoin()
        case "okx":
            from pbtui.exchange.venues.okx import Okx

            return Okx()
        case "paradex":
            from pbtui.exchange.venues.paradex import Paradex

            return Paradex()
        case "hyperliquid":
            from pbtui.exchange.venues.hyperliquid import Hyperliquid

            return Hyperliquid()
        case _:
            raise ConfigError(f"{venue}: real accounts are not served yet", hint=f"venues: {', '.join(READY)}")
