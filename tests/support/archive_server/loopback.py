"""A server on the loopback with its own thread and event loop."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import TypeVar

from aiohttp import web

from .spoils import Spoil, Spoils

S = TypeVar("S", bound="LoopbackServer")


class LoopbackServer:
    """Answers on a free port between entering and leaving a `with`; `spoil` makes the next answers go wrong."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.base_url = ""
        self.busiest = 0  # most requests at the same time
        self.spoils = Spoils()
        self._running = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def __enter__(self: S) -> S:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def spoil(self, spoil: Spoil) -> None:
        """Let the next requests go wrong."""
        self.spoils.add(spoil)

    def asked(self, part: str) -> list[str]:
        """Return the requests that contain `part`."""
        return [each for each in list(self.requests) if part in each]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer one request; it is noted already."""
        raise NotImplementedError

    async def name(self, request: web.Request) -> str:
        """Return how a request is noted."""
        return request.path

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.02)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        await self._stop.wait()
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(await self.name(request))
        self._running += 1
        self.busiest = max(self.busiest, self._running)
        try:
            return await self.answer(request)
        finally:
            self._running -= 1
