"""Answering what is asked of an account's fills, from the file they are kept in, beside the loop."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pbtui.core.errors import PbtuiError
from pbtui.core.fill_pages import FillFilter, FillsPage, FillsQuery
from pbtui.exchange.port import Exchange, KeepsFills

_MOST_ROWS = 2_000


async def fills_page(exchange: Exchange, query: FillsQuery) -> FillsPage:
    """Return a page of fills and their sums; raises PbtuiError where none are kept, StateError for a broken file."""
    path = exchange.fills_file() if isinstance(exchange, KeepsFills) else None
    if path is None:
        raise PbtuiError("the fills of this account are kept in memory only")
    return await asyncio.to_thread(_read, path, query.only, max(1, min(query.n, _MOST_ROWS)))


def _read(path: Path, only: FillFilter, n: int) -> FillsPage:
    from pbtui.exchange.fills.reader import FillReader

    with FillReader(path) as reader:
        return reader.page(only, n)
