"""The exchange library, loaded late and off the event loop: importing it takes longer than painting a screen."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
from pathlib import Path
from typing import Any

from pbtui.exchange.public.packages import open_doors
from pbtui.exchange.public.venues import Venue


def known_ids() -> frozenset[str]:
    """Return the ids of all venues the library can stream, without importing it."""
    spec = importlib.util.find_spec("ccxt")
    if spec is None or spec.origin is None:
        return frozenset()
    return frozenset(path.stem for path in (Path(spec.origin).parent / "pro").glob("[a-z]*.py"))


async def load(venue: Venue) -> None:
    """Import one venue of the library in a worker thread."""
    await asyncio.to_thread(_class_of, venue)
    logging.getLogger("ccxt").setLevel(logging.WARNING)


def _class_of(venue: Venue) -> Any:
    open_doors()
    return getattr(importlib.import_module("ccxt.pro"), venue.library)


def new_client(venue: Venue, *, timeout_s: float) -> Any:
    """Return a client without keys for REST and streams; `load` must have finished. Close it after use."""
    client: Any = _class_of(venue)(
        {
            "enableRateLimit": True,
            "timeout": round(timeout_s * 1000),
            "options": {"adjustForTimeDifference": True, **venue.options, "defaultType": "swap"},
        }
    )
    client.has["fetchCurrencies"] = False  # public data need no currencies, and some venues want keys for them
    if venue.adapt is not None:
        venue.adapt(client)
    return client
