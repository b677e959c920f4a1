"""The server: its own thread and event loop, a port of the loopback."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Mapping
from types import TracebackType

from aiohttp import web

from .formats import Rows, file_at
from .spoils import Spoil, Spoils


class ArchiveServer:
    """Serves the files of each exchange's codes; `spoil` makes some of them go wrong."""

    def __init__(self, books: Mapping[str, Mapping[str, Rows]]) -> None:
        self.books = {exchange: dict(codes) for exchange, codes in books.items()}
        self.requests: list[str] = []
        self.base_url = ""
        self.busiest = 0  # most requests at the same time
        self._running = 0
        self._spoils = Spoils()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="archive-server", daemon=True)

    def __enter__(self) -> ArchiveServer:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def spoil(self, spoil: Spoil) -> None:
        """Let the next requests go wrong."""
        self._spoils.add(spoil)

    def heal(self) -> None:
        """Do everything right again."""
        self._spoils.heal()

    def asked(self, part: str) -> list[str]:
        """Return the requests whose path contains `part`."""
        return [path for path in list(self.requests) if part in path]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        app = web.Application()
        app.router.add_get("/{tail:.*}", self._handle)
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
        self.requests.append(request.path)
        self._running += 1
        self.busiest = max(self.busiest, self._running)
        try:
            return await self._answer(request)
        finally:
            self._running -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        found = file_at(request.path, self.books)
        spoil = self._spoils.take(request.path)
        if spoil is None:
            if found is None:
                return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
            return web.Response(body=found[1], content_type="application/octet-stream")
        body = spoil.body if spoil.body is not None else found[1] if found else b""
        if spoil.flip:
            body = body[: -spoil.flip] + bytes([body[-spoil.flip] ^ 0x55]) + body[len(body) - spoil.flip + 1 :]
        return await self._spoiled(request, spoil, body[: round(len(body) * spoil.keep)])

    async def _spoiled(self, request: web.Request, spoil: Spoil, body: bytes) -> web.StreamResponse:
        headers = {"Content-Type": "application/octet-stream", **spoil.headers}
        answer = web.StreamResponse(status=spoil.status, headers=headers)
        answer.content_length = len(body)
        await answer.prepare(request)
        sent, part = round(len(body) * spoil.cut), max(1, -(-len(body) // 10))
        for start in range(0, sent, part):
            if spoil.drip_s:
                await asyncio.sleep(spoil.drip_s)
            with contextlib.suppress(ConnectionError):  # the client may have had enough
                await answer.write(body[start : min(start + part, sent)])
        if sent < len(body) and request.transport is not None:
            request.transport.close()
        return answer
