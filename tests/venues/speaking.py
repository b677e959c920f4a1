"""What dialects with sockets of their own share: who listens, what is news, and telling it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSMsgType, web

from pbtui.core.types import Fill
from tests.venues.core import Record

if TYPE_CHECKING:
    from tests.venues.simulator import Simulator

Hear = Callable[[web.WebSocketResponse, str], Awaitable[None]]


async def send(ws: web.WebSocketResponse, message: str | bytes) -> None:
    """Send to a listener that may just be leaving: the request during which that happens must not fail for it."""
    with suppress(ConnectionError):
        await (ws.send_str(message) if isinstance(message, str) else ws.send_bytes(message))


class Speaking:
    """The simulated books, the connections to them, and levers that tests pull on every venue."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self.books = simulator.books
        self._private: list[web.WebSocketResponse] = []
        self._streams: dict[web.WebSocketResponse, set[Any]] = {}  # what each listens to
        self.withdrawals = False  # whether the key may withdraw
        self.listeners = 0  # private connections so far
        self.reject_next: list[str] = []  # reasons for which the next creates are refused

    def _now(self) -> int:
        return self._simulator.fast_clock.now_ms()

    async def _attend(self, request: web.Request, hear: Hear, greeting: str = "") -> web.WebSocketResponse:
        """Hear a connection to its end."""
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self._streams[ws] = set()
        if greeting:
            await ws.send_str(greeting)
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await hear(ws, message.data)
        finally:
            del self._streams[ws]
            self._private = [each for each in self._private if each is not ws]
        return ws

    def _news(self) -> list[tuple[Record, Fill | None]] | None:
        """Take what happened to orders since the last time; None while the venue says nothing."""
        events, self.books.events = self.books.events, []
        return None if self._simulator.faults.silent else events

    async def _tell(self, text: str) -> None:
        """Send a text to every private connection."""
        for ws in [ws for ws in self._private if not ws.closed]:
            await send(ws, text)
