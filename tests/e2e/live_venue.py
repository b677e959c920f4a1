"""A venue on the loopback whose market moves only by hand, for runs of the whole command on live data."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from commands import Home

from pbtui.exchange.port import Candles
from tests.support.venue_server import VenueServer
from tests.support.venue_server.rest import symbol_entry

COINS = {"SOL": (150.0, 2), "XRP": (2.0, 4)}
TICK = {f"{coin}/USDT:USDT": 10.0**-decimals for coin, (_, decimals) in COINS.items()}


class Resting(NamedTuple):
    """An order of the ledger."""

    id: str
    symbol: str
    side: str
    qty: float
    price: float
    order_type: str


class Filled(NamedTuple):
    """A fill of the ledger."""

    order_id: str
    symbol: str
    side: str
    qty: float
    price: float
    order_type: str


def still_market(others: int = 0) -> VenueServer:
    """Return a venue of two coins that swing gently for a week and then stand still, as far as trades say.

    `others`: so many further markets are listed, of which nothing else is known.
    """
    candles = {coin: _waves(*facts) for coin, facts in COINS.items()}
    first, *_ = VenueServer(candles).markets.values()
    names = [f"OTHER{number}" for number in range(others)]
    listed = [{**symbol_entry(first), "symbol": f"{name}USDT", "baseAsset": name} for name in names]
    server = VenueServer(candles, auto=False, extra_symbols=listed)
    for coin, (price, _) in COINS.items():
        server.markets[coin].injected = price
    return server


def endpoints_file(folder: Path, base_url: str) -> Path:
    """Write a file for --endpoints that leads every address to `base_url`."""
    path = folder / "endpoints.json"
    path.write_text(json.dumps({"defaults": {"rest": {"rewrite_domains": {"*": base_url}}}}))
    return path


def orders(home: Home) -> list[Resting]:
    """Return the resting orders; none while there is no ledger yet."""
    return [Resting(*row) for row in _rows(home, "SELECT id, symbol, side, qty, price, order_type FROM orders")]


def fills(home: Home) -> list[Filled]:
    """Return all fills."""
    found = _rows(home, "SELECT order_id, symbol, side, qty, price, order_type FROM fills ORDER BY seq")
    return [Filled(*row) for row in found]


def soon(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait until a condition holds; fails when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.02)


def soon_streaming(server: VenueServer) -> None:
    """Wait until the trades of both coins are subscribed to."""
    wanted = {f"{coin.lower()}usdt@aggTrade" for coin in COINS}
    soon(lambda: wanted <= {name for socket in list(server.sockets.open) for name in set(socket.streams)})


def trade_at(server: VenueServer, order: Resting, ticks: int) -> None:
    """Make a trade happen at an order's price, or so many ticks through it."""
    away = ticks * TICK[order.symbol] * (-1 if order.side == "buy" else 1)
    server.trade(order.symbol.partition("/")[0], order.price + away)


def _rows(home: Home, sql: str) -> list[tuple[object, ...]]:
    try:
        return home.rows(sql)
    except (ValueError, sqlite3.OperationalError):
        return []


def _waves(price: float, decimals: int) -> Candles:
    at = np.arange(10_080)
    close = np.round(price * (1.0 + 0.004 * np.sin(at / 40.0)), decimals)
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.round(np.maximum(opened, close) + 10.0**-decimals, decimals)
    low = np.round(np.minimum(opened, close) - 10.0**-decimals, decimals)
    volume = np.round(5_000.0 + 1_000.0 * np.cos(at / 7.0), 1)
    return Candles(1_735_689_600_000 + at * 60_000, opened, high, low, close, volume)
