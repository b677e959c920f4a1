"""What the venue does wrong on demand; may be changed from any thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass(slots=True)
class Refusal:
    """Answers some requests with a status instead."""

    status: int
    times: int
    path: str = ""  # part of the path; empty: every request
    headers: dict[str, str] = field(default_factory=dict)
    body: str = '{"code":-1000,"msg":"injected"}'


class Faults:
    """Refusals, delays, silent sockets."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refusals: list[Refusal] = []
        self.delay_s = 0.0  # every REST answer comes so late
        self.silent = False  # sockets stay open and answer pings, but nothing else comes
        self.refuse_sockets = False  # the WebSocket handshake answers 503

    def refuse(self, status: int, times: int = 1, *, path: str = "", **headers: str) -> None:
        """Refuse the next requests whose path contains `path`; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        body = '{"code":-1003,"msg":"Too many requests"}' if status in {418, 429} else "<html>injected</html>"
        with self._lock:
            self._refusals.append(Refusal(status, times, path, named, body))

    def ban(self, *, path: str = "") -> None:
        """Refuse the next request as Bybit does from an address that asked too often."""
        with self._lock:
            self._refusals.append(Refusal(403, 1, path, {}, "403, access too frequent"))

    def garble(self, body: str, times: int = 1, *, path: str = "") -> None:
        """Answer 200 with this body."""
        with self._lock:
            self._refusals.append(Refusal(200, times, path, {}, body))

    def heal(self) -> None:
        """Do everything right again."""
        with self._lock:
            self._refusals.clear()
        self.delay_s, self.silent, self.refuse_sockets = 0.0, False, False

    def take(self, path: str) -> Refusal | None:
        """Return the refusal due for a request, if any, and count it."""
        with self._lock:
            for refusal in self._refusals:
                if refusal.path in path:
                    refusal.times -= 1
                    if refusal.times <= 0:
                        self._refusals.remove(refusal)
                    return refusal
        return None
