"""The whole command on live public data: the real client over HTTP and WebSocket, a venue on the loopback."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Home
from live_venue import COINS, Resting, endpoints_file, fills, orders, soon, soon_streaming, still_market, trade_at

from tests.support.venue_server import VenueServer

QUICK = ("--live.max_n_creations_per_batch", "50", "--live.execution_delay_seconds", "0.3")
LONG_ONLY = ("--bot.short.total_wallet_exposure_limit", "0")


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with still_market() as running:
        yield running


@pytest.fixture
def trader(tmp_path: Path, server: VenueServer) -> Iterator[Trader]:
    made = Trader(tmp_path, server.base_url)
    yield made
    for bot in made.started:
        bot.kill()
        bot.wait()


class Trader:
    """A bot of its own home on the venue."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.home = Home(folder)
        self.words = ("--no-ui", "--json", "--coins", ",".join(COINS), *QUICK, *LONG_ONLY)
        self.words += ("--endpoints", str(endpoints_file(folder, base_url)))
        self.said = folder / "stderr"
        self.told = folder / "stdout"
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self) -> subprocess.Popen[bytes]:
        with self.said.open("ab") as said, self.told.open("ab") as told:
            self.started.append(self.home.start(*self.words, stdout=told, stderr=said))
        return self.started[-1]

    def first_entry(self, symbol: str) -> Resting:
        """Wait for an order that would open a long position."""
        soon(lambda: self._initial(symbol))
        return self._initial(symbol)[0]

    def _initial(self, symbol: str) -> list[Resting]:
        return [o for o in orders(self.home) if (o.symbol, o.order_type) == (symbol, "entry_initial_normal_long")]

    def closes(self) -> list[Resting]:
        return [order for order in orders(self.home) if order.order_type.startswith("close_")]


def fill_both(trader: Trader, server: VenueServer) -> None:
    """Open a position in each coin; a trade at an order's price alone must not."""
    soon_streaming(server)
    sol = trader.first_entry("SOL/USDT:USDT")
    xrp = trader.first_entry("XRP/USDT:USDT")
    trade_at(server, sol, 0)
    trade_at(server, xrp, 1)
    soon(lambda: fills(trader.home))
    (first,) = fills(trader.home)
    # The trade that only touched came first on the same connection.
    assert (first.order_id, first.symbol, first.price, first.qty) == (xrp.id, xrp.symbol, xrp.price, xrp.qty)
    sol = trader.first_entry("SOL/USDT:USDT")
    trade_at(server, sol, 1)
    soon(lambda: len(fills(trader.home)) > 1)
    second = fills(trader.home)[1]
    assert (second.order_id, second.symbol, second.price, second.qty) == (sol.id, sol.symbol, sol.price, sol.qty)


def test_trades_on_streamed_prices_dies_continues_and_stops_in_order(trader: Trader, server: VenueServer) -> None:
    bot = trader.start()
    fill_both(trader, server)
    soon(lambda: {order.symbol for order in trader.closes()} == {fill.symbol for fill in fills(trader.home)})

    found = trader.home.wait_status(
        lambda status: (status["positions"], status["fills"], status["orders"]) == (2, 2, len(orders(trader.home)))
    )
    assert [found[key] for key in ("kind", "badge", "exchange", "state")] == ["paper", "PAPER", "binance", "running"]
    assert "PAPER" in trader.home.command("status").stdout
    assert "solusdt@aggTrade" in server.sockets.subscribed
    paths = {path.removeprefix("/fapi.binance.com/fapi/v1/") for path, _ in server.requests}
    assert paths == {"time", "exchangeInfo", "klines", "ticker/bookTicker"}, "nothing that needs keys"

    before = orders(trader.home)
    bot.send_signal(signal.SIGKILL)
    bot.wait()
    soon(lambda: not server.sockets.open)
    warm_up, asked = server.asked("klines"), len(server.asked("klines"))
    bot = trader.start()
    trader.home.wait_status(lambda status: status["tick"] >= 2 and status["pid"] == bot.pid)
    soon_streaming(server)
    held = [order for order in before if not order.order_type.startswith("entry_initial")]
    assert set(held) <= set(orders(trader.home)), "orders go on under their own names"
    # The newest candle had perhaps not settled, and younger ones wait in memory to be written together.
    kept_until = int(warm_up[0]["endTime"]) - 60_000
    later = [query for query in server.asked("klines")[asked:] if query["interval"] == "1m"]
    assert all(int(query["startTime"]) >= kept_until for query in later), (
        "candles that are on disk are not asked for again"
    )
    close = next(order for order in held if order.order_type.startswith("close_"))
    trade_at(server, close, 1)
    soon(lambda: len(fills(trader.home)) > 2)
    assert (fills(trader.home)[2].order_id, fills(trader.home)[2].price) == (close.id, close.price)

    bot.send_signal(signal.SIGTERM)
    assert bot.wait(timeout=120) == 0
    assert all(order.order_type.startswith("close_") for order in orders(trader.home))
    check_books(trader)


def check_books(trader: Trader) -> None:
    """Compare the last words of a run with its ledger."""
    summary = json.loads(trader.told.read_text().splitlines()[-1])
    assert (summary["type"], summary["badge"], summary["exit_code"]) == ("summary", "PAPER", 0)
    n, pnl, fees = trader.home.rows("SELECT count(*), sum(pnl), sum(fee) FROM fills")[0]
    (balance,) = trader.home.rows("SELECT balance FROM state")[0]
    assert balance == pytest.approx(1_000.0 + pnl + fees, abs=1e-9)
    assert summary["balance"] == pytest.approx(balance, abs=1e-9)
    assert (summary["fills"], summary["positions"]) == (n, 1), "the last fill came just before the end"
    assert pnl > 0.0 > fees
    assert summary["errors"] == 0
    said = trader.said.read_text()
    assert "Traceback" not in said
    assert "ERROR" not in said


@pytest.mark.parametrize("silent", [False, True], ids=["refuses", "never answers"])
def test_without_a_venue_the_market_is_synthetic_and_says_so_everywhere(tmp_path: Path, silent: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        if not silent:
            listener.close()
        home = Home(tmp_path)
        endpoints = str(endpoints_file(tmp_path, f"http://127.0.0.1:{port}"))
        words = ("--no-ui", "--json", "--endpoints", endpoints, "--speed", "600")
        with (tmp_path / "said").open("wb") as said, (tmp_path / "told").open("wb") as told:
            bot = home.start(*words, stdout=told, stderr=said)
        began = time.monotonic()
        try:
            soon(lambda: b"[fill]" in (tmp_path / "said").read_bytes())
            took_s = time.monotonic() - began
            found = home.wait_status(lambda status: status["kind"] == "synthetic" and status["fills"] > 0)
            assert (found["badge"], found["exchange"]) == ("SYNTHETIC 600x", "binance")
            assert "SYNTHETIC 600x" in home.command("status").stdout
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(timeout=120) == 0
        finally:
            bot.kill()
            bot.wait()
    why = "no answer within 5 s" if silent else "Connect call failed"
    assert took_s < 5 + 40, "five seconds for the venue, the rest for loading and the first fills"
    text = (tmp_path / "said").read_text()
    assert "binance cannot be reached" in text
    assert why in text
    lines = [json.loads(line) for line in (tmp_path / "told").read_text().splitlines()]
    labels = [line["badge"] for line in lines]
    first = labels.index("SYNTHETIC 600x")
    assert all(line["state"] == "starting" for line in lines[:first]), "nothing is traded before it is known where"
    assert set(labels[first:]) == {"SYNTHETIC 600x"}
    assert lines[-1]["type"] == "summary"
    assert any("cannot be reached" in warning for line in lines[first:-1] for warning in line["warnings"])
    log = home.ledger.parent / "log.jsonl"
    assert log.parent.name == "synthetic-1", "its money is not the live market's"
    assert "SYNTHETIC" in log.read_text().splitlines()[0], "the record begins with it"
