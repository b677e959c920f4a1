"""A venue that misbehaves by plan: the port around another, with seeded lost replies, refusals and stale reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar, cast

import numpy as np

from pbtui.core.errors import ExchangeError, OrderRejected, OutcomeUnknown, RateLimited, VenueUnreachable
from pbtui.core.types import Balance, Fill, Market, OpenOrder, OrderRequest, Ticker
from pbtui.exchange.port import (
    CancelResult,
    Candles,
    CreateResult,
    Exchange,
    HeldPosition,
    SteppedExchange,
    StreamState,
    Timeframe,
)

FaultKind = Literal[
    "lost_reply",  # the venue took it, the answer is lost: OutcomeUnknown
    "lost_request",  # the venue never saw it, which nobody can tell: OutcomeUnknown
    "timeout",  # a read without answer: VenueUnreachable
    "reject",  # an order refused without reason of its own
    "rate_limit",  # 429 on anything
    "stale",  # a read answered with what was true at the read before
    "empty",  # positions or orders answered with nothing
    "kill",  # the process dies before the call
    "kill_after",  # the process dies after the venue did it
]
_READS: tuple[FaultKind, ...] = ("kill", "rate_limit", "timeout", "stale", "empty")
_WRITES: tuple[FaultKind, ...] = ("kill", "kill_after", "rate_limit", "lost_reply", "lost_request", "reject")

T = TypeVar("T")


class SimulatedKill(BaseException):
    """The process ends here; deliberately not an Exception, so that no handler saves it."""


@dataclass(slots=True)
class FaultPlan:
    """Which faults happen how often (probability a call); the same seed gives the same faults at the same calls.

    `at` forces a fault at a numbered call (counted from 1 over all calls); `budget` bounds the number of faults.
    """

    seed: int = 0
    rates: Mapping[FaultKind, float] = field(default_factory=dict[FaultKind, float])
    at: Mapping[int, FaultKind] = field(default_factory=dict[int, FaultKind])
    budget: int | None = None
    calls: int = 0
    happened: list[tuple[int, str, FaultKind]] = field(default_factory=list[tuple[int, str, FaultKind]])
    _random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)

    def draw(self, call: str, kinds: Sequence[FaultKind]) -> FaultKind | None:
        """Return the fault of this call, if any; every call takes one random number, whatever it may suffer."""
        self.calls += 1
        chance = float(self._random.random())
        fault = self.at.get(self.calls)
        if fault is None and (self.budget is None or len(self.happened) < self.budget):
            for kind in kinds:
                chance -= self.rates.get(kind, 0.0)
                if chance < 0.0:
                    fault = kind
                    break
        if fault is None or fault not in kinds:
            return None
        self.happened.append((self.calls, call, fault))
        return fault


class FaultyExchange:
    """The Exchange port around `inner`: reads and writes go wrong as the plan says, everything else passes."""

    def __init__(self, inner: Exchange | SteppedExchange, plan: FaultPlan) -> None:
        self.inner = inner
        self.plan = plan
        self.name = inner.name
        self.account = inner.account
        self.quote = inner.quote
        self.capabilities = inner.capabilities
        self.wake = inner.wake
        self._last: dict[str, object] = {}

    @property
    def first_ms(self) -> int:
        """Open time of the first candle of a stepped market."""
        return self._stepped().first_ms

    @property
    def plan_done(self) -> bool:
        """Whether the plan of the current minute is committed already (stepped market)."""
        return self._stepped().plan_done

    async def step_minute(self) -> bool:
        """Move a stepped market; time itself never fails."""
        return await self._stepped().step_minute()

    async def start(self) -> None:
        """Connect."""
        await self.inner.start()

    async def close(self) -> None:
        """Release connections and files."""
        await self.inner.close()

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self.inner.now_ms()

    def stream_state(self) -> StreamState:
        """Return the health of the streams."""
        return self.inner.stream_state()

    async def load_markets(self) -> dict[str, Market]:
        """Return all markets, or fail."""
        self._read_fault("load_markets", ("kill", "rate_limit", "timeout"))
        return await self.inner.load_markets()

    async def fetch_balance(self) -> Balance:
        """Return the balance: now's, or the one of the read before."""
        fault = self._read_fault("fetch_balance", ("kill", "rate_limit", "timeout", "stale"))
        return self._seen("balance", await self.inner.fetch_balance(), fault)

    async def fetch_positions(self) -> list[HeldPosition]:
        """Return positions: now's, the ones of the read before, or wrongly none."""
        fault = self._read_fault("fetch_positions", _READS)
        held = self._seen("positions", await self.inner.fetch_positions(), fault)
        return [] if fault == "empty" else list(held)

    async def fetch_open_orders(self) -> list[OpenOrder]:
        """Return orders: now's, the ones of the read before, or wrongly none."""
        fault = self._read_fault("fetch_open_orders", _READS)
        orders = self._seen("orders", await self.inner.fetch_open_orders(), fault)
        return [] if fault == "empty" else list(orders)

    async def fetch_fills(self, since_ms: int) -> list[Fill]:
        """Return fills, or fail."""
        self._read_fault("fetch_fills", ("kill", "rate_limit", "timeout"))
        return await self.inner.fetch_fills(since_ms)

    async def fetch_tickers(self, symbols: Sequence[str]) -> dict[str, Ticker]:
        """Return prices, or fail."""
        self._read_fault("fetch_tickers", ("kill", "rate_limit", "timeout"))
        return await self.inner.fetch_tickers(symbols)

    async def fetch_candles(self, symbol: str, timeframe: Timeframe, start_ms: int, end_ms: int) -> Candles:
        """Return candles, or fail."""
        self._read_fault("fetch_candles", ("kill", "rate_limit", "timeout"))
        return await self.inner.fetch_candles(symbol, timeframe, start_ms, end_ms)

    async def create_orders(self, requests: Sequence[OrderRequest]) -> list[CreateResult]:
        """Send each order under its own fault; a lost reply leaves it resting although the caller cannot know."""
        results: list[CreateResult] = []
        for request in requests:
            fault = self._write_fault("create_orders")
            if fault in ("lost_request", "reject", "rate_limit"):
                results.append(CreateResult(request, error=_error(fault)))
                continue
            (result,) = await self.inner.create_orders([request])
            self._after(fault)
            lost = fault == "lost_reply" and result.error is None
            results.append(CreateResult(request, error=_error("lost_reply")) if lost else result)
        return results

    async def cancel_orders(self, orders: Sequence[OpenOrder]) -> list[CancelResult]:
        """Cancel each order under its own fault."""
        results: list[CancelResult] = []
        for order in orders:
            fault = self._write_fault("cancel_orders")
            if fault in ("lost_request", "reject", "rate_limit"):
                results.append(CancelResult(order, _error("rate_limit" if fault == "rate_limit" else "lost_request")))
                continue
            (result,) = await self.inner.cancel_orders([order])
            self._after(fault)
            lost = fault == "lost_reply" and result.error is None
            results.append(CancelResult(order, _error("lost_reply")) if lost else result)
        return results

    async def prepare_account(self, *, hedge_mode: bool) -> None:
        """Set the position mode, or fail."""
        self._read_fault("prepare_account", ("kill", "rate_limit", "timeout"))
        await self.inner.prepare_account(hedge_mode=hedge_mode)

    async def prepare_symbol(self, symbol: str, *, leverage: int) -> None:
        """Set the leverage, or fail."""
        self._read_fault("prepare_symbol", ("kill", "rate_limit", "timeout"))
        await self.inner.prepare_symbol(symbol, leverage=leverage)

    def _stepped(self) -> SteppedExchange:
        if not self.inner.capabilities.stepped:
            raise TypeError(f"{self.name} is not a stepped market")
        return cast("SteppedExchange", self.inner)

    def _read_fault(self, call: str, kinds: Sequence[FaultKind]) -> FaultKind | None:
        fault = self.plan.draw(call, kinds)
        if fault in ("rate_limit", "timeout"):
            raise _error(fault)
        if fault == "kill":
            raise SimulatedKill(call)
        return fault

    def _write_fault(self, call: str) -> FaultKind | None:
        fault = self.plan.draw(call, _WRITES)
        if fault == "kill":
            raise SimulatedKill(call)
        return fault

    def _after(self, fault: FaultKind | None) -> None:
        if fault == "kill_after":
            raise SimulatedKill("after the venue did it")

    def _seen(self, what: str, now: T, fault: FaultKind | None) -> T:
        before = self._last.get(what, now)
        self._last[what] = now
        return before if fault == "stale" and isinstance(before, type(now)) else now


def _error(fault: FaultKind) -> ExchangeError:
    match fault:
        case "rate_limit":
            return RateLimited("too many requests (injected)", retry_after_s=2.0)
        case "reject":
            return OrderRejected("refused (injected)", reason="injected")
        case "timeout":
            return VenueUnreachable("no answer (injected)")
        case _:
            return OutcomeUnknown("the answer was lost (injected)")
