"""The server of archives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from aiohttp import web

from .formats import Rows, file_at
from .loopback import LoopbackServer
from .spoils import Spoil


class ArchiveServer(LoopbackServer):
    """Serves the files of each exchange's codes; `requests` are the paths asked for."""

    def __init__(self, books: Mapping[str, Mapping[str, Rows]]) -> None:
        super().__init__()
        self.books = {exchange: dict(codes) for exchange, codes in books.items()}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        spoil = self.spoils.take(request.path)
        if spoil is None:
            found = file_at(request.path, self.books)
            if found is None:
                return web.Response(status=404, text="<Error><Code>NoSuchKey</Code></Error>")
            return web.Response(body=found[1], content_type="application/octet-stream")
        body = spoil.body
        if body is None:
            found = file_at(request.path, self.books) if spoil.status == 200 else None
            body = found[1] if found else b""
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
