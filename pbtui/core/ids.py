"""Client order ids that can be recomputed after a restart, and the decoding of Passivbot's."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from pbtui.core.order_types import TYPE_IDS, TYPE_NAMES

_OURS = re.compile(r"^0x([0-9a-f]{4})([0-9a-f]{28})$")
# Passivbot: optional broker prefix, 0x, four hex digits of the type, at least 16 digits of a hex uuid (live.md 20).
_PASSIVBOT = re.compile(r"^(?:x-\w{1,12}|[A-Za-z0-9]{4,20}#?)?0x([0-9a-f]{4})([0-9a-f]{16,32})$")


def client_order_id(
    *, account: str, symbol: str, pside: str, side: str, order_type: str, qty: float, price: float, nth: int
) -> str:
    """Return `0x` + type (4 hex) + 28 hex of a hash over what the order is; `nth` counts identical orders before it.

    The same intent gives the same id in every process, so an ambiguous create is recognised after a restart.
    34 characters; a venue that allows fewer cuts the hash.
    """
    text = "\x1f".join((account, symbol, pside, side, order_type, repr(abs(qty)), repr(price), str(nth)))
    digest = hashlib.blake2b(text.encode(), digest_size=14).hexdigest()
    return f"0x{TYPE_IDS[order_type]:04x}{digest}"


@lru_cache(maxsize=4_096)
def order_type_of(client_id: str | None) -> str | None:
    """Return the order type carried by one of our ids or a full Passivbot id; None for a foreign id."""
    if not client_id:
        return None
    match = _OURS.match(client_id) or _PASSIVBOT.match(client_id)
    return TYPE_NAMES.get(int(match.group(1), 16)) if match else None


def is_ours(client_id: str | None) -> bool:
    """Tell whether an order carries our id or a full Passivbot id (adopted as ours)."""
    return order_type_of(client_id) is not None
