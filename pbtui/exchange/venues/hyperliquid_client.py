"""What the exchange library's client lacks for Hyperliquid: raw signed actions, and batches told in full.

Its own order calls are not used: they sign an approval of fees for somebody else first and attach it to each order, and
of a batch with one refused order they tell nothing but the refusal (exchanges.md 8).
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from typing import Any, cast

from pbtui.config.accounts import Account
from pbtui.core.errors import ConfigError
from pbtui.exchange.private.expiry import ORDER_LIFE_MS

ACTION = "signedAction"  # the method that `equip` adds
_AHEAD_MS = 60_000
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")
_KEY = re.compile(r"(0x)?[0-9a-f]{64}")


def check_fields(account: Account) -> None:
    """Raise ConfigError for an address or a key that can't be one; no value is shown."""
    for name, field, shape, form in (
        ("walletAddress", "wallet_address", _ADDRESS, "0x and 40 hex digits"),
        ("privateKey", "private_key", _KEY, "64 hex digits"),
    ):
        if not shape.fullmatch(account.credentials[name].reveal().lower()):
            raise ConfigError(f"account {account.user} (hyperliquid): {field} is not {form}")


def equip(client: Any, account: Account) -> None:
    """Make a client send actions: signed with the time and number of the moment, told whatever the venue says.

    Raises ConfigError for credentials that make no sense.
    """
    check_fields(account)
    # What is signed names the chain: a signature for the other one is somebody else's.
    client.options["sandboxMode"] = "testnet" in str(client.urls["api"]["private"])
    owner = account.credentials["walletAddress"].reveal().lower()
    last = 0

    async def signed_action(params: Mapping[str, Any]) -> Any:
        nonlocal last
        now = int(client.milliseconds())
        # Each number once, and near the venue's time: after a clock that was ahead they begin there again.
        last = last + 1 if now <= last <= now + _AHEAD_MS else now
        action, nonce = params["action"], last
        # An order dies when it comes late: its deadline is part of what is signed.
        until = now + ORDER_LIFE_MS if action["type"] == "order" else None
        signature = client.sign_l1_action(action, nonce, owner[2:] if account.is_vault else None, until)
        request = {"action": action, "nonce": nonce, "signature": signature}
        if until is not None:
            request["expiresAfter"] = until
        return await client.privatePostExchange({**request, **({"vaultAddress": owner} if account.is_vault else {})})

    setattr(client, ACTION, signed_action)
    client.handle_errors = _refuse_whole
    inner = client.parse_json

    def parse_json(text: Any) -> Any:
        # Some answers are a bare text: the library takes only objects and lists for JSON.
        return _bare_text(text) if isinstance(text, str) and text.startswith('"') else inner(text)

    client.parse_json = parse_json


def key_address(client: Any) -> str:
    """Return the address of the key that signs."""
    return str(client.eth_get_address_from_private_key(f"0x{client.privateKey[-64:]}")).lower()


def _refuse_whole(code: int, reason: str, url: str, method: str, headers: Any, body: Any, answer: Any, *_: Any) -> None:
    """Raise the library's error for an action that was refused as a whole; what became of its parts is read later."""
    if isinstance(answer, dict):
        fields = cast("dict[str, Any]", answer)
        if fields.get("status") == "err":
            raise importlib.import_module("ccxt.base.errors").ExchangeError(str(fields.get("response")))


def _bare_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
