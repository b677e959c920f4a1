"""The link of a console or command in another process, over the bot's socket."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from pbtui.core.actions import Action, ActionResult, Query
from pbtui.core.clock import Clock, RealClock, within
from pbtui.core.errors import LinkClosed, PbtuiError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.core.system import POSIX
from pbtui.link import wire
from pbtui.link.base import Reply, Role, Seating, Wish

_CONNECT_S = 10.0  # a machine that is short of processor time answers late


class SocketLink:
    """A connection to a bot's socket; see `link.base.Link`. Made by `connect`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seating: Seating) -> None:
        self._reader = reader
        self._writer = writer
        self._seating = seating
        self._latest: Snapshot | None = None
        self._news = asyncio.Event()
        self._over = False
        self._numbers = itertools.count(1)
        self._pending: dict[int, asyncio.Future[object]] = {}
        self._task = asyncio.create_task(self._receive())

    @classmethod
    async def connect(
        cls, path: Path, *, want: wire.Want, who: str, take: bool = False, clock: Clock | None = None
    ) -> SocketLink:
        """Open the socket and take a seat; raises LinkClosed when nobody listens, PbtuiError on another version."""
        if not POSIX:
            raise LinkClosed("a running bot can be reached on Linux, macOS and WSL only")
        try:
            reader, writer = await asyncio.open_unix_connection(str(path))
        except OSError as error:
            raise LinkClosed(f"nobody listens on {path}: {error.strerror or error}") from error
        try:
            writer.write(wire.encode(wire.Hello(wire.VERSION, want, who, take)))
            await writer.drain()
            answer = await within(clock or RealClock(), _CONNECT_S, wire.read_message(reader, wire.MAX_REPLY))
        except (TimeoutError, ConnectionError, LinkClosed, wire.BadMessage) as error:
            writer.transport.abort()
            raise LinkClosed("the bot does not answer") from error
        if isinstance(answer.value, wire.Seat):
            return cls(reader, writer, _seating(answer.value))
        writer.transport.abort()
        text = answer.value.text if isinstance(answer.value, wire.Refusal) else "the bot sent an unexpected message"
        raise PbtuiError(sanitize_line(text))

    @property
    def latest(self) -> Snapshot | None:
        """The newest snapshot received."""
        return self._latest

    @property
    def role(self) -> Role:
        """What this connection may do now; changes when the controls are handed over."""
        return self._seating.role

    @property
    def seating(self) -> Seating:
        """Who has the controls, and who asks for them."""
        return self._seating

    async def snapshots(self) -> AsyncIterator[Snapshot]:
        """Yield snapshots, the newest first of all, skipping missed ones; ends with the bot or the connection."""
        seq = -1
        while True:
            self._news.clear()
            found = self._latest
            if found is not None and found.seq > seq:
                seq = found.seq
                yield found
            elif self._over:
                return
            else:
                await self._news.wait()

    async def act(self, action: Action) -> ActionResult:
        """Send an action and wait for what came of it."""
        value = await self._request(action)
        if isinstance(value, ActionResult):
            return value
        raise PbtuiError("the bot sent an unexpected answer")

    async def ask(self, query: Query) -> Reply:
        """Send a question and wait for the answer."""
        value = await self._request(query)
        if isinstance(value, Reply):
            return value
        raise PbtuiError("the bot sent an unexpected answer")

    async def controls(self, wish: Wish) -> ActionResult:
        """Send a wish about the controls and wait for what came of it."""
        value = await self._request(wire.Controls(wish))
        if isinstance(value, ActionResult):
            return value
        raise PbtuiError("the bot sent an unexpected answer")

    async def close(self) -> None:
        """Drop the connection; the bot runs on."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._finish()

    async def _request(self, value: object) -> object:
        if self._over:
            raise LinkClosed("the bot is gone")
        number = next(self._numbers)
        future: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._pending[number] = future
        try:
            self._writer.write(wire.encode(value, number))
            await self._writer.drain()
            answer = await future
        except ConnectionError as error:
            raise LinkClosed("the bot is gone") from error
        finally:
            self._pending.pop(number, None)
        if isinstance(answer, wire.Refusal):
            raise PbtuiError(sanitize_line(answer.text))
        return answer

    async def _receive(self) -> None:
        try:
            while True:
                message = await wire.read_message(self._reader, wire.MAX_REPLY)
                if isinstance(message.value, wire.Ended):
                    return
                self._take(message)
        except (LinkClosed, wire.BadMessage, ConnectionError):
            return
        finally:
            self._finish()

    def _take(self, message: wire.Message) -> None:
        value = message.value
        if isinstance(value, Snapshot):
            self._latest = value
            self._news.set()
        elif isinstance(value, wire.Seat):
            self._seating = _seating(value)
            self._news.set()
        elif (future := self._pending.get(message.number)) is not None and not future.done():
            future.set_result(value)

    def _finish(self) -> None:
        self._over = True
        self._news.set()
        self._writer.transport.abort()
        for future in self._pending.values():
            if not future.done():
                future.set_exception(LinkClosed("the bot is gone"))


def _seating(seat: wire.Seat) -> Seating:
    """Return a seat as the console shows it: names come from other processes."""
    return Seating(seat.role, sanitize_line(seat.holder, limit=60), sanitize_line(seat.asker, limit=60), seat.watchers)
