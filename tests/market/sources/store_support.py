"""The candle store as these tests use it: troubles are failures."""

from __future__ import annotations

from pathlib import Path

from pbtui.core.clock import Clock, RealClock
from pbtui.market.store import CandleStore, Trouble


def refuse(trouble: Trouble) -> None:
    raise AssertionError(trouble.line())


def store_at(folder: Path, exchange: str, clock: Clock | None = None) -> CandleStore:
    return CandleStore(folder, exchange, clock=clock or RealClock(), on_trouble=refuse)
