"""Stored candles to look at: written through the real store, the same in every run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from pbtui.console.dialogs.pick import PickDialog
from pbtui.console.screens.candles import CandlesScreen
from pbtui.core.clock import DAY_MS, MINUTE_MS, VirtualClock
from pbtui.market.holdings import Library
from pbtui.market.store import CandleStore
from pbtui.market.store.rows import MINUTE, Rows
from pbtui.market.store.spans import Stretch
from tests.support.hasty_clock import HastyClock

from .sample import NOW_MS
from .support import LARGE, Desk, desk, until

TODAY = NOW_MS // DAY_MS * DAY_MS
BTC, ETH, PEPE = "BTC/USDT:USDT", "ETH/USDT:USDT", "1000PEPE/USDT:USDT"


def rows(days: float, *, end_ms: int = TODAY, price: float = 100.0) -> Rows:
    """Return minutes up to `end_ms` that go up and down by one in a thousand, whole numbers of ticks."""
    count = round(days * 1440)
    made = np.empty(count, dtype=MINUTE)
    steps = np.arange(count)
    made["ts"] = end_ms + (steps - count) * MINUTE_MS
    made["o"] = price * (1 + (steps % 7) / 1000)
    made["c"] = price * (1 + ((steps + 1) % 7) / 1000)
    made["h"], made["l"] = price * 1.007, price * 0.999
    made["bv"] = 1 + steps % 5
    return made


def without(made: Rows, *stretches: tuple[float, int]) -> Rows:
    """Return rows without stretches, each (days before the end, minutes)."""
    keep = np.ones(len(made), dtype=bool)
    for days, minutes in stretches:
        start = len(made) - round(days * 1440)
        keep[start : start + minutes] = False
    return made[keep]


def library(base: Path) -> Library:
    """Return the candles of a base folder."""
    troubles: list[str] = []
    return Library(base, VirtualClock(NOW_MS), lambda trouble: troubles.append(trouble.line()))


def store(base: Path, exchange: str = "binance") -> CandleStore:
    return library(base).store(exchange)


def fill(base: Path) -> None:
    """Put candles of three venues below a base folder: whole ones, holes long and short, a known reason."""
    btc = without(rows(300, price=100_000.0), (200, 3), (120.25, 150), (60, 9 * 1440))
    store(base).write(BTC, btc)
    gap_start = TODAY - round(120.25 * DAY_MS)
    store(base).note_gaps(BTC, [Stretch(gap_start, gap_start + 150 * MINUTE_MS)], "no_trades", retry_count=3)
    store(base).write(ETH, without(rows(210, price=2_500.0), (90, 4_000)))
    store(base).write("SOL/USDT:USDT", rows(120))
    store(base, "bybit").write(BTC, rows(180, price=100_000.0))
    store(base, "bybit").write(PEPE, without(rows(75, price=0.01), (50, 700)))
    shards(base, "okx", BTC, 3)


def shards(base: Path, exchange: str, symbol: str, days: int) -> list[Path]:
    """Write day files as Passivbot has them."""
    folder = base / "caches" / "ohlcv" / exchange / "1m" / symbol.replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for number in range(days, 0, -1):
        day = TODAY - number * DAY_MS
        made = rows(1, end_ms=day + DAY_MS)
        path = folder / f"{np.datetime64(day, 'ms').astype('datetime64[D]')}.npy"
        np.save(path, made)
        paths.append(path)
    return paths


def write_config(base: Path, name: str = "alpha.json", **backtest: object) -> Path:
    """Write a config whose backtest needs SOL of binance for a few days."""
    path = base / "configs" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    needs = {"exchanges": ["binance"], "start_date": "2025-06-05", "end_date": "2025-06-09", **backtest}
    live = {"approved_coins": ["SOL"], "warmup_ratio": 0.0, "max_warmup_minutes": 60}
    path.write_text(json.dumps({"backtest": needs, "live": live, "bot": {"long": {}, "short": {}}}))
    return path


def write_endpoints(base: Path, rest: Mapping[str, object]) -> None:
    """Lead the venues elsewhere."""
    path = base / "configs" / "custom_endpoints.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"defaults": {"disable_ws": True, "rest": dict(rest)}}))


async def at_rest(d: Desk) -> None:
    """Wait until the threads are done and all is drawn."""
    await d.app.candles.idle()
    await d.settle()
    d.app.refresh_views()
    await d.settle()


async def picker(d: Desk) -> PickDialog:
    """Open the picker of configs and wait for its list."""
    await d.press("w")
    dialog = d.app.screen
    assert isinstance(dialog, PickDialog)
    await until(lambda: bool(dialog._paths))
    await d.settle()
    return dialog


@asynccontextmanager
async def candles(base: Path, size: tuple[int, int] = LARGE, **options: object) -> AsyncIterator[Desk]:
    """Run a console with the candles in front."""
    async with desk(size=size, base_dir=base, **options) as d:
        d.app.candles.downloads._clock = HastyClock()
        await d.press("5")
        await at_rest(d)
        assert isinstance(d.app.screen, CandlesScreen)
        yield d
        d.app.candles.close()
        await d.app.candles.idle()
