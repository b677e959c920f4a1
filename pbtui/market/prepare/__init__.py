"""Candles prepared for backtests: one gapless, aligned array of many coins, kept on disk for the next run."""

from pbtui.market.prepare.build import Stage, Step, Supplies, prepare
from pbtui.market.prepare.cache import DatasetCache
from pbtui.market.prepare.dataset import CoinData, Dataset
from pbtui.market.prepare.feeds import Ensure, RowStore
from pbtui.market.prepare.request import NoData, Request
from pbtui.market.prepare.stored import StoreRows
from pbtui.market.prepare.venue import (
    Venue,
    unified_listings,
    venue_of_caches,
    venue_of_candles,
    venue_of_records,
)

__all__ = [
    "CoinData",
    "Dataset",
    "DatasetCache",
    "Ensure",
    "NoData",
    "Request",
    "RowStore",
    "Stage",
    "Step",
    "StoreRows",
    "Supplies",
    "Venue",
    "prepare",
    "unified_listings",
    "venue_of_caches",
    "venue_of_candles",
    "venue_of_records",
]
