"""Archives of candles on the loopback, each venue's files in its own format, made on the fly from rows.

    with ArchiveServer({"binance": {"BTCUSDT": rows}}) as server:
        archive = VenueArchive("binance", download, endpoints=EndpointOverrides.all_to(server.base_url))

Hosts are the first part of a path, as `EndpointOverrides.all_to` leads them: /data.binance.vision/data/futures/…
"""

from .formats import FILES
from .loopback import LoopbackServer
from .server import ArchiveServer
from .spoils import Spoil

__all__ = ["FILES", "ArchiveServer", "LoopbackServer", "Spoil"]
