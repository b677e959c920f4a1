"""Who signed an action: the venue's own way to find out, from the venue's documentation and not from the client.

An action is packed as msgpack, hashed with its number and vault, and the hash signed as typed data (EIP-712).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from coincurve import PrivateKey, PublicKey

_DOMAIN = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_AGENT = b"Agent(string source,bytes32 connectionId)"


def keccak(data: bytes) -> bytes:
    """Return the hash that Ethereum uses."""
    return bytes(importlib.import_module("ccxt.static_dependencies.keccak").SHA3(data))


@cache
def _known(data: bytes) -> bytes:
    """Return the hash of one of the texts that are always the same: hashing is slow here."""
    return keccak(data)


def address_of(private_key: str) -> str:
    """Return the address of a private key."""
    return _address(PrivateKey.from_hex(private_key.removeprefix("0x")).public_key)


def signer_of(
    action: Any,
    nonce: int,
    signature: Mapping[str, Any],
    *,
    vault: str | None = None,
    mainnet: bool = True,
    until: int | None = None,
) -> str:
    """Return the address whose key made the signature; another one for anything that was changed since."""
    packed = pack(action) + nonce.to_bytes(8, "big")
    packed += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault.removeprefix("0x"))
    packed += b"" if until is None else b"\x00" + until.to_bytes(8, "big")
    agent = keccak(_known(_AGENT) + _known(b"a" if mainnet else b"b") + keccak(packed))
    chain, contract = (1337).to_bytes(32, "big"), (0).to_bytes(32, "big")
    domain = _known(_known(_DOMAIN) + _known(b"Exchange") + _known(b"1") + chain + contract)
    parts = [int(signature[name], 16).to_bytes(32, "big") for name in ("r", "s")]
    raw = b"".join(parts) + bytes([signature["v"] - 27])
    return _address(PublicKey.from_signature_and_message(raw, keccak(b"\x19\x01" + domain + agent), hasher=None))


def pack(value: Any) -> bytes:
    """Return a value as msgpack, with what actions are made of."""
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return _number(value)
        case str():
            text = value.encode()
            head = bytes([0xA0 | len(text)]) if len(text) < 32 else b"\xd9" + bytes([len(text)])
            return head + text
        case list():
            head = bytes([0x90 | len(value)]) if len(value) < 16 else b"\xdc" + len(value).to_bytes(2, "big")
            return head + b"".join(pack(item) for item in value)
        case dict():
            assert len(value) < 16
            return bytes([0x80 | len(value)]) + b"".join(pack(key) + pack(item) for key, item in value.items())
        case _:
            raise TypeError(type(value))


def _number(value: int) -> bytes:
    assert value >= 0
    if value < 128:
        return bytes([value])
    size = next(each for each in (1, 2, 4, 8) if value < 1 << 8 * each)
    return {1: b"\xcc", 2: b"\xcd", 4: b"\xce", 8: b"\xcf"}[size] + value.to_bytes(size, "big")


def _address(key: PublicKey) -> str:
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()
