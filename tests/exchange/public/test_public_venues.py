"""Names of venues, and the library loaded without the venues nobody uses."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pbtui.config.coin_names import VENUES
from pbtui.core.errors import ConfigError
from pbtui.exchange.public import library
from pbtui.exchange.public.venues import venue_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("given", "name", "class_name"),
    [
        ("binance", "binance", "binanceusdm"),
        ("BinanceUSDM ", "binance", "binanceusdm"),
        ("bybit", "bybit", "bybit"),
        ("okx", "okx", "okx"),
        ("bitget", "bitget", "bitget"),
        ("gateio", "gateio", "gate"),
        ("gate", "gateio", "gate"),
        ("hyperliquid", "hyperliquid", "hyperliquid"),
        ("kucoin", "kucoin", "kucoinfutures"),
        ("kucoinfutures", "kucoin", "kucoinfutures"),
        ("mexc", "mexc", "mexc"),
    ],
)
def test_names(given: str, name: str, class_name: str) -> None:
    venue = venue_of(given, library.known_ids())
    assert (venue.name, venue.library) == (name, class_name)


def test_every_listed_venue_is_one_of_the_librarys() -> None:
    known = library.known_ids()
    assert {venue_of(name, known).library for name in VENUES} <= known
    assert len({venue_of(name, known).name for name in VENUES}) == len(VENUES)


@pytest.mark.parametrize(
    ("given", "said"),
    [("defx", "closed in March 2026"), ("nowhere", "no venue of this name"), ("b\x1b[2Jx", "no venue of this name")],
)
def test_a_name_that_leads_nowhere_is_one_clear_line(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        venue_of(given, library.known_ids())
    line = caught.value.line()
    assert said in line
    assert "binance, bybit, okx" in line
    assert line.isprintable()


def run(code: str) -> str:
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


LATE = """
import asyncio, sys
from pbtui.exchange.public import library
from pbtui.exchange.public.venues import venue_of
assert "ccxt" not in sys.modules
venue = venue_of("okx", library.known_ids())
asyncio.run(library.load(venue))
names = [name for name in sys.modules if name.startswith(("ccxt.pro.", "ccxt.async_support."))]
venues = sorted({name.split(".")[2] for name in names} - {"base"})
print(venues, "pandas" in sys.modules)
import ccxt, ccxt.pro, ccxt.async_support
from ccxt import NetworkError, RateLimitExceeded
from ccxt.base import errors
import ccxt.base.errors
for package in (ccxt, ccxt.pro, ccxt.async_support):
    assert package.NetworkError is NetworkError is errors.NetworkError
client = library.new_client(venue, timeout_s=1.0)
assert isinstance(client, ccxt.pro.okx) and isinstance(client, ccxt.async_support.okx)
assert client.id == "okx" and client.timeout == 1000 and client.enableRateLimit
assert ccxt.Exchange is not ccxt.async_support.Exchange
assert ccxt.pro.bybit().id == "bybit"
assert not hasattr(ccxt, "no_such_name") and not hasattr(ccxt.pro, "no_such_venue")
asyncio.run(client.close())
"""

EARLY = """
import asyncio, sys
import ccxt
from ccxt.base.errors import NetworkError
before = ccxt
from pbtui.exchange.ccxt_errors import failures, translate
from pbtui.exchange.public import library
from pbtui.exchange.public.venues import venue_of
venue = venue_of("okx", library.known_ids())
asyncio.run(library.load(venue))
assert sys.modules["ccxt"] is before
client = library.new_client(venue, timeout_s=1.0)
assert ccxt.NetworkError is NetworkError and issubclass(NetworkError, failures())
assert type(translate(ccxt.ExchangeNotAvailable("x"), "okx")).__name__ == "VenueUnreachable"
print(client.id)
"""


def test_only_the_venue_in_use_is_loaded_and_every_name_is_still_there() -> None:
    assert run(LATE) == "['okx'] False\n"


def test_a_library_that_somebody_has_imported_before_is_used_as_it_is() -> None:
    assert run(EARLY) == "okx\n"
