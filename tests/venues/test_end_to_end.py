"""The whole command on each venue: start, trade, kill in mid-batch, restart, graceful stop, panic, over HTTP and WS.

Market time runs some hundred times as fast as the machine's.
"""

from __future__ import annotations

import json
import math
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pbtui.core.clock import HOUR_MS
from pbtui.core.fill_pages import FillFilter
from pbtui.core.ids import is_ours, order_type_of
from pbtui.exchange.fills.reader import FillReader
from tests.venues.binance import BinanceDialect
from tests.venues.bitget import BitgetDialect
from tests.venues.bybit import BybitDialect
from tests.venues.gateio import GateIoDialect
from tests.venues.hyperliquid import HyperliquidDialect
from tests.venues.kucoin import KucoinDialect
from tests.venues.okx import OkxDialect
from tests.venues.paradex import ParadexDialect
from tests.venues.simulator import KEY, PASSPHRASE, SECRET, START_MS, Simulator
from tests.venues.trader import USER, Trader, soon

SPEED = 400.0
PATIENCE_S = 300.0  # this takes half a minute; on a machine that is busy elsewhere some minutes
HEDGED = (
    *("--coins", "BTC,ETH,SOL"),
    *("--bot.short.total_wallet_exposure_limit", "1.0", "--bot.short.n_positions", "3"),
    *("--live.leverage", "7"),
)
PANIC = {"close_panic_long", "close_panic_short"}
BATCH = {
    "binance": "POST /fapi/v1/batchOrders",
    "bybit": "POST /v5/order/create-batch",
    "okx": "POST /api/v5/trade/batch-orders",
    "bitget": "POST /api/v2/mix/order/batch-place-order",
    "gateio": "POST /api/v4/futures/usdt/batch_orders",
    "hyperliquid": "POST /exchange#order",
    "kucoin": "POST /api/v1/orders/multi",
    "paradex": "POST /v1/orders/batch",
}


DIALECTS = (
    BinanceDialect,
    BybitDialect,
    BitgetDialect,
    GateIoDialect,
    HyperliquidDialect,
    KucoinDialect,
    OkxDialect,
    ParadexDialect,
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_bot_trades_is_killed_in_mid_batch_goes_on_and_panics_out_flat(
    simulate: Callable[..., Simulator], trader: Callable[..., Trader], dialect: type[Any]
) -> None:
    play(simulate, trader, dialect, hours=0)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_whole_day_of_candles(
    simulate: Callable[..., Simulator], trader: Callable[..., Trader], dialect: type[Any]
) -> None:
    play(simulate, trader, dialect, hours=24)


def play(
    simulate: Callable[..., Simulator], trader: Callable[..., Trader], dialect: type[Any], *, hours: float
) -> None:
    """Start, kill, start again, trade on until so many hours of the market have passed, stop gracefully, panic out."""
    venue = simulate(dialect, speed=SPEED)
    bot = trader(venue, *HEDGED)
    books = venue.books
    first = bot.start()
    # Killed when the venue has taken a batch and nobody heard of it: with others of the same turn still to come.

    def kill() -> None:
        venue.stand_still()  # else all that was taken may be filled before this process has its next turn
        os.kill(first.pid, signal.SIGKILL)

    venue.on_lost = kill
    soon(lambda: books.books.positions, PATIENCE_S, bot.narration)
    hedged = getattr(dialect, "hedged", True)  # elsewhere a coin is held on one side at a time
    assert books.books.hedge_mode is hedged
    assert hedged or "one side of a coin at a time" in bot.narration()
    assert set(books.leverage.values()) == {7}
    venue.lost.append(BATCH[venue.dialect.name])
    soon(lambda: first.poll() is not None, PATIENCE_S, bot.narration)
    taken = len(books.requests)
    assert books.books.orders
    venue.stand_still(False)

    second = bot.start()
    sides = {"long", "short"} if hedged else set[str]()

    def traded_on() -> bool:
        filled = {record.request.pside for record in list(books.records.values()) if record.fills}
        return len(books.requests) > taken + 3 and books.next_fill() > 10 and filled >= sides

    soon(traded_on, PATIENCE_S, bot.narration)
    until_ms = START_MS + hours * HOUR_MS
    soon(lambda: venue.fast_clock.now_ms() >= until_ms, PATIENCE_S + 300.0 * hours, bot.narration)
    assert books.twins == []
    assert venue.dialect.listeners > 1, "the order stream was up before and after the kill"
    # Nothing rests that the bot doesn't know as its own, and nothing twice: what a venue lets be sent again has a `~`.
    resting = [each.order.client_id.partition("~")[0] for each in books.books.orders.values()]
    assert all(map(is_ours, resting))
    assert len(resting) == len(set(resting))

    _shows_no_secret(second.pid, venue)
    _hold_positions(venue, bot)
    assert bot.command("mode", USER, "all", "both", "gs").returncode == 0
    fresh = len(books.requests)
    panic = bot.command("do", USER, "panic", "all", "--confirm", "PANIC")
    assert panic.returncode == 0, panic.stdout + panic.stderr
    soon(lambda: PANIC & {order_type_of(each.client_id) for each in books.requests[fresh:]}, PATIENCE_S, bot.narration)
    venue.stand_still(False)
    soon(lambda: not books.books.positions, PATIENCE_S, bot.narration)
    soon(lambda: not books.books.orders, PATIENCE_S, bot.narration)
    for asked in (["status", USER, "--json"], ["do", USER, "events", "5000"]):
        assert bot.command(*asked).returncode == 0  # a bot's snapshot and all it told consoles: searched below
    assert bot.stop() == 0, bot.narration()[-2000:]
    assert not books.books.positions
    assert not books.books.orders
    _agrees_with_the_ledger(venue, bot)
    _holds_no_secret(bot, venue)


def _shows_no_secret(process: int, venue: Simulator) -> None:
    """Neither arguments nor environment of a process hold a secret."""
    for part in ("cmdline", "environ"):
        shown = Path(f"/proc/{process}/{part}").read_bytes()
        secrets = (KEY, SECRET, PASSPHRASE, *getattr(venue.dialect, "secrets", ()))
        assert not any(secret.encode() in shown for secret in secrets)


def _hold_positions(venue: Simulator, bot: Trader) -> None:
    """Let the market stand still while something is held: commands take seconds, which are hours of the market."""
    while True:
        soon(lambda: venue.books.books.positions, PATIENCE_S, bot.narration)
        venue.stand_still()
        _step(venue)
        if venue.books.books.positions:
            return
        venue.stand_still(False)


def _step(venue: Simulator) -> None:
    """Wait until the step that may have been on its way is over."""
    before = venue.steps()
    soon(lambda: venue.steps() > before + 1, PATIENCE_S)


def _agrees_with_the_ledger(venue: Simulator, bot: Trader) -> None:
    """The profit of the bot's fill events is the venue's, to the cent."""
    count, pnl, fees = venue.ledger_totals()
    with FillReader(bot.base / "run" / USER / "fills.db") as reader:
        kept = reader.page(FillFilter(), 1).total
    assert (kept.fills, kept.unknown) == (count, 0), "what was filled is on disk, whatever was killed when"
    assert math.isclose(kept.pnl, pnl, abs_tol=0.005)
    told = json.loads(bot.told.read_text().splitlines()[-1])
    assert told["fills"] == count
    assert math.isclose(told["pnl"], pnl, abs_tol=0.005)
    assert math.isclose(told["fees"], fees, abs_tol=0.005)
    assert math.isclose(told["balance"], venue.balance + pnl + fees, abs_tol=0.005)
    assert told["errors"] <= 3, bot.narration()[-4000:]
    assert 429 not in {status for _, status in venue.answers}


def _holds_no_secret(bot: Trader, venue: Simulator) -> None:
    """Neither key, secret nor passphrase is in anything the bot wrote: logs, databases, journals, state, output."""
    keys = bot.base / "api-keys.json"
    files = [path for path in bot.folder.rglob("*") if path.is_file() and path != keys]
    assert {"log.jsonl", "stderr", "stdout", "answers", "fills.db"} <= {path.name for path in files}
    for path in files:
        text = path.read_bytes()
        secrets = (KEY, SECRET, PASSPHRASE, *getattr(venue.dialect, "secrets", ()))
        assert not any(secret.encode() in text for secret in secrets), path
        assert b"signature=" not in text, path
    assert Path(venue.folder, "venue.db").is_file()
