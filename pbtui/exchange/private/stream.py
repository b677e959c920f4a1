"""The account's order stream: it only says that something happened; what did is read (live.md 3.4)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError, RateLimited, VenueUnreachable
from pbtui.exchange.ccxt_errors import DEFAULT_PAUSE_S, failures, translate
from pbtui.exchange.port import StreamState

_log = logging.getLogger("pbtui.exchange")
_ANSWER_S = 30.0  # an order that we sent must be heard of within this time, else the stream is deaf
_LOOK_S = 1.0
_LONGEST_WAIT_S = 60.0
_DEAF_S = 60.0  # nobody listens, or nothing is heard that should be: entries wait after so long
_TRUSTED_S = 300.0  # a connection that follows a deaf one is trusted when it speaks, or after this time
_REFUSED = re.compile(r"\b(429|418), message=")  # how a handshake is refused


class OrderStream:
    """Keeps one connection, reconnects with growing pauses, and finds a connection that is open but deaf.

    Nothing may happen on an account for hours, so silence alone proves nothing: what proves deafness is an order
    that the venue took from us and the stream never spoke of.
    """

    def __init__(
        self,
        venue: str,
        connect: Callable[[], Any],
        clock: Clock,
        on_event: Callable[[frozenset[str]], None],
        *,
        owed_s: Callable[[], float] = lambda: 0.0,
        limited: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`on_event` is given the symbols an event spoke of; `owed_s` tells the silence owed after a rate limit.

        `limited` is told for how many seconds a rate limit met here asks everybody to be silent.
        """
        self._limited = limited
        self._owed_s = owed_s
        self._venue = venue
        self._connect = connect
        self._clock = clock
        self._on_event = on_event
        self._heard = clock.monotonic()
        self._expected: dict[str, float] = {}
        self._up = False
        self._up_since = 0.0
        self._lost_at: float | None = clock.monotonic()  # since when nobody listens
        self._deaf_since: float | None = None  # since when nothing was heard that should have been
        self._task: asyncio.Task[None] | None = None
        self.reconnects = 0

    def start(self) -> None:
        """Begin to listen."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def expect(self, client_ids: Sequence[str]) -> None:
        """Note orders that the venue took: the stream has to speak of them soon."""
        if self._up:
            now = self._clock.monotonic()
            self._expected.update(dict.fromkeys(client_ids, now))

    def state(self) -> StreamState:
        """Return up, stale or down, with the age of the last message, and whether it went unheard for too long."""
        age_s = self._clock.monotonic() - self._heard
        if self._task is None:
            return StreamState("none")
        deaf = self._unheard_s() > _DEAF_S
        if not self._up:
            return StreamState("down", age_s, deaf)
        return StreamState("stale" if self._overdue() else "up", age_s, deaf)

    def _unheard_s(self) -> float:
        """Return for how long fills and cancels may have gone unheard, 0 while the stream can be trusted."""
        late = min(self._expected.values(), default=None) if self._overdue() else None
        since = [at for at in (self._lost_at, self._deaf_since, late) if at is not None]
        return self._clock.monotonic() - min(since) if since else 0.0

    async def _run(self) -> None:
        wait_s = 1.0
        while True:
            # Connecting asks for a key of the stream: while the venue wants silence that would prolong a ban.
            while (owed := self._owed_s()) > 0.0:
                await self._clock.sleep(owed)
            began = self._clock.monotonic()
            try:
                await self._listen()
            except ExchangeError as error:
                _log.warning("%s order stream: %s", self._venue, error.line())
                if isinstance(error, RateLimited):
                    self._limited(error.retry_after_s)
            self._hung_up()
            # Whatever happened while nobody listened has to be read.
            self._on_event(frozenset())
            self.reconnects += 1
            wait_s = 1.0 if self._clock.monotonic() - began > _LONGEST_WAIT_S else min(2 * wait_s, _LONGEST_WAIT_S)
            await self._clock.sleep(wait_s * self._clock.uniform(0.5, 1.0))

    def _hung_up(self) -> None:
        if self._overdue() and self._deaf_since is None:
            self._deaf_since = min(self._expected.values())
        if self._up or self._lost_at is None:
            self._lost_at = self._clock.monotonic()
        self._up = False
        self._expected.clear()

    def _picked_up(self, *, spoken: bool) -> None:
        """Note that the connection stands, or that it spoke."""
        now = self._clock.monotonic()
        if not self._up:
            self._up, self._up_since = True, now
        self._lost_at = None
        # An account where nothing happens says nothing: entries must not wait for it for ever.
        if spoken or now - self._up_since > _TRUSTED_S:
            self._deaf_since = None

    async def _listen(self) -> None:
        """Hold one connection until it fails or is found deaf; raises ExchangeError."""
        client = self._connect()
        suspected = False
        waiting: asyncio.Future[Any] = asyncio.ensure_future(client.watch_orders())
        try:
            while True:
                timer = asyncio.ensure_future(self._clock.sleep(_LOOK_S))
                try:
                    await asyncio.wait({waiting, timer}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    timer.cancel()
                # The handshake is over once the library waits on the connection.
                if self._up or _connected(client):
                    self._picked_up(spoken=False)
                if waiting.done():
                    self._take(_result(waiting, self._venue))
                    waiting = asyncio.ensure_future(client.watch_orders())
                self._forget_spoken(client)
                # Twice in a row: after a stall of this process the message may be here, but not looked at yet.
                if self._overdue() and suspected:
                    raise VenueUnreachable("open but deaf: an order of ours was never spoken of, subscribing anew")
                suspected = self._overdue()
        finally:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.shield(client.close())  # also when the end comes while it closes

    def _take(self, orders: Sequence[Mapping[str, Any]]) -> None:
        self._heard = self._clock.monotonic()
        self._picked_up(spoken=True)
        symbols: set[str] = set()
        for order in orders:
            symbol = order.get("symbol")
            if isinstance(symbol, str):
                symbols.add(symbol)
        self._on_event(frozenset(symbols))

    def _forget_spoken(self, client: Any) -> None:
        """Expect no more what the library has cached: the stream may have been faster than the request's answer."""
        if self._expected:
            spoken = {order.get("clientOrderId") for order in client.orders or ()}
            self._expected = {name: sent for name, sent in self._expected.items() if name not in spoken}

    def _overdue(self) -> bool:
        oldest = self._clock.monotonic() - _ANSWER_S
        return any(sent < oldest for sent in self._expected.values())


def _connected(client: Any) -> bool:
    sockets = cast("Mapping[str, Any]", client.clients)
    return any(getattr(each, "connected", None) is not None and each.connected.done() for each in sockets.values())


def _result(done: asyncio.Future[Any], venue: str) -> Sequence[Mapping[str, Any]]:
    try:
        found: Any = done.result()
    except asyncio.CancelledError:
        raise VenueUnreachable("connection closed") from None
    except failures() as error:
        if _REFUSED.search(str(error)):
            text = f"{venue} order stream: too many connections (pausing {DEFAULT_PAUSE_S:.0f} s)"
            raise RateLimited(text, retry_after_s=DEFAULT_PAUSE_S) from error
        raise translate(error, f"{venue} order stream") from error
    if not isinstance(found, list):
        return []
    return [cast("Mapping[str, Any]", item) for item in cast("list[Any]", found) if isinstance(item, Mapping)]
