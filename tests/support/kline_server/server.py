"""The server of one venue's markets and candles."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from numpy.typing import NDArray

from tests.support.archive_server import LoopbackServer

from .book import Book, Refused
from .dialects import DIALECTS


class KlineServer(LoopbackServer):
    """One venue; `requests` are path, query and body, `refused` those that it did not answer."""

    def __init__(self, venue: str, rows: Mapping[str, NDArray[Any]], *, now_ms: int) -> None:
        super().__init__()
        self.book = Book(rows, now_ms)
        self.refused: list[str] = []
        self._dialect = DIALECTS[venue]

    def candle_requests(self) -> list[str]:
        """Return the questions for candles so far."""
        return [each for each in list(self.requests) if "andle" in each or "kline" in each]

    async def name(self, request: web.Request) -> str:
        return f"{request.path_qs} {await request.text()}".strip()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked, body = await self.name(request), await request.text()
        spoil = self.spoils.take(asked)
        if spoil is not None:
            await asyncio.sleep(spoil.drip_s)
            kind = "text/html" if (spoil.body or b"<").startswith(b"<") else "application/json"
            return web.Response(status=spoil.status, body=spoil.body, headers=spoil.headers, content_type=kind)
        try:
            found = self._dialect(self.book, request.path, dict(request.query), json.loads(body) if body else None)
        except (Refused, KeyError, ValueError) as error:
            self.refused.append(f"{asked}: {error!r}")
            words = {"code": -1, "msg": str(error), "retCode": 10001, "retMsg": str(error)}
            return web.json_response(words, status=400)
        if found is None:
            self.refused.append(asked)
            return web.json_response({}, status=404)
        return web.json_response(found)
