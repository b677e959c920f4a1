"""Orders that die on their way: where a venue takes a deadline, each order names one, so that none is taken late.

An order whose answer was lost may be on its way still. Once its deadline is over the venue refuses it, and only then
does "no such order" mean that it will never be (live.md 30.4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ORDER_LIFE_MS = 10_000  # as long as an answer is waited for


def deadline_header(client: Any, name: str, path: str) -> None:
    """Make a client send with each POST to a path that ends so when it is too late: `name`, in ms of the venue's time.

    The header is no part of what is signed.
    """
    inner: Callable[..., dict[str, Any]] = client.sign

    def sign(asked: str, *args: Any, **named: Any) -> dict[str, Any]:
        request = inner(asked, *args, **named)
        if asked.endswith(path) and request.get("method") == "POST":
            request["headers"] = {**(request.get("headers") or {}), name: str(client.milliseconds() + ORDER_LIFE_MS)}
        return request

    client.sign = sign
