"""A venue on the loopback: Binance USD-M's public REST and WebSocket dialect over recorded candles.

    with VenueServer({"BTC": candles}) as server:
        feed = CcxtPublicFeed("binance", clock=RealClock(), endpoints=EndpointOverrides.all_to(server.base_url))

The real client talks to it; every address it knows is led to `base_url/original.host/original/path`.
"""

from .faults import Faults
from .market import VenueMarket, load_candles
from .server import VenueServer

__all__ = ["Faults", "VenueMarket", "VenueServer", "load_candles"]
