"""One stream under supervision: it is watched by the age of its traffic and reconnects with growing back-off."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from pbtui.core.clock import Clock
from pbtui.core.errors import ExchangeError, VenueUnreachable
from pbtui.exchange.ccxt_errors import translate
from pbtui.exchange.public.channels import Channel, Wait

_log = logging.getLogger("pbtui.exchange")
SILENT_S = 60.0  # a stream without traffic for so long is subscribed anew
_BATCH_S = 0.05  # messages are handed out in batches; a connection under load wakes us no more often
_LOOK_S = 1.0
_LONGEST_WAIT_S = 60.0


class Stream:
    """A channel over a connection of its own, so that closing it is a clean way to begin anew."""

    def __init__(
        self, venue: str, channel: Channel, connect: Callable[[], Any], clock: Clock, *, silent_s: float = SILENT_S
    ) -> None:
        self.channel = channel
        self.reconnects = 0
        self._name = f"{venue} {channel.kind} of {len(channel.symbols)} symbols"
        self._connect = connect
        self._clock = clock
        self._silent_s = silent_s
        self._heard = clock.monotonic()
        self._flowing = False  # messages came on the present connection
        self._broken = False  # the last connection failed and the present one is not proven yet

    @property
    def state(self) -> str:
        """Return up, stale (no traffic) or down (connection failed)."""
        if self._broken:
            return "down"
        return "up" if self._flowing and self.age_s <= self._silent_s else "stale"

    @property
    def age_s(self) -> float:
        """Return the seconds since the last message, or since the start when there was none."""
        return self._clock.monotonic() - self._heard

    async def run(self) -> None:
        """Stream until cancelled."""
        failures = 0
        while True:
            began = self._clock.monotonic()
            try:
                await self._connection()
            except ExchangeError as error:
                lasted = self._clock.monotonic() - began
                failures = 1 if self._flowing and lasted > self._silent_s else failures + 1
                wait_s = min(_LONGEST_WAIT_S, 0.5 * 2 ** min(failures, 10)) * self._clock.uniform(0.5, 1.0)
                _log.warning("%s: %s; again in %.1f s", self._name, error.line(), wait_s)
                self._flowing = False
                self.reconnects += 1
                await self._clock.sleep(wait_s)

    async def _connection(self) -> None:
        """Hold one connection until it fails (raises ExchangeError) or the stream is cancelled."""
        client = self._connect()
        self.channel.restart()
        waits = self.channel.waits(client)
        pumps = [asyncio.ensure_future(self._pump(client, wait)) for wait in waits]
        opened = self._clock.monotonic()
        try:
            while True:
                await self._look(pumps)
                self._drain(client)
                quiet_s = self._clock.monotonic() - max(opened, self._heard)
                if quiet_s > self._silent_s:
                    raise VenueUnreachable(f"silent for {quiet_s:.0f} s, subscribing anew")
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            await asyncio.shield(client.close())  # also when the end comes while it closes

    async def _look(self, pumps: Sequence[asyncio.Future[None]]) -> None:
        """Wait a moment, or until a pump ends, which it does only by failing."""
        timer = asyncio.ensure_future(self._clock.sleep(_LOOK_S))
        try:
            await asyncio.wait({*pumps, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        for pump in pumps:
            if not pump.done():
                continue
            self._broken = True
            error = None if pump.cancelled() else pump.exception()
            if error is None:
                # The library cancels its waiters when it closes a connection by itself.
                raise VenueUnreachable("connection closed")
            raise translate(error, "stream") from error

    async def _pump(self, client: Any, wait: Wait) -> None:
        while True:
            await wait()
            self._drain(client)
            await self._clock.sleep(_BATCH_S)
            self._drain(client)

    def _drain(self, client: Any) -> None:
        if self.channel.drain(client):
            self._heard = self._clock.monotonic()
            self._flowing, self._broken = True, False
