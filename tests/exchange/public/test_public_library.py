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
spared = ("requests", "urllib3", "cryptography", "ccxt.bybit", "ccxt.pro.bybit", "pandas")
print(*(name for name in spared if name in sys.modules))
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


SIGNED = """
import base64, sys
from pbtui.exchange.public.packages import open_doors
open_doors()
base = sys.modules["ccxt.base.exchange"].Exchange
assert "cryptography" not in sys.modules
by_ed = base.eddsa(b"text", bytes(range(32)))
by_ec = base.ecdsa("text", "11" * 32, "p256", "sha256")
public = base.secp256k1_uncompressed_public_key(bytes([17] * 32))
from cryptography.hazmat.primitives import hashes, serialization as forms
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key().verify(base64.b64decode(by_ed), b"text")
der = utils.encode_dss_signature(int(by_ec["r"], 16), int(by_ec["s"], 16))
ec.derive_private_key(int("11" * 32, 16), ec.SECP256R1()).public_key().verify(der, b"text", ec.ECDSA(hashes.SHA256()))
key = rsa.generate_private_key(65537, 2048)
pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode()
key.public_key().verify(base64.b64decode(base.rsa("text", pem)), b"text", padding.PKCS1v15(), hashes.SHA256())
numbers = ec.derive_private_key(int("11" * 32, 16), ec.SECP256K1()).public_key().public_numbers()
print(public == numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))
"""


def test_private_keys_sign_though_that_is_loaded_late() -> None:
    done = subprocess.run([sys.executable, "-c", SIGNED], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert (done.stderr, done.stdout.split()) == ("", ["True"])
