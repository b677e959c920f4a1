"""Which coins' candles are read now: in line for coins at work, in the background for all others (live.md 11.4, 12)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pbtui.core.clock import MINUTE_MS, Clock
from pbtui.core.types import PSIDES, Pside
from pbtui.engine.indicators import IndicatorSpans
from pbtui.exchange.port import Candles, Exchange
from pbtui.live.account import Account
from pbtui.live.candles import Averages
from pbtui.live.coins import CoinBook
from pbtui.live.forager import FetchBudget, holds_open_slots, is_forager, target_age_ms, to_refresh
from pbtui.live.rules import Rules

PATIENCE_S = 5


class CandleKeeper:
    """Moves averages on. Where market time moves by itself the loop never waits for a coin's first candles:
    balance, positions and orders come first, then held coins, then candidates.
    """

    def __init__(self, exchange: Exchange, clock: Clock, averages: Averages, coins: CoinBook, rules: Rules) -> None:
        self.averages = averages
        self.rules = rules
        self._exchange = exchange
        self._clock = clock
        self._coins = coins
        self._task: asyncio.Task[None] | None = None
        self._budget = FetchBudget(rules.live.max_ohlcv_fetches_per_minute)
        self._jittered = exchange.capabilities.stepped

    async def refresh(self, account: Account, active: Iterable[str]) -> dict[str, Candles]:
        """Move on the coins at work and start what is missing; return the new candles by symbol."""
        held = {symbol for symbol, _ in account.positions}
        at_work = sorted(s for s in {*held, *active} if s in self._coins.markets)
        if self.averages.stepped:
            return await self.averages.refresh(self._spans({*at_work, *self._approved()}))
        loaded = [symbol for symbol in at_work if self.averages.has(symbol)]
        fresh = await self.averages.refresh(self._spans(loaded))
        if self.rules.live.mimic_backtest_1m_delay:
            fresh.update(await self._wait_for_minute(loaded))
        self._start_background(held, at_work, account)
        return fresh

    async def _wait_for_minute(self, symbols: list[str]) -> dict[str, Candles]:
        """Give the venue some seconds to hand out the candle of the minute that has just ended."""
        fresh: dict[str, Candles] = {}
        last = self._exchange.now_ms() // MINUTE_MS * MINUTE_MS - MINUTE_MS
        for _ in range(PATIENCE_S):
            late = [symbol for symbol in symbols if (self.averages.newest_ms(symbol) or 0) < last]
            if not late:
                break
            await self._clock.sleep(1.0)
            fresh.update({s: c for s, c in (await self.averages.refresh(self._spans(late))).items() if len(c)})
        return fresh

    def warm(self, pside: Pside) -> bool:
        """Tell whether a side that chooses among coins has seen the candles of all it may choose from."""
        return all(self.averages.tried(symbol) for symbol in self._coins.approved[pside])

    async def close(self) -> None:
        """Stop background work."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            self._task = None

    def use_rules(self, rules: Rules) -> None:
        """Go on with a reloaded config; coins whose spans changed are read again with their next candle."""
        self.rules = rules
        self._budget = FetchBudget(rules.live.max_ohlcv_fetches_per_minute)

    def _approved(self) -> set[str]:
        return {symbol for pside in PSIDES for symbol in self._coins.approved[pside]}

    def _spans(self, symbols: Iterable[str]) -> dict[str, tuple[IndicatorSpans, IndicatorSpans]]:
        result: dict[str, tuple[IndicatorSpans, IndicatorSpans]] = {}
        for symbol in sorted(symbols):
            coin = self._coins.coin_of(symbol)
            result[symbol] = (self.rules.spans(coin, "long"), self.rules.spans(coin, "short"))
        return result

    def _start_background(self, held: set[str], at_work: list[str], account: Account) -> None:
        if self._task is not None:
            if not self._task.done():
                return
            task, self._task = self._task, None
            task.result()
        missing = [symbol for symbol in at_work if not self.averages.has(symbol)]
        missing.sort(key=lambda symbol: symbol not in held)
        flat = sorted(symbol for symbol in self._approved() - set(at_work) if not self.averages.has(symbol))
        candidates = self._candidates(set(at_work), account)
        if missing or flat or candidates:
            self._task = asyncio.ensure_future(self._background(missing, [*flat, *candidates]))

    async def _background(self, urgent: list[str], rest: list[str]) -> None:
        await self._load(urgent)
        if not self._jittered:
            # Bots that start together on one machine must not ask for their history in the same second.
            self._jittered = True
            await self._clock.sleep(self._clock.uniform(0.0, max(0.0, self.rules.live.warmup_jitter_seconds)))
        await self._load(rest)

    async def _load(self, symbols: list[str]) -> None:
        """Move coins on; the first candles of a coin are worth a turn at once."""
        new = [symbol for symbol in symbols if not self.averages.has(symbol)]
        await self.averages.refresh(self._spans(symbols))
        if any(self.averages.has(symbol) for symbol in new):
            self._exchange.wake.fire("candles")

    def _candidates(self, at_work: set[str], account: Account) -> list[str]:
        """Return the loaded candidates of choosing sides that are due, within the fetch budget (live.md 11.4)."""
        pool: set[str] = set()
        open_slots = False
        for pside in PSIDES:
            approved = self._coins.approved[pside]
            if is_forager(self.rules.side(pside), len(approved)):
                pool.update(approved)
                n_held = sum(side == pside for _, side in account.positions)
                open_slots = open_slots or holds_open_slots(self.rules.side(pside), len(approved), n_held)
        ages = {symbol: self.averages.age_ms(symbol) for symbol in pool - at_work if self.averages.has(symbol)}
        if not ages:
            return []
        live = self.rules.live
        per_minute = live.max_ohlcv_fetches_per_minute
        target = target_age_ms(
            len(ages),
            per_minute=per_minute,
            ttl_minutes=live.inactive_coin_candle_ttl_minutes,
            slots_open=open_slots,
        )
        budget = self._budget.take(self._exchange.now_ms())
        if budget is None and not open_slots:
            return []
        chosen = to_refresh(ages, target_ms=target, budget=budget)
        if budget is not None:
            self._budget.give_back(budget - len(chosen))
        return chosen
