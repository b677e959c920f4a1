"""Which coins may be traded now: lists, markets, age, smallest affordable order (live.md 8 and 9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pbtui.config import CoinLists, Config
from pbtui.config.coin_names import coin_of
from pbtui.core.clock import DAY_MS, HOUR_MS, Clock
from pbtui.core.errors import ExchangeError
from pbtui.core.types import PSIDES, Market, Pside
from pbtui.engine.numerics import effective_min_cost
from pbtui.exchange.port import Exchange
from pbtui.live.calls import Calls
from pbtui.live.events import EventLog
from pbtui.live.rules import Rules

LISTS_EVERY_S = 2.0  # coin files are looked at again no more often than this


def ineligible_reason(market: Market, quote: str) -> str:
    """Return why a market can't be traded, "" when it can (live.md 2.2)."""
    if not market.active:
        return "not active"
    if market.ineligible:
        return market.ineligible
    return "" if market.quote == quote else "wrong quote"


class CoinBook:
    """Markets of the venue and, per side, the approved symbols in name order."""

    def __init__(self, config: Config, quote: str, events: EventLog, clock: Clock) -> None:
        self.markets: dict[str, Market] = {}
        self.approved: dict[Pside, tuple[str, ...]] = {"long": (), "short": ()}
        self._quote = quote
        self._clock = clock
        self._looked_at = float("-inf")
        self._events = events
        self._lists = CoinLists(config)
        self._by_coin: dict[str, str] = {}
        self._dirty = True

    @property
    def warning(self) -> str:
        """Why the coin lists could not be read again, "" when they could."""
        return self._lists.warning

    def use_config(self, config: Config) -> None:
        """Take the lists of a reloaded config."""
        self._lists = CoinLists(config)
        self._dirty = True

    def take_markets(self, markets: Mapping[str, Market]) -> None:
        """Replace the venue's markets."""
        self.markets = dict(markets)
        by_coin: dict[str, str] = {}
        for symbol, market in sorted(markets.items()):
            for name in (market.coin, coin_of(market.coin)):
                if not ineligible_reason(market, self._quote) or name not in by_coin:
                    by_coin[name] = symbol
        self._by_coin = by_coin
        self._dirty = True

    def refresh(self, rules: Rules) -> bool:
        """Read changed coin files again; tell whether the approved coins changed. Bad files keep the former lists."""
        changed = False
        now = self._clock.monotonic()
        if now - self._looked_at >= LISTS_EVERY_S:
            self._looked_at = now
            changed = self._lists.refresh()
            if self.warning:
                self._events.warn_rarely("coin lists", "config", self.warning)
        if not (changed or self._dirty):
            return False
        self._dirty = False
        before = self.approved
        self.approved = {pside: self._approved(rules, pside) for pside in PSIDES}
        for pside in PSIDES:
            self._log_change(pside, before[pside], self.approved[pside])
        return self.approved != before

    def symbol_of(self, coin: str) -> str | None:
        """Return the symbol of a coin or symbol name; None when the venue has no such market."""
        return coin if coin in self.markets else self._by_coin.get(coin)

    def coin_of(self, symbol: str) -> str:
        """Return the coin of a symbol."""
        market = self.markets.get(symbol)
        return market.coin if market else symbol.split("/", 1)[0]

    def reason(self, symbol: str) -> str:
        """Return why a symbol can't be traded, "" when it can."""
        market = self.markets.get(symbol)
        return "no such market" if market is None else ineligible_reason(market, self._quote)

    def _approved(self, rules: Rules, pside: Pside) -> tuple[str, ...]:
        if not rules.side(pside).enabled:
            return ()
        if self._lists.all_approved(pside):
            wanted = {s for s in self.markets if not self.reason(s)}
        else:
            wanted = self._symbols(self._lists.approved(pside))
        return tuple(sorted(wanted - self._symbols(self._lists.ignored(pside))))

    def _symbols(self, coins: Iterable[str]) -> set[str]:
        found = {self.symbol_of(coin) for coin in coins}
        return {symbol for symbol in found if symbol is not None and not self.reason(symbol)}

    def _log_change(self, pside: Pside, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        for word, symbols in (("approved", set(after) - set(before)), ("dropped", set(before) - set(after))):
            if symbols:
                names = sorted(self.coin_of(symbol) for symbol in symbols)
                shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
                self._events.info("coins", f"{pside}: {word} {shown}")


class AgeCheck:
    """Coins younger than `live.minimum_coin_age_days` are not started by a side that chooses among coins."""

    def __init__(self, exchange: Exchange, calls: Calls) -> None:
        self._exchange = exchange
        self._calls = calls
        self._old: set[tuple[str, float]] = set()
        self._asked: dict[tuple[str, float], int] = {}

    def old_enough(self, market: Market, days: float) -> bool:
        """Tell whether a coin's age is known to suffice; on replays and synthetic markets it always is."""
        if days <= 0 or self._exchange.capabilities.stepped:
            return True
        if market.listed_ms:
            return self._exchange.now_ms() - market.listed_ms > days * DAY_MS
        return (market.symbol, days) in self._old

    async def learn(self, markets: Iterable[Market], days: float, *, at_most: int) -> None:
        """Find out about coins whose listing time the venue does not tell: were there candles so long ago?"""
        if days <= 0 or self._exchange.capabilities.stepped:
            return
        now = self._exchange.now_ms()
        asked = 0
        for market in markets:
            key = (market.symbol, days)
            if (
                market.listed_ms
                or key in self._old
                or now - self._asked.get(key, -DAY_MS) < HOUR_MS
                or asked >= at_most
            ):
                continue
            asked += 1
            self._asked[key] = now
            end = (now - int(days * DAY_MS)) // HOUR_MS * HOUR_MS
            try:
                request = self._exchange.fetch_candles(market.symbol, "1h", end - 12 * HOUR_MS, end)
                candles = await self._calls.run(f"age of {market.coin}", request)
            except ExchangeError:
                continue
            if len(candles):
                self._old.add(key)


def affordable(rules: Rules, coin: str, pside: Pside, market: Market, price: float | None, balance: float) -> bool:
    """Tell whether a coin's first entry reaches the venue's minimum cost (live.md 9.2); `balance` is snapped."""
    if not rules.live.filter_by_min_effective_cost:
        return True
    least = market.min_cost
    if price is not None:
        least = effective_min_cost(price, market.min_qty, market.min_cost, market.c_mult)
    own = rules.coin(coin, pside)
    return balance * own.allowed_limit * own.params["entry_initial_qty_pct"] >= least
