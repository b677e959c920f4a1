"""The way to a simulated venue: real budget, pauses and error translation, and a network and server that fail."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from pbtui.core.errors import ExchangeError, OrderRejected, OutcomeUnknown
from pbtui.core.types import Balance, Fill, Market, OpenOrder, OrderRequest, Ticker
from pbtui.exchange.paper.stream import StreamPaper
from pbtui.exchange.port import (
    CancelResult,
    Candles,
    CreateResult,
    HeldPosition,
    StreamState,
    Timeframe,
    VenueVitals,
    Wake,
)
from pbtui.exchange.private.budget import Budget
from pbtui.exchange.private.wire import BudgetedCaller, unsure
from pbtui.exchange.silence import Silence
from pbtui.live.sim.checker import Checker
from pbtui.live.sim.market import SimMarket
from pbtui.live.sim.server import Server
from pbtui.live.sim.timewarp import WarpClock
from pbtui.live.sim.weather import Weather

T = TypeVar("T")
RECV_WINDOW_MS = 5_000
LATE_MS = 15_000  # longer than a bot takes to start: the window of some venues is
DEAF_FOUND_S = 45.0
_TIME_AGAIN_S = 60.0
_HISTORY_MS = 3 * 3_600_000
_PAGE = 50


class SimVenue:
    """Implements `port.Exchange` for one life of a bot; a life that was killed never gets another answer."""

    def __init__(
        self,
        paper: StreamPaper,
        market: SimMarket,
        server: Server,
        clock: WarpClock,
        weather: Weather,
        checker: Checker,
        budget: Budget,
        silence: Silence,
    ) -> None:
        self.name, self.account, self.quote = paper.name, paper.account, paper.quote
        self.capabilities = replace(paper.capabilities, late_ms=LATE_MS)
        self.wake = Wake()
        self.killed = asyncio.Event()
        self._paper = paper
        self._market = market
        self._server = server
        self._clock = clock
        self._weather = weather
        self._checker = checker
        self._budget = budget
        self._caller = BudgetedCaller(self.name, clock, budget, {}, silence)
        self._caller.listen(server)
        self._library = importlib.import_module("ccxt.base.errors")  # late, and it has no types
        self._measured_s = float("-inf")
        self._before: dict[str, Any] = {}
        self._odd: set[str] = set()
        self._closed = False
        self._never: list[asyncio.Future[None]] = []  # what the killed life waits for
        self._later: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Hear what happens on the account."""
        self._paper.wake.listeners.append(self._on_event)

    async def close(self) -> None:
        """Hear no more, and let go of whoever still waits."""
        self._closed = True
        for never in self._never:
            never.cancel()
        if self._on_event in self._paper.wake.listeners:
            self._paper.wake.listeners.remove(self._on_event)

    def now_ms(self) -> int:
        """Return the venue's time as this machine reckons it."""
        return self._market.now_ms()

    def stream_state(self) -> StreamState:
        """Return the order stream's health: a deaf one is found after a while, a storm tears it down."""
        at_s = self._clock.monotonic()
        if self._weather.strength("storm", at_s):
            return StreamState("down")
        deaf_s = self._weather.since("deaf", at_s)
        found = deaf_s > DEAF_FOUND_S
        return StreamState("stale" if found else "up", deaf_s, deaf=found)

    def vitals(self) -> VenueVitals:
        """Return the share of the budget in use."""
        return VenueVitals(rate_used=self._budget.used())

    async def load_markets(self) -> dict[str, Market]:
        """Return the limits in force."""
        return await self._ask("load_markets", self._paper.load_markets, cost=10)

    async def fetch_balance(self) -> Balance:
        """Return the balance; it may flicker once."""
        balance = await self._ask("fetch_balance", self._paper.fetch_balance)
        if self._once_odd("flicker"):
            return Balance(balance.raw * self._weather.dice.choice((0.0, 0.05, 0.5)), balance.quote)
        return balance

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return positions: now's, those of the reading before, or for once wrongly none."""
        held = await self._ask("fetch_positions", self._paper.fetch_positions)
        return self._read("positions", held)

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return orders: now's, those of the reading before, or for once wrongly none."""
        return self._read("orders", await self._ask("fetch_open_orders", self._paper.fetch_open_orders))

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return fills; pages may overlap and reach further back than asked."""
        if self._weather.strikes("pages", self._clock.monotonic()):
            found = await self._ask("fetch_fills", partial(self._paper.fetch_fills, since_ms - _HISTORY_MS))
            return sorted([*found, *found[-_PAGE:]], key=lambda fill: fill.ts_ms)
        return await self._ask("fetch_fills", partial(self._paper.fetch_fills, since_ms))

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return prices."""
        return await self._ask("fetch_tickers", partial(self._paper.fetch_tickers, symbols), cost=2)

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return candles."""
        ask = partial(self._paper.fetch_candles, symbol, timeframe, start_ms, end_ms)
        return await self._ask("fetch_candles", ask, cost=2)

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send orders; each may be refused, lost, or taken without an answer."""
        urgent = all(request.reduce_only for request in requests)
        for request in requests:
            self._checker.before_create(request)
        try:
            return await self._ask("create_orders", partial(self._create_all, requests), urgent=urgent)
        except ExchangeError as error:
            return [CreateResult(request, error=_doubt(error)) for request in requests]

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel orders; the answer may be lost."""
        for order in orders:
            self._checker.before_cancel(order)
        try:
            return await self._ask("cancel_orders", partial(self._cancel_all, orders), urgent=True)
        except ExchangeError as error:
            return [CancelResult(order, _doubt(error)) for order in orders]

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set the position mode."""
        await self._ask("prepare_account", lambda: self._paper.prepare_account(hedge_mode=hedge_mode))

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Set the leverage."""
        await self._ask("prepare_symbol", lambda: self._paper.prepare_symbol(symbol, leverage=leverage))

    async def _ask(self, name: str, call: Callable[[], Awaitable[T]], *, cost: float = 1.0, urgent: bool = False) -> T:
        await self._die_perhaps()
        try:
            result = await self._caller.paid(name, cost, partial(self._answer, name, call, cost), urgent=urgent)
        except ExchangeError as error:
            self._checker.log("failed", name, error.line())
            raise
        await self._die_perhaps()
        return result

    async def _answer(self, name: str, call: Callable[[], Awaitable[T]], cost: float) -> T:
        """Be network and server for one request; raises what the exchange library would."""
        weather, clock, dice = self._weather, self._clock, self._weather.dice
        at_s = clock.monotonic()
        self._server.note(at_s, cost)
        if at_s - self._measured_s > _TIME_AGAIN_S or abs(self.now_ms() - clock.true_ms()) > RECV_WINDOW_MS:
            # The wire measures the clock anew where a request was refused for its time.
            self._market.measure()
            self._measured_s = at_s
        await clock.sleep(dice.uniform(0.02, 0.2))
        if weather.strikes("storm", at_s):
            await clock.sleep(dice.choice((0.1, 2.0, 10.0)))
            raise self._library.RequestTimeout(
                f"{name} https://venue.test/x?signature={self._checker.canary} timed out"
            )
        if weather.strikes("limits", at_s, share=0.2):
            self._server.ban(clock.monotonic(), float(dice.randint(5, 45)))
            raise self._library.RateLimitExceeded("\x1b[31mtoo many requests")
        if weather.strikes("garbage", at_s, share=0.5):
            raise dice.choice((self._library.BadResponse, self._library.ExchangeNotAvailable, ValueError))(
                f"<html>\x1b]0;502\x07 bad gateway \u202e https://venue.test/?apiKey={self._checker.canary}"
            )
        return await call()

    async def _create_all(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        weather, at_s = self._weather, self._clock.monotonic()
        results: list[CreateResult] = []
        for request in requests:
            await self._die_sending(request)
            if weather.strikes("reject", at_s):
                reason = weather.dice.choice(("insufficient_margin", "min_cost", "price_band", "post_only", "margin"))
                error = OrderRejected(f"{request.symbol} refused (injected)", reason=reason)
                results.append(CreateResult(request, error=error))
            elif weather.strikes("lost_request", at_s):
                results.append(CreateResult(request, error=OutcomeUnknown("no answer (injected)")))
            elif weather.strikes("late_create", at_s):
                self._arrive_later(request)
                results.append(CreateResult(request, error=OutcomeUnknown("no answer yet (injected)")))
            else:
                (result,) = await self._paper.create_orders([request])
                lost = result.error is None and weather.strikes("lost_reply", at_s)
                error = OutcomeUnknown("the answer was lost (injected)") if lost else None
                results.append(CreateResult(request, error=error) if lost else result)
            self._checker.after_create(request, results[-1])
        return results

    async def _cancel_all(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        weather, at_s = self._weather, self._clock.monotonic()
        results: list[CancelResult] = []
        for order in orders:
            await self._die_perhaps()
            unknown = CancelResult(order, OutcomeUnknown("the answer was lost (injected)"))
            if weather.strikes("lost_cancel", at_s, share=0.5):
                results.append(unknown)
                continue
            (result,) = await self._paper.cancel_orders([order])
            results.append(unknown if weather.strikes("lost_cancel", at_s, share=0.5) else result)
            self._checker.after_cancel(result)
        return results

    def _arrive_later(self, request: OrderRequest) -> None:
        """Let an order reach the venue some seconds after everybody has given up on it."""
        wait_s = self._weather.dice.uniform(0.5, 0.9 * LATE_MS / 1000)
        self._checker.under_way[request.client_id] = request

        async def arrive() -> None:
            await self._clock.sleep(wait_s)
            self._checker.under_way.pop(request.client_id, None)
            (result,) = await self._paper.create_orders([request])
            self._checker.after_create(request, result)

        task = asyncio.ensure_future(arrive())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    def _read(self, what: str, now: list[T]) -> list[T]:
        """Return a list as read: never wrong in the same way twice in a row, for two agreeing readings are believed."""
        before = self._before.get(what, now)
        self._before[what] = list(now)
        if self._once_odd("empty", what):
            return []
        return list(before) if self._once_odd("stale", what) else now

    def _once_odd(self, fault: str, what: str = "") -> bool:
        key = what or fault
        if key in self._odd:
            self._odd.discard(key)
            return False
        if not self._weather.strikes(fault, self._clock.monotonic(), share=0.5):
            return False
        self._odd.add(key)
        return True

    async def _die_sending(self, request: OrderRequest) -> None:
        """Die, perhaps, with an order on its way that nobody will tell the next life of."""
        alive = not self.killed.is_set()
        if alive and self._weather.strikes("kill", self._clock.monotonic(), share=0.3):
            self._arrive_later(request)
            self.killed.set()
        await self._die_perhaps()

    async def _die_perhaps(self) -> None:
        if self._weather.strikes("kill", self._clock.monotonic(), share=0.01):
            self.killed.set()
        if self.killed.is_set():
            if self._closed:
                raise asyncio.CancelledError  # the dead are buried: nobody waits any more
            never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._never.append(never)
            await never

    def _on_event(self, what: str) -> None:
        at_s = self._clock.monotonic()
        if self.killed.is_set() or self._weather.strength("deaf", at_s) or self._weather.strength("storm", at_s):
            return
        if self._weather.strikes("events", at_s):
            asyncio.get_running_loop().call_later(self._weather.dice.uniform(1.0, 90.0), self.wake.fire, what)
            if self._weather.dice.random() < 0.5:
                return
        self.wake.fire(what)


def _doubt(error: ExchangeError) -> ExchangeError:
    return OutcomeUnknown(f"{error.message}: it may have been taken") if unsure(error) else error
