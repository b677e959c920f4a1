"""A stream nobody can trust: how soon it is found, for how long entries wait, and when it is trusted again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pbtui.core.clock import VirtualClock
from pbtui.exchange.private.stream import OrderStream


class Line:
    """A connection that stands, and says what it is given to say; `dead`: it never stands."""

    dead = False
    silent = False

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        connected: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if not self.dead:
            connected.set_result(True)
        self.clients = {"wss": SimpleNamespace(connected=connected)}
        self._said: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue()

    def say(self, name: str) -> None:
        if not self.silent:
            self.orders.append({"clientOrderId": name, "symbol": "BTC/USDT:USDT"})
            self._said.put_nowait(self.orders[-1:])

    async def watch_orders(self) -> list[dict[str, Any]]:
        if self.dead:
            raise OSError("gone")
        return await self._said.get()

    async def close(self) -> None:
        self.dead = True


class Lines:
    """All connections of a stream; `make` decides what the next one is like."""

    def __init__(self) -> None:
        self.made: list[Line] = []
        self.kind: type[Line] = Line

    def __call__(self) -> Line:
        self.made.append(self.kind())
        return self.made[-1]


class Dead(Line):
    dead = True


class Silent(Line):
    silent = True


async def until(clock: VirtualClock, what: Callable[[], bool], *, most_s: int = 2_000) -> int:
    """Let seconds pass until something holds; return how many."""
    for passed in range(most_s):
        if what():
            return passed
        await clock.advance(1.0)
    pytest.fail("this never came true")


async def test_entries_wait_while_nobody_listens_for_more_than_a_minute() -> None:
    clock, lines = VirtualClock(), Lines()
    lines.kind = Dead
    stream = OrderStream("venue", lines, clock, lambda _: None)
    stream.start()
    assert not stream.state().deaf
    waited = await until(clock, lambda: stream.state().deaf)
    assert 60 <= waited <= 62
    lines.kind = Line
    await until(clock, lambda: stream.state().state == "up")
    assert not stream.state().deaf
    await stream.close()
    assert stream.state().state == "none"
    assert not stream.state().deaf


async def test_a_connection_that_hears_nothing_is_trusted_again_once_it_speaks_or_after_a_while() -> None:
    clock, lines = VirtualClock(), Lines()
    lines.kind = Silent
    stream = OrderStream("venue", lines, clock, lambda _: None)
    stream.start()
    await until(clock, lambda: stream.state().state == "up")
    stream.expect(["a"])
    found = await until(clock, lambda: len(lines.made) > 1)
    assert found <= 60
    await until(clock, lambda: stream.state().deaf, most_s=61)
    await until(clock, lambda: stream.state().state == "up")
    assert stream.state().deaf, "a new connection proves nothing yet"
    await until(clock, lambda: not stream.state().deaf)
    stream.expect(["b"])
    await until(clock, lambda: stream.state().deaf)
    await until(clock, lambda: stream.state().state == "up")
    lines.made[-1].silent = False
    lines.made[-1].say("b")
    assert await until(clock, lambda: not stream.state().deaf) < 5
    await stream.close()
