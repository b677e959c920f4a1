"""How late a signed request may reach its venue: `live.recv_window_ms`, where the venue takes such a window."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

RECV_WINDOW_MS = 5_000
_OPTION = "recvWindow"  # the exchange library's name of it


class RecvWindow(NamedTuple):
    """What is signed, in ms; `note` tells what was wished and is not done, empty when all is."""

    ms: int
    note: str = ""


def recv_window(venue: str, wished_ms: int, options: Mapping[str, Any], *, most_ms: int) -> RecvWindow:
    """Return the window to sign: that of the account's own options, else the configured one (exchanges.md, Clients).

    At most `most_ms`; 0 is a venue that takes none, where nothing that is wished has an effect.
    """
    if most_ms <= 0:
        return RecvWindow(RECV_WINDOW_MS)
    own, where = options.get(_OPTION), f"options.{_OPTION} of the account"
    if own is None:
        own, where = wished_ms, "live.recv_window_ms"
    if isinstance(own, bool) or not isinstance(own, int) or own <= 0:
        return RecvWindow(
            min(wished_ms, most_ms), f"{where} is not a whole number above 0: live.recv_window_ms is used instead"
        )
    if own > most_ms:
        return RecvWindow(most_ms, f"{where} is {own:,} ms: {most_ms:,} ms, the most for {venue}, are signed")
    return RecvWindow(own)
