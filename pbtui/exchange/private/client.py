"""Clients of the exchange library with keys: the only place where a secret is unwrapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pbtui.config.accounts import Account
from pbtui.exchange.public import library
from pbtui.exchange.public.endpoints import EndpointOverrides
from pbtui.exchange.public.venues import Venue

_FIELDS = ("apiKey", "secret", "password", "uid", "walletAddress", "privateKey")


def new_private_client(
    venue: Venue,
    account: Account,
    *,
    now_ms: Callable[[], int],
    endpoints: EndpointOverrides | None,
    timeout_s: float,
    recv_window_ms: int,
) -> Any:
    """Return a client for REST and streams that signs with the venue's time; close it after use.

    The library must be loaded (`library.load`). Its own throttle is off: calls are made through a budget.
    """
    client = library.new_client(venue, timeout_s=timeout_s)
    client.enableRateLimit = False
    # What it signs requests with, and logins of streams.
    client.milliseconds = now_ms
    client.seconds = lambda: now_ms() // 1_000
    client.options.update(account.options)
    client.options.update(
        adjustForTimeDifference=False,
        timeDifference=0,
        recvWindow=recv_window_ms,
        defaultType="swap",
        maxRetriesOnFailure=0,  # an order whose answer was lost must never be sent again blindly
    )
    for name in _FIELDS:
        secret = account.credentials.get(name)
        if secret:
            setattr(client, name, secret.reveal())
    if endpoints is not None:
        endpoints.apply(client)
    return client
