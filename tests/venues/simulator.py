"""A simulated venue: one loopback port that speaks a venue's REST and WebSocket dialect, private side included."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from aiohttp import ClientConnectionResetError, web

from pbtui.exchange.port import Candles
from tests.support.venue_server import VenueServer
from tests.venues.core import Books, SimFeed, open_books
from tests.venues.fast_clock import FastClock

START_MS = 1_755_000_000_000  # of the market
KEY = "canary-key-5f1c0d9e77a24b61"
SECRET = "canary-secret-b8e3f2a1946d4c05"
PASSPHRASE = "canary-passphrase-71d0c3a9"
_STREAM_EACH = 10  # steps
_KEPT_UP_MS = 45_000  # the bot's loop takes a turn every half minute at least


@dataclass(frozen=True)
class Reply:
    """An answer of the REST dialect."""

    document: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    host: str
    path: str
    query: str  # as on the wire: signatures are made over it
    body: str
    headers: Mapping[str, str]


class Dialect(Protocol):
    """One venue's way to say what the books hold; `lots` of a class that has them are its contracts.

    A class may have `entry`, its fields in the file of keys, and `secrets` among them; a `label` tells requests apart
    that share an address.
    """

    name: str
    listeners: int

    async def answer(self, asked: Asked) -> Reply | None:
        """Return an answer, None for what the public side answers."""
        ...

    def wants_socket(self, path: str) -> bool:
        """Tell whether a WebSocket address is a private one."""
        ...

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """Hold a private connection."""
        ...

    async def push(self) -> None:
        """Tell the connections what changed in the books."""
        ...

    async def stream(self) -> None:
        """Send prices to who listens."""
        ...


class Simulator(VenueServer):
    """The server over one dialect; the market moves by itself, `speed` times as fast as the clock on the wall."""

    def __init__(
        self,
        candles: Mapping[str, Candles],
        folder: Path,
        *,
        start_ms: int,
        speed: float = 1.0,
        balance: float = 10_000.0,
        moving: bool = True,
        patient: bool = True,
    ) -> None:
        super().__init__(candles, start_ms=start_ms, speed=speed, auto=moving, step_s=0.01)
        self.fast_clock = FastClock(folder / "clock", speed=speed, start_ms=start_ms)
        self._asked_ms = start_ms
        self._patient = patient
        self._steps = 0
        self._still = False
        self.clock.now_ms = self.fast_clock.now_ms  # type: ignore[method-assign]
        self.folder = folder
        self.balance = balance
        self.books: Books
        self.feed: SimFeed
        self.dialect: Dialect
        self.lost: list[str] = []  # parts of paths whose next request is taken, but never answered
        self.on_lost: Callable[[], None] = lambda: None  # called then
        self.delayed: list[str] = []  # parts of paths whose next request is given up by its sender on its way here
        self.on_their_way: list[Asked] = []
        self.broken: Exception | None = None
        self.answers: list[tuple[str, int]] = []

    def speak(self, dialect: type[Any]) -> Simulator:
        """Choose the venue to be; before `start`."""
        self.feed, self.books = open_books(
            dialect.name,
            self.markets,
            self.fast_clock,
            self.folder,
            balance=self.balance,
            lots=getattr(dialect, "lots", {}),
        )
        self.dialect = dialect(self)
        return self

    def stand_still(self, still: bool = True) -> None:
        """Keep prices where they are and let nothing that rests be filled, or let the market go on."""
        self._still = still
        for market in self.markets.values():
            market.injected = market.price(self.fast_clock.now_ms()) if still else None

    def steps(self) -> int:
        """Return how many steps the market has gone, or stood."""
        return self._steps

    def ledger_totals(self) -> tuple[int, float, float]:
        """Return number of fills, profit and fees as the venue booked them."""
        return self.books.ledger.totals()

    def arrive(self) -> list[Reply | None]:
        """Let the delayed requests arrive now; return the answers that nobody hears."""
        asked, self.on_their_way = self.on_their_way, []
        return [asyncio.run_coroutine_threadsafe(self.dialect.answer(each), self._loop).result(120) for each in asked]

    def skip(self, seconds: float) -> None:
        """Let time go by at once."""

        async def move() -> None:
            self.fast_clock.skip(seconds)

        asyncio.run_coroutine_threadsafe(move(), self._loop).result(120)

    async def _serve(self, port: int) -> None:
        await self.books.start()
        try:
            await super()._serve(port)
        finally:
            await self.books.close()

    async def _step(self) -> None:
        try:
            while True:
                await asyncio.sleep(self._step_s)
                await self._one_step()
        except Exception as error:  # a fault of the simulator: the test has to hear of it
            self.broken = error
            raise

    async def _one_step(self) -> None:
        # A bot that asks nothing for so long is starting, or short of processor time.
        busy = self.fast_clock.now_ms() - self._asked_ms < _KEPT_UP_MS
        self.fast_clock.drive(kept_up=busy or not self._patient)
        if self._auto and not self._still:
            self.feed.step()
        with contextlib.suppress(ConnectionError):
            await self.dialect.push()
            self._steps += 1
            if self._auto and self._steps % _STREAM_EACH == 0:
                await self.dialect.stream()

    def stop(self) -> None:
        """Close everything; raises what the simulator itself failed with."""
        super().stop()
        if self.broken is not None:
            raise self.broken

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            if self.dialect.wants_socket(request.path):
                return web.Response(status=503) if self.faults.refuse_sockets else await self.dialect.socket(request)
            return await self._public(request)
        self._asked_ms = self.fast_clock.now_ms()
        asked = await _asked(request)
        label = getattr(self.dialect, "label", _no_label)(asked)
        refusal = self.faults.take(f"{request.path}{label}")
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.body, headers=refusal.headers)
        name = f"{asked.method} {asked.path}{label}"
        for part in [part for part in self.delayed if part in name][:1]:
            self.delayed.remove(part)
            self.on_their_way.append(asked)
            assert request.transport is not None
            request.transport.abort()
            return web.Response(status=499)
        reply = await self.dialect.answer(asked)
        await self.dialect.push()
        if reply is None:
            return await self._public(request)
        self.answers.append((name, reply.status))
        for part in list(self.lost):
            if part in name:
                self.lost.remove(part)
                self.on_lost()
                assert request.transport is not None
                request.transport.abort()
        return web.json_response(reply.document, status=reply.status, headers=dict(reply.headers))

    async def _public(self, request: web.Request) -> web.StreamResponse:
        try:
            return await super()._handle(request)
        except ClientConnectionResetError:
            return web.Response(status=499)  # nobody waits any more


def _no_label(_: Asked) -> str:
    return ""


async def _asked(request: web.Request) -> Asked:
    _, host, *rest = request.path.split("/")
    return Asked(
        request.method,
        host,
        "/" + "/".join(rest),
        request.rel_url.raw_query_string,
        (await request.read()).decode(),
        request.headers,
    )
