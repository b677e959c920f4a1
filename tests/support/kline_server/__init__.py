"""Seven venues on the loopback: markets, time and candles in each one's own dialect, with its own limits.

    with KlineServer("okx", {"SOL": rows}, now_ms=…) as server:
        feed = CcxtPublicFeed("okx", clock=…, endpoints=EndpointOverrides(rest=Rewrites({"*": server.base_url}), …))

The real client of each venue loads its markets and pages its candles through it.
"""

from .book import Book
from .dialects import DIALECTS
from .server import KlineServer

__all__ = ["DIALECTS", "Book", "KlineServer"]
