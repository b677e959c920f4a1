"""The server itself: its own thread, its own event loop, a port of the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from aiohttp import web

from pbtui.exchange.port import Candles

from .faults import Faults
from .market import Print, VenueClock, VenueMarket
from .rest import BadQuery, Rest
from .sockets import Sockets


class VenueServer:
    """A venue over recorded candles; `faults` spoils it, `trade` and `clock.jump` steer it by hand.

    With `auto` the recorded minutes are traded as time goes by; without it nothing happens but what `trade` says.
    """

    def __init__(
        self,
        candles: Mapping[str, Candles],
        *,
        start_ms: int | None = None,
        speed: float = 1.0,
        auto: bool = True,
        step_s: float = 0.1,
        extra_symbols: Sequence[dict[str, Any]] = (),
    ) -> None:
        self.clock = VenueClock(start_ms, speed)
        self.markets = {coin: VenueMarket(coin, each, self.clock.now_ms()) for coin, each in candles.items()}
        self.faults = Faults()
        self.requests: list[tuple[str, dict[str, str]]] = []  # path and query of every REST request
        self.base_url = ""
        self._auto = auto
        self._step_s = step_s
        self._rest = Rest(self.markets, self.clock, list(extra_symbols))
        self.sockets = Sockets(self.markets, self.clock, self._rest, self.faults)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failed: BaseException | None = None

    def start(self, port: int = 0) -> str:
        """Listen; return the base url."""
        self._thread = threading.Thread(target=self._run, args=(port,), name="venue-server", daemon=True)
        self._thread.start()
        self._ready.wait(10)
        if self._failed is not None:
            raise self._failed
        return self.base_url

    def stop(self) -> None:
        """Close every connection and the port."""
        if self._thread is None:
            return
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._thread = None

    def __enter__(self) -> VenueServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def trade(self, coin: str, price: float, qty: float = 1.0) -> None:
        """Make one trade happen now; from then on this is the coin's price."""
        market = self.markets[coin]
        market.injected = price
        self._call(self.sockets.trade(market, Print(self.clock.now_ms(), price, qty)))

    def drop_sockets(self) -> None:
        """Cut every WebSocket."""
        self._call(self.sockets.drop())

    def asked(self, part: str) -> list[dict[str, str]]:
        """Return the queries of the requests whose path contains `part`."""
        return [query for path, query in list(self.requests) if part in path]

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _run(self, port: int) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve(port))
        except OSError as error:
            self._failed = error
            self._ready.set()
        finally:
            self._loop.close()

    async def _serve(self, port: int) -> None:
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        bound: Any = runner.addresses[0]
        self.base_url = f"http://127.0.0.1:{bound[1]}"
        self._ready.set()
        stepper = asyncio.create_task(self._step())
        await self._stop.wait()
        stepper.cancel()
        await self.sockets.drop()
        await runner.cleanup()
        await self._end_tasks()

    async def _end_tasks(self) -> None:
        """End what still runs, such as an answer that was to come late."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _step(self) -> None:
        while self._auto:
            await asyncio.sleep(self._step_s)
            with contextlib.suppress(ConnectionError):
                await self.sockets.step()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.sockets.serve(request)
        query = dict(request.query)
        self.requests.append((request.path, query))
        if self.faults.delay_s:
            await asyncio.sleep(self.faults.delay_s)
        refusal = self.faults.take(request.path)
        if refusal is not None:
            return web.Response(status=refusal.status, text=refusal.body, headers=refusal.headers)
        try:
            return web.json_response(self._rest.answer(request.path, query))
        except BadQuery as error:
            return web.json_response({"code": error.code, "msg": str(error)}, status=400)
        except KeyError:
            return web.json_response({"code": -5000, "msg": "Path is invalid"}, status=404)
