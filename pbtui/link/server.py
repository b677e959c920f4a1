"""A bot's Unix socket: any number of consoles of the same user, none of which can slow or hurt the bot."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path

from pbtui.core.actions import Action, ActionResult, Query
from pbtui.core.clock import Clock, within
from pbtui.core.errors import LinkClosed, PbtuiError, StateError
from pbtui.core.sanitize import sanitize_line
from pbtui.core.snapshot import Snapshot
from pbtui.link import wire
from pbtui.link.base import BotPort, Seating
from pbtui.link.peer import peer_uid
from pbtui.link.seats import Seats

log = logging.getLogger("pbtui.link")

_MAX_CLIENTS = 32
_HELLO_S = 5.0
_BUFFER = 64 * 1024  # bytes the kernel may be behind before a client's own task waits for it
_OVERDUE = 1024 * 1024
_GOODBYE_S = 1.0


class LinkServer:
    """Serves one bot on one socket path; `seats` is shared with the console in the bot's own process."""

    def __init__(self, bot: BotPort, path: Path, seats: Seats, clock: Clock) -> None:
        self._bot = bot
        self._path = path
        self._seats = seats
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._encoded: tuple[int, bytes] = (-1, b"")

    async def start(self) -> None:
        """Listen (mode 0600); raises StateError. The caller holds the account lock: a leftover socket is nobody's."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._path.unlink(missing_ok=True)
            sock.bind(str(self._path))
        except OSError as error:
            sock.close()
            raise StateError(f"cannot listen on {self._path}: {error.strerror or error}") from error
        finally:
            os.umask(before)
        self._server = await asyncio.start_unix_server(self._accept, sock=sock, limit=wire.MAX_REQUEST)

    async def close(self) -> None:
        """Say goodbye to the clients and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        with suppress(OSError):
            self._path.unlink()
        if self._clients:
            with suppress(TimeoutError):
                await within(self._clock, _GOODBYE_S, asyncio.wait(set(self._clients)))
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if not self._welcome(writer):
            writer.transport.abort()
            return
        self._clients.add(task)
        client = _Client(self, reader, writer)
        try:
            await client.serve()
        finally:
            self._clients.discard(task)
            self._seats.leave(client)
            writer.transport.abort()

    def _welcome(self, writer: asyncio.StreamWriter) -> bool:
        connection = writer.get_extra_info("socket")
        uid = peer_uid(connection) if connection is not None else None
        if uid != os.getuid():
            log.warning("[link] refused a connection of user id %s", uid)
            return False
        if len(self._clients) >= _MAX_CLIENTS:
            log.warning("[link] refused a connection: %d are open", _MAX_CLIENTS)
            return False
        writer.transport.set_write_buffer_limits(high=_BUFFER)
        return True

    @property
    def bot(self) -> BotPort:
        """The bot that is served."""
        return self._bot

    @property
    def seats(self) -> Seats:
        """Who has the controls."""
        return self._seats

    @property
    def clock(self) -> Clock:
        """Time for time-outs."""
        return self._clock

    def encoded(self, found: Snapshot) -> bytes:
        """Return a snapshot's frame, made once for all clients."""
        if self._encoded[0] != found.seq:
            self._encoded = (found.seq, wire.encode(found))
        return self._encoded[1]


class _Client:
    """One connection: a task that answers requests and one that sends snapshots, each waiting for the reader."""

    def __init__(self, server: LinkServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._server = server
        self._reader = reader
        self._writer = writer
        self._command = False

    async def serve(self) -> None:
        """Talk until the client goes or the bot ends."""
        try:
            await within(self._server.clock, _HELLO_S, self._greet())
        except (TimeoutError, PbtuiError, ConnectionError):
            return
        tasks = [asyncio.create_task(self._answer_all()), asyncio.create_task(self._send_snapshots())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _greet(self) -> None:
        hello = (await wire.read_message(self._reader, wire.MAX_REQUEST)).value
        if not isinstance(hello, wire.Hello):
            raise wire.BadMessage("the first message must be Hello")
        if hello.version != wire.VERSION:
            text = f"this bot speaks link version {wire.VERSION}, you speak {hello.version}: use the same pbtui"
            await self._send(wire.Refusal(text))
            raise wire.BadMessage(text)
        name = sanitize_line(hello.who, limit=60)
        self._command = hello.want == "command"
        if self._command or hello.want == "status":
            log.debug("[link] %s connected as %s", name, hello.want)
            await self._send(wire.Seat(wire.VERSION, "controller" if self._command else "viewer"))
            return
        seats = self._server.seats
        role = seats.claim(self, self._tell, name=name, take=hello.take, waits=hello.want == "controller")
        log.info("[link] %s connected as %s", name, role)
        await self._send(_seat(seats.seating(self)))

    def _tell(self, seating: Seating) -> None:
        if self._writer.transport.get_write_buffer_size() > _OVERDUE:
            self._writer.transport.abort()
        else:
            self._writer.write(wire.encode(_seat(seating)))

    async def _send(self, value: object, number: int = 0) -> None:
        self._writer.write(wire.encode(value, number))
        await self._writer.drain()

    async def _send_snapshots(self) -> None:
        seq = -1
        while True:
            found = await self._server.bot.next_snapshot(seq)
            if found is None:
                with suppress(ConnectionError):
                    await self._send(wire.Ended())
                return
            seq = found.seq
            self._writer.write(self._server.encoded(found))
            try:
                await self._writer.drain()
            except ConnectionError:
                return

    async def _answer_all(self) -> None:
        while True:
            try:
                message = await wire.read_message(self._reader, wire.MAX_REQUEST)
                await self._send(await self._answer(message.value), message.number)
            except (LinkClosed, ConnectionError):
                return
            except wire.BadMessage as error:
                log.warning("[link] closed a connection: %s", error.line())
                return

    async def _answer(self, value: object) -> object:
        try:
            if isinstance(value, Action):
                if not self._command and self._server.seats.role(self) != "controller":
                    text = "another console has the controls; this one only watches"
                    return ActionResult(ok=False, text=text, refused=True)
                return await self._server.bot.act(value)
            if isinstance(value, wire.Controls):
                return self._server.seats.wish(self, value.wish)
            if isinstance(value, Query):
                return await self._server.bot.ask(value)
        except wire.BadMessage:
            raise
        except PbtuiError as error:
            return wire.Refusal(error.line(), int(error.exit_code))
        except Exception as error:  # a request must never take the connection or the bot down
            log.exception("[link] a request failed")
            return wire.Refusal(sanitize_line(f"the bot failed to answer: {type(error).__name__}: {error}"))
        raise wire.BadMessage("neither an action nor a question")


def _seat(seating: Seating) -> wire.Seat:
    return wire.Seat(wire.VERSION, seating.role, seating.holder, seating.asker, seating.watchers)
