"""The exchange library as it is loaded: one venue of it, and nothing that nobody calls."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LOADED = """
import sys
from pbtui.exchange.public.library import new_client
from pbtui.exchange.public.packages import open_doors
from pbtui.exchange.public.venues import venue_of
client = new_client(venue_of("binance", frozenset({"binanceusdm"})), timeout_s=1.0)
assert client.describe()["id"] == "binanceusdm"
print(*(name for name in ("requests", "urllib3", "ccxt.bybit", "ccxt.pro.bybit", "pandas") if name in sys.modules))
import ccxt.base.exchange as base
from ccxt.base.errors import NetworkError
import requests
print(issubclass(requests.exceptions.HTTPError, OSError), requests.Session is not base.Session)
open_doors()
print(base is sys.modules["ccxt.base.exchange"])
"""


def test_one_venue_is_loaded_without_the_client_that_blocks() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["", "True True", "True"]
