"""Where candles come from: archives of the venues, the venues themselves, and what is known about the rest.

`ensure` makes a store hold a range as far as the world has it; `ensure_many` does so for many symbols at once.
"""

from pbtui.market.sources.archives import Archive, VenueArchive, has_archive
from pbtui.market.sources.download import Downloader, Patience
from pbtui.market.sources.fetch import Ensured, ensure
from pbtui.market.sources.holes import Hole
from pbtui.market.sources.listings import Listings, find_listings
from pbtui.market.sources.many import Job, Outcome, ensure_many
from pbtui.market.sources.markets import MarketCache, Markets
from pbtui.market.sources.progress import Meter, Progress

__all__ = [
    "Archive",
    "Downloader",
    "Ensured",
    "Hole",
    "Job",
    "Listings",
    "MarketCache",
    "Markets",
    "Meter",
    "Outcome",
    "Patience",
    "Progress",
    "VenueArchive",
    "ensure",
    "ensure_many",
    "find_listings",
    "has_archive",
]
