"""From a request to a dataset: choose, fetch, look into the cache, and else survey, weigh and write (backtest.md 4)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pbtui.core.sanitize import sanitize_line
from pbtui.market.prepare.aggregate import Axis, axis_of
from pbtui.market.prepare.cache import DatasetCache, Stored
from pbtui.market.prepare.dataset import Dataset, dataset_of
from pbtui.market.prepare.feeds import Ensure, Feed, RowStore
from pbtui.market.prepare.judge import Judge
from pbtui.market.prepare.plan import Plan, plan_of
from pbtui.market.prepare.request import NoData, Request
from pbtui.market.prepare.select import candidate_exchanges, select
from pbtui.market.prepare.series import Survey
from pbtui.market.prepare.venue import Venue
from pbtui.market.prepare.volume import best_feed, volume_factors
from pbtui.market.prepare.write import Column, write_btc, write_columns

_ATTEMPTS = 3  # as often candles may change under our hands
_FETCHES = 8  # feeds fetched at a time
_SHOWN_TROUBLES = 5

Stage = Literal["fetch", "read", "write"]


@dataclass(frozen=True, slots=True)
class Step:
    """Progress of a preparation: what is done of a stage, and on what."""

    stage: Stage
    done: int
    total: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplies:
    """Where markets and candles come from; `listed_ms` is each coin's first candle on any exchange.

    Without `ensure` nothing is fetched: what the stores and the tree of day files hold has to do.
    """

    venue: Callable[[str], Venue]  # raises ConfigError for an unknown exchange
    store: Callable[[str], RowStore]
    listed_ms: Mapping[str, int] = field(default_factory=dict[str, int])
    ensure: Ensure | None = None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A coin's feed and its survey."""

    feed: Feed
    found: Survey


def _silent(step: Step) -> None:
    """Report progress to nobody."""


async def prepare(
    request: Request,
    supplies: Supplies,
    cache: DatasetCache,
    *,
    now_ms: int,
    on_step: Callable[[Step], None] = _silent,
) -> Dataset:
    """Return the dataset of a request, from the cache when one of the same candles is there.

    Raises NoData when no coin is left, ConfigError for an unknown exchange, DataError when volumes cannot be compared
    or candles keep changing, ExchangeError when something missing could not be fetched.
    """
    venues = {name: supplies.venue(name) for name in candidate_exchanges(request)}
    selection = select(request, venues, supplies.listed_ms, now_ms)
    if not selection.wanted:
        raise NoData(f"no coin is left to run on: {_some(selection.notes)}")
    plan = plan_of(request, selection, venues, supplies.store)
    judge = Judge(supplies.ensure, request.gap_tolerance_minutes)
    await _fetch(plan, judge, on_step)
    work = _Work(request, plan, judge, venues, supplies.listed_ms, cache, on_step)
    return dataset_of(request, venues, await work.stored(), (*_idle(request), *selection.notes))


def _idle(request: Request) -> list[str]:
    """Return one line for each wish that has no effect."""
    notes: list[str] = []
    if request.source_dir is not None and not request.source_dir.is_dir():
        shown = sanitize_line(request.source_dir, limit=200)
        notes.append(f"backtest.ohlcv_source_dir {shown} is no folder: candles come from the store")
    if not request.combined:
        for key, wished in (
            ("coin_sources", request.coin_sources),
            ("market_settings_sources", request.market_settings_sources),
        ):
            others = sorted(coin for coin, name in wished.items() if name != request.exchanges[0])
            if others:
                shown = sanitize_line(", ".join(others), limit=120)
                notes.append(f"backtest.{key} of {shown} has no effect: only {request.exchanges[0]} is used")
    return notes


async def _fetch(plan: Plan, judge: Judge, on_step: Callable[[Step], None]) -> None:
    """Fetch what is missing of every feed but BTC's later choices, some at a time."""
    spare = set(map(id, plan.btc[1:])) - {id(feed) for feeds in plan.coins.values() for feed in feeds.values()}
    feeds = [feed for feed in plan.feeds() if id(feed) not in spare]
    gate = asyncio.Semaphore(_FETCHES)
    done = 0

    async def one(feed: Feed) -> None:
        nonlocal done
        async with gate:
            await judge.fetch(feed)
        done += 1
        on_step(Step("fetch", done, len(feeds), feed.where))

    tasks = [asyncio.create_task(one(feed)) for feed in feeds]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class _Work:
    """One preparation; feeds keep in mind what was tried with them."""

    request: Request
    plan: Plan
    judge: Judge
    venues: Mapping[str, Venue]
    listed_ms: Mapping[str, int]
    cache: DatasetCache
    on_step: Callable[[Step], None]
    notes: list[str] = field(default_factory=list[str])

    async def stored(self) -> Stored:
        """Return the arrays, found or made; made again when candles changed meanwhile, kept for others if they rest."""
        for attempt in range(_ATTEMPTS):
            found = self.cache.find(self.plan.key(self.request))
            if found is not None:
                return found
            self.notes = []
            chosen = await self._choose()
            btc = await self._btc(min(item.found.first_ms for item in chosen.values()))
            key = self.plan.key(self.request)  # after fetching more: what the arrays are really made of
            found = self.cache.find(key)
            if found is not None:
                return found
            last = attempt == _ATTEMPTS - 1
            made = self._make(chosen, btc, key, last=last)
            if made is not None:
                return made
        raise AssertionError("the last attempt keeps what it made")

    async def _choose(self) -> dict[str, _Chosen]:
        """Return the usable feed of each coin, the best where there are several."""
        chosen: dict[str, _Chosen] = {}
        dropped: list[str] = []
        for done, (coin, feeds) in enumerate(self.plan.coins.items()):
            verdicts = {name: await self.judge.survey(feed) for name, feed in feeds.items()}
            good = {name: found for name, found in verdicts.items() if isinstance(found, Survey)}
            if good:
                best = best_feed(good)
                chosen[coin] = _Chosen(feeds[best], good[best])
                first = self.venues[best].first_ms(coin) or self.listed_ms.get(coin)
                self.notes += self.judge.remark(feeds[best], good[best], first)
            else:
                reasons = ", ".join(str(verdict) for verdict in verdicts.values())
                dropped.append(f"{sanitize_line(coin, limit=40)} is left out: {reasons}")
            self.notes += _troubles(feeds.values())
            self.on_step(Step("read", done + 1, len(self.plan.coins), coin))
        self.notes += dropped
        if not chosen:
            raise NoData(f"no coin is left to run on: {_some(dropped)}")
        return chosen

    async def _btc(self, first_ms: int) -> Feed:
        """Return the feed of the BTC series: its first choice with candles; a hole in it is no reason to stop."""
        for feed in self.plan.btc:
            await self.judge.fetch(feed)
            verdict = await self.judge.survey(feed)
            found = verdict if isinstance(verdict, Survey) else feed.survey()
            if found.count and found.last_ms >= first_ms:
                if not isinstance(verdict, Survey):
                    self.notes.append(f"prices of BTC: {verdict}, flat meanwhile")
                return feed
        names = " and ".join(feed.exchange for feed in self.plan.btc)
        raise NoData(f"no candles of BTC on {names} in the window, which every run needs for its values in BTC")

    def _make(self, chosen: Mapping[str, _Chosen], btc: Feed, key: str, *, last: bool) -> Stored | None:
        """Write the arrays; None when candles changed meanwhile and there is another attempt."""
        first_ms = min(item.found.first_ms for item in chosen.values())
        axis = axis_of(first_ms, self.request.end_ms, self.request.interval_minutes)
        if not axis.bars:
            raise NoData(f"the candles do not fill one bar of {axis.interval_minutes} minutes")
        factors = self._factors(chosen)
        columns = [Column(item.feed, factors[item.feed.exchange]) for item in chosen.values()]
        with self.cache.draft(axis, len(columns)) as draft:
            write_columns(draft.arrays.hlcvs, axis, columns, self._wrote)
            write_btc(draft.arrays.btc_usd, axis, btc)
            unchanged = self.plan.key(self.request) == key
            if not unchanged and not last:
                return None
            facts = _facts(axis, chosen, btc, factors, self.request.end_ms)
            return self.cache.commit(draft, facts, self.notes, key if unchanged else None)

    def _factors(self, chosen: Mapping[str, _Chosen]) -> dict[str, float]:
        """Return the volume factor of each data exchange (4.5)."""
        source_of = {coin: item.feed.exchange for coin, item in chosen.items()}
        used = sorted(set(source_of.values()))
        if len(used) == 1:
            return {used[0]: 1.0}
        tolerance = self.request.gap_tolerance_minutes
        daily = {
            coin: {
                name: volumes
                for name, feed in self.plan.compared[coin].items()
                if name in used and (volumes := feed.daily_volumes(self.plan.compared_ms, tolerance))
            }
            for coin in chosen
        }
        return volume_factors(source_of, daily)

    def _wrote(self, done: int, total: int) -> None:
        self.on_step(Step("write", done, total))


def _facts(
    axis: Axis, chosen: Mapping[str, _Chosen], btc: Feed, factors: Mapping[str, float], end_ms: int
) -> dict[str, Any]:
    """Return what a dataset must know of its arrays, as plain values."""
    start_ms = axis.first_ms - axis.trimmed_minutes * 60_000
    return {
        "first_ms": axis.first_ms,
        "bars": axis.bars,
        "interval_minutes": axis.interval_minutes,
        "trimmed_minutes": axis.trimmed_minutes,
        "btc_source": btc.exchange,
        "coins": [
            {
                "coin": coin,
                "symbol": item.feed.symbol,
                "source": item.feed.exchange,
                "first_minute": (item.found.first_ms - start_ms) // 60_000,
                "last_minute": (end_ms - start_ms) // 60_000,
                "volume_factor": factors[item.feed.exchange],
            }
            for coin, item in chosen.items()
        ],
    }


def _troubles(feeds: Iterable[Feed]) -> list[str]:
    """Return one line for each day file that had to be passed over; many become a number."""
    lines = [line for feed in feeds if feed.tree is not None for line in feed.tree.troubles.values()]
    more = len(lines) - _SHOWN_TROUBLES
    return lines[:_SHOWN_TROUBLES] + ([f"… and {more} more such files"] if more > 0 else [])


def _some(lines: Sequence[str]) -> str:
    """Return the first few of many lines as one."""
    more = f"; and {len(lines) - 3} more" if len(lines) > 3 else ""
    return "; ".join(lines[:3]) + more
