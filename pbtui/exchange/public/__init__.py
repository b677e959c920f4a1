"""Public market data of real venues through ccxt, no keys needed."""

from pbtui.exchange.public.cache import Shelf
from pbtui.exchange.public.endpoints import EndpointOverrides, Endpoints, load_endpoints
from pbtui.exchange.public.feed import CcxtPublicFeed, why_unreachable

__all__ = ["CcxtPublicFeed", "EndpointOverrides", "Endpoints", "Shelf", "load_endpoints", "why_unreachable"]
