"""How late a signed request may come: wished by the configuration or the account, bounded by the venue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pbtui.config import load
from pbtui.config.accounts import Account
from pbtui.config.pipeline import PROGRAM_ROOT
from pbtui.core.clock import RealClock
from pbtui.core.secret import Secret
from pbtui.exchange.private.venue import PrivateExchange
from pbtui.exchange.private.window import RECV_WINDOW_MS, recv_window
from pbtui.exchange.public import CcxtPublicFeed
from pbtui.exchange.venues import quirks_of
from pbtui.live.reload import changes

FIELDS = ("apiKey", "secret", "password", "walletAddress", "privateKey")
FIXED_MS = {
    "bitget": 30_000,
    "gateio": 10_000,
    "hyperliquid": 10_000,
    "kucoin": 5_000,
    "okx": 10_000,
    "paradex": 15_000,
}


def account(name: str, recv_window_ms: int, **options: object) -> PrivateExchange:
    owner = Account("u", name, "USDT", credentials={each: Secret("k") for each in FIELDS}, options=options)
    clock = RealClock()
    return PrivateExchange(
        quirks_of(name), owner, CcxtPublicFeed(name, clock=clock), clock, recv_window_ms=recv_window_ms
    )


def test_what_is_wished_is_signed_up_to_the_most_of_the_venue() -> None:
    assert recv_window("binance", 20_000, {}, most_ms=60_000) == (20_000, "")
    assert recv_window("binance", 60_000, {}, most_ms=60_000) == (60_000, "")
    assert recv_window("binance", 1, {}, most_ms=60_000) == (1, "")
    ms, note = recv_window("binance", 60_001, {}, most_ms=60_000)
    assert (ms, note) == (60_000, "live.recv_window_ms is 60,001 ms: 60,000 ms, the most for binance, are signed")


def test_the_accounts_own_option_stands_above_the_configuration() -> None:
    assert recv_window("bybit", 20_000, {"recvWindow": 8_000}, most_ms=60_000) == (8_000, "")
    ms, note = recv_window("bybit", 20_000, {"recvWindow": 90_000}, most_ms=60_000)
    assert ms == 60_000
    assert note.startswith("options.recvWindow of the account is 90,000 ms")
    for nonsense in ("8000", True, 0, -5, 8e3, [1]):
        ms, note = recv_window("bybit", 20_000, {"recvWindow": nonsense}, most_ms=60_000)
        assert ms == 20_000
        assert note.startswith("options.recvWindow of the account is not a whole number")
    assert recv_window("bybit", 70_000, {"recvWindow": "x"}, most_ms=60_000).ms == 60_000


@pytest.mark.parametrize("name", ["binance", "bybit"])
def test_an_order_is_late_only_after_the_window_that_is_signed(name: str) -> None:
    assert account(name, 20_000).capabilities.late_ms == 20_000
    assert account(name, 2_000).capabilities.late_ms == 2_000
    assert account(name, 5_000, recvWindow=30_000).capabilities.late_ms == 30_000
    capped = account(name, 600_000)
    assert capped.capabilities.late_ms == 60_000
    assert capped.warnings == (f"live.recv_window_ms is 600,000 ms: 60,000 ms, the most for {name}, are signed",)


@pytest.mark.parametrize("name", FIXED_MS)
def test_venues_that_take_no_window_keep_their_deadlines(name: str) -> None:
    found = account(name, 45_000, recvWindow=50_000)
    assert (found.capabilities.late_ms, found.warnings) == (FIXED_MS[name], ())
    assert recv_window(name, 45_000, {}, most_ms=quirks_of(name).facts.most_window_ms).ms == RECV_WINDOW_MS


def test_a_running_bot_says_that_a_new_value_needs_a_restart() -> None:
    old = load(PROGRAM_ROOT / "configs" / "examples" / "paper.hjson", base_dir=PROGRAM_ROOT)
    new = replace(old, data={**old.data, "live": {**old.data["live"], "recv_window_ms": 20_000}})
    (change,) = changes(old, new)
    assert (change.path, change.old, change.new) == ("live.recv_window_ms", "5000", "20000")
    assert change.needs_restart
