"""What the exchange library's client lacks for Paradex: logins before requests, subkeys, orders signed off the loop.

Orders and logins are signed by the library itself, which is slow at it: orders are signed in a thread, their hashes
are summed from kept multiples (`paradex_hash`), and what the hashes of a batch share is hashed once.
Its own login names the account only, and the venue then expects the account's main key, which can withdraw: here the
address of the login names the key, so that subkeys work too (docs/exchange-paradex.md).
"""

from __future__ import annotations

import asyncio
import importlib
import re
from collections.abc import Coroutine, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pbtui.config.accounts import Account
from pbtui.core.errors import ConfigError
from pbtui.exchange.venues.paradex_codes import LOGIN_REFUSED
from pbtui.exchange.venues.paradex_hash import pedersen

ORDERS = "signedOrders"  # the method that `equip` adds
ORDER_LIFE_MS = 15_000  # an answer is waited for ten seconds; signing a batch takes up to two, signed are whole seconds
_LOGIN = "auth"
_ADDRESS = re.compile(r"0x[0-9a-f]{1,64}")
_ETHEREUM = re.compile(r"0x[0-9a-f]{40}")
_KEY = re.compile(r"(0x)?[0-9a-f]{1,64}")
_CURVE = "ccxt.static_dependencies.starkware.crypto.signature"
_HASHES = "ccxt.static_dependencies.starknet.hash.utils"
_HASHES_KEPT = 4_096
_STALE = re.compile(r"INVALID_TOKEN|UNAUTHORIZED_ERROR|malformed jwt|invalid bearer", re.IGNORECASE)


def check_fields(account: Account) -> None:
    """Raise ConfigError for an address or a key that can't be one of Paradex; no value is shown."""
    who = f"account {account.user} (paradex)"
    address = account.credentials["walletAddress"].reveal().lower()
    key = account.credentials["privateKey"].reveal().lower()
    if _ETHEREUM.fullmatch(address):
        raise ConfigError(
            f"{who}: wallet_address is an Ethereum address", hint="copy the Paradex address from the venue's page"
        )
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(f"{who}: wallet_address is not 0x and up to 64 hex digits")
    order = importlib.import_module(_CURVE).EC_ORDER
    if not (_KEY.fullmatch(key) and 0 < int(key, 16) < order):
        raise ConfigError(
            f"{who}: private_key is no key of Paradex", hint="make a subkey on the venue's key management page"
        )


def public_key(account: Account) -> int:
    """Return the public key of the account's private key."""
    return int(importlib.import_module(_CURVE).private_to_stark_key(_private(account)))


def equip(client: Any, account: Account) -> None:
    """Make a client log in by itself and send batches of orders; raises ConfigError for credentials that can't be."""
    check_fields(account)
    address = account.credentials["walletAddress"].reveal().lower()
    client.options["paradexAccount"] = {"address": address, "privateKey": hex(_private(account))}
    _keep_hashes()
    _log_in_first(client)
    _name_the_key(client, hex(public_key(account)))

    async def signed_orders(orders: Sequence[Mapping[str, Any]]) -> Any:
        await client.get_system_config()  # what is signed names the chain; once known, signing waits for nothing
        signed = await asyncio.to_thread(lambda: [_signed(client, each) for each in orders])
        return await client.privatePostOrdersBatch(signed)

    setattr(client, ORDERS, signed_orders)


def _keep_hashes() -> None:
    """Let the library hash pairs our way and remember them: orders of one second and coin differ in their last ones."""
    hashes: Any = importlib.import_module(_HASHES)
    if not hasattr(hashes.pedersen_hash, "cache_info"):
        hashes.pedersen_hash = lru_cache(_HASHES_KEPT)(pedersen)


def _private(account: Account) -> int:
    return int(account.credentials["privateKey"].reveal(), 16)


def _signed(client: Any, order: Mapping[str, Any]) -> dict[str, Any]:
    """Return an order with its signature; the venue lets it die when it comes late."""
    return {**_finished(client.sign_order_request(dict(order))), "recv_window": ORDER_LIFE_MS}


def _finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that has nothing to wait for."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("signing wanted to wait")


def _log_in_first(client: Any) -> None:
    """Make each private request begin with a token that holds; one that the venue knows no more is fetched anew.

    A request refused for its token was not taken: to send it again is safe.
    """
    inner, authenticate, busy = client.request, client.authenticate_rest, asyncio.Lock()
    errors: Any = importlib.import_module("ccxt.base.errors")

    async def log_in(_: Mapping[str, Any] | None = None) -> Any:
        async with busy:
            try:
                return await authenticate({})
            except errors.ExchangeError as error:
                if not _STALE.search(str(error)):
                    raise
                raise errors.AuthenticationError(_STALE.sub(LOGIN_REFUSED, str(error))) from error

    async def request(path: str, api: Any = ("public",), method: str = "GET", params: Any = None, **more: Any) -> Any:
        params = {} if params is None else params
        if "private" not in api or path == _LOGIN:
            return await inner(path, api, method, params, **more)
        token = await log_in()
        try:
            return await inner(path, api, method, params, **more)
        except errors.ExchangeError as error:
            if not _STALE.search(str(error)):
                raise
            if client.options.get("authToken") == token:
                client.options["authToken"] = None
        await log_in()
        return await inner(path, api, method, params, **more)

    client.request = request
    client.authenticate_rest = client.authenticateRest = log_in


def _name_the_key(client: Any, key: str) -> None:
    """Put the public key into the address of logins; what is signed stays the same."""
    inner = client.sign

    def sign(path: str, *how: Any, **named: Any) -> Any:
        made = inner(path, *how, **named)
        if path == _LOGIN:
            made["url"] = f"{made['url']}/{key}"
        return made

    client.sign = sign
