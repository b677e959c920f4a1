"""The feeds a dataset is made of, before anything is read: of each coin, of BTC, and those volumes are compared on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pbtui.config.coin_names import default_quote
from pbtui.config.dates import DAY_MS
from pbtui.core.clock import MINUTE_MS
from pbtui.market.prepare.cache import FORMAT
from pbtui.market.prepare.feeds import Feed, RowStore
from pbtui.market.prepare.request import Request
from pbtui.market.prepare.select import Selection, candidate_exchanges
from pbtui.market.prepare.trees import find_tree
from pbtui.market.prepare.venue import Venue
from pbtui.market.sealed import canonical

BTC = "BTC"
_BTC_VENUE = "binance"  # where several exchanges are combined, and where the own one has none (4.6)
_COMPARED_DAYS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """Feeds by coin and exchange; `compared_ms` is where the comparison of volumes begins."""

    coins: Mapping[str, Mapping[str, Feed]]
    compared: Mapping[str, Mapping[str, Feed]]  # with those of exchanges a coin may not come from
    btc: tuple[Feed, ...]  # in the order they are tried
    compared_ms: int

    def feeds(self) -> Iterator[Feed]:
        """Yield every feed once; BTC's later choices last."""
        seen: set[int] = set()
        groups = (*self.coins.values(), *self.compared.values(), {feed.exchange: feed for feed in self.btc})
        for feed in (feed for group in groups for feed in group.values()):
            if id(feed) not in seen:
                seen.add(id(feed))
                yield feed

    def key(self, request: Request) -> str:
        """Return the sha256 of all that decides the arrays: the request, and the facts of every feed as it is now."""
        body = {
            "format": FORMAT,
            "combined": request.combined,
            "end_ms": request.end_ms,
            "interval_minutes": request.interval_minutes,
            "gap_tolerance_minutes": request.gap_tolerance_minutes,
            "coins": {coin: [feed.facts() for feed in feeds.values()] for coin, feeds in self.coins.items()},
            "compared": {coin: [feed.facts() for feed in feeds.values()] for coin, feeds in self.compared.items()},
            "btc": [feed.facts() for feed in self.btc],
        }
        return hashlib.sha256(canonical(body)).hexdigest()


def plan_of(
    request: Request, selection: Selection, venues: Mapping[str, Venue], store: Callable[[str], RowStore]
) -> Plan:
    """Return the feeds of a selection."""
    end_ms = request.end_ms + MINUTE_MS
    compared_ms = max(request.fetch_start_ms, request.end_ms - _COMPARED_DAYS * DAY_MS)

    def feed(coin: str, exchange: str, symbol: str, start_ms: int) -> Feed:
        tree = find_tree(request.source_dir, exchange, coin, symbol) if request.source_dir is not None else None
        return Feed(coin, exchange, symbol, start_ms, end_ms, store(exchange), tree)

    coins = {
        wanted.coin: {
            exchange: feed(wanted.coin, exchange, symbol, wanted.start_ms) for exchange, symbol in wanted.feeds
        }
        for wanted in selection.wanted
    }
    compared: dict[str, dict[str, Feed]] = {}
    for coin, own in coins.items() if request.combined else ():
        compared[coin] = {}
        for exchange in candidate_exchanges(request):
            known = own.get(exchange)
            symbol = venues[exchange].symbol(coin)
            if known is not None and known.start_ms <= compared_ms:
                compared[coin][exchange] = known
            elif symbol is not None:
                compared[coin][exchange] = feed(coin, exchange, symbol, compared_ms)
    first = _BTC_VENUE if request.combined else request.exchanges[0]
    btc: list[Feed] = []
    for exchange in dict.fromkeys((first, _BTC_VENUE)):
        known = coins.get(BTC, {}).get(exchange)
        if known is None or known.start_ms > request.fetch_start_ms:
            known = feed(BTC, exchange, _btc_symbol(exchange, venues), request.fetch_start_ms)
        btc.append(known)
    return Plan(coins, compared, tuple(btc), compared_ms)


def _btc_symbol(exchange: str, venues: Mapping[str, Venue]) -> str:
    listed = venues[exchange].symbol(BTC) if exchange in venues else None
    quote = default_quote(exchange)
    return listed or f"{BTC}/{quote}:{quote}"
