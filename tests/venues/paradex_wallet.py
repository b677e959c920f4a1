"""Who signed: the venue's own way to find out, from its documentation and not from the client that signs.

A message is hashed as StarkNet's typed data (fields, their struct, the domain, the account), and the signature is
checked against a public key on the Stark curve.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

_CURVE = importlib.import_module("ccxt.static_dependencies.starkware.crypto.signature")
_MATHS = importlib.import_module("ccxt.static_dependencies.starkware.crypto.math_utils")
_PEDERSEN = importlib.import_module("ccxt.static_dependencies.starkware.crypto.fast_pedersen_hash")
_KECCAK = importlib.import_module("ccxt.static_dependencies.keccak")
_FIELD, _ORDER, _BASE = _CURVE.FIELD_PRIME, _CURVE.EC_ORDER, tuple(_CURVE.EC_GEN)
_DOMAIN = "StarkNetDomain(name:felt,chainId:felt,version:felt)"
_REQUEST = "Request(method:felt,path:felt,body:felt,timestamp:felt,expiration:felt)"
_ORDER_TYPE = "Order(timestamp:felt,market:felt,side:felt,orderType:felt,size:felt,price:felt)"
Point = tuple[int, int]


def public_point(private_key: str) -> Point:
    """Return the public key of a private key, both coordinates."""
    return _times(int(private_key, 16), _BASE)


def short(text: str) -> int:
    """Return a short text as the number it is hashed as."""
    return int.from_bytes(text.encode(), "big")


def login_hash(chain: str, account: str, timestamp: int, expiration: int) -> int:
    """Return what is signed to log in."""
    fields = (short("POST"), short("/v1/auth"), 0, timestamp, expiration)
    return _message(chain, account, _REQUEST, fields)


def order_hash(chain: str, account: str, order: Mapping[str, object]) -> int:
    """Return what is signed for an order: sizes and prices with eight decimals, no price for one at the market."""
    kind = str(order["type"])
    price = 0 if "MARKET" in kind else _scaled(str(order["price"]))
    fields = (
        int(str(order["signature_timestamp"])),
        short(str(order["market"])),
        1 if order["side"] == "BUY" else 2,
        short(kind),
        _scaled(str(order["size"])),
        price,
    )
    return _message(chain, account, _ORDER_TYPE, fields)


def signed_by(signature: str, message: int, key: Point) -> bool:
    """Tell whether a signature, a list of two numbers, is that of a key over a message."""
    parts = [int(str(part), 0) for part in json.loads(signature)]
    if len(parts) != 2 or not all(0 < part < _ORDER for part in parts):
        return False
    r, s = parts
    inverse = pow(s, -1, _ORDER)
    one, other = _times(message * inverse % _ORDER, _BASE), _times(r * inverse % _ORDER, key)
    return bool(_MATHS.ec_add(one, other, _FIELD)[0] == r)


def _message(chain: str, account: str, kind: str, fields: Sequence[int]) -> int:
    parts = (short("StarkNet Message"), _domain(chain), int(account, 16), _struct(kind, fields))
    return _chain(parts)


@cache
def _domain(chain: str) -> int:
    return _struct(_DOMAIN, (short("Paradex"), short(chain), 1))


def _struct(kind: str, fields: Sequence[int]) -> int:
    return _chain((_type_hash(kind), *fields))


@cache
def _type_hash(kind: str) -> int:
    return int.from_bytes(bytes(_KECCAK.SHA3(kind.encode())), "big") & (2**250 - 1)


def _chain(parts: Sequence[int]) -> int:
    found = 0
    for part in (*parts, len(parts)):
        found = _pair(found, part)
    return found


@lru_cache(maxsize=4_096)
def _pair(one: int, other: int) -> int:
    return int(_PEDERSEN.pedersen_hash(one, other))


def _times(count: int, point: Point) -> Point:
    x, y = _MATHS.ec_mult(count, point, _CURVE.ALPHA, _FIELD)
    return int(x), int(y)


def _scaled(text: str) -> int:
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(8, "0")[:8])
