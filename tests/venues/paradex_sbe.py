"""Paradex's binary frames (SBE schema 1, version 3, little-endian) as far as the simulator sends them; documented.

A frame is a header (length of the block, template, schema, version), a block of fixed length, and texts with their
lengths. Numbers count 10^-8, times microseconds.
"""

from __future__ import annotations

import struct
from decimal import Decimal

_NULL = -(2**63)
_STATUS = {"NEW": 1, "OPEN": 3, "CLOSED": 4}
_TYPES = {"LIMIT": 1, "MARKET": 2}
_INSTRUCTIONS = {"GTC": 1, "IOC": 2, "POST_ONLY": 3}


def trade(market: str, number: str, price: str, size: str, ts_ms: int) -> bytes:
    """Return a TradeEvent."""
    block = struct.pack("<qqqBqqqB", ts_ms * 1000, 1, 0, 1, _e8(price), _e8(size), ts_ms * 1000, 1)
    return _frame(1, block, market, number)


def summary(market: str, bid: str, ask: str, last: str, ts_ms: int) -> bytes:
    """Return a MarketSummaryEvent; of its 31 numbers the prices count here."""
    numbers = [ts_ms * 1000, 1, _e8(last), _e8(last), _e8(last), 0, 0, 0, _e8(bid), _e8(ask), 0, 0]
    block = struct.pack("<31q", *numbers, *[_NULL] * 19)
    return _frame(4, block, market)


def order(row: dict[str, object], ts_ms: int, seq: int) -> bytes:
    """Return an OrderEvent of an order as REST tells it."""
    flags = 1 if "REDUCE_ONLY" in str(row["flags"]) else 0
    kinds = (_STATUS[str(row["status"])], 1 if row["side"] == "BUY" else 2)
    how = (_TYPES[str(row["type"])], _INSTRUCTIONS[str(row["instruction"])])
    price = _e8(str(row["price"] or "0"))
    sizes = (_e8(str(row["size"])), _e8(str(row["remaining_size"])))
    account = int(str(row["account"]), 16).to_bytes(32, "big")
    created = int(str(row["created_at"])) * 1000
    block = struct.pack("<qqBBBB", ts_ms * 1000, seq, *kinds, *how)
    block += struct.pack("<qqqqqqq", price, _NULL, *sizes, _NULL, created, ts_ms * 1000) + account
    block += struct.pack("<qqBBBB", created, ts_ms * 1000, 2, flags, 0, 0)
    texts = (str(row[name]) for name in ("id", "client_id", "market", "cancel_reason"))
    return _frame(20, block, *texts, "", "")


def _frame(template: int, block: bytes, *texts: str) -> bytes:
    told = b"".join(bytes([len(text)]) + text.encode() for text in texts)
    return struct.pack("<HHHH", len(block), template, 1, 3) + block + told


def _e8(text: str) -> int:
    return int(Decimal(text) * 100_000_000)
