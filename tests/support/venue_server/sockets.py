"""The WebSocket dialect: SUBSCRIBE messages in, trades and best prices out."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from .faults import Faults
from .market import Print, VenueClock, VenueMarket
from .rest import Rest


class Socket:
    """One connection and what it subscribed to."""

    def __init__(self, ws: web.WebSocketResponse, *, combined: bool) -> None:
        self.ws = ws
        self.combined = combined
        self.streams: set[str] = set()

    async def send(self, stream: str, data: Mapping[str, Any]) -> None:
        """Send an event, wrapped where the address asked for it, unless the listener is leaving."""
        if self.ws.closed:
            return
        with suppress(ConnectionError):
            await self.ws.send_str(json.dumps({"stream": stream, "data": data} if self.combined else data))


class Sockets:
    """All connections; a task of the server calls `step` again and again."""

    def __init__(self, markets: Mapping[str, VenueMarket], clock: VenueClock, rest: Rest, faults: Faults) -> None:
        self._markets = {market.id.lower(): market for market in markets.values()}
        self._clock = clock
        self._rest = rest
        self._faults = faults
        self._ids = itertools.count(1)
        self._stepped_ms = clock.now_ms()
        self.open: list[Socket] = []
        self.accepted = 0
        self.subscribed: list[str] = []  # every stream name ever asked for

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until either side ends it."""
        if self._faults.refuse_sockets:
            return web.Response(status=503)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        socket = Socket(ws, combined="/stream" in request.path.removeprefix(f"/{request.host}"))
        self.open.append(socket)
        self.accepted += 1
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT and not self._faults.silent:
                    await self._command(socket, json.loads(message.data))
        finally:
            self.open.remove(socket)
        return ws

    async def _command(self, socket: Socket, command: Mapping[str, Any]) -> None:
        names = set(command.get("params", []))
        if command.get("method") == "SUBSCRIBE":
            socket.streams |= names
            self.subscribed += sorted(names)
        elif command.get("method") == "UNSUBSCRIBE":
            socket.streams -= names
        await socket.ws.send_str(json.dumps({"result": None, "id": command.get("id")}))
        for name in names & socket.streams:
            if name.endswith("@bookTicker"):
                await self._quote(socket, name)

    async def step(self) -> None:
        """Send what happened since the last step."""
        now, before = self._clock.now_ms(), self._stepped_ms
        if now <= before:
            return
        self._stepped_ms = now
        for market in self._markets.values():
            if market.injected is None:
                for each in market.prints(before, now):
                    await self.trade(market, each)

    async def trade(self, market: VenueMarket, each: Print) -> None:
        """Send one trade, and the quote after it, to whoever listens."""
        if self._faults.silent:
            return
        number = next(self._ids)
        stamps = {"E": self._clock.now_ms(), "T": each.ts_ms}
        amounts = {"p": f"{each.price:.{market.price_decimals}f}", "q": f"{each.qty:.{market.qty_decimals}f}"}
        for socket in list(self.open):
            for name in [name for name in socket.streams if name.startswith(f"{market.id.lower()}@")]:
                if name.endswith("@aggTrade"):
                    ids = {"a": number, "f": number, "l": number, "m": False}
                    await socket.send(name, {"e": "aggTrade", "s": market.id, **stamps, **amounts, **ids})
                elif name.endswith("@trade"):
                    event = {"e": "trade", "s": market.id, "t": number, "m": False, "X": "MARKET"}
                    await socket.send(name, {**event, **stamps, **amounts})
                elif name.endswith("@bookTicker"):
                    await self._quote(socket, name)

    async def _quote(self, socket: Socket, name: str) -> None:
        market = self._markets.get(name.partition("@")[0])
        if market is None:
            return
        book = self._rest.book_ticker(market)
        prices = {"b": book["bidPrice"], "B": book["bidQty"], "a": book["askPrice"], "A": book["askQty"]}
        stamps = {"u": book["lastUpdateId"], "E": book["time"], "T": book["time"]}
        await socket.send(name, {"e": "bookTicker", "s": market.id, **prices, **stamps})

    async def drop(self) -> None:
        """Cut every connection without a goodbye."""
        for socket in list(self.open):
            transport = socket.ws._req.transport if socket.ws._req is not None else None
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)
